"""split account name

Why: letters from the shop begin with "Dear Karen", and lists are sorted by last name. One
column full_name becomes first_name and last_name.

The rule: the last word is the last name, with the small words in front of it that belong to
it ("van", "von", "de la", "af" …). Everything before is the first name. Whoever has only one
name has no last name. No rule is right for all names, so this one does not tidy: joined
with one space, the two parts are exactly the text that was there. That is why the downgrade
can give every name back as it was, odd spaces included.

The data are changed in SQL and not through the models, which have no full_name any more.

Locks: ACCESS EXCLUSIVE on accounts until the commit, and every row is written once. Fine for
some thousand accounts. A program that still reads full_name fails from the commit on; where
that matters, full_name goes in a later revision, when nobody uses it any more: lesson 10.

Downgrade loses: where a name was cut, if somebody has corrected it. Nobody's name is lost.

Revision ID: 0007
Revises: 0006
Create Date: 2026-04-20 14:15:00
"""

import sqlalchemy as sa
from alembic import op

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: str | None = None
depends_on: str | None = None

# Words that belong to the last name. In small letters only: the name "De Santis" has two capitals.
PARTICLES = "af al bin da das de del della den der di dos du el ibn la le ten ter van von zu"


def upgrade() -> None:
    # Expand
    op.add_column("accounts", sa.Column("first_name", sa.Text, nullable=True))
    op.add_column("accounts", sa.Column("last_name", sa.Text, nullable=True))

    # Backfill. .+? takes as little as it can, so that the particles go to the last name. Where
    # the pattern finds nothing (one name), the result is NULL. There is no (?:…) in it because
    # op.execute() would take a colon and a word for a parameter.
    particle = "|".join(PARTICLES.split())
    parts = rf"regexp_match(full_name, '^(.+?) ((({particle}) )*\S+)$')"
    op.execute(
        f"""
        UPDATE accounts
           SET first_name = coalesce(({parts})[1], full_name), last_name = ({parts})[2]
        """
    )

    # Contract
    op.alter_column("accounts", "first_name", nullable=False)
    op.drop_column("accounts", "full_name")


def downgrade() -> None:
    op.add_column("accounts", sa.Column("full_name", sa.Text, nullable=True))
    # || gives NULL when one side is NULL, concat_ws leaves the NULL out.
    op.execute("UPDATE accounts SET full_name = concat_ws(' ', first_name, last_name)")
    op.alter_column("accounts", "full_name", nullable=False)
    op.drop_column("accounts", "last_name")
    op.drop_column("accounts", "first_name")
