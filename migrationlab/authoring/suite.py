"""The suite in two tiers, in one command: what `lab.py test` and CI run.

The first tier fits into ten minutes on two idle cores: lint, drift, every pure test, and of the
rest what is drawn for the day. `--all` is everything.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

from migrationlab import paths, stop_signals
from migrationlab.authoring import suite_draw
from migrationlab.authoring.suite_draw import Test
from migrationlab.errors import LabError

WORKERS = 2
BUDGET = 920.0  # worker seconds of the first tier: ten minutes less lint, drift, start, and luck
FIXED = 60.0  # seconds that lint, drift, collecting and the workers' start take
SECONDS = paths.PROJECT / "benchmarks" / "test_seconds.json"
SHARES = paths.PROJECT / "benchmarks" / "test_shares.md"
# The root is named: pytest would look for it among all paths of the command, the lists too.
PLUGIN = ["-p", "migrationlab.authoring.suite_plugin", "--rootdir", str(paths.PROJECT)]
# Tests of one group (docker) stay in one worker, one after the other.
PARALLEL = ["-n", str(WORKERS), "--dist", "loadgroup"]
TIERS = ("first", "rest", "all")


def run(tier: str, say, *, seed: int = 0, shard: str = "", keep: bool = False) -> int:
    """Run a tier with its output on the terminal; the exit code of the first part that failed.

    tier    "first", "all", or "rest": what the first one with the same day and seed leaves out
    seed    YYYYMMDD of the day that is drawn for, 0: today; another number draws otherwise
    shard   "2/4": the second of four parts that take about equally long
    keep    write the seconds and the table of shares to benchmarks/
    """
    began = time.monotonic()
    seed = seed or int(date.today().strftime("%Y%m%d"))
    number, of = _shard(shard)
    failed = 0
    if tier != "rest" and number == 1:
        failed = _checks_without_tests(say)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        everything = _listed(Path(folder, "list"))
        known = json.loads(SECONDS.read_text("utf-8")) if SECONDS.exists() else {}
        first = suite_draw.first_tier(everything, known, BUDGET, day=_day(seed), seed=seed)
        chosen = _of_tier(tier, everything, first)
        if of > 1:
            chosen = suite_draw.shard(chosen, known, number, of)
        _announce(tier, seed, chosen, everything, first, known, say)
        code, seconds = _run(chosen, Path(folder))
        failed = failed or code
    say(f"{'✗' if failed else '✓'} {tier} tier: {time.monotonic() - began:.0f} s")
    table = shares(chosen, seconds)
    say(table)
    if keep:
        _keep(everything, chosen, seconds, known)
    if failed and tier == "first":
        say(f"To repeat this draw: python3 lab.py test --seed {seed}")
    return failed


def run_pytest(arguments: list[str]) -> int:
    """Only pytest, with arguments of one's own. Returns its exit code."""
    command = [sys.executable, "-m", "pytest", *arguments]
    return stop_signals.call(command, cwd=paths.PROJECT, env=_environment())


def shares(tests: list[Test], seconds: dict[str, float]) -> str:
    """Where the time went, as a Markdown table: worker seconds of each part of the house."""
    sums: dict[str, list[float]] = {}
    for test in tests:
        if test.id in seconds:
            sums.setdefault(test.share, []).append(seconds[test.id])
    whole = sum(map(sum, sums.values())) or 1.0
    lines = ["| part | tests | worker seconds | share |", "|---|---:|---:|---:|"]
    for share, own in sorted(sums.items(), key=lambda found: -sum(found[1])):
        lines.append(f"| {share} | {len(own)} | {sum(own):.0f} | {sum(own) / whole:.0%} |")
    count = sum(map(len, sums.values()))
    lines.append(f"| all | {count} | {whole:.0f} | 100% |")
    return "\n".join(lines)


def _checks_without_tests(say) -> int:
    ruff = [sys.executable, "-m", "ruff"]
    parts = {
        "lint": [*ruff, "check", "."],
        "format": [*ruff, "format", "--check", "."],
        "drift": [sys.executable, "-m", "migrationlab.cli", "build", "--check"],
    }
    failed = 0
    for name, command in parts.items():
        code = stop_signals.call(command, cwd=paths.PROJECT, env=_environment())
        say(f"{'✗' if code else '✓'} {name}")
        failed = failed or code
    return failed


