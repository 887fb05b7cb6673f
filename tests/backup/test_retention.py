"""The shelf: what retention keeps over a long time, and that pruning can be cut short."""

import json
import random
import shutil
from datetime import UTC, datetime, timedelta

import pytest

from migrationlab.backup import manifest, retention
from migrationlab.errors import LabError

TODAY = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """No fsync: thousands of them take long, and nobody pulls the plug here."""
    monkeypatch.setattr(manifest, "sync", lambda path: None)


def put(place, made, database="shop", ok=None, quick=False, origin="localhost:5432"):
    """A backup that is only a manifest, and perhaps a verdict."""
    noted = {
        "version": manifest.VERSION,
        "kind": "postgresql",
        "made_at": made.isoformat(),
        "database": database,
        "origin": origin,
        "files": {},
        "format": "custom",
        "facts": {"tables": {}},
    }
    with manifest.folder_for(place, manifest.stamp(database, made)) as (_, finish):
        backup = finish(noted)
    if ok is not None:
        backup.note_verified({"at": made.isoformat(), "ok": ok, "quick": quick})
    return backup.folder


def kept(place):
    return {item.backup.folder: item.kept_as for item in retention.listing(place) if item.kept_as}


def test_four_hundred_days(tmp_path):
    """Assert that a year of daily backups with daily pruning leaves 7 days, 4 weeks, 12 months."""
    folders = {}
    for day in range(400):
        made = TODAY - timedelta(days=399 - day)
        folders[put(tmp_path, made)] = made
        retention.prune(tmp_path, really=True)
    left = kept(tmp_path)
    assert len(retention.listing(tmp_path)) == len(left)
    words = [word for reason in left.values() for word in reason.split(", ")]
    assert [words.count(word) for word in ("daily", "weekly", "monthly")] == [7, 4, 12]
    days = sorted((TODAY - folders[folder]).days for folder in left)
    assert days[:7] == list(range(7)) and 320 < days[-1] < 366
    months = {folders[folder].strftime("%Y-%m") for folder in left}
    assert len(months) == 12
    # Each month is kept by its last day, whatever was pruned on the way.
    for folder, reason in left.items():
        if "monthly" in reason and folders[folder].month != TODAY.month:
            assert (folders[folder] + timedelta(days=1)).day == 1


def test_each_database_for_itself(tmp_path):
    """Assert that a busy database takes no place of another."""
    for hour in range(40):
        put(tmp_path, TODAY - timedelta(hours=hour), "busy")
    old = put(tmp_path, TODAY - timedelta(days=900), "quiet")
    left = kept(tmp_path)
    assert left[old] == "daily, weekly, monthly"
    assert len(left) == 4  # one for each day of "busy" and the old one
    doomed = retention.prune(tmp_path)
    assert len(doomed) == 37 and all(folder.exists() for folder in doomed)
    assert retention.prune(tmp_path, really=True) == doomed
    assert retention.prune(tmp_path, really=True) == []


def test_two_servers_with_one_name(tmp_path):
    """Assert that a later backup of the same name from another server is no substitute."""
    one = put(tmp_path, TODAY, origin="production:5432")
    two = put(tmp_path, TODAY + timedelta(hours=1), origin="staging:5432")
    assert set(kept(tmp_path)) == {one, two}
    assert retention.prune(tmp_path, really=True) == []


def test_several_on_one_day(tmp_path):
    """Assert that the newest of a day is kept."""
    early = put(tmp_path, TODAY)
    late = put(tmp_path, TODAY + timedelta(hours=9))
    assert set(kept(tmp_path)) == {late}
    assert retention.prune(tmp_path) == [early]


def test_the_last_verified_one(tmp_path):
    """Assert that it is kept however old it is; a quick look is no proof."""
    proved = put(tmp_path, TODAY - timedelta(days=1000), ok=True)
    older = put(tmp_path, TODAY - timedelta(days=1001), ok=True)
    put(tmp_path, TODAY - timedelta(days=999), ok=True, quick=True)
    for day in range(400):
        put(tmp_path, TODAY - timedelta(days=day), ok=None)
    left = kept(tmp_path)
    assert left[proved] == "last verified" and older not in left
    assert proved not in retention.prune(tmp_path, really=True) and proved.exists()


def test_not_good_ones(tmp_path):
    """Assert that a bad backup keeps no place of a good one, and the newest is kept even then."""
    good = [put(tmp_path, TODAY - timedelta(days=day)) for day in (20, 21)]
    bad = [put(tmp_path, TODAY - timedelta(days=day), ok=False) for day in range(3)]
    left = kept(tmp_path)
    assert left[bad[0]] == "newest"
    assert not {bad[1], bad[2]} & left.keys()
    assert left[good[0]] == "daily, weekly, monthly"
    only = put(tmp_path, TODAY - timedelta(days=5), "other", ok=False)
    assert kept(tmp_path)[only] == "newest", "a bad backup may still be better than none"


