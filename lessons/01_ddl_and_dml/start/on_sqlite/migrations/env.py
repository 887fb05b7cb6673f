import logging

from alembic import context
from alembic.util import CommandError
from sqlalchemy import create_engine
from sqlalchemy.exc import DBAPIError

logging.basicConfig(format="%(levelname)s %(message)s")
logging.getLogger("alembic").setLevel("INFO")

engine = create_engine("sqlite:///shop.sqlite3")

try:
    with engine.connect() as connection:
        context.configure(connection=connection)
        with context.begin_transaction():
            context.run_migrations()
except DBAPIError as error:  # one line instead of a traceback
    raise CommandError(str(error.orig)) from None
