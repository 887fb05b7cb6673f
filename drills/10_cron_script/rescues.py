"""The ways to mend the script, right and half."""

from migrationlab.api import NOT_REPAIRED, DrillEnvironment, right, wrong


@right
def a_script_that_one_can_trust(env: DrillEnvironment):
    """Write it anew: under another name until it is proved, and loud when it fails."""
    env.files.write("pgpass", f"127.0.0.1:{env.port}:*:postgres:{env.password}\n")
    (env.folder / "pgpass").chmod(0o600)  # else libpq does not read it
    script = '''"""Back up the shop. Cron runs this: no environment, another folder, no reader."""

import os
import shutil
import subprocess
from datetime import datetime
from pathlib import Path

KEEP = 3
HERE = Path(__file__).resolve().parent
BIN = Path(r"PROGRAMS")
os.environ |= {"PGHOST": "127.0.0.1", "PGPORT": "54321", "PGUSER": "postgres"}
os.environ |= {"PGDATABASE": "shop", "PGPASSFILE": str(HERE / "pgpass")}
os.umask(0o077)  # nobody else reads the backups


def run(program, *options):
    subprocess.run([BIN / program, "--no-password", *options], check=True, timeout=3600)


final = HERE / "backups" / datetime.now().strftime("%Y-%m-%d_%H%M%S")
draft = final.with_suffix(".part")
draft.mkdir()
try:
    run("pg_dump", "--format=custom", f"--file={draft}/shop.dump")
    run("pg_dumpall", "--globals-only", f"--file={draft}/roles.sql")
    run("pg_restore", f"--file={os.devnull}", f"{draft}/shop.dump")  # reads it to its end
except BaseException:
    shutil.rmtree(draft)
    raise  # exit code 1, and cron sends the message
draft.rename(final)  # from here on it is a backup
for old in sorted(final.parent.glob("20*_??????"))[:-KEEP]:
    shutil.rmtree(old)
'''
    script = script.replace("PROGRAMS", str(env.access.programs)).replace("54321", str(env.port))
    env.files.write("backup.py", script)


def all_but(env: DrillEnvironment, *changes: tuple[str, str]) -> None:
    """The good script, with something left as it is often seen."""
    a_script_that_one_can_trust(env)
    text = (env.folder / "backup.py").read_text("utf-8")
    for good, seen in changes:
        assert good in text, good
        text = text.replace(good, seen)
    env.files.write("backup.py", text)


@wrong(NOT_REPAIRED, "Under cron it ends with exit code 1")
def it_works_in_my_terminal(env: DrillEnvironment):
    """Mend all but the environment: PATH and PGPASSWORD come from the terminal."""
    all_but(env, ("[BIN / program,", "[program,"), ('str(HERE / "pgpass")', '""'))


@wrong(NOT_REPAIRED, "Under cron it ends with exit code 1")
def in_the_folder_where_i_stand(env: DrillEnvironment):
    """Mend all but the folder: `backups` is where one stands, and cron stands elsewhere."""
    all_but(env, ('HERE / "backups"', 'Path("backups")'))


@wrong(NOT_REPAIRED, "there is no new dump")
def it_makes_its_folder(env: DrillEnvironment):
    """Where there is no folder `backups`, make one: cron's own folder has now the backups."""
    all_but(
        env,
        ('HERE / "backups"', 'Path("backups")'),
        ("draft.mkdir()", "draft.mkdir(parents=True)"),
    )


@wrong(NOT_REPAIRED, "ends with exit code 0 all the same")
def exit_codes_are_for_programs(env: DrillEnvironment):
    """Mend all but the exit codes: pg_dump fails, and the script says that all is well."""
    all_but(env, ("check=True", "check=False"))


