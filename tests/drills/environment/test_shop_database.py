"""shop.conf, by which the till finds its database: without a server."""

import pytest

from migrationlab.drills.environment import DrillEnvironment
from migrationlab.errors import LabError


@pytest.mark.parametrize("text", ["nonsense", "[other]\nhost=x\n", "[shop]\nhost"])
def test_a_broken_address_is_one_message(tmp_path, text):
    """Assert that it says what it must look like."""
    env = DrillEnvironment(tmp_path, "dropped_table", 1, 1, 54701, "secret")
    env.files.write("shop.conf", text)
    with pytest.raises(LabError, match="shop.conf cannot be read") as caught:
        env.database.address()
    assert "[shop]" in str(caught.value)


def test_a_percent_sign_in_a_password_is_a_letter(tmp_path):
    env = DrillEnvironment(tmp_path, "dropped_table", 1, 1, 54701, "secret")
    env.files.write("shop.conf", "[shop]\nhost=127.0.0.1\npassword=5%off\n")
    assert env.database.address() == {"host": "127.0.0.1", "password": "5%off"}
