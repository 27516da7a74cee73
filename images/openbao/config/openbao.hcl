# OpenBao of this host. Written once, at the first installation; from then on it is the site's.
# Only programs of this host reach the address, so it speaks without TLS: a certificate that is renewed would
# need a restart, and a restart seals. Before it listens on another address, give it tls_cert_file and tls_key_file.
ui           = false
api_addr     = "http://127.0.0.1:8200"
cluster_addr = "http://127.0.0.1:8201"

storage "raft" {
  path    = "/openbao/file"
  node_id = "this-host"
}

listener "tcp" {
  address         = "127.0.0.1:8200"
  cluster_address = "127.0.0.1:8201"
  tls_disable     = true
}
