# Checks that every story of the isolated machine uses. Each prints `ok NAME` or `FAILED NAME` on the
# serial console, where the machine outside counts them. The stage of the story lies on its disk.
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
no_network_card() { # loopback and the trap, and behind neither of them a device
  [ "$(ls -x /sys/class/net | xargs)" = "lo trap0" ] || { ls -l /sys/class/net; return 1; }
  ! ls -d /sys/class/net/*/device 2>/dev/null
}
# See trap.sh. What a unit's own network namespace or packet filter holds back never comes here: `make trace`
# looks at the programs without those.
sent() { cat /sys/class/net/trap0/statistics/tx_packets; }
nothing_sent() { # since this boot, by anybody on this machine
  ip -4 route get 203.0.113.1 | grep -q 'dev trap0' || { ip route; return 1; }
  ip -6 route get 2001:db8:1::1 | grep -q 'dev trap0' || { ip -6 route; return 1; }
  [ "$(sent)" = 0 ] && return
  echo "$(sent) packets"
  ip -s link show trap0
  cat /proc/net/tcp /proc/net/udp /proc/net/udp6 /proc/net/snmp
  journalctl -b --no-pager -n 40 -o cat
  return 1
}
trap_catches() { # a packet to the world, over IPv6 too, a question for a name, a connection: each is counted
  local before now
  for attempt in 'echo x >/dev/udp/203.0.113.1/9' 'echo x >/dev/udp/2001:db8:1::1/9' \
    'timeout 2 getent hosts example.org' 'timeout 2 bash -c ">/dev/tcp/203.0.113.1/443"'; do
    before=$(sent)
    bash -c "$attempt"
    now=$(sent)
    [ "$now" -gt "$before" ] || { echo "not counted: $attempt"; return 1; }
  done
}
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
cg() { # the operator's command line, as the service's user, on the service's data
  (cd / && setpriv --reuid codegraph --regid codegraph --init-groups \
    /opt/codegraph/current/bin/codegraph --config /etc/codegraph/config.yaml "$@")
}
query_has_rows() {
  cg --json query --project sample "SELECT * FROM GRAPH_TABLE (cpg MATCH (m:METHOD)-[c:CALL]->(n:METHOD WHERE n.NAME = 'add') COLUMNS (m.NAME AS caller))" >/run/q.json 2>/run/q.err ||
    { cat /run/q.err; return 1; }
  contains /run/q.json '"main"'
}
installer_in_the_log() { # EVENT: the server has taken the installer's step into its audit log
  for _ in $(seq 60); do
    cg --json audit list --limit 200 >/run/audit.json && grep -q "\"$1\"" /run/audit.json && return 0
    sleep 0.5
  done
  cat /run/audit.json; ls -l /var/lib/codegraph-install /run/codegraph; return 1
}
exposure() { # UNIT: at most 2.0
  systemd-analyze security --no-pager --threshold=20 "$1" | tail -n 1
  systemd-analyze security --no-pager --threshold=20 "$1" >/dev/null
}
nothing_left() {
  local left=0
  for path in /opt/codegraph /etc/codegraph /var/lib/codegraph /etc/systemd/system/codegraph.service \
    /etc/systemd/system/codegraph-llm.service /run/codegraph-llm /run/codegraph /usr/lib/sysusers.d/codegraph.conf /etc/sysusers.d/codegraph.conf /etc/tmpfiles.d/codegraph.conf; do
    [ -e "$path" ] && { echo "left: $path"; left=1; }
  done
  getent passwd codegraph codegraph-llm && { echo "left: users"; left=1; }
  systemctl list-unit-files --no-legend 'codegraph*' | grep . && { echo "left: units"; left=1; }
  (exec 3<>/dev/tcp/127.0.0.1/8000) 2>/dev/null && { echo "left: port 8000"; left=1; }
  return $left
}
next_stage() { # NUMBER: what the next boot plays
  echo "$1" >$stage_file
  sync
}
reboot_now() {
  echo "== reboot"
  systemctl --no-block reboot
}
end() {
  echo "== end"
  systemctl --no-block poweroff
}
