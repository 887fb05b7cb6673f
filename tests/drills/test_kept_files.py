"""The student's own files are kept when a drill is cleared away: without a server."""

from migrationlab.drills import kept_files
from migrationlab.drills.environment import DrillEnvironment


def test_only_what_is_new_or_changed_is_kept(tmp_path, monkeypatch):
    """Assert that data, archive, backups, logs and big files stay behind."""
    monkeypatch.setenv("MIGRATIONLAB_HOME", str(tmp_path / "home"))
    folder = tmp_path / "drill"
    env = DrillEnvironment(folder, "dropped_table", 1, 1, 5432, "secret")
    for name in ("shop.conf", "monday.sql", "data/PG_VERSION", "rescue/PG_VERSION"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("from the beginning", "utf-8")
    first = kept_files.signatures(env)
    assert [line.split()[0] for line in first] == ["monday.sql", "shop.conf"]
    (folder / "shop.conf").write_text("another address", "utf-8")
    (folder / "mine").mkdir()
    (folder / "mine/notes.txt").write_text("my own", "utf-8")
    (folder / "data/junk").write_text("no", "utf-8")
    (folder / "data.log").write_text("no", "utf-8")
    (folder / "copy.dump").write_bytes(b" " * (kept_files.BIGGEST + 1))
    kept = kept_files.keep(env, first)
    assert sorted(path.name for path in kept) == ["notes.txt", "shop.conf"]
    assert all(path.is_relative_to(tmp_path / "home") for path in kept)


def test_a_drill_that_never_began_keeps_nothing(tmp_path):
    """Assert that without the list of the beginning no file is taken for the student's."""
    (tmp_path / "half").write_text("built", "utf-8")
    env = DrillEnvironment(tmp_path, "dropped_table", 1, 1, 5432, "secret")
    assert kept_files.keep(env, []) == []
