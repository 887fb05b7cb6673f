"""A disaster drill in a notebook: `drill = lab.drill("dropped_table")`, with %%terminal in it."""

from IPython import get_ipython
from IPython.display import Markdown, display

from migrationlab.drills import definitions, lifecycle, timeline
from migrationlab.drills.environment import Scene
from migrationlab.drills.ledger import acknowledged
from migrationlab.drills.rescue_result import Verdict
from migrationlab.notebook.terminal_magic import TerminalMagic

GO_ON = (
    "`%%terminal` works in the shop's folder. `drill.hint()` gives a hint, `drill.done()` measures "
    "the rescue, `drill.stop()` clears everything away."
)


class Door:
    """The notebook's hold on the drill that runs."""

    def __init__(self, scene: Scene):
        self._scene = scene

    def brief(self) -> Markdown:
        """The briefing again."""
        text = lifecycle.briefing(self._scene)
        place = f"The folder is `{self._scene.folder}`, the shop's port {self._scene.port}."
        return Markdown(f"{text}\n\n{place} {GO_ON}")

    def till(self) -> str:
        """What the till has sold since it broke, and what it was told last."""
        return lifecycle.what_the_till_says(self._scene)

    def sold(self) -> int:
        """How many sales were acknowledged so far."""
        return len(acknowledged(self._scene.sales()))

    def hint(self) -> Markdown:
        """The next hint; the verdict counts them."""
        return Markdown(lifecycle.hint(self._scene))

    def done(self) -> Verdict:
        """Measure the rescue; the picture shows what happened."""
        measured = lifecycle.done(self._scene)
        display(timeline.replay(self._scene))
        if self._scene.ended:
            drill = definitions.find(self._scene.drill)
            display(Markdown(drill.section(definitions.AFTERWARDS)))
        return measured

    def replay(self) -> timeline.Replay:
        """What has happened so far, on a time line."""
        return timeline.replay(self._scene)

    def solution(self) -> Markdown:
        """A rescue that loses nothing: when the drill is over."""
        return Markdown(lifecycle.solution())

    def stop(self) -> None:
        """End the drill: measure it if it is not over, and clear everything away."""
        print("\n".join(lifecycle.stop()))


def begin(name: str, level: int, seed: int | None) -> Door:
    """Begin a drill, lend it %%terminal, and show its briefing. Raises LabError."""
    scene = lifecycle.begin(definitions.find(name), level=level, seed=seed)
    if shell := get_ipython():
        place = scene.folder, scene.environment()
        shell.register_magics(TerminalMagic(shell, lambda: place, scene.user()))
    door = Door(scene)
    display(door.brief())
    return door
