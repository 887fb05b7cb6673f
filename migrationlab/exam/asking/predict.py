"""Predict: a snippet, what will happen, and then it really runs."""

from collections.abc import Callable
from datetime import datetime

from migrationlab.exam import claim_runs
from migrationlab.exam.asking import graded_answers, learn, schedule
from migrationlab.exam.asking.conversation import Ended, Talk
from migrationlab.exam.asking.learn import Summary, ask_sure, ask_task, now, put, tell_right
from migrationlab.exam.bank.question import Question
from migrationlab.exam.examiner_texts import insist, say

MOST = 40  # lines of output that are shown of one step


def predict(
    talk: Talk,
    server,
    *,
    language: str = "en",
    minutes: float = 10,
    topic: str = "",
    clock: Callable[[], datetime] = now,
) -> Summary:
    """Ask the questions that can be run, due ones first, and run each on `server` afterwards.

    In a throw-away database. Raises LabError for a language or topic that is not there.
    """
    insist(language)
    questions = {
        question.id: question
        for question in learn.chosen(topic)
        if question.kind == "predict" and question.runs
    }
    began = clock()
    todo = schedule.order(schedule.plan(graded_answers.read()), list(questions), began)
    todo += [id for id in questions if id not in todo]  # practice: also what is not due yet
    answered, ended = [], False
    try:
        for id in todo:
            if (clock() - began).total_seconds() >= minutes * 60:
                talk.tell(say(language, "time_is_up"))
                break
            question = questions[id]
            put(talk, question, language)
            given = ask_task(talk, question, language)
            sure = ask_sure(talk, language)
            talk.tell(say(language, "runs"))
            talk.tell(f"**{say(language, 'printed')}**\n\n{really(server, question)}")
            right = tell_right(talk, question, given, language)
            answered.append(graded_answers.record("predict", id, float(right), sure, clock()))
    except Ended:
        ended = True
        talk.tell(say(language, "kept"))
    return Summary(tuple(answered), ended)


def really(server, question: Question) -> str:
    """What came of the steps on a real server, Markdown: what was typed, and what was printed."""
    parts = []
    for run in question.runs[:1]:
        for outcome in claim_runs.play(server, question, run):
            if outcome.step.how == "file":
                continue
            lines = outcome.printed.splitlines()
            if len(lines) > MOST:
                lines = [*lines[:MOST], f"… {len(lines) - MOST} lines more"]
            sign = "$ " if outcome.step.how == "shell" else "=> "
            typed = "\n".join(sign + line for line in outcome.text.strip().splitlines())
            parts.append("\n".join([typed, *lines]))
    return "```text\n" + "\n\n".join(parts) + "\n```"
