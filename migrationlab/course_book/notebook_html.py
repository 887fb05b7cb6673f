"""An executed notebook, or a Markdown text, as HTML: nbconvert does the work."""

import re
from functools import cache
from pathlib import Path

import mistune
from jinja2 import pass_context
from nbconvert import HTMLExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer
from nbformat import NotebookNode
from traitlets.config import Config

TEMPLATES = Path(__file__).with_name("templates")
MAGICS = {"%%sql": "sql", "%%session": "sql", "%%terminal": "bash"}

CODE = re.compile(r"(?<!<pre>)<code>[^<]*</code>")
OPTION = re.compile(r"(?<![^\s>])[^\s<>-]{0,8}-[^\s<>]{1,22}(?![^\s<])")
"""--no-owner stays on one line; something longer would reach over a phone's edge."""


class Exporter(HTMLExporter):
    """nbconvert's exporter with our template: the lesson alone, without a page around it."""

    @pass_context
    def markdown2html(self, context, source: str) -> str:
        """In the place of nbconvert's: a $ in a lesson is a shell's or a pattern's, no formula."""
        return markdown(source)


def notebook(content: NotebookNode) -> str:
    """The cells of a notebook with their outputs, as HTML without a page around it."""
    return _exporter().from_notebook_node(content)[0]


def markdown(source: str) -> str:
    """A Markdown text as HTML; fenced code is coloured by Pygments."""
    return CODE.sub(lambda code: OPTION.sub(r"<span>\g<0></span>", code[0]), _markdown()(source))


def inline(source: str) -> str:
    """One paragraph of Markdown as HTML, without the <p> around it."""
    return markdown(source.strip()).strip().removeprefix("<p>").removesuffix("</p>")


@cache
def _exporter() -> Exporter:
    config = Config(
        {
            "HighlightMagicsPreprocessor": {"languages": MAGICS},
            "CoalesceStreamsPreprocessor": {"enabled": True},  # one box for what came in pieces
        }
    )
    return Exporter(config=config, extra_template_basedirs=[str(TEMPLATES)], template_name="lesson")


@cache
def _markdown():
    renderer = IPythonRenderer(escape=False, exclude_anchor_links=True)
    return mistune.create_markdown(renderer=renderer, plugins=["table", "strikethrough", "url"])
