#!/bin/sh
# The first start makes the database, every start runs the server. Takes the official image's variables.
set -eu
export PATH=/usr/lib/postgresql/15/bin:/usr/bin:/bin
top=$PGDATA
export PGDATA="$top/cluster"
if [ ! -d "$PGDATA" ]; then
  # Beside its place first: an interrupted start begins anew.
  rm -rf "$top/new"
  # shellcheck disable=SC2086
  initdb --pgdata="$top/new" --username="$POSTGRES_USER" --pwfile="$POSTGRES_PASSWORD_FILE" \
    --auth-host="$POSTGRES_HOST_AUTH_METHOD" $POSTGRES_INITDB_ARGS --encoding=UTF8 --locale=C
  echo "CREATE DATABASE $POSTGRES_DB" | postgres --single -D "$top/new" postgres
  mv "$top/new" "$PGDATA"
fi
exec "$@"
