"""The tools' pages in docs/: every command in a `console` block is run, and says what is written.

A line of output may hold … for what changes from run to run; a line that is only … stands for any
number of lines. A moment in a name, a port and a transaction's number are those of the run.
"""

import os
import re
import sqlite3
import subprocess
import sys
import time
from contextlib import closing

import pytest

from migrationlab import paths
from migrationlab.server import cluster, postgres_programs, system_account
from migrationlab.server.cluster import Cluster
from migrationlab.server.throwaway import throwaway

pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("pages"),  # the server and the folder are made once
    pytest.mark.skipif(os.name == "nt", reason="the pages' commands are for a shell"),
]

PAGES = ["transfer", "backup", "stairway"]
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.M | re.S)
SHOP = """
CREATE TABLE authors (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE books (id INTEGER PRIMARY KEY, title TEXT NOT NULL,
    author_id INTEGER REFERENCES authors, price NUMERIC, published DATE);
INSERT INTO authors VALUES (1, 'Astrid Lindgren'), (2, 'Søren Kierkegaard'), (3, 'Karen Blixen');
INSERT INTO books VALUES (1, 'Pippi Langstrømpe', 1, 149.95, '1945-11-26'),
    (2, 'Enten – Eller', 2, 299, '1843-02-20'), (3, 'Den afrikanske farm', 3, 199.5, '1937-10-06');
"""
OLD = """
CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT NOT NULL, born DATE);
INSERT INTO customers VALUES (1, 'Bo Jensen', '1980-02-29'), (2, 'Åse Bang', '1981-02-30'),
    (3, 'Ida Holm', '1990-05-01');
"""
REVISION = '''"""{message}"""

import sqlalchemy as sa
from alembic import op

revision, down_revision = {revision!r}, {down!r}


def upgrade():
    op.{up}


def downgrade():
    op.{back}
'''
PHONE = 'sa.Column("phone", sa.Text)'
PEOPLE = f'create_table("people", sa.Column("id", sa.Integer, primary_key=True), {PHONE})'
SEED = """
import sqlalchemy as sa

def fill(connection):
    connection.execute(sa.text("INSERT INTO people (id) VALUES (7) ON CONFLICT DO NOTHING"))
"""


class Shell:
    """A folder where the pages' commands are typed, and what the run has for their examples."""

    def __init__(self, folder, environment: dict[str, str]):
        self.folder, self.environment, self.said = folder, environment, {}

    def type(self, command: str) -> tuple[int, str]:
        """Run it as typed, with the run's own numbers in the place of the page's."""
        stamps = sorted(self.folder.glob("backups/shop-*"))
        if stamps:
            command = command.replace("20261125T184500Z", stamps[-1].name.removeprefix("shop-"))
        for written, real in self.said.items():
            command = command.replace(written, real)
        done = subprocess.run(
            ["sh", "-c", command],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            timeout=300,
        )
        if "pg_switch_wal" in command:
            self._wait_for_the_archive()
        if found := re.findall(r"^ *(\d+) +\S+/\S+ .* removed ", done.stdout, re.M):
            self.said["--xid 752"] = f"--xid {found[-1]}"
        if found := re.search(r"on port (\d+) of", done.stdout):
            self.said["127.0.0.1:5433"] = f"127.0.0.1:{found[1]}"
        return done.returncode, done.stdout

    def _wait_for_the_archive(self) -> None:
        ready = "SELECT count(*) FROM pg_ls_archive_statusdir() WHERE name LIKE '%.ready'"
        deadline = time.monotonic() + 60
        while self.type(f'psql -Atc "{ready}" postgresql:///shop')[1].strip() != "0":
            assert time.monotonic() < deadline, "the archiver does nothing"
            time.sleep(0.1)


def steps(block: str) -> list[tuple[str, list[str]]]:
    """(command, the lines that the page shows under it) of a block."""
    found: list[tuple[str, list[str]]] = []
    for line in block.splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
        else:
            found[-1][1].append(line)
    return found


def pattern(lines: list[str]) -> str:
    """A regular expression for the output that these lines stand for."""
    whole = ""
    for line in lines:
        if line.strip() == "…":
            whole += r"(?:.*\n)*?"
            continue
        line = re.sub(r"\d{8}T\d{6}Z", "STAMP", re.sub(r"^ *752 ", "… ", line))
        line = re.escape(line.strip()).replace("STAMP", r"\d{8}T\d{6}Z").replace("5433", r"\d+")
        whole += r" *" + re.sub(r"(\\ )+", r"\\s+", line).replace("…", ".*") + r" *\n"
    return whole


