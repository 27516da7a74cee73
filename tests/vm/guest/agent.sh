#!/bin/bash
# Does what it is told over the second serial line, one command a line, until the power is cut. Each command's
# output comes back with a space before each line, then `=STATUS`. `watched` tells steps meanwhile, as `step NAME`.
. "$(dirname "$0")/checks.sh"
installer=$media/codegraph-install
store=/var/lib/codegraph/codegraph.db
exec 9<>/dev/ttyS1
stty -F /dev/ttyS1 raw -echo

last_of() { # FILE NAME: the value of the last line that has one; without a process, a fork costs much here
  local lines=() line n
  mapfile -t lines <"$1" 2>/dev/null
  for ((n = ${#lines[@]} - 1; n >= 0; n--)); do
    line=${lines[n]}
    case $line in *"\"$2\":\""*) line=${line#*\""$2"\":\"}; REPLY=${line%%\"*}; return ;; esac
  done
  REPLY=
}
step() { # NAME: tells it, and does what is to be done `at` it
  echo "step $1" >&9
  [ "$1" != "${at_step:-}" ] || { at_step=; $at_action; }
}
at() { # STEP ACTION COMMAND...: does the action when the command comes to the step
  at_step=$1 at_action=$2
  watched "${@:3}"
  local status=$?
  [ -z "$at_step" ] || { echo "the step $at_step was not seen"; status=99; }
  return $status
}
fill() { # FOLDER MEGABYTES: leaves so much of its file system
  local free
  free=$(df --output=avail --block-size=1K "$1" | tail -n 1)
  fallocate -l "$((free - $2 * 1024 - 64))K" "$1/filler"
  [ "$2" != 0 ] || { cat /dev/zero >"$1/filler2"; sync; } 2>/dev/null
}
fill_product() { fill /opt/codegraph 0; }
fill_data() { fill /var/lib/codegraph 4; }
fill_state() { fill /var/lib/codegraph-install 0; }
fill_inodes() { # leaves four
  local free
  free=$(df --output=iavail /opt/codegraph | tail -n 1)
  mkdir /opt/codegraph/fillers && (cd /opt/codegraph/fillers && seq $((free - 5)) | xargs touch)
}
make_room() { rm -rf /opt/codegraph/filler* /var/lib/codegraph/filler* /var/lib/codegraph-install/filler*; }
watched() { # COMMAND...: runs it and tells each step that the journal and the audit file show
  local state=/var/lib/codegraph-install before=() now name seen_step= seen_event=
  # What is there already is no step of this command.
  [ ! -e $state/journal ] || { last_of $state/journal step; seen_step=$REPLY; }
  [ ! -e $state/audit.jsonl ] || { last_of $state/audit.jsonl event; seen_event=$REPLY; }
  "$@" >/run/command.out 2>&1 &
  local pid=$!
  while kill -0 $pid 2>/dev/null; do
    if [ -e $state/journal ]; then
      last_of $state/journal step
      [ "$REPLY" = "$seen_step" ] || { seen_step=$REPLY; step "${REPLY:-none}"; }
    fi
    if [ -e $state/audit.jsonl ]; then
      last_of $state/audit.jsonl event
      [ "$REPLY" = "$seen_event" ] || { seen_event=$REPLY; step "$REPLY"; }
    fi
    read -rt 0.02 <>/run/nothing
  done
  local status=0
  wait $pid || status=$?
  cat /run/command.out
  return $status
}
as_service() { setpriv --reuid codegraph --regid codegraph --init-groups "$@"; }
sql() { as_service sqlite3 -bail $store "PRAGMA busy_timeout = 60000; $1" | tail -n +2; }
fill_store() { # ROWS: finished jobs, about 500 bytes each
  sql "INSERT INTO jobs (id, project_id, state, error, requested_by, created_at)
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1)
    SELECT printf('bulk-%08d', i), (SELECT id FROM projects), 'done', hex(randomblob(200)), 'nobody', i FROM n;"
}
contents() { # of everything that the operator would miss
  sql "SELECT id, project_id, state, attempts, error, requested_by, created_at FROM jobs WHERE id LIKE 'bulk-%' ORDER BY id;
    SELECT id, name, role, password_hash FROM users ORDER BY id; SELECT id, name, path FROM projects ORDER BY id;
    SELECT * FROM sealed_files ORDER BY snapshot_id, role;" | sha256sum | cut -d' ' -f1
}
settled() { # nothing is under way any more
  for _ in $(seq 600); do
    [ "$(systemctl show -P ActiveState codegraph-recover.service)" = activating ] || break
    sleep 1
  done
  local result
  result=$(systemctl show -P Result codegraph-recover.service)
  [ "$result" = success ] || { systemctl status --no-pager codegraph-recover.service; journalctl -n 40 --no-pager -u codegraph-recover; return 1; }
  for left in /var/lib/codegraph-install/switch.json /var/lib/codegraph/closed-for-writing; do
    [ ! -e $left ] || { echo "still there: $left"; journalctl -n 40 --no-pager -u codegraph-recover; return 1; }
  done
}
partials() { find /opt/codegraph /etc /var/lib/codegraph /var/lib/codegraph-install -name '*.partial*' 2>/dev/null; }
facts() { # for whoever wants to know what happened
  ls -la /opt/codegraph /opt/codegraph/generations /var/lib/codegraph-install /var/lib/codegraph /var/lib/codegraph/backups
  tail -n 15 /var/lib/codegraph-install/audit.jsonl
  grep -v '"chunk"' /var/lib/codegraph-install/journal
  df -k / /opt/codegraph /var/lib/codegraph
  journalctl -b --no-pager -o short-monotonic -u codegraph-recover -u codegraph | tail -n 60
}

mkfifo /run/nothing 2>/dev/null
echo "agent" >&9
while IFS= read -r line <&9; do
  eval "$line" >/run/agent.out 2>&1 </dev/null 
  status=$?
  sed 's/^/ /' /run/agent.out >&9
  echo "=$status" >&9
done