def test_a_quick_look_does_not_take_the_proof(tmp_path):
    """Assert that verify --quick after a real verify keeps the real one; a bad look counts."""
    folder = put(tmp_path, TODAY, ok=True)
    backup = manifest.load(folder)
    backup.note_verified({"at": TODAY.isoformat(), "ok": True, "quick": True})
    assert retention.listing(tmp_path)[0].verified == "2026-11-25 03:00"
    backup.note_verified({"at": TODAY.isoformat(), "ok": False, "quick": True})
    assert retention.listing(tmp_path)[0].verified == "NOT GOOD"
    backup.note_verified({"at": TODAY.isoformat(), "ok": True, "quick": True})
    assert retention.listing(tmp_path)[0].verified == "2026-11-25 03:00 (quick)"


def test_any_history(tmp_path):
    """Assert for random shelves that the newest and the last verified stay; twice is once."""
    chance = random.Random(5)
    for number in range(25):
        place = tmp_path / str(number)
        for _ in range(chance.randrange(1, 30)):
            put(
                place,
                TODAY - timedelta(hours=chance.randrange(20_000)),
                chance.choice("ab"),
                chance.choice([None, None, True, False]),
                chance.random() < 0.3,
            )
        before = {item.backup.folder: item.backup for item in retention.listing(place)}
        gone = set(retention.prune(place, really=True))
        left = [backup for folder, backup in before.items() if folder not in gone]
        for database in {backup.manifest["database"] for backup in before.values()}:
            mine = [b for b in before.values() if b.manifest["database"] == database]
            newest = max(backup.made for backup in mine)
            assert any(b.made == newest for b in left if b.manifest["database"] == database)
            proved = [b.made for b in mine if b.folder in gone and retention._is_proved(b)]
            still = [b.made for b in left if b in mine and retention._is_proved(b)]
            assert not proved or max(still) >= max(proved)
        assert retention.prune(place, really=True) == []


@pytest.mark.parametrize("moment", ["before", "during"])
def test_interrupted(tmp_path, monkeypatch, moment):
    """Assert that a removal cut short leaves no half backup, and that the next one cleans up."""
    for hour in range(5):
        put(tmp_path, TODAY + timedelta(hours=hour))
    remove = shutil.rmtree

    def interrupt(path, **_):
        if moment == "during":
            (path / manifest.VERIFIED).unlink(missing_ok=True)
            (path / manifest.NAME).unlink()
        raise KeyboardInterrupt

    monkeypatch.setattr(retention.shutil, "rmtree", interrupt)
    with pytest.raises(KeyboardInterrupt):
        retention.prune(tmp_path, really=True)
    monkeypatch.setattr(retention.shutil, "rmtree", remove)
    assert len(retention.listing(tmp_path)) == 4
    (half,) = retention.damaged(tmp_path)
    assert half.name.startswith(retention.REMOVED)
    with pytest.raises(LabError, match="never finished"):
        manifest.load(half)
    assert len(retention.prune(tmp_path, really=True)) == 3
    assert len(list(tmp_path.iterdir())) == 1


def test_what_cannot_be_removed(tmp_path, monkeypatch):
    """Assert one message."""
    for hour in range(3):
        put(tmp_path, TODAY + timedelta(hours=hour))

    def refuse(path, **_):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(retention.shutil, "rmtree", refuse)
    with pytest.raises(LabError, match="cannot be removed: Permission denied"):
        retention.prune(tmp_path, really=True)


def test_strange_neighbours(tmp_path):
    """Assert that other files and folders are left alone, and damaged backups are named."""
    folder = put(tmp_path, TODAY)
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "photos").mkdir()
    broken = put(tmp_path, TODAY - timedelta(days=1))
    (broken / manifest.NAME).write_text("{}")
    half = put(tmp_path, TODAY - timedelta(days=2))
    noted = json.loads((half / manifest.NAME).read_text("utf-8"))
    (half / manifest.NAME).write_text(json.dumps(noted | {"made_at": "2099-01-01"}), "utf-8")
    empty = put(tmp_path, TODAY - timedelta(days=3))
    (empty / manifest.VERIFIED).write_text("")
    names = [item.backup.folder for item in retention.listing(tmp_path)]
    assert names == [folder, empty]
    assert retention.damaged(tmp_path) == sorted([broken, half])
    retention.prune(tmp_path, really=True)
    assert (tmp_path / "notes.txt").exists() and (tmp_path / "photos").exists() and broken.exists()
    with pytest.raises(LabError, match="There is no folder"):
        retention.listing(tmp_path / "nowhere")


@pytest.mark.parametrize(
    "ago, words",
    [
        ({"seconds": 5}, "just now"),
        ({"minutes": 1}, "1 minute"),
        ({"hours": 23, "minutes": 59}, "23 hours"),
        ({"days": 400}, "400 days"),
        ({"days": -1}, "just now"),
    ],
)
def test_ages(ago, words):
    """Assert an age in words, also from a clock that runs before ours."""
    assert retention.age(manifest.now() - timedelta(**ago)) == words
