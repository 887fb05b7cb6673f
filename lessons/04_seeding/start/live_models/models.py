"""The shop's models as they are today."""

import re

from sqlalchemy import Identity
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Book(Base):
    __tablename__ = "books"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    title: Mapped[str]
    slug: Mapped[str]
    pages: Mapped[int | None]


def slug_of(title: str) -> str:
    """The title as it stands in the address of its page: “Fyret på Ærø” → fyret-paa-aeroe."""
    text = title.lower()
    for letter, plain in (("æ", "ae"), ("ø", "oe"), ("å", "aa")):
        text = text.replace(letter, plain)
    return re.sub(r"[^a-z0-9]+", "-", text).strip("-")
