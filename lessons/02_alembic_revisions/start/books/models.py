"""The tables as the program sees them. The team has agreed on this file."""

from decimal import Decimal

from sqlalchemy import CheckConstraint, Identity, Numeric, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    type_annotation_map = {str: Text, Decimal: Numeric(8, 2)}


class Book(Base):
    __tablename__ = "books"
    __table_args__ = (CheckConstraint("price >= 0", name="ck_books_price_not_negative"),)

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    isbn: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    price: Mapped[Decimal]
    currency: Mapped[str] = mapped_column(server_default="DKK")
    stock: Mapped[int] = mapped_column(server_default="0")
