#!/bin/bash
# The story of images: PostgreSQL as a container from this host's own registry. Runs inside of the isolated machine.
. "$(dirname "$0")/checks.sh"

registry=127.0.0.1:5000

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
digest() { sed 's/.*"digest": *"\(sha256:[0-9a-f]*\)".*/\1/;t;d' /opt/codegraph/current/images.lock | head -n 1; }
pull_by_digest() { podman pull "$registry/library/postgres@$(digest)"; }
pull_by_tag() { podman pull "$registry/library/postgres:15" && podman image inspect "$registry/library/postgres:15" | grep -q "$(digest)"; }
pull_unknown_refused() { ! podman pull "$registry/library/postgres:16"; }
push_refused() { ! podman push "$registry/library/postgres:15" "$registry/library/other:1"; }
started_how() { # quadlet where podman knows them, a plain unit otherwise
  local version; version=$(podman --version | grep -o '[0-9]*\.[0-9]*' | head -n 1); echo "podman $version"
  if [ "${version%.*}" -ge 5 ]; then
    [ -e /etc/containers/systemd/codegraph-postgresql.container ] && [ ! -e /etc/systemd/system/codegraph-postgresql.service ]
  else
    [ -e /etc/systemd/system/codegraph-postgresql.service ] && [ ! -e /etc/containers/systemd/codegraph-postgresql.container ]
  fi
}
loopback_only() { # nobody listens on another address than 127.0.0.1
  awk '$4 == "0A" && $2 !~ /^0100007F:/' /proc/net/tcp | grep . && return 1
  grep -q ' 0100007F:1388 .* 0A ' /proc/net/tcp && grep -q ' 0100007F:1538 .* 0A ' /proc/net/tcp
}
own_user() { # the server runs as its own user, without capabilities
  local pid; pid=$(pgrep -o -x postgres)
  [ "$(stat -c %U "/proc/$pid")" = codegraph-postgresql ] || { ps -eo user,args; return 1; }
  grep -q '^CapEff:	0000000000000000' "/proc/$pid/status"
}
nothing_of_images_left() {
  local left=0
  for path in /var/lib/codegraph-postgresql /run/codegraph-postgresql /etc/systemd/system/codegraph* /etc/containers/systemd/codegraph* /etc/containers/registries.conf.d/codegraph.conf \
    /etc/sysusers.d/codegraph* /etc/tmpfiles.d/codegraph*; do
    [ -e "$path" ] && { echo "left: $path"; left=1; }
  done
  getent passwd codegraph-postgresql && { echo "left: user"; left=1; }
  podman ps --all --quiet | grep . && { echo "left: containers"; left=1; }
  podman images --quiet | grep . && { echo "left: images"; left=1; }
  for port in 5000 5432; do
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
  check "quadlet or plain unit" started_how
  check "database answers" database_answers
  check "database is an own user without capabilities" own_user
  check "wrong password is refused" wrong_password_refused
  check "podman pull by digest" pull_by_digest
  check "podman pull by tag" pull_by_tag
  check "podman pull of what is not there" pull_unknown_refused
  check "podman push is refused" push_refused
  check "loopback only" loopback_only
  check "a row is written" sql "CREATE TABLE kept (word text); INSERT INTO kept VALUES ('over the reboot')"
  next_stage 2
  reboot_now
  ;;
2)
  check "codegraph-postgresql.service active after reboot" becomes_active codegraph-postgresql.service
  check "codegraph.service active after reboot" becomes_active codegraph.service
  check "the row is there" bash -c "$(declare -f sql); sql 'SELECT word FROM kept' | grep -q 'over the reboot'"
  check "uninstall --purge" $media/codegraph-install uninstall --purge --forget-trust --yes
  check "nothing left" nothing_left
  check "nothing of images left" nothing_of_images_left
  end
  ;;
esac
