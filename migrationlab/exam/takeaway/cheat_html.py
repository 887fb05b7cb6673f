"""A cheat sheet as one HTML file: no network, dark and light, and one A4 page when printed."""

from html import escape
from pathlib import Path

from migrationlab.exam.takeaway.cheat_sheets import Group, Sheet, Trap, Tree, runs

STYLE = Path(__file__).with_name("cheat_sheet.css")
SHORT = 14
"""Code of so many letters stays on one line."""

_PAGE = """<!DOCTYPE html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>
{style}</style>
</head>
<body>
<header><h1>{title}</h1><p>{question}</p></header>
<main>
<p class="answer">{answer}</p>
<section class="outline"><h2>{outline_head}</h2><ol>{outline}</ol></section>
{trees}
<section><h2>{commands_head}</h2>{commands}</section>
<section><h2>{traps_head}</h2>{traps}</section>
</main>
<footer>{again}: {lessons}</footer>
</body>
</html>
"""


def html(sheet: Sheet) -> str:
    """The sheet as a whole page that needs no other file."""
    words = sheet.words
    return _PAGE.format(
        language=sheet.language,
        title=escape(sheet.title),
        style=STYLE.read_text("utf-8"),
        question=_rich(sheet.question),
        answer=_rich(sheet.answer),
        outline_head=escape(words["outline"]),
        outline="".join(f"<li>{_rich(point)}</li>" for point in sheet.outline),
        trees="\n".join(_tree(tree, words) for tree in sheet.trees),
        commands_head=escape(words["commands"]),
        commands="".join(_group(group) for group in sheet.groups),
        traps_head=escape(words["traps"]),
        traps="".join(_trap(trap, words) for trap in sheet.traps),
        again=escape(words["again"]),
        lessons=" · ".join(
            f"[{number}] {escape(title)}" for number, title in sheet.lessons.items()
        ),
    )


def _rich(text: str) -> str:
    return "".join(_code(piece) if code else escape(piece) for piece, code in runs(text))


def _code(text: str) -> str:
    """Code breaks at spaces only, so that an option stays whole; short code does not break."""
    words = text.split(" ") if len(text) > SHORT else [text]
    whole = (f"<span>{escape(word)}</span>" if "-" in word else escape(word) for word in words)
    return f"<code>{' '.join(whole)}</code>"


def _tree(tree: Tree, words: dict[str, str]) -> str:
    """One row: the case, an arrow, what it is. Of steps, “no ↓” stands before the next row."""
    rows = []
    for branch in tree.branches:
        asked = tree.shape == "steps" and branch is not tree.branches[-1]
        yes = f"<i>{escape(words['yes'])}</i> →" if asked else "→"
        no = f'<div class="no"><i>{escape(words["no"])}</i> ↓</div>' if asked else ""
        rows.append(
            f'<div class="case">{_rich(branch.case)}</div><div class="arrow">{yes}</div>'
            f'<div class="then"><b>{_rich(branch.then)}</b><br>{_rich(branch.how)}</div>{no}'
        )
    head = f"<h2>{_rich(tree.ask)}</h2>"
    return f'<section>{head}<div class="tree {tree.shape}">{"".join(rows)}</div></section>'


def _group(group: Group) -> str:
    lines = "".join(
        f"<li>{_code(one.line)} <i># {_rich(one.why)}</i></li>" for one in group.commands
    )
    return f'<div class="group"><h3>{escape(group.label)}</h3><ul>{lines}</ul></div>'


def _trap(trap: Trap, words: dict[str, str]) -> str:
    where = f"{words['lesson']} {trap.lesson}"
    return (
        f'<div class="trap"><p><i>{_rich(trap.said)}</i></p><p>{_rich(trap.repair)}'
        f'&nbsp;<small title="{escape(where)}">[{trap.lesson}]</small></p></div>'
    )
