#!/bin/bash
# The story of images: optional components as containers from this host's own registry. Runs inside of the isolated machine.
. "$(dirname "$0")/checks.sh"

registry=127.0.0.1:5000
components="postgresql prometheus alertmanager openbao"

becomes_active() { # after a boot services are still starting
  for _ in $(seq 300); do
    case $(systemctl is-active "$1") in active) return 0 ;; failed) break ;; esac
    sleep 1
  done
  unit_active "$1"
}
sql() { # as a client with the password: over TCP on loopback
  podman exec --env PGPASSWORD="${password:-$(cat /etc/codegraph/credentials/database.password)}" codegraph-postgresql \
    psql --host=127.0.0.1 --username=codegraph --dbname=codegraph --no-align --tuples-only --command="$1"
}
database_answers() { sql "SHOW server_version" | tee /dev/stderr | grep -q '^15\.'; }
wrong_password_refused() { ! password=wrong sql "SELECT 1" && ! podman exec codegraph-postgresql psql --no-password --host=/var/run/postgresql --username=codegraph --command="SELECT 1"; }
digest() { # of PostgreSQL's image, as the release names it
  tr -d ' \n' </opt/codegraph/current/images.lock | grep -o '{[^{}]*library/postgres[^{}]*}' | grep -o 'sha256:[0-9a-f]*' | head -n 1
}
pull_by_digest() { podman pull "$registry/library/postgres@$(digest)"; }
pull_by_tag() { podman pull "$registry/library/postgres:15" && podman image inspect "$registry/library/postgres:15" | grep -q "$(digest)"; }
pull_unknown_refused() { ! podman pull "$registry/library/postgres:16"; }
push_refused() { ! podman push "$registry/library/postgres:15" "$registry/library/other:1"; }
started_how() { # quadlet where podman knows them, a plain unit otherwise
  local version; version=$(podman --version | grep -o '[0-9]*\.[0-9]*' | head -n 1); echo "podman $version"
  local name quadlet unit
  for name in $components; do
    quadlet=/etc/containers/systemd/codegraph-$name.container unit=/etc/systemd/system/codegraph-$name.service
    if [ "${version%.*}" -ge 5 ]; then
      [ -e $quadlet ] && [ ! -e $unit ] || return 1
    else
      [ -e $unit ] && [ ! -e $quadlet ] || return 1
    fi
  done
}
loopback_only() { # nobody listens on another address than 127.0.0.1
  awk '$4 == "0A" && $2 !~ /^0100007F:/' /proc/net/tcp | grep . && return 1
  grep -q ' 0100007F:1388 .* 0A ' /proc/net/tcp && grep -q ' 0100007F:1538 .* 0A ' /proc/net/tcp
}
own_user() { # NAME PROGRAM: it runs as its own user, without capabilities
  local pid; pid=$(pgrep -o -x "$2") || { ps -eo user,args; return 1; }
  [ "$(stat -c %U "/proc/$pid")" = "codegraph-$1" ] || { ps -eo user,args; return 1; }
  grep -q '^CapEff:	0000000000000000' "/proc/$pid/status"
}
answers() { # PORT PATH PATTERN: within two minutes, its answer with headers matches
  for _ in $(seq 60); do
    if exec 3<>/dev/tcp/127.0.0.1/"$1"; then
      printf 'GET %s HTTP/1.0\r\nHost: localhost\r\n\r\n' "$2" >&3
      timeout 20 cat <&3 >/run/answer; exec 3>&-
      grep -Eq "$3" /run/answer && return 0
    fi 2>/dev/null
    sleep 2
  done
  cat /run/answer; return 1
}
vault_is_kept() { # made and opened once, it holds a secret; its answer in words is the check
  local bao="podman exec --env BAO_ADDR=http://127.0.0.1:8200 codegraph-openbao bao"
  $bao operator init -key-shares=1 -key-threshold=1 >/opt/story/bao || return 1
  $bao operator unseal "$(awk '/^Unseal Key 1:/ { print $4 }' /opt/story/bao)" >/dev/null && answers 8200 /v1/sys/health 'HTTP/1.. 200'
}
vault_opens_again() { # the same key opens what was made before the reboot
  answers 8200 /v1/sys/health 'HTTP/1.. 503' || return 1
  podman exec --env BAO_ADDR=http://127.0.0.1:8200 codegraph-openbao bao operator unseal "$(awk '/^Unseal Key 1:/ { print $4 }' /opt/story/bao)" || return 1
  rm /opt/story/bao
  answers 8200 /v1/sys/health 'HTTP/1.. 200'
}
secrets_are_closed() { # the copy that a component gets is for its user alone
  [ "$(stat -c '%a %U' /run/codegraph-prometheus/metrics.token)" = "400 codegraph-prometheus" ] &&
    [ "$(stat -c '%a %U' /run/codegraph-postgresql/password)" = "400 codegraph-postgresql" ]
}
nothing_of_images_left() {
  local left=0
  for path in /var/lib/codegraph-* /run/codegraph-* /etc/systemd/system/codegraph* /etc/containers/systemd/codegraph* /etc/containers/registries.conf.d/codegraph.conf \
    /etc/sysusers.d/codegraph* /etc/tmpfiles.d/codegraph*; do
    [ -e "$path" ] && { echo "left: $path"; left=1; }
  done
  getent passwd | grep codegraph && { echo "left: user"; left=1; }
  podman ps --all --quiet | grep . && { echo "left: containers"; left=1; }
  podman images --quiet | grep . && { echo "left: images"; left=1; }
  podman volume ls --quiet | grep . && { echo "left: volumes"; left=1; }
  for port in 5000 5432 8200 8201 9090 9093 9094; do
    (exec 3<>/dev/tcp/127.0.0.1/$port) 2>/dev/null && { echo "left: port $port"; left=1; }
  done
  return $left
}