@wrong(NOT_REPAIRED, "which looks like")
def under_its_last_name(env: DrillEnvironment):
    """Write at once under the last name, and let an error end the script."""
    all_but(
        env,
        ('final.with_suffix(".part")', "final"),
        ("    shutil.rmtree(draft)\n", ""),
        ("draft.rename(final)  # from here on it is a backup\n", ""),
    )


@wrong(NOT_REPAIRED, "removes older backups all the same")
def make_room_first(env: DrillEnvironment):
    """Remove old backups before the new one is there: a week of failures removes all."""
    prune = 'for old in sorted(final.parent.glob("20*_??????"))[:-KEEP]:\n    shutil.rmtree(old)\n'
    first = prune.replace("-KEEP", "1 - KEEP")
    all_but(env, (prune, ""), ("draft.mkdir()", f"{first}draft.mkdir()"))


@wrong(NOT_REPAIRED, "no role for the till")
def only_the_database(env: DrillEnvironment):
    """Mend all but the roles: the dump of a database names them, and has none."""
    roles = '    run("pg_dumpall", "--globals-only", f"--file={draft}/roles.sql")\n'
    all_but(env, (roles, ""))


@wrong(NOT_REPAIRED, "Not in the backup: the tables")
def the_tables_that_i_know(env: DrillEnvironment):
    """Keep the list of tables: one name is mistyped, and pg_dump says nothing."""
    tables = '"--table=books", "--table=customers", "--table=orders", "--table=voucher"'
    all_but(env, ('"--format=custom",', f'"--format=custom", {tables},'))


@wrong(NOT_REPAIRED, "Owners and grants are not in the backup")
def without_owner_and_rights(env: DrillEnvironment):
    """Keep `--no-owner --no-acl`, with which restoring was so easy."""
    all_but(env, ('"--format=custom",', '"--format=custom", "--no-owner", "--no-acl",'))


@wrong(NOT_REPAIRED, "Everybody on this machine may read")
def for_everybody_to_read(env: DrillEnvironment):
    """Mend all but the rights of the files."""
    all_but(env, ("os.umask(0o077)", "os.umask(0o022)"))


@wrong(NOT_REPAIRED, "The password stands in backup.py")
def the_password_in_the_script(env: DrillEnvironment):
    """Give cron the password in the script itself."""
    line = "os.umask(0o077)  # nobody else reads the backups\n"
    all_but(env, (line, f'{line}os.environ["PGPASSWORD"] = "{env.password}"\n'))


@wrong(NOT_REPAIRED, "It writes over the backup before it")
def always_the_same_file(env: DrillEnvironment):
    """Prove the new dump, then put it where the only one from yesterday is."""
    (env.folder / "backups/shop.dump").write_bytes(b"PGDMP: the one from yesterday")
    env.files.own(env.folder / "backups/shop.dump")
    a, b = "draft.rename(final)", 'os.replace(draft / "shop.dump", final.parent / "shop.dump")'
    all_but(env, (a, b))


@wrong(NOT_REPAIRED, "Old backups never go")
def keep_them_all(env: DrillEnvironment):
    """Mend all, and never remove anything: in some months the disk is full."""
    all_but(env, ("[:-KEEP]", "[:0]"))


@wrong(NOT_REPAIRED, "fails in one of the next")
def folders_are_no_files(env: DrillEnvironment):
    """Remove old backups with unlink: each is a folder, and the fourth night ends in an error."""
    all_but(env, ("    shutil.rmtree(old)\n", "    old.unlink()\n"))


@wrong(NOT_REPAIRED, "Under cron it ends with exit code 1")
def cleaned_up_in_any_case(env: DrillEnvironment):
    """Remove the draft in a `finally`: after a good night it is not there under that name."""
    all_but(
        env,
        (
            "except BaseException:\n    shutil.rmtree(draft)\n"
            "    raise  # exit code 1, and cron sends the message\n"
            "draft.rename(final)  # from here on it is a backup\n",
            "    draft.rename(final)\nfinally:\n    shutil.rmtree(draft)\n",
        ),
    )
