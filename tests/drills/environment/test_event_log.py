"""Events are noted and read: without a server."""

from migrationlab.drills.environment.event_log import EventLog


def test_events_come_back_in_their_order(tmp_path):
    """Assert that a log that is not there is empty, and letters come back as they were."""
    log = EventLog(tmp_path / "events.txt")
    assert log.read() == []
    log.note("The price of “Bind 7” is entered properly.")
    log.note("It breaks.")
    (first, told), (second, last) = log.read()
    assert first <= second and (told[:10], last) == ("The price ", "It breaks.")
