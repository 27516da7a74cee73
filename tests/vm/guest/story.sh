#!/bin/bash
# Runs inside of the isolated machine at each boot; the stage lies on its disk. Every check prints
# `ok NAME` or `FAILED NAME` on the serial console; the machine outside counts them.
set -u
stage_file=/opt/story/stage
stage=$(cat "$stage_file" 2>/dev/null || echo 1)
media=/media/bundle
export PATH=/opt/codegraph/current/bin:/usr/sbin:/usr/bin:/sbin:/bin
export HOME=/root

# The guest has no curl: the appliance's own command line speaks for the user, bash for the network.
check() { # NAME COMMAND...: runs it, shows its last lines when it fails
  local name=$1 start=$SECONDS status=0
  shift
  "$@" >/run/story.out 2>&1 || status=$?
  if [ $status = 0 ]; then
    echo "ok $name ($((SECONDS - start)) s)"
  else
    echo "FAILED $name (exit $status, $((SECONDS - start)) s)"
    tail -n 25 /run/story.out | sed 's/^/    /'
  fi
}
contains() { # FILE PATTERN
  grep -Eq "$2" "$1" || { echo "no match for $2 in:"; cat "$1"; return 1; }
}
no_network_card() { [ "$(ls /sys/class/net)" = lo ]; }
unit_active() { systemctl is-active --quiet "$1" || { systemctl status --no-pager "$1"; journalctl -n 30 --no-pager -u "$1"; return 1; }; }
ready() { # the server says it is ready, within two minutes of an emulated processor's time
  for _ in $(seq 240); do
    systemctl is-active --quiet codegraph || break
    if exec 3<>/dev/tcp/127.0.0.1/8000; then
      printf 'GET /api/v1/health/ready HTTP/1.0\r\nHost: localhost\r\n\r\n' >&3
      read -r line <&3; exec 3>&-
      case $line in *" 200 "*) return 0 ;; esac
    fi 2>/dev/null
    sleep 0.5
  done
  echo "not ready: ${line:-no answer}"; journalctl -n 40 --no-pager -u codegraph -u codegraph-llm
  return 1
}
no_network_of() { # UNIT: a network namespace of its own with nothing but loopback in it
  local pid
  pid=$(systemctl show -P MainPID "$1")
  [ "${pid:-0}" -gt 0 ] || { echo "$1 does not run"; return 1; }
  [ "$(readlink "/proc/$pid/ns/net")" != "$(readlink /proc/1/ns/net)" ] || { echo "shares the host's network"; return 1; }
  [ "$(awk 'NR > 2 { print $1 }' "/proc/$pid/net/dev")" = "lo:" ] || { cat "/proc/$pid/net/dev"; return 1; }
}
cg() { # the operator's command line, as the service's user, on the service's data
  (cd / && setpriv --reuid codegraph --regid codegraph --init-groups \
    /opt/codegraph/current/bin/codegraph --config /etc/codegraph/config.yaml "$@")
}
query_has_rows() {
  cg --json query --project sample "SELECT * FROM GRAPH_TABLE (cpg MATCH (m:METHOD)-[c:CALL]->(n:METHOD WHERE n.NAME = 'add') COLUMNS (m.NAME AS caller))" >/run/q.json 2>/run/q.err ||
    { cat /run/q.err; return 1; }
  contains /run/q.json '"main"'
}
vectors_added() { # the server adds them in the background; two models at once would starve each other here
  for _ in $(seq 180); do
    journalctl -u codegraph --no-pager -o cat | grep -q '"vectors added"' && return 0
    sleep 1
  done
  journalctl -n 20 --no-pager -o cat -u codegraph | cut -c1-300
  return 1
}
ask_cites() { # short: an emulated processor reads about one token a second
  cg --json ask --project sample --evidence 1 --evidence-tokens 100 --answer-tokens 8 "Where is add defined?" >/run/a.json 2>/run/a.err &
  local asked=$!
  for _ in $(seq 900); do
    kill -0 $asked 2>/dev/null || break
    sleep 1
  done
  if kill $asked 2>/dev/null; then
    echo "no answer after a quarter of an hour"; cat /run/a.err
    ps -eo pid,user,pcpu,etimes,args --sort=-pcpu | head -n 8
    journalctl -n 20 --no-pager -o cat -u codegraph -u codegraph-llm | cut -c1-300
    return 1
  fi
  wait $asked || { cat /run/a.err; return 1; }
  contains /run/a.json 'calc\.c' && contains /run/a.json '"meaning"'
}
exposure() { # UNIT: at most 2.0
  systemd-analyze security --no-pager --threshold=20 "$1" | tail -n 1
  systemd-analyze security --no-pager --threshold=20 "$1" >/dev/null
}
nothing_left() {
  local left=0
  for path in /opt/codegraph /etc/codegraph /var/lib/codegraph /etc/systemd/system/codegraph.service \
    /etc/systemd/system/codegraph-llm.service /run/codegraph-llm /usr/lib/sysusers.d/codegraph.conf /etc/sysusers.d/codegraph.conf /etc/tmpfiles.d/codegraph.conf; do
    [ -e "$path" ] && { echo "left: $path"; left=1; }
  done
  getent passwd codegraph codegraph-llm && { echo "left: users"; left=1; }
  systemctl list-unit-files --no-legend 'codegraph*' | grep . && { echo "left: units"; left=1; }
  (exec 3<>/dev/tcp/127.0.0.1/8000) 2>/dev/null && { echo "left: port 8000"; left=1; }
  return $left
}

echo "== stage $stage"
case $stage in
1)
  check "no network card" no_network_card
  check "media is read-only" bash -c "! touch $media/x"
  fingerprint=$(cat $media/fingerprint.txt)
  installer=$media/codegraph-install
  check "wrong fingerprint is refused" bash -c "$installer install --root-fingerprint ${fingerprint//[0-9]/0} $media; [ \$? = 3 ] && [ ! -e /opt/codegraph ]"
  check "verify" $installer verify --root-fingerprint "$fingerprint" $media
  check "install" $installer install --root-fingerprint "$fingerprint" $media
  check "codegraph.service active" unit_active codegraph.service
  check "codegraph-llm.service active" unit_active codegraph-llm.service
  check "ready" ready
  check "exposure of codegraph.service <= 2.0" exposure codegraph.service
  check "exposure of codegraph-llm.service <= 2.0" exposure codegraph-llm.service
  check "model server has no network" no_network_of codegraph-llm
  check "admin" cg admin create --username admin --generate
  check "index" cg index --name sample $media/sample
  check "query" query_has_rows
  check "vectors" vectors_added
  check "ask" ask_cites
  echo 2 >$stage_file
  sync
  echo "== reboot"
  systemctl --no-block reboot
  ;;
2)
  check "codegraph.service active after reboot" unit_active codegraph.service
  check "ready after reboot" ready
  check "query after reboot" query_has_rows
  check "audit chain" cg audit verify
  check "status" $media/codegraph-install status
  check "uninstall --purge" $media/codegraph-install uninstall --purge --forget-trust --yes
  check "nothing left" nothing_left
  echo "== end"
  systemctl --no-block poweroff
  ;;
esac
