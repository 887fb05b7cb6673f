"""A job that is forked from the kept process is what `python …` is, and nothing of it stays."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import psutil
import pytest

from migrationlab import paths, warm_process
from migrationlab.errors import LabError
from migrationlab.warm_process import fork_server

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nothing is forked")

PATIENCE = 30


def begin(folder: Path, program: str, *arguments: str, environment=None, stdin=None, **options):
    """Start a program in the kept process; its output goes to a file "output" beside it."""
    (folder / "program.py").write_text(textwrap.dedent(program), "utf-8")
    with open(folder / "output", "wb") as output:
        return warm_process.start(
            ["program.py", *arguments],
            folder=folder,
            environment=dict(os.environ, PYTHONIOENCODING="utf-8") | (environment or {}),
            stdin=stdin or warm_process.DEVNULL,
            stdout=output,
            stderr=output,
            **options,
        )


def run(folder: Path, program: str, *arguments: str, **options) -> tuple[int, str]:
    """The exit code and the output; it was forked, or the test would prove nothing."""
    process = begin(folder, program, *arguments, **options)
    assert isinstance(process, fork_server.Forked)
    code = process.wait(PATIENCE)
    return code, (folder / "output").read_text("utf-8")


def plain(folder: Path, *words: str, environment=None) -> tuple[int, str]:
    """The same, started by Popen."""
    done = subprocess.run(
        [sys.executable, *words],
        cwd=folder,
        env=dict(os.environ, PYTHONIOENCODING="utf-8") | (environment or {}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    return done.returncode, done.stdout.decode("utf-8")


ENDINGS = {
    "0": "print('well')",
    "1": "def inner():\n    raise ValueError('æ')\nprint('before', flush=False)\ninner()",
    "2": "import sys\nsys.exit(2)",
    "a word": "import sys\nprint('out')\nsys.exit('a word')",
    "a mistake in the file": "x = = 1",
    "os._exit": "import os\nprint('lost')\nos._exit(7)",
    "os.abort": "import os, resource\nresource.setrlimit(resource.RLIMIT_CORE, (0, 0))\nos.abort()",
    "a signal": "import os, signal\nos.kill(os.getpid(), signal.SIGTERM)",
    "KeyboardInterrupt": "raise KeyboardInterrupt",
    "at exit": "import atexit\natexit.register(print, 'late')\nclass A:\n    def __del__(self):\n"
    "        print('deleted')\na = A()\nprint('first')",
    "a thread": "import threading, time\ndef f():\n    time.sleep(0.05)\n    print('f')\n"
    "threading.Thread(target=f).start()\nprint('main')",
    "output is closed": "import os\nos.close(1)\nprint('nowhere')",
    "in a library": "import json\njson.loads('{')",
    "an error in an error": "try:\n    1 / 0\nexcept ZeroDivisionError:\n    raise KeyError('k')",
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_it_ends_as_python_does(tmp_path, ending):
    """Assert that exit code and output, tracebacks too, are those of `python program.py`."""
    forked = run(tmp_path, ENDINGS[ending])
    assert forked == plain(tmp_path, "program.py")


def test_it_begins_as_python_does(tmp_path):
    """Assert that a program sees nothing other than what `python program.py x "y z"` shows it."""
    look = """
        import os, sys
        print(sys.argv, sys.orig_argv, sys.path, sys.executable, os.getcwd(), __file__, __name__)
        print(sorted(globals()), sys.stdout.encoding, sys.stdout.errors, sys.stderr.errors)
        print(os.environ["MINE"], "PWD" in os.environ, sorted(os.listdir("/proc/self/fd"))[:3])
        print(sys.stdin.read() == "", sys.stdout.line_buffering, sys.flags, sys.warnoptions)
        import signal
        print([(s.name, signal.getsignal(s)) for s in (signal.SIGCHLD, signal.SIGPIPE)])
        print(signal.set_wakeup_fd(-1), os.getsid(0) == os.getpid() or "ours", len(sys.argv))
    """
    (tmp_path / "program.py").write_text(textwrap.dedent(look), "utf-8")
    mine = {"MINE": "Ærø 🐘", "PWD": "/"}
    forked = run(tmp_path, look, "x", "y z", environment=mine)
    by_popen = plain(tmp_path, "program.py", "x", "y z", environment=mine)
    assert forked[0] == 0, forked[1]
    assert forked[1].replace("True 3", "ours 3") == by_popen[1].replace("True 3", "ours 3")


def test_environment_and_folder_are_the_jobs_own(tmp_path):
    """Assert that nothing remains of the environment of the job before."""
    look = "import os\nprint(os.environ.get('A'), os.environ.get('B'), os.getcwd())"
    (one := tmp_path / "one").mkdir()
    (other := tmp_path / "Ærlig two").mkdir()
    assert run(one, look, environment={"A": "1"})[1] == f"1 None {one}\n"
    assert run(other, look, environment={"B": "2"})[1] == f"None 2 {other}\n"


def test_no_module_of_a_job_is_seen_in_the_next(tmp_path):
    """Assert that each job begins with the clean image, whatever the one before did to it."""
    (tmp_path / "mine.py").write_text("", "utf-8")
    spoil = "import mine, json, sys\njson.loads = None\nsys.path.append('x')\nprint(mine.__name__)"
    look = "import json, sys\nprint('mine' in sys.modules, json.loads('1'), 'x' in sys.path)"
    assert run(tmp_path, spoil)[1] == "mine\n"
    assert run(tmp_path, look)[1] == "False 1 False\n"


def test_the_costly_libraries_are_there_already(tmp_path):
    """Assert that what a job is said to begin with has been imported, and that it saves time."""
    look = "import sys\nprint('alembic.command' in sys.modules)"
    assert run(tmp_path, look, imports=["alembic.command"])[1] == "True\n"


def test_a_module_of_the_jobs_own_goes_before_an_imported_one(tmp_path):
    """Assert that a file named like a library that is kept is found, as `python …` finds it."""
    (tmp_path / "alembic.py").write_text("print('my own')", "utf-8")
    process = begin(tmp_path, "import alembic", imports=["alembic.command"])
    assert process.wait(PATIENCE) == 0
    assert (tmp_path / "output").read_text() == "my own\n"


def test_a_module_is_run_as_python_m_runs_it(tmp_path):
    """Assert that `-m` works, also for what the kept process has imported itself."""
    words = ["-m", "json.tool", "--help"]
    for imports in ([], ["json.tool"]):
        with open(tmp_path / "output", "wb") as output:
            process = warm_process.start(
                words, folder=tmp_path, environment=os.environ, stdout=output, stderr=output,
                imports=imports,
            )  # fmt: skip
            assert process.wait(PATIENCE) == 0
        assert (0, (tmp_path / "output").read_text()) == plain(tmp_path, *words)


def test_stdin_and_much_output(tmp_path):
    """Assert that three million letters come through, in both directions."""
    text = "blåbærgrød\n" * 300_000
    (tmp_path / "input").write_text(text, "utf-8")
    with open(tmp_path / "input", "rb") as file:
        program = "import sys\nsys.stdout.write(sys.stdin.read())"
        assert run(tmp_path, program, stdin=file) == (0, text)


def test_a_job_that_hangs_is_ended_with_all_it_started(tmp_path):
    """Assert that after the time limit neither the job nor its child nor a zombie is left."""
    process = begin(
        tmp_path,
        """
        import subprocess, sys, time
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(99)"])
        open("pid", "w").write(str(child.pid))
        open("ready", "w").close()
        time.sleep(99)
        """,
    )
    wait_for((tmp_path / "ready").exists)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.05)
    assert process.poll() is None
    warm_process.end(process)
    assert process.returncode == -signal.SIGKILL
    child = int((tmp_path / "pid").read_text())
    wait_for(lambda: not running(child) and not psutil.pid_exists(process.pid))


PARENT = """
import os, sys, time
from pathlib import Path
from migrationlab import warm_process
Path("job.py").write_text("open('job', 'w').write('begun'); import time; time.sleep(99)")
process = warm_process.start(["job.py"], folder=Path.cwd(), environment=os.environ)
from migrationlab.warm_process import fork_server
while not Path("job").exists() or not Path("job").read_text():
    time.sleep(0.01)
