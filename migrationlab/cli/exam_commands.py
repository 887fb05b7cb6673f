"""`lab.py exam …`: prepare for the oral exam, in English or Danish."""

from pathlib import Path
from typing import Annotated

import typer

from migrationlab.cli.output import say, told

app = typer.Typer(
    help="The examiner: recall, predict and demonstrate, in English or Danish (--lang da).",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
Language = Annotated[str, typer.Option("--lang", help="en or da")]
Minutes = Annotated[float, typer.Option("--minutes", help="stop after so many", min=0.1)]
About = Annotated[str, typer.Argument(help="migrate, backup, a lesson's number, or nothing: all")]


@app.callback(invoke_without_command=True)
@told
def report(context: typer.Context):
    """Without a command: how ready you are, lesson by lesson."""
    if context.invoked_subcommand is not None:
        return
    from migrationlab.exam.asking import learn, readiness

    say(str(readiness.readiness(learn.now())))
    say("\npython3 lab.py exam learn asks what is due; exam --help lists the rest.")


@app.command()
@told
def learn(about: About = "", language: Language = "en", minutes: Minutes = 15):
    """One question at a time: answer aloud or in writing, then compare with a good answer."""
    from migrationlab.exam.asking import conversation, learn

    learn.learn(conversation.Terminal(), language=language, minutes=minutes, topic=about)


@app.command()
@told
def predict(about: About = "", language: Language = "en", minutes: Minutes = 10):
    """A snippet: say what happens. Then it really runs."""
    from migrationlab import server
    from migrationlab.exam.asking import conversation, predict

    with server.hold(progress=say) as found:
        predict.predict(
            conversation.Terminal(), found, language=language, minutes=minutes, topic=about
        )


@app.command()
@told
def cram(language: Language = "en", minutes: Minutes = 30):
    """The night before: both big questions, twelve follow-ups, and a drill for each."""
    from migrationlab.exam.asking import conversation, cram

    cram.cram(conversation.Terminal(), language=language, minutes=minutes)


Where = Annotated[
    str, typer.Option("--on", help="whose database: a lesson (2), an exercise (2.3), or nothing")
]
Seed = Annotated[int, typer.Option("--seed", help="the same seed draws the same")]


@app.command()
@told
def oral(about: About = "", language: Language = "en", on: Where = "", seed: Seed = None):
    """A whole oral exam: draw, prepare, present, follow-ups on your own database, a mark."""
    from migrationlab import server
    from migrationlab.exam.asking import conversation, live_questions, oral

    with server.hold(progress=say) as found:
        standing = live_questions.standing(found, on)
        oral.oral(conversation.Terminal(), standing, language=language, topic=about, seed=seed)


@app.command()
@told
def sheets(
    about: About = "",
    language: Language = "en",
    on: Where = "",
    seed: Seed = None,
    to: Annotated[Path, typer.Option("--to", help="the folder for the two files")] = Path(),
):
    """For two people: write the examiner's sheet and the student's sheet."""
    from migrationlab import server
    from migrationlab.exam.asking import live_questions, oral

    with server.hold(progress=say) as found:
        standing = live_questions.standing(found, on)
        texts = oral.sheets(standing, language=language, topic=about, seed=seed)
    to.mkdir(parents=True, exist_ok=True)
    for name, text in zip(("examiner", "student"), texts, strict=True):
        file = to / f"exam-{name}.md"
        file.write_text(text, "utf-8")
        say(str(file))


@app.command()
@told
def cheat(
    topic: Annotated[str, typer.Argument(help="migrate or backup; nothing: both")] = "",
    language: Language = "en",
    to: Annotated[Path, typer.Option("--to", help="the folder for the files")] = Path(),
):
    """The cheat sheets “How to migrate” and “How to back up”: one page each, PDF and HTML."""
    from migrationlab.exam.takeaway import cheat_html, cheat_pdf, cheat_sheets

    for name in [topic] if topic else cheat_sheets.TOPICS:
        sheet = cheat_sheets.sheet(name, language)
        to.mkdir(parents=True, exist_ok=True)
        files = [to / f"cheat-sheet-{name}-{language}{ending}" for ending in (".pdf", ".html")]
        files[0].write_bytes(cheat_pdf.pdf(sheet))
        files[1].write_text(cheat_html.html(sheet), "utf-8", newline="\n")
        for file in files:
            say(str(file))


@app.command()
@told
def deck(
    language: Language = "en",
    to: Annotated[Path, typer.Option("--to", help="the file to write, *.apkg")] = None,
):
    """An Anki deck (.apkg): the questions, their follow-ups, and the glossary."""
    from datetime import UTC, datetime

    from migrationlab.errors import LabError
    from migrationlab.exam.examiner_texts import insist
    from migrationlab.exam.takeaway import deck_file

    file = to or Path(f"migrationlab-{insist(language)}.apkg")
    if file.suffix != ".apkg":
        raise LabError(f"Anki does not open {file.name}.", expected="a name that ends with .apkg")
    data = deck_file.write(language, datetime.now(UTC))
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)
    say(str(file))
