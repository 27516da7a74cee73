#!/bin/bash
# The main story: installed, used, rebooted, used and purged. Runs inside of the isolated machine.
. "$(dirname "$0")/checks.sh"

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
no_network_of() { # UNIT: a network namespace of its own with nothing but loopback in it
  local pid
  pid=$(systemctl show -P MainPID "$1")
  [ "${pid:-0}" -gt 0 ] || { echo "$1 does not run"; return 1; }
  [ "$(readlink "/proc/$pid/ns/net")" != "$(readlink /proc/1/ns/net)" ] || { echo "shares the host's network"; return 1; }
  [ "$(awk 'NR > 2 { print $1 }' "/proc/$pid/net/dev")" = "lo:" ] || { cat "/proc/$pid/net/dev"; return 1; }
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
  check "codegraph.target active" unit_active codegraph.target
  check "exposure of codegraph-llm.service <= 2.0" exposure codegraph-llm.service
  check "model server has no network" no_network_of codegraph-llm
  check "admin" cg admin create --username admin --generate
  check "index" cg index --name sample $media/sample
  check "query" query_has_rows
  check "vectors" vectors_added
  check "ask" ask_cites
  check "the installation in the audit log" installer_in_the_log switch.committed
  check "nothing was sent" nothing_sent
  next_stage 2
  reboot_now
  ;;
2)
  check "codegraph.service active after reboot" unit_active codegraph.service
  check "ready after reboot" ready
  check "query after reboot" query_has_rows
  check "audit chain" cg audit verify
  check "status" $media/codegraph-install status
  check "uninstall --purge" $media/codegraph-install uninstall --purge --forget-trust --yes
  check "nothing left" nothing_left
  check "nothing was sent after the reboot" nothing_sent
  check "what is sent is counted" trap_catches
  end
  ;;
esac
