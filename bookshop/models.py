"""The bookshop's tables as they are at the newest revision, for SQLAlchemy's ORM.

Alembic compares these models with a database (`alembic check`, `alembic revision --autogenerate`).
Migrations never import them: a migration keeps its meaning for ever, the models change.
"""

import enum
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    Enum,
    ForeignKey,
    Identity,
    Index,
    MetaData,
    Numeric,
    SmallInteger,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

# Every constraint gets a name that can be foreseen, so that a later migration can drop it.
# PostgreSQL would invent names as well, but other ones than other databases do.
NAMING_CONVENTION = {
    "pk": "pk_%(table_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
}


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING_CONVENTION)
    type_annotation_map = {
        str: Text,  # PostgreSQL stores text and varchar(n) alike; a limit belongs in a CHECK
        int: BigInteger,
        Decimal: Numeric(10, 2),  # money is never a float
        datetime: DateTime(timezone=True),  # a moment; without a zone it is only a clock face
    }


class OrderStatus(enum.StrEnum):
    """Where an order is on its way. The order of the labels is their order in PostgreSQL."""

    NEW = "new"
    PAID = "paid"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"


class Account(Base):
    """A customer. People with one name have no last name."""

    __tablename__ = "accounts"
    __table_args__ = (CheckConstraint("position('@' in email) > 1", name="email_has_at"),)

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)
    first_name: Mapped[str]
    last_name: Mapped[str | None]
    phone: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())

    orders: Mapped[list["Order"]] = relationship(back_populates="account")


class Author(Base):
    __tablename__ = "authors"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    name: Mapped[str]
    birth_year: Mapped[int | None] = mapped_column(SmallInteger)

    books: Mapped[list["Book"]] = relationship(secondary="book_authors", back_populates="authors")


class Book(Base):
    __tablename__ = "books"
    __table_args__ = (
        CheckConstraint("price >= 0", name="price_not_negative"),
        CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency_code"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    isbn: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    published_year: Mapped[int | None] = mapped_column(SmallInteger)
    price: Mapped[Decimal]
    currency: Mapped[str] = mapped_column(server_default="DKK")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    priced_on: Mapped[date | None]  # since when the price holds; a newer one replaces it

    authors: Mapped[list[Author]] = relationship(secondary="book_authors", back_populates="books")
    reviews: Mapped[list["Review"]] = relationship(back_populates="book")


class BookAuthor(Base):
    """Who wrote which book: a book can have several authors, an author several books."""

    __tablename__ = "book_authors"

    book_id: Mapped[int] = mapped_column(
        ForeignKey("books.id", ondelete="CASCADE"), primary_key=True
    )
    author_id: Mapped[int] = mapped_column(
        ForeignKey("authors.id", ondelete="RESTRICT"), primary_key=True, index=True
    )


class Order(Base):
    __tablename__ = "orders"
    __table_args__ = (CheckConstraint("shipped_at >= ordered_at", name="shipped_after_ordered"),)

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    account_id: Mapped[int] = mapped_column(
        ForeignKey("accounts.id", ondelete="RESTRICT"), index=True
    )
    ordered_at: Mapped[datetime] = mapped_column(server_default=func.now())
    shipped_at: Mapped[datetime | None]
    status: Mapped[OrderStatus] = mapped_column(
        # Without values_callable the labels would be the names: NEW, PAID, …
        Enum(OrderStatus, name="order_status", values_callable=lambda e: [s.value for s in e]),
        server_default=OrderStatus.NEW.value,
    )

    account: Mapped[Account] = relationship(back_populates="orders")
    lines: Mapped[list["OrderLine"]] = relationship(
        back_populates="order", cascade="all, delete-orphan", passive_deletes=True
    )


class OrderLine(Base):
    """One book in an order, with the price that the customer paid for one copy."""

    __tablename__ = "order_lines"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("unit_price >= 0", name="unit_price_not_negative"),
        CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency_code"),
    )

    order_id: Mapped[int] = mapped_column(
        ForeignKey("orders.id", ondelete="CASCADE"), primary_key=True
    )
    book_id: Mapped[int] = mapped_column(
        ForeignKey("books.id", ondelete="RESTRICT"), primary_key=True, index=True
    )
    quantity: Mapped[int] = mapped_column(SmallInteger, server_default=text("1"))
    unit_price: Mapped[Decimal]
    currency: Mapped[str]

    order: Mapped[Order] = relationship(back_populates="lines")
    book: Mapped[Book] = relationship()


class Review(Base):
    """What a customer thought of a book. It stays, without a name, when the account goes."""

    __tablename__ = "reviews"
    __table_args__ = (
        UniqueConstraint("book_id", "account_id"),
        CheckConstraint("rating BETWEEN 1 AND 5", name="rating_1_to_5"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    book_id: Mapped[int] = mapped_column(ForeignKey("books.id", ondelete="CASCADE"))
    account_id: Mapped[int | None] = mapped_column(
        ForeignKey("accounts.id", ondelete="SET NULL"), index=True
    )
    rating: Mapped[int] = mapped_column(SmallInteger)
    body: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())

    book: Mapped[Book] = relationship(back_populates="reviews")
    account: Mapped[Account | None] = relationship()


class CrawlPage(Base):
    """A page of the wholesaler's catalogue: one that waits, or what became of it."""

    __tablename__ = "crawl_pages"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'done', 'failed', 'skipped')", name="state_known"),
        Index(None, "depth", "url", postgresql_where=text("state = 'waiting'")),
    )

    url: Mapped[str] = mapped_column(primary_key=True)  # normalised: one page, one address
    found_on: Mapped[str | None]
    depth: Mapped[int] = mapped_column(SmallInteger)  # clicks from the first page
    state: Mapped[str] = mapped_column(server_default="waiting")
    status: Mapped[int | None] = mapped_column(SmallInteger)  # HTTP's answer
    attempts: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    reason: Mapped[str | None]  # why it failed or was skipped
    fetched_at: Mapped[datetime | None]


class CrawlBook(Base):
    """The stage: what a page says about a book, as text, nothing cleaned."""

    __tablename__ = "crawl_books"

    url: Mapped[str] = mapped_column(
        ForeignKey("crawl_pages.url", ondelete="CASCADE"), primary_key=True
    )
    lang: Mapped[str | None]
    isbn: Mapped[str | None]
    title: Mapped[str | None]
    author: Mapped[str | None]
    price: Mapped[str | None]
    priced: Mapped[str | None]
    published: Mapped[str | None]


class CrawlReject(Base):
    """The quarantine: a page that cannot become a book, with the reason in a word and in words."""

    __tablename__ = "crawl_rejects"

    url: Mapped[str] = mapped_column(
        ForeignKey("crawl_pages.url", ondelete="CASCADE"), primary_key=True
    )
    reason: Mapped[str]
    explanation: Mapped[str]
    found: Mapped[dict[str, str | None]] = mapped_column(JSONB)
    rejected_at: Mapped[datetime] = mapped_column(server_default=func.now())