def _listed(target: Path) -> list[Test]:
    """Every test that there is. Raises LabError when the tests cannot even be read."""
    command = [sys.executable, "-m", "pytest", *PLUGIN, "--collect-only", "-qq"]
    done = subprocess.run(
        [*command, "--suite-list", str(target)],
        cwd=paths.PROJECT,
        env=_environment(),
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise LabError(f"The tests cannot be read:\n{(done.stdout + done.stderr)[-3000:]}")
    return [Test(**found) for found in json.loads(target.read_text("utf-8"))]


def _of_tier(tier: str, everything: list[Test], first: list[Test]) -> list[Test]:
    if tier == "first":
        return first
    taken = {test.id for test in first} if tier == "rest" else set()
    return [test for test in everything if test.id not in taken]


def _announce(tier, seed, chosen, everything, first, known, say) -> None:
    minutes = f"about {_minutes(suite_draw.cost(chosen, known)):.0f} minutes on two idle cores"
    say(f"{len(chosen):,} of {len(everything):,} tests, {minutes}.")
    if tier != "first":
        return
    drawn = sorted({test.subject for test in first if test.subject})
    say(f"Drawn with --seed {seed}: {', '.join(drawn)}")
    rest = len(everything) - len(first)
    whole = _minutes(suite_draw.cost(everything, known))
    say(f"Left out: {rest:,} tests. --all runs them too, about {whole:.0f} minutes in all.")


def _minutes(worker_seconds: float) -> float:
    return (worker_seconds / WORKERS + FIXED) / 60


def _run(chosen: list[Test], folder: Path) -> tuple[int, dict[str, float]]:
    """(pytest's exit code, test id -> seconds)."""
    wanted, noted = folder / "wanted", folder / "seconds"
    wanted.write_text("\n".join(test.id for test in chosen), "utf-8")
    options = ["-q", "--suite-only", str(wanted), "--suite-seconds", str(noted)]
    command = [sys.executable, "-m", "pytest", *PLUGIN, *PARALLEL, *options]
    code = stop_signals.call(command, cwd=paths.PROJECT, env=_environment())
    return code, json.loads(noted.read_text("utf-8")) if noted.exists() else {}


def _keep(everything: list[Test], chosen: list[Test], seconds, known: dict[str, float]) -> None:
    """Renew the means of what has run; what has not keeps the seconds that were known."""
    sums: dict[str, list[float]] = {}
    for test in chosen:
        if test.id in seconds:
            sums.setdefault(test.key, []).append(seconds[test.id])
    means = known | {key: round(sum(own) / len(own), 3) for key, own in sums.items()}
    means = {key: means[key] for key in sorted({test.key for test in everything} & means.keys())}
    SECONDS.write_text(json.dumps(means, indent=0) + "\n", "utf-8")
    minutes = _minutes(suite_draw.cost(everything, means))
    head = (
        f"# Where the time of all tests goes\n\nAbout {minutes:.0f} minutes on two idle cores.\n\n"
    )
    each = {test.id: means[test.key] for test in everything if test.key in means}
    SHARES.write_text(head + shares(everything, each) + "\n", "utf-8")


def _day(seed: int) -> int:
    """The day that a seed of the form YYYYMMDD names, counted; any other number is itself."""
    try:
        return date.fromisoformat(f"{str(seed)[:4]}-{str(seed)[4:6]}-{str(seed)[6:]}").toordinal()
    except ValueError:
        return seed


def _shard(text: str) -> tuple[int, int]:
    if not text:
        return 1, 1
    match = re.fullmatch(r"(\d+)/(\d+)", text)
    if not match or not 1 <= int(match[1]) <= int(match[2]):
        raise LabError(f"There is no shard {text!r}.", expected="such as 2/4")
    return int(match[1]), int(match[2])


def _environment() -> dict[str, str]:
    # A DATABASE_URL of the developer's own is nothing to test on.
    ours = ("DATABASE_URL", "MIGRATIONLAB_SERVER", "MIGRATIONLAB_HOME")
    return {name: value for name, value in os.environ.items() if name not in ours}
