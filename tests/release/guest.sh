# Runs in the other root. Prints `ok NAME` or `FAILED NAME` for each check.
set -u
media=/media/bundle
node=/srv/node
current=$node/opt/codegraph/current
fingerprint=$(cat $media/fingerprint.txt)
installer=$media/codegraph-install
failed=0
export API_HOST=127.0.0.1 API_PORT=8000
export CODEGRAPH__INDEX__ROOTS='["/media/sample"]'
export CODEGRAPH__LLM__LOCAL__SOCKET=/run/llm.sock
export CREDENTIALS_DIRECTORY=$node/etc/codegraph/credentials

check() { # NAME COMMAND...: what it said is shown after a failure, its last line after success
  local name=$1 start=$SECONDS status=0
  shift
  "$@" >/run/out 2>&1 || status=$?
  if [ $status = 0 ]; then
    echo "ok $name ($((SECONDS - start)) s): $(tail -n 1 /run/out | cut -c1-150)"
  else
    echo "FAILED $name (exit $status, $((SECONDS - start)) s)"
    tail -n 30 /run/out | cut -c1-300 | sed 's/^/    /'
    failed=1
  fi
}
fits() { # the host itself has no systemd here; what the programs need of it must fit
  $installer preflight $media --root-fingerprint "$fingerprint" >/run/preflight 2>&1
  case $? in 0 | 4) ;; *) cat /run/preflight; return 1 ;; esac
  ! grep -E '^ *NO ' /run/preflight | grep -v ' systemd ' || return 1
  grep -E '^ *ok +C library +glibc [0-9.]+ +needs [0-9.]+' /run/preflight || { cat /run/preflight; return 1; }
}
libraries() { # PROGRAM: all found, and those that are carried are taken from the generation
  ldd "$current/bin/$1" >/run/ldd || { cat /run/ldd; return 1; }
  ! grep 'not found' /run/ldd || return 1
  echo "$(grep -c '=>' /run/ldd) libraries, carried: $(grep -o '[^ /]* => /srv/node[^ ]*' /run/ldd | cut -d' ' -f1 | tr -d '\t' | tr '\n' ' ')"
}
codegraph=($current/bin/codegraph --config $node/etc/codegraph/config.yaml --data $node/var/lib/codegraph)
cg() { "${codegraph[@]}" "$@"; }
ready() {
  for _ in $(seq 600); do
    kill -0 "$server" 2>/dev/null || break
    if exec 3<>/dev/tcp/127.0.0.1/8000; then
      printf 'GET /api/v1/health/ready HTTP/1.0\r\nHost: localhost\r\n\r\n' >&3
      read -r line <&3
      exec 3>&-
      case $line in *" 200 "*) echo "$line"; return 0 ;; esac
    fi 2>/dev/null
    sleep 0.5
  done
  echo "not ready: ${line:-no answer}"
  tail -n 30 /run/serve.log
  return 1
}
administrator() { cg admin create --username admin --generate >/run/password && echo made; }
query() {
  cg --json query --project sample "SELECT * FROM GRAPH_TABLE (cpg MATCH (m:METHOD)-[c:CALL]->(n:METHOD WHERE n.NAME = 'add') COLUMNS (m.NAME AS caller))" >/run/q.json &&
    tr -d ' \n' </run/q.json | grep -o '"rows".*"main".*'
}
ask() {
  cg --json ask --project sample --evidence 1 --evidence-tokens 100 --answer-tokens 24 "Where is add defined?" >/run/a.json &&
    grep -q 'calc\.c' /run/a.json && tr '\n' ' ' </run/a.json | grep -o '"answer": *"[^"]\{3,\}"' || { cat /run/a.json; return 1; }
}
model_server() { # alone, over its socket, without the server
  $current/bin/codegraph-llm serve --models $current/models.lock --socket /run/alone.sock >/run/alone.log 2>&1 &
  local pid=$! answer=
  for _ in $(seq 600); do
    kill -0 $pid 2>/dev/null || { cat /run/alone.log; return 1; }
    [ -S /run/alone.sock ] && answer=$(say_hello)
    case $answer in '' | *' 503 '*) sleep 0.5 ;; *) break ;; esac
  done
  kill $pid
  wait $pid
  echo "$answer" | tr '\n' ' ' | grep -o '"content": *"[^"]\{2,\}"' || { echo "$answer"; cat /run/alone.log; return 1; }
}
say_hello() { # the answer of the model server, as it comes
  perl -MIO::Socket::UNIX -e '
    my $s = IO::Socket::UNIX->new(Peer => "/run/alone.sock") or die "no socket: $!";
    my $b = q({"model":"smollm2-135m-instruct-q4_1","max_tokens":12,"temperature":0,"messages":[{"role":"user","content":"Say hello."}]});
    print $s "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: " . length($b) . "\r\n\r\n$b";
    local $/; print <$s>;'
}

echo "== Debian $(cat /etc/debian_version), $(ldd --version | head -n 1), kernel $(uname -r)"
check "verify" $installer verify --root-fingerprint "$fingerprint" $media
check "preflight" fits
check "install, with its gate" $installer install --root $node --root-fingerprint "$fingerprint" $media
for program in codegraph codegraph-llm codegraph-bundle codegraph-install; do
  check "$program --version" $current/bin/$program --version
done
for program in codegraph codegraph-llm codegraph-bundle; do check "libraries of $program" libraries $program; done
check "a bundle program verifies here" $current/bin/codegraph-bundle verify --root-fingerprint "$fingerprint" $media
check "model server answers" model_server
"${codegraph[@]}" serve >/run/serve.log 2>&1 &
server=$!
check "server is ready" ready
check "admin" administrator
check "index" cg index --name sample /media/sample
check "query" query
check "gate" cg gate --url http://127.0.0.1:8000
check "ask" ask
kill $server
check "server ends by itself" wait $server
check "uninstall" $installer uninstall --root $node --purge --forget-trust --yes
[ $failed = 0 ] && echo "== all ok"
