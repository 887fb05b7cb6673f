"""split a name, and join it again"""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade():
    op.execute("ALTER TABLE accounts ADD first_name text, ADD last_name text")
    op.execute(
        "UPDATE accounts SET first_name = regexp_replace(full_name, ' [^ ]*$', ''), "
        "last_name = regexp_replace(full_name, '^.* ', '')"
    )
    op.execute("ALTER TABLE accounts DROP full_name")


def downgrade():
    op.execute('ALTER TABLE accounts ADD full_name text COLLATE "C"')
    op.execute("UPDATE accounts SET full_name = first_name || ' ' || last_name")
    op.execute("ALTER TABLE accounts ALTER full_name SET NOT NULL")
    op.execute("ALTER TABLE accounts DROP first_name, DROP last_name")
    op.execute("CREATE INDEX ix_accounts_full_name ON accounts (full_name)")
