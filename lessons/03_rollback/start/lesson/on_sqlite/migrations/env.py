import logging
from pathlib import Path

from alembic import context
from alembic.util import CommandError
from sqlalchemy import create_engine
from sqlalchemy.exc import DBAPIError

logging.basicConfig(format="%(levelname)s %(message)s")
logging.getLogger("alembic").setLevel("INFO")

folder = Path(context.config.config_file_name).parent
engine = create_engine(f"sqlite:///{folder / 'shop.sqlite3'}")

try:
    with engine.connect() as connection:
        context.configure(connection=connection)
        with context.begin_transaction():
            context.run_migrations()
except DBAPIError as error:  # what the database says, instead of a long traceback
    raise CommandError(str(error.orig)) from None
