"""The server of docker-compose.yml: read its settings, see if it answers, start and stop it."""

import hashlib
import os
import re
import secrets
import shutil
import subprocess
import time
from contextlib import closing

from migrationlab import paths
from migrationlab.errors import LabError
from migrationlab.server import connection_check, ports, postgres_programs, remembered_server
from migrationlab.server.postgres_server import DATABASE, LOCALHOST, MAJOR, ROLE, Server

SERVICE = "db"
DEFAULTS = {  # the same as in docker-compose.yml
    "POSTGRES_USER": ROLE,
    "POSTGRES_PASSWORD": "lab",
    "POSTGRES_DB": DATABASE,
    "LAB_PORT": "54318",
}
WITHOUT_DOCKER = "Or leave out --docker: the lab brings its own PostgreSQL."
DOWNLOADING = re.compile(r"\b(Downloading|Extracting|Pulling fs layer|Waiting|Verifying)\b")


def settings() -> dict[str, str]:
    """What docker-compose.yml will use: the shell's variables win over `.env`, as in Compose."""
    from dotenv import dotenv_values  # the tools, installed alone, come without it

    file = paths.home() / ".env"
    try:
        written = dotenv_values(file, encoding="utf-8-sig") if file.exists() else {}
    except OSError as error:
        raise remembered_server.trouble(error, file) from error
    shell = {name: os.environ[name] for name in DEFAULTS if os.environ.get(name)}
    return DEFAULTS | {name: value for name, value in written.items() if value} | shell


def server() -> Server:
    """The compose server as its settings describe it, whether it runs or not."""
    known = settings()
    port = known["LAB_PORT"]
    if not (port.isdigit() and 0 < int(port) < 65536):
        raise LabError(
            f"LAB_PORT is {port!r}, which is no port.",
            expected="a number from 1024 to 65535",
            todo=f"Correct LAB_PORT in {paths.home() / '.env'}.",
        )
    return Server(
        kind="compose",
        host=LOCALHOST,
        port=int(port),
        user=known["POSTGRES_USER"],
        password=known["POSTGRES_PASSWORD"],
        database=known["POSTGRES_DB"],
        bin=postgres_programs.folder(),
        owned=True,
        local=True,
        prefix="",
    )


def running(progress=lambda text: None) -> Server | None:
    """The compose server if it answers with its password and no other clone uses it."""
    found = server()
    if not ports.answers(found.port):
        return None
    answer = connection_check.ask(found)
    if answer:
        owner = claim(found)
        if owner is None:
            return found
        progress(f"The PostgreSQL on port {found.port} belongs to the clone in {owner}.")
    elif answer.state == "other major":
        progress(f"The PostgreSQL on port {found.port} is version {answer.major}: not used.")
    else:
        progress(f"Port {found.port} answers, but not with the settings of Compose: not used.")
    return None


