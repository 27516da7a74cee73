# Sourced by deps.sh and release.sh: pinned files in the cache's download folder.
cache=${CODEGRAPH_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/codegraph}
deps=$cache/deps
downloads=$cache/downloads
mkdir -p "$deps" "$downloads" "$cache/bin"

say() { printf '  %s\n' "$*" >&2; }

checked() { # FILE SHA256: whether the file is there and right
  [ -f "$1" ] && [ "$(sha256sum "$1" | cut -d' ' -f1)" = "$2" ]
}

fetch() { # FILE SHA256 COMMAND...: runs the command in the download folder unless the file is there
  local file=$1 sum=$2
  shift 2
  checked "$downloads/$file" "$sum" && return
  say "getting $file"
  for attempt in 1 2 3; do
    (cd "$downloads" && rm -f "$file" && "$@" >"$downloads/fetch.log" 2>&1) && break
    [ "$attempt" = 3 ] && { cat "$downloads/fetch.log" >&2; exit 1; }
    sleep $((attempt * 5))
  done
  checked "$downloads/$file" "$sum" || { say "$file does not have the expected SHA-256 $sum"; exit 3; }
}

wheel() { # FILE SHA256 REQUIREMENT
  fetch "$1" "$2" python3 -m pip download --quiet --no-deps --only-binary :all: --no-cache-dir "$3"
}
