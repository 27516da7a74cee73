#!/bin/bash
# The story of upgrades: forward, back, failing ones that return by themselves, a delta, a power cut between
# switch and gate, and removal with nothing left. Runs inside of the isolated machine.
. "$(dirname "$0")/checks.sh"
installer=$media/codegraph-install

release_is() { # VERSION: in use, open for writing, ready, and the data of the first release still answers
  $installer status --json >/run/status.json || return 1
  contains /run/status.json "\"version\": ?\"$1\"" || return 1
  [ ! -e /var/lib/codegraph/closed-for-writing ] || { echo "closed for writing"; return 1; }
  ready && query_has_rows
}
fails_and_returns() { # RELEASE VERSION: the upgrade fails, and the former version is in use as if nothing had been
  local before after
  before=$(state)
  $installer upgrade "$media/$1" && { echo "the upgrade succeeded"; return 1; }
  after=$(state)
  [ "$before" = "$after" ] || { echo "before: $before"; echo "after: $after"; return 1; }
  release_is "$2"
}
state() { # what an upgrade that fails must not change
  readlink /opt/codegraph/current
  cg --json status | grep -v '"server"'
  cat /etc/systemd/system/codegraph*.service | sha256sum
}
inventory() { # everything that an installation could leave on the disk, in the system's lists, or running
  find / -xdev \( -path /proc -o -path /sys -o -path /run -o -path /tmp -o -path /var/tmp -o -path /var/log \
    -o -path /opt/story -o -path /var/lib/systemd -o -path /var/cache/ldconfig -o -path /media \) -prune -o \
    ! -name 'passwd-' ! -name 'group-' ! -name 'shadow-' ! -name 'gshadow-' ! -name 'subuid-' ! -name 'subgid-' ! -name .pwd.lock \
    -printf '%y %m %U:%G %p\n' | sort
  getent passwd | sort
  getent group | sort
  systemctl list-unit-files --no-legend --no-pager | awk '{print "unit", $1, $2}' | sort
  awk '$4 == "0A" {print "listens on", $2}' /proc/net/tcp /proc/net/tcp6 | sort
}
certificate_is_good() { # the server's certificate, by the authority of this host, for this host
  local tls=/etc/codegraph/tls
  $installer certificates show
  $installer certificates show --json | grep -q '"warnings": \[\]' || return 1
  openssl verify -x509_strict -purpose sslserver -CAfile $tls/ca.crt $tls/server.crt || return 1
  openssl x509 -in $tls/server.crt -noout -checkhost localhost | grep 'does match' || return 1
  [ "$(stat -c '%a %U' /etc/codegraph/credentials/tls.key)" = "600 root" ]
}
lost_certificate_comes_back() { # what the timer starts, as the unit runs it
  rm /etc/codegraph/tls/server.crt
  systemctl start codegraph-certificates.service || { journalctl -n 30 --no-pager -u codegraph-certificates; return 1; }
  certificate_is_good
}
cut_power_after_the_switch() { # never returns: what the kernel has not written is lost
  local from
  from=$(readlink /opt/codegraph/current)
  $installer upgrade $media/r3 >/run/cut.out 2>&1 &
  while [ "$(readlink /opt/codegraph/current)" = "$from" ]; do
    kill -0 $! 2>/dev/null || { cat /run/cut.out; return 1; }
  done
  echo "== power cut"
  echo b >/proc/sysrq-trigger
}

echo "== stage $stage"
case $stage in
1)
  check "no network card" no_network_card
  inventory >/opt/story/before
  check "preflight" $installer preflight --root-fingerprint "$(cat $media/fingerprint.txt)" $media/r1
  check "production is out of reach" bash -c "$installer preflight --profile production; [ \$? = 4 ]"
  check "install" $installer install --root-fingerprint "$(cat $media/fingerprint.txt)" $media/r1
  check "ready" ready
  check "admin" cg admin create --username admin --generate
  check "index" cg index --name sample $media/sample
  check "the first release is in use" release_is 0.1.1
  check "timer of the certificates" unit_active codegraph-certificates.timer
  check "a lost certificate comes back" lost_certificate_comes_back
  check "exposure of codegraph-certificates.service <= 2.0" exposure codegraph-certificates.service
  check "exposure of codegraph-recover.service <= 2.0" exposure codegraph-recover.service
  check "doctor" $installer doctor
  check "upgrade" $installer upgrade $media/r2
  check "the second release is in use" release_is 0.1.2
  check "a server that dies" fails_and_returns bad-server 0.1.2
  check "a migration that fails" fails_and_returns bad-migration 0.1.2
  check "a model that cannot be loaded" fails_and_returns bad-model 0.1.2
  check "rollback" $installer rollback
  check "the first release is in use again" release_is 0.1.1
  check "upgrade again" $installer upgrade $media/r2
  check "delta from a receipt" $installer upgrade $media/r3
  check "the third release is in use" release_is 0.1.6
  check "rollback from the delta" $installer rollback
  check "audit chain" cg audit verify
  check "the failed upgrades in the audit log" installer_in_the_log switch.taken-back
  check "nothing was sent" nothing_sent
  next_stage 2
  cut_power_after_the_switch
  ;;
2)
  check "codegraph.service active after the power cut" unit_active codegraph.service
  check "old or new" bash -c "$installer status --json | grep -Eq '\"version\": ?\"0[.]1[.](2|6)\"'"
  check "ready after the power cut" ready
  check "certificate after the power cut" certificate_is_good
  check "the second run completes" $installer upgrade $media/r3
  check "the third release is in use after all" release_is 0.1.6
  check "uninstall --purge" $installer uninstall --purge --forget-trust --yes
  check "nothing left" nothing_left
  inventory >/run/after
  check "inventory as before" diff -u /opt/story/before /run/after
  check "nothing was sent after the power cut" nothing_sent
  check "what is sent is counted" trap_catches
  end
  ;;
esac
