"""The HTML of a lesson made fit for one page: anchors, links inside, boxes that scroll."""

import re
from dataclasses import dataclass, field

from bs4 import BeautifulSoup, Tag

from migrationlab.errors import LabError
from migrationlab.pictures.palette import stylesheet

NOTEBOOK = re.compile(r"(?:\.\./notebooks/|\./)?(\d\d)_\w+\.ipynb(?:#.*)?$")
LONG = 40
"""What a command printed is folded when it has more lines."""

OUTSIDE = ("http://", "https://", "mailto:")


@dataclass
class Heading:
    """A heading of a lesson, with those below it."""

    id: str
    text: str
    below: list["Heading"] = field(default_factory=list)


def anchor(number: str, heading: str = "") -> str:
    """The id of a lesson, or of one of its headings, in the page."""
    slug = re.sub(r"[\W_]+", "-", heading.replace("`", "").lower()).strip("-")
    return f"lesson-{number}" + (f"-{slug}" if slug else "")


def shaped(html: str, number: str, numbers: list[str], seen: set[str]) -> tuple[str, Heading]:
    """A lesson's HTML and its table of contents.

    `numbers` are the lessons in the page; `seen` holds the ids that the page has already.
    Raises LabError for a picture that would have to be fetched.
    """
    soup = BeautifulSoup(html, "html.parser")
    for unwanted in soup.select("script, link, iframe, style"):
        if unwanted.name != "style" or not unwanted.find_parent("svg") or _is_palette(unwanted):
            unwanted.decompose()
    _headings_down(soup)
    contents = _name_headings(soup, number, seen)
    _turn_links(soup, numbers)
    _fold_long(soup)
    for picture in soup.select("svg"):
        _own_ids(picture, seen)
    for wide, box in (("table", "scroll"), (".output img, svg", "scroll picture")):
        for element in soup.select(wide):
            element.wrap(soup.new_tag("div", attrs={"class": box, "tabindex": "0"}))
    for image in soup.select("img"):
        if not image.get("src", "").startswith("data:"):
            raise LabError(f"Lesson {number} shows a picture from {image.get('src')}.")
        image["loading"] = "lazy"
    return str(soup), contents


def _is_palette(style: Tag) -> bool:
    return style.get_text().strip() == stylesheet().strip()


def _fold_long(soup: BeautifulSoup) -> None:
    """Fold what is long; its last line, which says the most, stays to be seen."""
    for printed in soup.select(".output > pre"):
        lines = printed.get_text().strip().splitlines()
        if len(lines) > LONG:
            fold = printed.wrap(soup.new_tag("details", attrs={"class": "long"}))
            summary = soup.new_tag("summary")
            count = soup.new_tag("small")
            count.string = f"{len(lines)} lines"
            last = soup.new_tag("code")
            last.string = lines[-1]
            summary.extend([count, last])
            fold.insert(0, summary)


def _headings_down(soup: BeautifulSoup) -> None:
    """A lesson's title is an <h2> here: the page has a title of its own."""
    for heading in soup.select("h1, h2, h3, h4, h5"):
        heading.name = f"h{int(heading.name[1]) + 1}"


def _name_headings(soup: BeautifulSoup, number: str, seen: set[str]) -> Heading:
    top = Heading(anchor(number), "")
    for heading in soup.select(".text :is(h2, h3, h4, h5)"):
        text = heading.get_text().strip()
        if heading.name == "h2" and not top.text:
            top.text, id = text, top.id
        else:
            id = _free(anchor(number, text), seen)
            parent = top.below[-1] if heading.name > "h3" and top.below else top
            parent.below.append(Heading(id, text))
        seen.add(id)
        heading["id"] = id
        link = soup.new_tag("a", attrs={"class": "anchor", "href": f"#{id}", "aria-label": text})
        link.string = "#"
        heading.append(link)
    return top


def _turn_links(soup: BeautifulSoup, numbers: list[str]) -> None:
    """Links between notebooks become anchors; a link to a file that is not here, its text."""
    for link in soup.select("a[href]"):
        target = link["href"]
        lesson = NOTEBOOK.match(target)
        if lesson and lesson[1] in numbers and "exercises" not in target:
            link["href"] = f"#{anchor(lesson[1])}"
        elif target.startswith(OUTSIDE):
            link["rel"], link["target"] = "noreferrer", "_blank"
        elif not target.startswith("#"):
            link.unwrap()


def _own_ids(picture: Tag, seen: set[str]) -> None:
    """Give a picture that stands in the page for the second time ids of its own."""
    new = {}
    for element in picture.select("[id]"):
        new[element["id"]] = _free(element["id"], seen)
        seen.add(new[element["id"]])
    changed = {old: id for old, id in new.items() if old != id}
    if not changed:
        return
    either = re.compile(r"\b(" + "|".join(map(re.escape, changed)) + r")\b")
    for element in [picture, *picture.find_all(True)]:
        for name in ("id", "href", "xlink:href", "aria-labelledby", *PAINTS):
            if name in element.attrs:
                element[name] = either.sub(lambda match: changed[match[1]], element[name])


PAINTS = ("fill", "stroke", "clip-path", "mask", "filter", "marker-end", "marker-start")


def _free(id: str, seen: set[str]) -> str:
    number, free = 1, id
    while free in seen:
        number += 1
        free = f"{id}-{number}"
    return free
