"""Settings from `.env`, their defaults, and what must agree between the project's files."""

import json
import re

import yaml
from dotenv import dotenv_values

from migrationlab import paths
from migrationlab.server import compose, postgres_programs
from tests.docker.composed import ask, docker

COMPOSE = paths.PROJECT / "docker-compose.yml"


def test_image_is_pinned_to_the_version_of_the_wheel():
    """Assert that compose and the embedded server run the same minor version."""
    service = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))["services"][compose.SERVICE]
    assert service["image"] == f"postgres:{postgres_programs.version()}"


def test_defaults_are_the_same_everywhere():
    """Assert that docker-compose.yml, .env.example and the lab know the same settings."""
    written = dict(re.findall(r"\$\{(\w+):-(\w+)\}", COMPOSE.read_text(encoding="utf-8")))
    written.pop("NAME")  # the explanation at the top
    name = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))["name"]
    assert written == compose.DEFAULTS
    example = dict(dotenv_values(paths.PROJECT / ".env.example"))
    assert example == compose.DEFAULTS | {"COMPOSE_PROJECT_NAME": name}


def test_compose_reads_the_file_without_a_warning(engine, tmp_path):
    """Assert that a fresh clone without `.env` works, whatever its folder is called."""
    folder = tmp_path / "ÆØÅ"  # no letter of it is allowed in a project's name
    folder.mkdir()
    (folder / COMPOSE.name).write_text(COMPOSE.read_text(encoding="utf-8"), encoding="utf-8")
    said = docker("compose", "config", "--format", "json", folder=folder)
    config = json.loads(said)  # a warning before the JSON would break this
    assert config["name"] == "migrationlab"
    (port,) = config["services"]["db"]["ports"]
    assert (port["host_ip"], port["published"], port["target"]) == ("127.0.0.1", "54318", 5432)


def test_two_projects_run_side_by_side(make_project):
    """Assert that `.env` alone gives a clone its own port, password, names, and its own rows."""
    one = make_project()
    two = make_project(
        POSTGRES_USER="søren", POSTGRES_PASSWORD="'p@ss $word #1'", POSTGRES_DB="book shop"
    )
    one.up()
    two.up()
    # Compose takes the quotes away.
    password = two.settings["POSTGRES_PASSWORD"].strip("'")
    two.settings["POSTGRES_PASSWORD"] = password

    assert ask(one.server, "SELECT current_user, current_database()") == [("lab", "bookshop")]
    assert ask(two.server, "SELECT current_user, current_database()") == [("søren", "book shop")]
    ask(one.server, "CREATE TABLE only_here ()")
    assert ask(two.server, "SELECT to_regclass('only_here')") == [(None,)]

    two.remove()
    assert ask(one.server, "SELECT to_regclass('only_here')::text") == [("only_here",)]