one, = fork_server._kept.values()
Path("pids").write_text(f"{one.process.pid} {process.pid}")
os.rename("pids", "all pids")
"""


@pytest.mark.parametrize("how", ["killed", "ended", "forked, then killed"])
def test_nothing_is_left_of_a_parent(tmp_path, how):
    """Assert that kept process and job end with their parent, though SIGINT is ignored there."""
    rest = {
        "killed": "time.sleep(99)",
        "ended": "sys.exit()",
        "forked, then killed": "os.fork() or os.execvp('sleep', ['sleep', '3'])\ntime.sleep(99)",
    }
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT + rest[how]],
        cwd=tmp_path,
        env=dict(os.environ, PYTHONPATH=str(paths.PROJECT)),
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),
    )
    wait_for((tmp_path / "all pids").exists)
    if how != "ended":
        parent.kill()
    parent.wait(PATIENCE)
    pids = [int(pid) for pid in (tmp_path / "all pids").read_text().split()]
    wait_for(lambda: not any(map(running, pids)))


def test_a_kept_process_that_was_killed_is_replaced(tmp_path):
    """Assert that the job at work is reported as lost, and that the next one runs as ever."""
    process = begin(tmp_path, "import time\ntime.sleep(99)")
    os.kill(psutil.Process(process.pid).ppid(), signal.SIGKILL)
    with pytest.raises(LabError, match="ended from outside"):
        process.wait(PATIENCE)
    wait_for(lambda: not running(process.pid))
    assert run(tmp_path, "print(1)") == (0, "1\n")


def test_another_package_means_another_kept_process(tmp_path, monkeypatch):
    """Assert that after pip has changed something, nothing old is served."""
    look = "import os\nprint(os.getppid())"
    before = run(tmp_path, look)[1]
    assert run(tmp_path, look)[1] == before
    monkeypatch.setattr(fork_server, "what_is_installed", lambda: ("other",))
    assert run(tmp_path, look)[1] != before
    assert not psutil.pid_exists(int(before))


def test_what_python_reads_at_its_start_is_obeyed(tmp_path):
    """Assert that a job gets a kept process that was started with the same such variables."""
    look = "import sys\nprint(sys.dont_write_bytecode, sys.flags.utf8_mode, sys.stdout.encoding)"
    one = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONUTF8": "1"}
    assert run(tmp_path, look, environment=one)[1] == "False 1 utf-8\n"
    one = {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONIOENCODING": "latin-1"}
    assert run(tmp_path, look, environment=one)[1] == "True 0 latin-1\n"


def test_a_thread_begun_by_an_import_forbids_forking(tmp_path):
    """Assert that such a job is started the plain way: its fork might wait for ever."""
    environment = {"PYTHONPATH": str(tmp_path)}
    (tmp_path / "threaded.py").write_text(
        "import threading\nthreading.Thread(target=threading.Event().wait, daemon=True).start()"
    )
    process = begin(tmp_path, "print(2)", imports=["threaded"], environment=environment)
    assert isinstance(process, subprocess.Popen)
    assert process.wait(PATIENCE) == 0


@pytest.mark.parametrize("why", ["a relative path", "no such file", "an option"])
def test_the_plain_way_serves_the_rest(tmp_path, why):
    """Assert that what cannot be forked alike is started by Popen, with the same outcome."""
    (tmp_path / "there.py").write_text("print('there')")
    words, environment, code = {
        "a relative path": (["there.py"], {"PYTHONPATH": "."}, 0),
        "no such file": (["not there.py"], {}, 2),
        "an option": (["-c", "raise SystemExit(3)"], {}, 3),
    }[why]
    process = warm_process.start(words, folder=tmp_path, environment=dict(os.environ) | environment)
    assert process.wait(PATIENCE) == code


def wait_for(condition) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def running(pid: int) -> bool:
    """Whether a process is there and no zombie that its parent must still collect."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
