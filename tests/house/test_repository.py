"""What an open project has, and that no person and no address in it is invented."""

import hashlib
import os
import re
import shutil
import subprocess
import tomllib

import pytest
import yaml

import migrationlab
from migrationlab import paths

PROJECT = paths.PROJECT
HOLDER = "Migration Lab authors"
FORMS = sorted((PROJECT / ".github" / "ISSUE_TEMPLATE").glob("[0-9]-*.yml"))

# Creative Commons' own plain text of the licence. A licence is this text or another licence.
CC_BY_4_0 = "f5b745ef98087f531e719ee8ca6a96809444573ecc7173c6fa68eaad39b3cc3f"

# Where repositories live. The project's own address stands in CITATION.cff alone, once it is known;
# these are other people's, which a text or a comment refers to.
FORGES = r"(?:github|gitlab|bitbucket)\.(?:com|org)|codeberg\.org|sr\.ht|sourceforge\.net"
OTHER_PEOPLES = {
    "gitlab.com/blog",  # the post-mortem of 2017
    "github.com/docker-library",
    "github.com/open-spaced-repetition",
    "github.com/postgres",
}
# People in the bookshop's data and in tests. RFC 2606 keeps `.example`, `.invalid` and example.org
# and its sisters free for this; the others came before anybody looked.
INVENTED_DOMAINS = r"(?:.*\.)?(?:example|invalid|localhost)|example\.[a-z]{2,3}|b\.dk"


@pytest.fixture(scope="module")
def tracked():
    """Path in the project -> text, for every text file that git knows. Skipped in a ZIP file's."""
    if not shutil.which("git") or not (PROJECT / ".git").exists():
        pytest.skip("no git, or a copy without its history")
    listed = _git("ls-files", "-z").split("\0")
    texts = {}
    for name in listed:
        file = PROJECT / name
        if name and file.is_file():  # not what was deleted and is not committed yet
            data = file.read_bytes()
            if b"\0" not in data:
                texts[name] = data.decode("utf-8")
    return texts


def _git(*words: str) -> str:
    done = subprocess.run(
        ["git", *words], cwd=PROJECT, capture_output=True, encoding="utf-8", check=True
    )
    return done.stdout


def _yaml(name: str):
    return yaml.safe_load((PROJECT / name).read_text("utf-8"))


@pytest.mark.parametrize(
    "name",
    """README.md LICENSE LICENSE-CC-BY-4.0 CHANGELOG.md CITATION.cff SECURITY.md .gitattributes
    .editorconfig docs/licences.md .github/workflows/ci.yml""".split(),
)
def test_what_an_open_project_has(name):
    assert (PROJECT / name).read_text("utf-8").strip()


def test_the_licences_are_whole_and_name_their_holder():
    assert f"Copyright (c) 2026 {HOLDER}\n" in (PROJECT / "LICENSE").read_text("utf-8")
    legal = (PROJECT / "LICENSE-CC-BY-4.0").read_bytes().replace(b"\r\n", b"\n")
    assert hashlib.sha256(legal).hexdigest() == CC_BY_4_0


def test_what_the_page_of_licences_names_is_there():
    """Assert that a renamed folder cannot leave its licence behind."""
    page = (PROJECT / "docs" / "licences.md").read_text("utf-8")
    taught = next(line for line in page.splitlines() if line.startswith("| **What is taught**"))
    named = re.findall(r"`([\w/.]+)`", taught)
    assert {"lessons/", "drills/", "notebooks/", "exercises/", "solutions/"} <= set(named)
    for name in named:
        assert (PROJECT / name).exists(), name


def test_the_citation_is_of_this_version_and_of_nobody_invented():
    cited = _yaml("CITATION.cff")
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["project"]
    assert cited["authors"] == [{"name": HOLDER}]
    # A version that is called dynamic stands in the package.
    assert cited["version"] == (project.get("version") or migrationlab.__version__)


def test_the_changelog_begins_with_what_is_not_released_and_knows_this_version():
    text = (PROJECT / "CHANGELOG.md").read_text("utf-8")
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert headings[0] == "[Unreleased]"
    versions = [re.fullmatch(r"\[([\d.]+)\] - (\d{4}-\d\d-\d\d)", line) for line in headings[1:]]
    assert all(versions)
    assert [m[2] for m in versions] == sorted((m[2] for m in versions), reverse=True)
    assert _yaml("CITATION.cff")["version"] in [m[1] for m in versions]
    kinds = set(re.findall(r"^### (.+)$", text, re.MULTILINE))
    assert kinds <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_no_address_of_a_repository_is_invented(tracked):
    """Assert that the project's own stands in CITATION.cff, once, or nowhere."""
    known = _yaml("CITATION.cff").get("repository-code")
    for name, text in tracked.items():
        for found in re.findall(rf"(?:{FORGES})[/:][\w.-]+", text):
            if name == "CITATION.cff" and known and found in known:
                continue
            assert found in OTHER_PEOPLES, f"{name}: {found}"