echo "== stage $stage"
case $stage in
1)
  check "no network card" no_network_card
  check "install" $media/codegraph-install install --root-fingerprint "$(cat $media/fingerprint.txt)" $media
  check "codegraph.target active" unit_active codegraph.target
  check "codegraph-registry.service active" unit_active codegraph-registry.service
  check "exposure of codegraph-registry.service <= 2.0" exposure codegraph-registry.service
  check "codegraph-postgresql.service active" unit_active codegraph-postgresql.service
  check "codegraph-prometheus.service active" unit_active codegraph-prometheus.service
  check "codegraph-alertmanager.service active" unit_active codegraph-alertmanager.service
  check "codegraph-openbao.service active" unit_active codegraph-openbao.service
  check "quadlet or plain unit" started_how
  check "database answers" database_answers
  check "Prometheus is ready" answers 9090 /-/ready "HTTP/1.. 200"
  check "Prometheus reads the server's measurements" answers 9090 "/api/v1/query?query=up%7Bjob=%22codegraph%22%7D" '"1"\]'
  check "Prometheus knows its rules" answers 9090 /api/v1/rules '"CodeGraphDown"'
  check "Alertmanager is ready" answers 9093 /-/ready "HTTP/1.. 200"
  check "OpenBao waits for being made" answers 8200 /v1/sys/health "HTTP/1.. 501"
  check "OpenBao is made and opened" vault_is_kept
  check "database is an own user without capabilities" own_user postgresql postgres
  check "Prometheus is an own user without capabilities" own_user prometheus prometheus
  check "Alertmanager is an own user without capabilities" own_user alertmanager alertmanager
  check "OpenBao is an own user without capabilities" own_user openbao bao
  check "secrets are for their users" secrets_are_closed
  check "wrong password is refused" wrong_password_refused
  check "podman pull by digest" pull_by_digest
  check "podman pull by tag" pull_by_tag
  check "podman pull of what is not there" pull_unknown_refused
  check "podman push is refused" push_refused
  check "loopback only" loopback_only
  check "a row is written" sql "CREATE TABLE kept (word text); INSERT INTO kept VALUES ('over the reboot')"
  check "the database starts again" systemctl restart codegraph-postgresql.service
  check "nothing was sent" nothing_sent
  next_stage 2
  reboot_now
  ;;
2)
  check "codegraph-postgresql.service active after reboot" becomes_active codegraph-postgresql.service
  check "codegraph-prometheus.service active after reboot" becomes_active codegraph-prometheus.service
  check "codegraph-alertmanager.service active after reboot" becomes_active codegraph-alertmanager.service
  check "codegraph-openbao.service active after reboot" becomes_active codegraph-openbao.service
  check "codegraph.service active after reboot" becomes_active codegraph.service
  check "OpenBao is opened again" vault_opens_again
  check "the row is there" bash -c "$(declare -f sql); sql 'SELECT word FROM kept' | grep -q 'over the reboot'"
  check "uninstall --purge" $media/codegraph-install uninstall --purge --forget-trust --yes
  check "nothing left" nothing_left
  check "nothing of images left" nothing_of_images_left
  check "nothing was sent after the reboot" nothing_sent
  check "what is sent is counted" trap_catches
  end
  ;;
esac
