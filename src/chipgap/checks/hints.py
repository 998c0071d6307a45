"""Hints in tiers: each call shows the next, so that nobody is told more than they ask for."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chipgap.errors import ChipgapError


class Hints:
    """The hints of one unit.

    Parameters
    ----------
    tiers
        For each question its hints, the gentlest first.
    """

    def __init__(self, tiers: Mapping[str, Sequence[str]]) -> None:
        self._tiers = tiers
        self._asked: Counter[str] = Counter()

    def __call__(self, question: str | int) -> "Hint":
        """Return the next hint for a question; after the last one they start again.

        Raises
        ------
        ChipgapError
            If there is no such question, listing those that are.
        """
        question = f"q{question}".lower().replace("qq", "q")  # 1, "1" and "Q1" are q1
        if question not in self._tiers:
            raise ChipgapError(f"No question {question!r}. There are hints for: {', '.join(self._tiers)}.")
        tiers = self._tiers[question]
        place = self._asked[question] % len(tiers)
        self._asked[question] += 1
        return Hint(question, place + 1, len(tiers), tiers[place])

    def questions(self) -> list[str]:
        """Return the names of the questions that have hints."""
        return list(self._tiers)


@dataclass(frozen=True)
class Hint:
    """One hint, number ``place`` of ``total``; shows itself as a short paragraph in a notebook."""

    question: str
    place: int
    total: int
    text: str

    def __str__(self) -> str:
        """Return the hint with its place and whether there is another."""
        more = (
            "Run it again for the next."
            if self.place < self.total
            else "That was the last one; asking again starts over."
        )
        return f"Hint {self.place} of {self.total} for {self.question}: {self.text} ({more})"

    def _repr_markdown_(self) -> str:
        return str(self)
