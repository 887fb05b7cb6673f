"""What a drill remembers from one command to the next: without a server."""

from migrationlab.drills.environment import drill_environment, drill_state
from migrationlab.drills.environment.drill_environment import DrillEnvironment


def test_the_next_command_finds_it_again(tmp_path):
    """Assert that all fields come back, and the password stands in no message."""
    env = DrillEnvironment(tmp_path, "dropped_table", 2, 7, 54701, "secret", began=1.5)
    env.notes.mkdir()
    assert not drill_state.saved(tmp_path)
    env.remember(symptom="Hver bog koster 39 kr. på én gang.")
    assert drill_state.saved(tmp_path)
    assert drill_environment.load(tmp_path) == env
    assert "secret" not in repr(env)
