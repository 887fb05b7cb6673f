"""A simulated student who answers the examiner from a script or by a rule."""

from migrationlab.exam.asking.conversation import STOP, Ended


class Student:
    """`answers`: what is said to the prompts, in order; a function gets the prompt instead."""

    def __init__(self, answers):
        self._answers = answers if callable(answers) else iter(answers)
        self.heard: list[str] = []
        self.prompts: list[str] = []

    def tell(self, markdown: str) -> None:
        self.heard.append(markdown)

    def ask(self, prompt: str) -> str:
        self.prompts.append(prompt)
        if callable(self._answers):
            answer = self._answers(prompt)
        else:
            answer = next(self._answers, None)
        if answer is None or answer in STOP:
            raise Ended
        return answer

    @property
    def text(self) -> str:
        return "\n".join(self.heard)
