"""A student's chain of revisions, run by Alembic itself in this process."""

import importlib.machinery
import os
import sys
from pathlib import Path

# The dialect here and not when it is first needed: by then it may be a student's time that counts.
import sqlalchemy.dialects.postgresql.psycopg2  # noqa: F401
from alembic import command
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import Script, ScriptDirectory
from alembic.util import CommandError

from migrationlab import paths
from migrationlab.stairway.error_summary import explain, raised_in


class Stop(Exception):
    """What has to be told to the student; the run ends here."""


class Irreversible(Stop):
    """A downgrade that raises NotImplementedError: its author says that there is no way back."""

    def __init__(self, text: str, reason: str):
        super().__init__(text)
        self.reason = reason


class Chain:
    """The revisions of the folder in which this process is."""

    def __init__(self, folder: Path, url: str):
        """Go to the folder. Raises Stop when it holds no Alembic project."""
        self.folder, self.url = folder, url
        self.version_table = ("public", "alembic_version")  # until env.py says otherwise
        os.chdir(folder)
        never_from_cache(folder)
        # Python has put the lab's folder there; alembic's own command has no such thing.
        if paths.in_clone():  # else it is site-packages, where the project's own packages are
            sys.path[:] = [p for p in sys.path if p and Path(p).resolve() != paths.PROJECT]
        toml = folder / "pyproject.toml"
        if not (folder / "alembic.ini").exists() and (
            not toml.exists() or "[tool.alembic]" not in toml.read_text("utf-8", errors="replace")
        ):
            raise Stop(
                "there is no alembic.ini in this folder, and no pyproject.toml with [tool.alembic]"
            )

    def run(self, action):
        """`action(config)`; whatever a student's file can raise becomes a Stop."""
        try:
            return action(self.config())
        except (Exception, SystemExit) as error:
            text = explain(error, self.folder)
            if isinstance(error, NotImplementedError) and raised_in(error, self.folder):
                raise Irreversible(text, str(error).strip() or "no reason is given") from None
            raise Stop(text) from None

    def config(self) -> Config:
        """A new one for each command, as env.py may change it."""
        # The names as the alembic command gives them: relative to the folder that we are in.
        config = Config("alembic.ini", "pyproject.toml")
        # Alembic 1.20 forgets to double a % in the folder's own name.
        here = config.file_config.defaults()["here"].replace("%", "%%")
        config.file_config.set("DEFAULT", "here", here)
        config.set_main_option("sqlalchemy.url", self.url.replace("%", "%%"))
        return config

    def upgrade(self, target: str) -> None:
        self.run(lambda config: command.upgrade(config, target))

    def downgrade(self, target: str) -> None:
        self.run(lambda config: command.downgrade(config, target))

    def back(self, revision: Script) -> None:
        """Take back this one revision."""
        # "x@-1" is one step back from x, beside whatever other heads there are. At a merge that
        # is "Ambiguous walk", and one parent's name takes back the merge and nothing else.
        merge = revision.is_merge_point
        self.downgrade(revision.down_revision[0] if merge else f"{revision.revision}@-1")

    def missing(self) -> list[Script]:
        """The revisions that the database does not have, parents first; they lead to one head."""
        return self.run(lambda config: self._split(config)[1])

    def applied(self) -> list[Script]:
        """The revisions that the database has, the last one first."""
        return self.run(lambda config: self._split(config)[0])

    def _split(self, config: Config) -> tuple[list[Script], list[Script]]:
        script = ScriptDirectory.from_config(config)
        heads = script.get_heads()
        if len(heads) > 1:
            raise CommandError(
                f"the chain has {len(heads)} heads: {', '.join(sorted(heads))}; alembic upgrade "
                "head cannot choose between them"
            )
        standing = ()

        def note(heads, context):
            nonlocal standing
            standing = heads
            self.version_table = (context.version_table_schema or "public", context.version_table)
            return []

        # As `alembic current` does.
        with EnvironmentContext(config, script, fn=note, dont_mutate=True):
            script.run_env()
        applied = with_ancestors(script, standing)
        every = list(script.walk_revisions())  # the head first
        return (
            [revision for revision in every if revision.revision in applied],
            [revision for revision in reversed(every) if revision.revision not in applied],
        )


def with_ancestors(script: ScriptDirectory, heads: tuple[str, ...]) -> set[str]:
    """These revisions and all that had to run before them."""
    found, todo = set(), list(script.get_revisions(heads))
    while todo:
        revision = todo.pop()
        if revision.revision not in found:
            found.add(revision.revision)
            for parents in (revision.down_revision, revision.dependencies):
                todo += script.get_revisions(parents) if parents else ()
    return found


def never_from_cache(folder: Path) -> None:
    """Read the files in `folder` anew, whatever __pycache__ holds.

    Python takes a .pyc for fresh when second and size are those of the source, and checks come in
    quicker succession. Without the source's times importlib neither reads nor writes a .pyc.
    """
    loader = importlib.machinery.SourceFileLoader
    real = loader.path_stats

    def path_stats(self, path):
        file = Path(path).absolute()
        if folder in file.parents and "site-packages" not in file.parts:
            raise OSError("not from the cache")
        return real(self, path)

    loader.path_stats = path_stats
