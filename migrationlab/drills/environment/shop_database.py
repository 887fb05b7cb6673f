"""The shop's database in a drill, and shop.conf, by which the till finds it."""

import configparser
from pathlib import Path

import psycopg2

from migrationlab.drills.environment.drill_files import DrillFiles
from migrationlab.drills.environment.drill_state import DrillState
from migrationlab.drills.environment.server_access import ADMIN, DATABASE, ServerAccess
from migrationlab.errors import LabError
from migrationlab.postgres.fingerprint import SETTINGS
from migrationlab.server.postgres_server import LOCALHOST


class ShopDatabase:
    """Whoever moves the shop writes the new address into shop.conf: that one counts."""

    def __init__(self, state: DrillState, access: ServerAccess, files: DrillFiles):
        self._state, self._access, self._files = state, access, files

    def create(self) -> None:
        """Make it on the server at the usual port, fill it, and write shop.conf."""
        self._access.ask(f"CREATE DATABASE {DATABASE}", database="postgres")
        self._access.ask((Path(__file__).parent / "shop.sql").read_text("utf-8"))
        self._files.write(
            "shop.conf",
            "# Where the shop's till finds its database. It reads this each time it connects.\n"
            f"[shop]\nhost={LOCALHOST}\nport={self._state.port}\ndbname={DATABASE}\n"
            "user=shop\npassword=receipts\n",
        )

    def address(self) -> dict[str, str]:
        """What shop.conf says: host, port … Raises LabError when it is broken."""
        file = configparser.ConfigParser(interpolation=None)
        try:
            file.read(self._state.folder / "shop.conf", "utf-8")
            return dict(file["shop"])
        except (configparser.Error, KeyError, UnicodeDecodeError) as error:
            raise LabError(
                f"shop.conf cannot be read: {str(error).splitlines()[0]}",
                expected="[shop], and below it host=, port=, dbname=, user=, password=",
            ) from None

    def connect(self, database: str = ""):
        """To where shop.conf leads, as the administrator, with texts as they were noted.

        As the till's user when a new server has another administrator. `database`: another one of
        that server. Raises LabError and psycopg2.OperationalError.
        """
        where = self.address() | {"connect_timeout": 5, "application_name": "drill"}
        where |= {"dbname": database} if database else {}
        try:
            administrator = {"user": ADMIN, "password": self._state.password}
            connection = psycopg2.connect(**where | administrator)
        except psycopg2.OperationalError:
            connection = psycopg2.connect(**where)
        connection.autocommit = True
        with connection.cursor() as cursor:
            for name, value in SETTINGS.items():
                cursor.execute("SELECT set_config(%s, %s, false)", (name, value))
        return connection
