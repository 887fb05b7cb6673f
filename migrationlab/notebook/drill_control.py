"""A disaster drill in a notebook: `drill = lab.drill("dropped_table")`, with %%terminal in it."""

from IPython import get_ipython
from IPython.display import Markdown, display

from migrationlab.drills import briefing, definitions, lifecycle
from migrationlab.drills.environment import DrillEnvironment
from migrationlab.drills.measurement.drill_timeline import Replay
from migrationlab.drills.measurement.rescue_result import RescueResult
from migrationlab.drills.workload.ledger import acknowledged
from migrationlab.notebook.terminal_magic import TerminalMagic

GO_ON = (
    "`%%terminal` works in the shop's folder. `drill.hint()` gives a hint, `drill.done()` measures "
    "the rescue, `drill.stop()` clears everything away."
)


class DrillControl:
    """The notebook's hold on the drill that runs."""

    def __init__(self, env: DrillEnvironment):
        self._env = env

    def brief(self) -> Markdown:
        """The briefing again."""
        text = briefing.briefing(self._env)
        place = f"The folder is `{self._env.folder}`, the shop's port {self._env.port}."
        return Markdown(f"{text}\n\n{place} {GO_ON}")

    def till(self) -> str:
        """What the till has sold since it broke, and what it was told last."""
        return briefing.workload_status(self._env)

    def sold(self) -> int:
        """How many sales were acknowledged so far."""
        return len(acknowledged(self._env.workload.sales()))

    def hint(self) -> Markdown:
        """The next hint; the verdict counts them."""
        return Markdown(briefing.next_hint(self._env))

    def done(self) -> RescueResult:
        """Measure the rescue; the picture shows what happened."""
        measured = lifecycle.done(self._env)
        display(lifecycle.timeline(self._env))
        if self._env.ended:
            drill = definitions.find(self._env.drill)
            display(Markdown(drill.section(definitions.AFTERWARDS)))
        return measured

    def replay(self) -> Replay:
        """What has happened so far, on a time line."""
        return lifecycle.timeline(self._env)

    def solution(self) -> Markdown:
        """A rescue that loses nothing: when the drill is over."""
        return Markdown(briefing.solution())

    def stop(self) -> None:
        """End the drill: measure it if it is not over, and clear everything away."""
        print("\n".join(lifecycle.stop()))


def begin(name: str, level: int, seed: int | None) -> DrillControl:
    """Begin a drill, lend it %%terminal, and show its briefing. Raises LabError."""
    env = lifecycle.begin(definitions.find(name), level=level, seed=seed)
    if shell := get_ipython():
        place = env.folder, env.shell.variables()
        shell.register_magics(TerminalMagic(shell, lambda: place, env.shell.user()))
    control = DrillControl(env)
    display(control.brief())
    return control
