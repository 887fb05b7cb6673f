"""gives the values back to other rows"""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade():
    op.execute("CREATE TABLE phones AS SELECT phone FROM accounts ORDER BY id")
    op.execute("ALTER TABLE accounts DROP phone")


def downgrade():
    op.execute("ALTER TABLE accounts ADD phone text")
    op.execute(
        "WITH a AS (SELECT id, row_number() OVER (ORDER BY id DESC) AS n FROM accounts), "
        "p AS (SELECT phone, row_number() OVER () AS n FROM phones) "
        "UPDATE accounts SET phone = p.phone FROM a JOIN p USING (n) WHERE accounts.id = a.id"
    )
    op.execute("DROP TABLE phones")