def test_no_mail_address_is_invented(tracked):
    for name, text in tracked.items():
        for domain in re.findall(r"[\w.+-]+@([a-z0-9-]+(?:\.[a-z0-9-]+)+)", text, re.IGNORECASE):
            if re.fullmatch(r"[\d.]+", domain):  # a URL's role@127.0.0.1
                continue
            assert re.fullmatch(INVENTED_DOMAINS, domain, re.IGNORECASE), f"{name}: {domain}"


@pytest.mark.parametrize("form", FORMS, ids=lambda file: file.stem)
def test_an_issue_form_can_be_filled_in(form):
    """Assert what GitHub asks of a form; its whole schema is checked by hand when one changes."""
    read = yaml.safe_load(form.read_text("utf-8"))
    assert set(read) == {"name", "description", "title", "labels", "body"}
    asked = [part for part in read["body"] if part["type"] != "markdown"]
    assert all(part["type"] in ("input", "textarea", "dropdown") for part in asked)
    assert len({part["id"] for part in asked}) == len(asked)
    assert len({part["attributes"]["label"] for part in asked}) == len(asked)
    assert any(part.get("validations", {}).get("required") for part in asked)


def test_there_is_a_form_for_verdicts_for_sentences_and_for_bugs():
    names = [yaml.safe_load(form.read_text("utf-8"))["name"] for form in FORMS]
    assert names[:2] == ["A verdict is unjust", "A sentence is not true"] and len(names) == 3
    assert "contact_links" not in _yaml(".github/ISSUE_TEMPLATE/config.yml")


@pytest.mark.parametrize(
    "name, eol, text",
    [
        (".ci/run", "lf", "set"),
        (".ci/engine.sh", "lf", "set"),
        ("tests/docker/standin/entrypoint.sh", "lf", "set"),
        ("lab.py", "lf", "set"),
        ("bookshop/data/books.csv", "lf", "set"),
        ("notebooks/00_start_here.ipynb", "lf", "set"),
        ("requirements.txt", "lf", "auto"),
        ("docs/lesson-00.png", "lf", "unset"),
        ("lessons/06_backups_and_volumes/start/dumps/mon.dump", "lf", "unset"),
    ],
)
def test_lines_end_alike_for_everyone(tracked, name, eol, text):
    """Assert what a clone on Windows gets: scripts that run, data with the same fingerprints."""
    said = dict(re.findall(r": (\w+): (\w+)", _git("check-attr", "eol", "text", "--", name)))
    assert said == {"eol": eol, "text": text}
    assert (PROJECT / name).exists()


def test_no_text_is_committed_with_other_lines(tracked):
    """`git ls-files --eol` tells what lies in the index, whatever this system checks out."""
    wrong = [
        line for line in _git("ls-files", "--eol").splitlines() if re.match(r"i/(crlf|mixed)", line)
    ]
    assert not wrong


def test_editors_and_ruff_agree():
    ruff = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["tool"]["ruff"]
    settings = (PROJECT / ".editorconfig").read_text("utf-8")
    assert f"max_line_length = {ruff['line-length']}\n" in settings


def test_the_workflow_proves_everything_and_ends():
    """Assert that each job has a time, each part runs, and Docker is required where it is there."""
    jobs = _yaml(".github/workflows/ci.yml")["jobs"]
    assert all(job["timeout-minutes"] <= 40 for job in jobs.values())
    runs = {name: [s["run"] for s in job["steps"] if "run" in s] for name, job in jobs.items()}
    assert runs["quick"] == ["python lab.py test"]
    systems = jobs["quick"]["strategy"]["matrix"]["os"]
    assert {system.split("-")[0] for system in systems} == {"ubuntu", "macos", "windows"}
    assert jobs["debian"]["container"] == "debian:12" and "student" in runs["debian"][-1]
    parts = jobs["everything"]["strategy"]["matrix"]["shard"]
    (command,) = runs["everything"]
    assert command.endswith(f"--all --shard ${{{{ matrix.shard }}}}/{len(parts)}")
    assert parts == list(range(1, len(parts) + 1))


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such bit")
def test_what_is_started_by_its_name_may_be_started(tracked):
    assert os.access(PROJECT / "lab.py", os.X_OK)
