"""A whole drill at both doors: the terminal and the notebook."""

import os
import subprocess
import sys
import time

import psutil
import pytest

from migrationlab import paths
from migrationlab.drills import definitions, environment, lifecycle, rescue_result
from migrationlab.errors import LabError

DRILL = "dropped_table"


@pytest.fixture
def lab(home):
    """Run `lab.py …` as the command it is; gives what it said."""

    def run(*arguments, code=0):
        done = subprocess.run(
            [sys.executable, "-m", "migrationlab.cli", "drill", *arguments],
            cwd=paths.PROJECT,
            env=os.environ | {"COLUMNS": "80"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=180,
        )
        assert done.returncode == code, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done.stdout + done.stderr

    yield run
    lifecycle.clear()


@pytest.mark.slow
def test_a_drill_in_the_terminal(lab):
    """Assert that one can begin, ask, fail, repair, look back and clear away."""
    assert DRILL in lab() and "not" not in lab().splitlines()[0]
    said = lab("start", DRILL, "--seed", "5")
    assert "The dropped table" in said and "DROP TABLE" in said and "drill done" in said
    found = environment.running()
    assert "Hint 1 of 4" in lab("hint")
    assert "vouchers" in lab("brief")
    assert "still running" in lab("solution", code=1)
    said = lab("done", code=1)
    assert "Not repaired yet" in said and "Hints       1" in said and "×" in said
    (found.folder / "my_notes.txt").write_text("my own", "utf-8")
    definitions.find(DRILL).rescues[0].act(environment.running())
    said = lab("done")
    assert "Rescued." in said and "0 of" in said and "Afterwards" not in said
    assert "pg_waldump" in lab("solution") and "It breaks." in lab("replay")
    assert "over" in lab("done", code=1)
    assert "is over" in lab()
    kept = lab("stop")
    assert "cleared away" in kept and not found.folder.exists()
    files = list((paths.work() / "drills").rglob("my_notes.txt"))
    assert [file.read_text("utf-8") for file in files] == ["my own"]
    assert "✓ dropped_table" in lab() and "No drill is running" in lab("brief", code=1)


@pytest.mark.slow
def test_a_drill_in_a_notebook(begin, capsys):
    """Assert that %%terminal works in the drill's folder, and the verdict has its picture."""
    from IPython.core.interactiveshell import InteractiveShell

    from migrationlab import lab

    shell = InteractiveShell.instance()
    door = lab.drill(DRILL, level=2, seed=3)
    shell.run_line_magic("terminal", 'psql --command "SELECT count(*) AS books FROM books"')
    assert "300" in capsys.readouterr().out
    assert "relation" in door.till() and door.sold() > 20
    assert "Hint 1" in door.hint().data
    definitions.find(DRILL).rescues[0].act(environment.running())
    measured = door.done()
    assert measured.outcome == rescue_result.RESCUED and measured.hints == 1
    picture = door.replay()._repr_html_()
    assert picture.startswith("<svg") and "it breaks" in picture
    assert "pg_dump" in door.solution().data
    door.stop()
    assert environment.running() is None


@pytest.mark.slow
def test_the_same_seed_is_the_same_drill(begin):
    """Assert that what the till wants to sell is decided by the seed."""
    drill = definitions.find(DRILL)
    sold = []
    for seed in (11, 11, 12):
        found = begin(drill, seed=seed)
        sold.append([(sale.what, sale.key, sale.worth) for sale in found.sales()[:60]])
    assert sold[0] == sold[1] != sold[2]


@pytest.mark.slow
def test_nothing_is_left_of_a_drill(begin):
    """Assert that clearing away ends the till and every server, also those that somebody added."""
    found = begin(definitions.find(DRILL), seed=4)
    found.copy("backups/base", "mine")
    found.write("mine/postgresql.auto.conf", "archive_mode = off\n", append=True)
    found.start("mine", found.free_port())
    assert found.till_runs()
    processes = [
        process
        for process in psutil.process_iter(["cmdline", "cwd"])
        if str(found.folder) in f"{process.info['cwd']} {process.info['cmdline']}"
    ]
    assert len(processes) >= 3  # the till and two servers, each with its helpers
    lifecycle.clear()
    assert not found.folder.exists()
    _, alive = psutil.wait_procs(processes, timeout=20)
    assert [one for one in alive if one.status() != psutil.STATUS_ZOMBIE] == []


@pytest.mark.slow
def test_a_till_that_was_killed_sells_again(begin):
    """Assert that `done` starts a dead till anew, with the next number, and counts all of it."""
    found = begin(definitions.find(DRILL), seed=4)
    psutil.Process(int((found.notes / "till.pid").read_text())).kill()
    deadline = time.monotonic() + 20
    while found.till_runs() and time.monotonic() < deadline:
        time.sleep(0.02)
    definitions.find(DRILL).rescues[0].act(found)
    assert lifecycle.done(found).outcome == rescue_result.RESCUED
    numbers = [sale.n for sale in found.sales()]
    assert numbers == sorted(set(numbers))


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (lambda: definitions.find("nonsense"), "There is no drill 'nonsense'"),
        (lambda: lifecycle.begin(definitions.find(DRILL), level=4), "no level 4"),
        (lambda: lifecycle.running(), "No drill is running"),
        (lambda: lifecycle.solution(), "No drill is running"),
    ],
)
def test_wrong_input(home, act, words):
    """Assert that bad input gets one short message."""
    with pytest.raises(LabError, match=words):
        act()


