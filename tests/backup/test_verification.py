"""Verify sees every damage; what it says of a good backup is true."""

import json
import os
import random
import shutil

import pytest

from migrationlab import backup
from migrationlab.backup import client_programs, load_dump, manifest, verification
from migrationlab.errors import LabError
from migrationlab.server import postgres_programs
from tests.backup import backup_tools as tools

FORMATS = ("custom", "plain", "directory")
ALL = [(format, quick) for format in FORMATS for quick in (True, False)]


def largest(folder):
    """The biggest file of the dump."""
    files = [folder / name for name in manifest.contents(folder) if name != manifest.GLOBALS]
    return max(files, key=lambda file: file.stat().st_size)


def truncated(part):
    def damage(folder):
        os.truncate(largest(folder), int(largest(folder).stat().st_size * part))

    return damage


def flipped(folder):
    file = largest(folder)
    raw = bytearray(file.read_bytes())
    raw[random.randrange(len(raw))] ^= 1 << random.randrange(8)
    file.write_bytes(raw)


def emptied(folder):
    largest(folder).write_bytes(b"")


def removed(folder):
    largest(folder).unlink()


def stray(folder):
    (folder / "dump.old").write_bytes(b"x")


def stray_with_a_known_name(folder):
    (folder / "dump").mkdir(exist_ok=True)
    (folder / "dump" / manifest.NAME).write_bytes(b"x")


def swapped(folder):
    one, two = (folder / name for name in manifest.contents(folder)[:2])
    hand = one.read_bytes()
    one.write_bytes(two.read_bytes())
    two.write_bytes(hand)


def globals_edited(folder):
    with (folder / manifest.GLOBALS).open("a") as file:
        file.write("CREATE ROLE intruder SUPERUSER;\n")


def counts_edited(folder):
    path = folder / manifest.NAME
    path.write_text(path.read_text("utf-8").replace('"rows": 500', '"rows": 501'), "utf-8")


def manifest_without_facts(folder):
    noted = json.loads((folder / manifest.NAME).read_text("utf-8"))
    del noted["facts"]
    (folder / manifest.NAME).write_text(json.dumps(noted), "utf-8")


def manifest_cut(folder):
    os.truncate(folder / manifest.NAME, 1000)


def no_manifest(folder):
    (folder / manifest.NAME).unlink()


DAMAGES = [truncated(part) for part in (0.01, 0.5, 0.9, 0.9999)] + [
    flipped, emptied, removed, stray, stray_with_a_known_name, swapped, globals_edited,
    counts_edited, manifest_without_facts, manifest_cut, no_manifest,
]  # fmt: skip


@pytest.mark.parametrize("format, quick", ALL)
def test_every_damage_is_seen(made, tmp_path, format, quick):
    """Assert NOT GOOD, or one message, for every damage, without starting any server."""
    random.seed(format)
    for number, damage in enumerate(DAMAGES):
        folder = tools.copy_of(made[format], tmp_path / str(number))
        damage(folder)
        try:
            verdict = backup.verify(folder, quick=quick, on="postgresql://nobody@127.0.0.1:1/x")
        except LabError as error:
            assert folder.name in tools.message(error)
            assert "manifest" in str(error)
        else:
            assert not verdict.ok, damage
            assert "NOT GOOD" in str(verdict) and len(verdict.lines) <= 3
            assert backup.listing(folder.parent)[0].verified == "NOT GOOD"


@pytest.mark.parametrize("format, quick", ALL)
def test_damage_with_sums_made_to_fit(server, made, tmp_path, format, quick):
    """Assert that a damage that fits its sha256 is caught by reading or restoring the dump."""
    random.seed(format)
    if format == "plain" and quick:
        damages = [truncated(0.9)]
    else:
        damages = [truncated(0.9), emptied]
        damages += [] if quick else [flipped_value]
    for number, damage in enumerate(damages):
        folder = tools.copy_of(made[format], tmp_path / str(number))
        damage(folder)
        tools.reseal(folder)
        verdict = backup.verify(folder, quick=quick, on=server.url("postgres"))
        assert not verdict.ok, damage
        assert len(verdict.lines[0]) < 450
    assert not any(name.startswith("lab_verify_") for name in tools.names(server))


