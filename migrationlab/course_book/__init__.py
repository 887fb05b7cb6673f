"""The course as one web page: lessons with their outputs, the exam questions, the glossary.

nbconvert turns the executed notebooks into HTML with a template of ours; the page holds its own
styles, script and pictures, so it needs no network.
"""

from migrationlab.course_book.assemble_page import write

__all__ = ["write"]