@pytest.mark.slow
def test_an_interrupted_beginning_leaves_nothing(home, monkeypatch):
    """Assert that a drill which breaks while it is built is cleared away whole."""
    drill = definitions.find(DRILL)

    def interrupt(scene):
        raise KeyboardInterrupt

    monkeypatch.setattr(drill.play, "accident", interrupt)
    with pytest.raises(KeyboardInterrupt):
        lifecycle.begin(drill, seed=1, progress=lambda text: None)
    assert not environment.place().exists()


@pytest.mark.slow
def test_a_broken_address_is_told(begin):
    """Assert that a shop.conf that leads nowhere, or cannot be read, is a fault with its reason."""
    found = begin(definitions.find(DRILL), seed=2)
    good = (found.folder / "shop.conf").read_text("utf-8")
    for text, words in (
        (good.replace(f"port={found.port}", "port=1"), "cannot reach the database"),
        (good.replace("password=receipts", "password=wrong"), "cannot connect"),
        ("nonsense", "shop.conf cannot be read"),
        (good.replace("dbname=shop", "dbname=nowhere"), "cannot reach the database"),
    ):
        found.write("shop.conf", text)
        measured = lifecycle.done(found)
        assert measured.outcome == rescue_result.NOT_REPAIRED
        assert any(words in fault for fault in measured.faults), measured.faults


@pytest.mark.slow
def test_a_wrong_option_ends_no_drill(begin):
    """Assert that a drill which runs is cleared away only for one that can begin."""
    found = begin(definitions.find(DRILL), seed=2)
    with pytest.raises(LabError, match="no level"):
        lifecycle.begin(definitions.find(DRILL), level=9)
    assert environment.running().seed == 2 and found.till_runs()


@pytest.mark.slow
def test_one_can_always_leave(begin):
    """Assert that a spoilt catalog is a fault with its reason, and that `stop` clears it away."""
    found = begin(definitions.find(DRILL), seed=2)
    found.ask("SET allow_system_table_mods = on; DROP VIEW pg_catalog.pg_sequences CASCADE")
    found.ask("SET allow_system_table_mods = on; ALTER TABLE pg_catalog.pg_proc RENAME TO gone")
    measured = lifecycle.done(found)
    assert measured.outcome == rescue_result.NOT_REPAIRED
    found.write("shop.conf", "nonsense")
    (found.notes / "baseline.json").unlink()
    assert "cleared away" in lifecycle.stop()[-1]
    assert not found.folder.exists()