def flipped_value(folder):
    """Another letter in one value of a plain dump, an empty dump otherwise."""
    file = largest(folder)
    if file.name == "dump.sql":
        raw = file.read_bytes()
        assert b"Kierkegaard" in raw
        file.write_bytes(raw.replace(b"Kierkegaard", b"Kierkegaart", 1))
    else:
        emptied(folder)


@pytest.mark.parametrize(
    "change, line",
    [
        (lambda f: f["tables"]["authors"].update(rows=4), "table authors: 4 rows, restored 3"),
        (lambda f: f["tables"]["authors"].update(fingerprint="1"), "table authors: other values"),
        (lambda f: f["tables"].pop("authors"), "table authors: not in the backup"),
        (lambda f: f["tables"].update(x={"rows": 1, "fingerprint": "1"}), "table x: missing"),
        (lambda f: f["sequences"].update(untouched=[9, True]), "sequence untouched"),
        (lambda f: f["large_objects"].update(fingerprint="1"), "large objects: 2, restored 2"),
        (lambda f: f["schema"]["enums"].update(mood=["glad"]), "schema enums › mood"),
        (lambda f: f["owners"].update({"public.authors": ["x", []]}), "owner and grants of"),
        (lambda f: f["database"].update(comment="other"), "database comment"),
        (lambda f: f["database"].update(owner="lab"), "database owner"),
    ],
)
def test_what_is_compared(server, made, change, line):
    """Assert that each kind of fact is compared, and named in one line."""
    before = json.loads(json.dumps(made["custom"].manifest["facts"]))
    after = json.loads(json.dumps(before))
    change(before)
    lines = verification.load_dump.inventory.differences(before, after)
    assert len(lines) == 1 and lines[0].startswith(line), lines


def test_another_major_version(made):
    """Assert that what another version words otherwise is no difference, and all else is one."""
    before = json.loads(json.dumps(made["custom"].manifest["facts"]))
    before["major"] = 15
    for name, (who, rights) in before["owners"].items():
        before["owners"][name] = [who, [right.replace("xtm/", "xt/") for right in rights]]
    view = before["schema"]["tables"]["glad_authors"]
    view["definition"] = "SELECT authors.id …"
    assert (
        verification.load_dump.inventory.differences(before, made["custom"].manifest["facts"]) == []
    )
    del view["columns"]["mood"]
    before["owners"]["public.authors"][1].append("somebody=r/lab")
    lines = verification.load_dump.inventory.differences(before, made["custom"].manifest["facts"])
    assert len(lines) == 2, lines


def test_swapped_large_objects(server, rich, small, tmp_path):
    """Assert that two large objects that have changed places are not the same."""
    tools.run(server, small, "SELECT lo_from_bytea(1, 'a'), lo_from_bytea(2, 'b')")
    one = backup.make(tools.url(server, small), tmp_path)
    tools.run(server, small, "SELECT lo_put(1, 0, 'b'), lo_put(2, 0, 'a')")
    two = backup.make(tools.url(server, small), tmp_path)
    sums = [made.manifest["facts"]["large_objects"] for made in (one, two)]
    assert sums[0] != sums[1]


def test_on_a_throw_away_server(made):
    """Assert that a whole verify needs no server of anyone, and notes what it found."""
    verdict = backup.verify(made["directory"].folder)
    assert verdict.lines == [] and "throw-away server" in verdict.how
    assert "rows" in verdict.compared and verdict.seconds > 0
    noted = made["directory"].verified
    assert noted["ok"] and not noted["quick"]
    assert backup.verify(made["directory"].folder, quick=True).ok
    assert made["directory"].verified == noted, "a quick look takes nothing from a proof"


def test_quick_says_that_it_proves_less(made):
    """Assert the words, and the mark in the list."""
    verdict = backup.verify(made["plain"].folder, quick=True)
    assert verdict.ok and "that it can be restored is not shown" in str(verdict)


def test_roles_that_the_server_lacks(server, made, tmp_path):
    """Assert a message, not NOT GOOD, when it is the server that lacks something."""
    folder = tools.copy_of(made["custom"], tmp_path)
    tools.reseal(folder, lambda noted: noted["facts"]["roles"].append("the_boss"))
    with pytest.raises(LabError, match="lacks the roles the_boss"):
        backup.verify(folder, on=server.url("postgres"))


