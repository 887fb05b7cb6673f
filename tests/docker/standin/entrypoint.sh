#!/bin/bash
# Starts the stand-in's server; the first time, with an empty volume, it makes the database.
# It keeps the order of the official image: a server that cannot be reached over TCP while the
# database is made, and only then the real one.
set -euo pipefail

[[ "${1:-}" == -* ]] && set -- postgres "$@"
[[ "${1:-}" == postgres ]] || exec "$@"

if [[ "$(id -u)" == 0 ]]; then  # PostgreSQL refuses to run as root
    mkdir -p "$PGDATA"
    chmod 700 "$PGDATA"
    find "$PGDATA" ! -user postgres -exec chown postgres: {} +
    exec setpriv --reuid=postgres --regid=postgres --init-groups "$0" "$@"
fi

say_and_stop() {
    printf 'Error: %s\n' "$@" >&2
    exit 1
}

make_database() {
    local user="${POSTGRES_USER:-postgres}"
    local database="${POSTGRES_DB:-$user}"

    # The places where version 17 and older kept their files.
    local place
    for place in /var/lib/postgresql /var/lib/postgresql/data; do
        [[ ! -s "$place/PG_VERSION" ]] ||
            say_and_stop "in 18+, there appears to be PostgreSQL data in $place"
    done
    ! mountpoint -q /var/lib/postgresql/data ||
        say_and_stop "in 18+, mount the volume at /var/lib/postgresql, not at" \
            "/var/lib/postgresql/data (unused mount/volume)"
    [[ -n "${POSTGRES_PASSWORD:-}" ]] ||
        say_and_stop "the superuser password is not specified: set POSTGRES_PASSWORD"

    # eval: quotes inside POSTGRES_INITDB_ARGS count, as in the official image.
    eval 'initdb --username="$user" --pwfile=<(printf "%s\n" "$POSTGRES_PASSWORD")' \
        "${POSTGRES_INITDB_ARGS:-}"
    printf '\nhost all all all scram-sha-256\n' >> "$PGDATA/pg_hba.conf"

    pg_ctl start -w -D "$PGDATA" -o "-c listen_addresses=''"
    [[ "$database" == postgres ]] || createdb --username "$user" -- "$database"
    local script
    for script in /docker-entrypoint-initdb.d/*.sql; do
        [[ ! -e "$script" ]] ||
            psql --no-psqlrc --set ON_ERROR_STOP=1 -U "$user" -d "$database" -f "$script"
    done
    pg_ctl stop -w -D "$PGDATA" -m fast
}

[[ -s "$PGDATA/PG_VERSION" ]] || make_database
exec "$@"