def claim(found: Server) -> str | None:
    """Mark the server as this clone's; the other clone's folder if that one has it already.

    Two clones without a `.env` have the same port and password: without the mark they would
    work in the same databases. The mark is a setting of the database `postgres`, so it
    disappears with the volume.
    """
    here = str(paths.state())
    with (
        closing(found.connect(connection_check.MAINTENANCE)) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT current_setting('migrationlab.clone', true)")
        owner = cursor.fetchone()[0]
        if owner and owner != here and os.path.isdir(owner):
            return os.path.dirname(owner)
        if owner != here:
            cursor.execute("ALTER DATABASE postgres SET migrationlab.clone = %s", (here,))
    return None


def up(progress=print) -> Server:
    """`docker compose up -d --wait`, with a `.env` of this clone's own made first if it is missing.

    The caller holds remembered_server.lock(). Raises LabError.
    """
    _check_docker()
    if not (paths.home() / ".env").exists():
        write_env(progress)
    if running() is None:
        _free_port(progress)
        progress("Starting PostgreSQL with `docker compose up -d --wait` …")
        code, said = _compose("up", "-d", "--wait", SERVICE, progress=progress)
        if code != 0:
            raise up_failed(said, _logs())
    found = server()
    answer = _wait_for_answer(found)
    if not answer:
        raise no_answer(found, answer)
    owner = claim(found)
    if owner is not None:
        raise LabError(
            f"The PostgreSQL on port {found.port} belongs to the clone in {owner}.",
            expected="a COMPOSE_PROJECT_NAME and a LAB_PORT of this clone's own in .env",
            todo="Delete .env and start again: the lab writes a new one.",
        )
    return found


def stop(progress=print) -> None:
    """`docker compose stop`: the container ends, its volume with the rows stays."""
    _check_docker()
    progress("Stopping PostgreSQL with `docker compose stop` …")
    code, said = _compose("stop", SERVICE)
    if code != 0:
        raise LabError(f"docker compose stop failed: {_last(said)}")


def write_env(progress=print) -> None:
    """Make `.env` from `.env.example`: a project name, a free port and a password of its own."""
    home = paths.home()
    clone = hashlib.sha256(str(home).encode()).hexdigest()[:8]
    port = ports.next_free(int(DEFAULTS["LAB_PORT"])) or int(DEFAULTS["LAB_PORT"])
    own = {
        "COMPOSE_PROJECT_NAME": f"migrationlab-{clone}",
        "LAB_PORT": str(port),
        "POSTGRES_PASSWORD": secrets.token_urlsafe(15),
    }
    text = (paths.PROJECT / ".env.example").read_text(encoding="utf-8")
    remembered_server.replace(home / ".env", with_values(text, own), private=True)
    progress(f"Wrote .env: port {port}, a random password, project {own['COMPOSE_PROJECT_NAME']}.")


def with_values(text: str, values: dict[str, str]) -> str:
    """The text of an .env file with these variables set; comments and order stay."""
    for name, value in values.items():
        line = f"{name}={value}"
        text, count = re.subn(rf"(?m)^\s*{name}\s*=.*$", lambda _, line=line: line, text)
        if not count:
            text = text.rstrip("\n") + f"\n{line}\n"
    return text


# Docker


def _command(*arguments: str) -> list[str]:
    own_env = [] if paths.home() == paths.PROJECT else ["--env-file", str(paths.home() / ".env")]
    return ["docker", "compose", *own_env, *arguments]


def _compose(*arguments: str, progress=None) -> tuple[int, str]:
    """Run docker compose in the project's folder; exit code and output, shown line by line."""
    said, shown = [], 0.0
    with subprocess.Popen(
        _command(*arguments),
        cwd=paths.PROJECT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    ) as process:
        for line in process.stdout:
            said.append(line.rstrip())
            if progress and line.strip():
                often = DOWNLOADING.search(line)  # one such line a layer and second: show few
                if not often or time.monotonic() - shown > 5:
                    progress("  " + line.strip())
                    shown = time.monotonic()
    return process.returncode, "\n".join(said)


def _check_docker() -> None:
    """LabError when docker, its compose plugin or its engine is not there."""
    if shutil.which("docker") is None:
        raise LabError(
            "The program docker is not on this machine.",
            expected="Docker Desktop, or Docker Engine with the compose plugin",
            todo=f"Install it: https://docs.docker.com/get-docker/. {WITHOUT_DOCKER}",
        )
    code, said = _ask_docker("compose", "version")
    if code != 0:
        raise LabError(
            "This docker has no `docker compose` (the compose plugin, version 2 or newer).",
            todo="Install the compose plugin: https://docs.docker.com/compose/install/. "
            + WITHOUT_DOCKER,
        )
    code, said = _ask_docker("version", "--format", "{{.Server.Version}}")
    if code != 0:
        raise engine_error(said)


def _ask_docker(*arguments: str) -> tuple[int, str]:
    try:
        ended = subprocess.run(
            ["docker", *arguments],
            check=False,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=30,
        )
    except subprocess.TimeoutExpired:  # Docker Desktop while it starts
        return 1, "no answer in 30 seconds"
    return ended.returncode, ended.stdout + ended.stderr


def engine_error(said: str) -> LabError:
    if "permission denied" in said.lower():
        return LabError(
            "You may not use the Docker engine on this machine.",
            todo="On Linux: `sudo usermod -aG docker $USER`, then log out and in. "
            + WITHOUT_DOCKER,
        )
    return LabError(
        "The Docker engine does not run.",
        expected="an engine that answers `docker version`",
        todo="Start Docker Desktop, or on Linux `sudo systemctl start docker`. " + WITHOUT_DOCKER,
    )


def _free_port(progress) -> None:
    """Write another port into `.env` when a foreign program has ours."""
    port = server().port
    code, container = _compose("ps", "-q", SERVICE)
    if ports.is_free(port) or (code == 0 and container.strip()):
        return
    if os.environ.get("LAB_PORT"):
        raise LabError(
            f"Port {port} (LAB_PORT of your shell) is taken by another program.",
            todo="Give LAB_PORT another number, or unset it.",
        )
    other = ports.next_free(port + 1)
    file = paths.home() / ".env"
    text = file.read_text(encoding="utf-8-sig")
    remembered_server.replace(file, with_values(text, {"LAB_PORT": str(other)}), private=True)
    progress(f"Port {port} is taken by another program, so LAB_PORT in .env is now {other}.")


def _wait_for_answer(found: Server, seconds: float = 10) -> connection_check.Answer:
    # The container is healthy; Docker's own port forwarding may need a moment more.
    deadline = time.monotonic() + seconds
    answer = connection_check.ask(found)
    while answer.state == "unreachable" and time.monotonic() < deadline:
        time.sleep(0.2)
        answer = connection_check.ask(found)
    return answer


def _logs() -> str:
    return _compose("logs", "--no-color", "--no-log-prefix", "--tail", "40", SERVICE)[1]


def _last(text: str, lines: int = 8) -> str:
    return "\n".join(text.strip().splitlines()[-lines:])


# Saying what went wrong


def no_answer(found: Server, answer: connection_check.Answer) -> LabError:
    """The message for a container that runs but does not let the lab in."""
    if answer.state == "wrong password":
        return LabError(
            f"The compose server refuses the password of {found.user} in .env: "
            "its volume was made with another one.",
            expected="the password that .env had when the volume was made",
            todo="Put the old password back, or change it in the server: `docker compose exec db "
            f"psql -U {found.user} -d postgres -c \"ALTER ROLE {found.user} PASSWORD '…'\"`.",
        )
    if answer.state == "other major":
        return LabError(
            f"The compose server is PostgreSQL {answer.major}.",
            expected=f"PostgreSQL {MAJOR}",
            todo="Put back the image that docker-compose.yml names in git.",
        )
    return LabError(
        f"The compose server runs but does not answer on port {found.port}: {answer.said}",
        todo="Look at `docker compose logs db`.",
    )


def up_failed(said: str, logs: str) -> LabError:
    """The message for a `docker compose up` that failed, from what it and the server printed."""
    both = f"{said}\n{logs}"
    if re.search(r"port is already allocated|address already in use|ports are not available", said):
        return LabError(
            "Docker cannot have the port of LAB_PORT: another program took it.",
            todo="Give LAB_PORT in .env another number and try again.",
        )
    if re.search(r"incompatible with server|initialized by PostgreSQL version|unused mount", both):
        return LabError(
            f"The volume holds databases of another version than PostgreSQL {MAJOR}.",
            expected=f"a volume that PostgreSQL {MAJOR} made",
            todo="Keep it, and give COMPOSE_PROJECT_NAME in .env another name: "
            "the lab then gets a new volume.",
        )
    if "no space left on device" in both.lower():
        return LabError(
            "Docker's disk is full.", todo="`docker system df` shows what takes the room."
        )
    if re.search(r"pull|registry|no such host|manifest|timeout|TLS", said):
        return LabError(
            f"Docker could not download the image: {_last(said, 2)}",
            expected="a network for the first start with Docker",
            todo=f"Try again when you are online. {WITHOUT_DOCKER}",
        )
    return LabError(
        f"docker compose up failed:\n{_last(said)}\n{_last(logs)}".rstrip(),
        todo=f"Look at `docker compose logs db`. {WITHOUT_DOCKER}",
    )
