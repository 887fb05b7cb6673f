"""Which programs serve where the tools are installed alone: given ones, pip's, the machine's."""

import os
from contextlib import closing
from pathlib import Path

import pytest

from migrationlab import paths
from migrationlab.errors import LabError
from migrationlab.server import postgres_programs
from migrationlab.server.throwaway import throwaway

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the fake programs are shell scripts")


@pytest.fixture
def outside(monkeypatch):
    """No clone, and no PostgreSQL but what a test names."""
    monkeypatch.setattr(paths, "in_clone", lambda: False)
    monkeypatch.setattr(postgres_programs, "SYSTEM", "/nowhere")
    monkeypatch.setattr(postgres_programs, "wheel", lambda: None)
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.delenv(postgres_programs.GIVEN, raising=False)
    return monkeypatch


def fake(folder: Path, version: str) -> Path:
    """An initdb that knows only its version."""
    folder.mkdir(parents=True)
    (folder / "initdb").write_text(f"#!/bin/sh\necho 'initdb (PostgreSQL) {version} (Debian x)'\n")
    (folder / "initdb").chmod(0o755)
    return folder


def test_the_newest_of_the_machine_or_the_wanted_one(outside, tmp_path):
    """Assert what `least` and `exact` mean, and that what the user names comes first."""
    old, new = fake(tmp_path / "15" / "bin", "15.18"), fake(tmp_path / "17" / "bin", "17.2")
    named = fake(tmp_path / "mine", "16.1")
    outside.setattr(postgres_programs, "SYSTEM", str(tmp_path))
    assert postgres_programs.folder() == new
    assert postgres_programs.folder(15, exact=True) == old
    outside.setenv(postgres_programs.GIVEN, str(named))
    assert postgres_programs.folder() == named
    assert postgres_programs.folder(17) == new
    with pytest.raises(LabError, match="version 18 or newer") as caught:
        postgres_programs.folder(18)
    assert f"only 16 in {named}" in str(caught.value)


def test_too_old_or_none(outside, tmp_path):
    """Assert one message that names the three ways."""
    outside.setenv("PATH", str(fake(tmp_path / "bin", "12.9")))
    with pytest.raises(LabError, match="only 12 in") as caught:
        postgres_programs.folder()
    for way in ("migrationlab[server]", "PATH", "--on URL", "--url URL"):
        assert way in caught.value.todo
    outside.setenv("PATH", "/nowhere")
    with pytest.raises(LabError, match="and there are none[.]"):
        postgres_programs.folder()


def test_a_throwaway_server_of_an_older_version(outside):
    """Assert that it knows Danish letters, as the newer one does, and takes settings."""
    older = sorted(Path("/usr/lib/postgresql").glob("1[56]/bin/initdb"))
    if not older:
        pytest.skip("no PostgreSQL 15 or 16 on this machine")
    outside.setenv("PATH", f"{older[0].parent}{os.pathsep}{os.defpath}")
    with throwaway(work_mem="5MB", log_line_prefix="it's %m ") as server:
        with closing(server.connect()) as connection, connection.cursor() as cursor:
            cursor.execute("SHOW work_mem")
            assert cursor.fetchone() == ("5MB",)
            cursor.execute("SELECT lower('ÆØÅ'), current_setting('server_version_num')::int")
            letters, number = cursor.fetchone()
    assert letters == "æøå" and number // 10000 == int(older[0].parts[-3])