def test_an_extension_that_the_server_lacks(server, made, tmp_path, monkeypatch):
    """Assert that this is said of the server: the backup is not marked as bad."""
    folder = tools.copy_of(made["custom"], tmp_path)

    def fill(*_, **__):
        raise LabError('pg_restore failed: error: ERROR: extension "postgis" is not available')

    monkeypatch.setattr(load_dump, "fill", fill)
    with pytest.raises(LabError, match="could not be tried") as caught:
        backup.verify(folder, on=server.url("postgres"))
    assert "--on" in tools.message(caught.value)
    assert manifest.load(folder).verified is None


def test_too_old_a_server_or_programs(server, made, tmp_path, monkeypatch):
    """Assert messages, not NOT GOOD, when nobody here can read the dump."""
    folder = tools.copy_of(made["custom"], tmp_path)
    tools.reseal(folder, lambda noted: noted.update(client="99.1"))
    with pytest.raises(LabError, match="written by pg_dump 99") as caught:
        backup.verify(folder, on=server.url("postgres"))
    tools.message(caught.value)
    tools.reseal(folder, lambda noted: noted.update(client="18.1"))
    monkeypatch.setattr(
        client_programs, "found", lambda: (client_programs.Clients(tmp_path, "15.4"),)
    )
    with pytest.raises(LabError, match="no pg_restore 18 or newer") as caught:
        backup.verify(folder, on=server.url("postgres"))
    assert postgres_programs.GIVEN in tools.message(caught.value)
    with pytest.raises(LabError, match="no pg_restore 18 or newer"):
        backup.verify(folder, quick=True)
    assert manifest.load(folder).verified is None


def test_a_server_that_does_not_answer(made, tmp_path):
    """Assert a message, and no verdict in the folder."""
    folder = tools.copy_of(made["custom"], tmp_path)
    with pytest.raises(LabError, match="cannot be reached"):
        backup.verify(folder, on="postgresql://nobody@127.0.0.1:1/x")
    assert manifest.load(folder).verified is None


def test_a_folder_that_may_not_be_written(made, tmp_path, monkeypatch):
    """Assert one message when the verdict cannot be kept; what a kill left does no harm."""
    folder = tools.copy_of(made["custom"], tmp_path)
    (folder / "verified.json.new").write_text("{")

    def refuse(path, text):
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(manifest, "replace", refuse)
        with pytest.raises(LabError, match="cannot be noted"):
            backup.verify(folder, quick=True)
    assert backup.verify(folder, quick=True).ok


def test_no_backup_at_all(tmp_path):
    """Assert one message for a folder, a file and nothing."""
    (tmp_path / "file").write_text("")
    for place in (tmp_path, tmp_path / "file", tmp_path / "nothing"):
        with pytest.raises(LabError, match="holds no backup") as caught:
            backup.verify(place)
        tools.message(caught.value)


def test_a_newer_manifest(made, tmp_path):
    """Assert that a format that is not known yet is said so."""
    folder = tools.copy_of(made["custom"], tmp_path)
    tools.reseal(folder, lambda noted: noted.update(version=2))
    with pytest.raises(LabError, match="newer Migration Lab"):
        backup.verify(folder)


@pytest.mark.parametrize("encoding, locale", [("LATIN1", "C"), ("SQL_ASCII", "C")])
def test_other_encodings(server, new, tmp_path, encoding, locale):
    """Assert that a database in another encoding is restored as that."""
    tools.run(
        server,
        "postgres",
        f"CREATE DATABASE {new} TEMPLATE template0 ENCODING '{encoding}'"
        f" LOCALE_PROVIDER libc LC_COLLATE '{locale}' LC_CTYPE '{locale}'",
    )
    tools.run(server, new, "CREATE TABLE t AS SELECT 'hej' AS t")
    one = backup.make(tools.url(server, new), tmp_path)
    assert backup.verify(one.folder, on=server.url("postgres")).lines == []
    copy = f"{new}_copy"
    assert backup.restore(one.folder, tools.url(server, copy)).notes == []
    assert tools.run(server, copy, "SHOW server_encoding") == [(encoding,)]


def test_a_moved_folder(made, tmp_path):
    """Assert that a backup may be copied, renamed and read from elsewhere."""
    folder = tmp_path / "et andet navn 🎒"
    shutil.copytree(made["directory"].folder, folder)
    assert backup.verify(folder, quick=True).ok