@pytest.fixture(scope="module")
def shell(home):
    """A shop in SQLite, a project with two revisions, and a server that archives its WAL."""
    folder = cluster.home("lab-pages-")
    for name, statements in (("shop", SHOP), ("old", OLD)):
        with closing(sqlite3.connect(folder / f"{name}.sqlite3")) as connection:
            connection.executescript(statements)
    _project(folder / "project")
    account = system_account.choose(folder)
    (folder / "archive").mkdir()
    account.own(folder / "archive")
    scripts = folder / "bin"
    scripts.mkdir()
    command = scripts / "migrationlab"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m migrationlab "$@"\n')
    command.chmod(0o755)
    with throwaway(
        archive_mode="on", archive_command=f"cp %p {folder}/archive/%f", wal_level="replica"
    ) as server:
        environment = {name: value for name, value in os.environ.items() if name[:2] != "PG"}
        environment |= {
            "PATH": os.pathsep.join([str(scripts), str(server.bin), environment["PATH"]]),
            "PYTHONPATH": str(paths.PROJECT),
            "COLUMNS": "120",
            "PGHOST": server.host,
            "PGPORT": str(server.port),
            "PGUSER": server.user,
            "PGPASSWORD": server.password,
        }
        made = Shell(folder, environment)
        try:
            yield made
        finally:
            copy = folder / "copy" / "data"
            if copy.exists():
                Cluster(copy, postgres_programs.folder(), system_account.choose(copy)).stop()
            subprocess.run(["rm", "-rf", str(folder)], check=True)


def _project(folder) -> None:
    versions = folder / "migrations" / "versions"
    versions.mkdir(parents=True)
    (folder / "alembic.ini").write_text("[alembic]\nscript_location = %(here)s/migrations\n")
    (folder / "seeds.py").write_text(SEED)
    (versions.parent / "env.py").write_text(
        "from alembic import context\nfrom sqlalchemy import create_engine\n"
        'with create_engine(context.config.get_main_option("sqlalchemy.url")).connect() as found:\n'
        "    context.configure(connection=found)\n"
        "    with context.begin_transaction():\n        context.run_migrations()\n"
    )
    first = dict(message="create people", revision="0001", down=None)
    second = dict(message="drop phone", revision="0002", down="0001")
    first |= dict(up=PEOPLE, back='drop_table("people")')
    second |= dict(up='drop_column("people", "phone")', back=f'add_column("people", {PHONE})')
    for one in (first, second):
        (versions / f"{one['revision']}.py").write_text(REVISION.format(**one))


@pytest.mark.parametrize("page", PAGES)
def test_what_the_page_says(page, shell, server):
    """Assert that each command ends with 0, or with what `echo $?` shows, and says what is shown.

    The database `shop` is new for each page, and holds the shop: the transfer page puts it there.
    """
    admin = "dropdb --if-exists --force shop 2>&1 | grep -v NOTICE; createdb -T template0 shop"
    assert shell.type(admin) == (0, "")
    if page == "backup":
        assert shell.type("migrationlab transfer shop.sqlite3 postgresql:///shop --quiet")[0] == 0
    if page == "stairway":
        assert shell.type(
            "psql -qc 'CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY)'"
            " -c \"INSERT INTO alembic_version VALUES ('0001')\""
            " -c 'CREATE TABLE people (id integer PRIMARY KEY, phone text)'"
            " -c \"INSERT INTO people VALUES (1, '12 34 56 78')\" postgresql:///shop"
        ) == (0, "")
    text = (paths.PROJECT / "docs" / f"{page}.md").read_text("utf-8")
    commands = [step for block in BLOCK.findall(text) for step in steps(block)]
    assert len(commands) > 4
    for number, (command, shown) in enumerate(commands):
        if command == "echo $?":
            continue
        after = commands[number + 1 : number + 2]
        expected = int(after[0][1][0]) if after and after[0][0] == "echo $?" else 0
        code, said = shell.type(command)
        assert code == expected, f"$ {command}\n{said}"
        assert re.fullmatch(pattern(shown), said), f"$ {command}\n{said}\nis not\n{shown}"
