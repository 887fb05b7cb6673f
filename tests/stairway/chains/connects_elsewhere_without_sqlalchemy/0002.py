"""past SQLAlchemy"""

import psycopg2

revision = "0002"
down_revision = "0001"


def upgrade():
    psycopg2.connect("dbname=postgres")


def downgrade():
    pass
