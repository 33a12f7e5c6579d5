"""What the scores mean, told to people in the words that a judge is told (workers/language/prompts/judge.toml)."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Scale:
    """One of the two scores: its field, what it asks, and what whole numbers mean."""

    name: str
    title: str
    asks: str
    marks: tuple[tuple[int, str], ...]


SCALES = (
    Scale(
        "adherence",
        "Instruction adherence",
        "is exactly what the instruction asks for done, all of it, and nothing else?",
        (
            (5, "all of it, just as asked, and the rest is as it was."),
            (4, "done, with a small deviation or a small change that nobody asked for."),
            (3, "done in part, or other things clearly changed."),
            (2, "hardly anything of what was asked."),
            (1, "not done, or done to the wrong thing."),
        ),
    ),
    Scale(
        "aesthetics",
        "Image aesthetics",
        "how good is the picture after the edit, as a finished picture of its kind?",
        (
            (5, "clean everywhere; nobody could tell that it was edited."),
            (4, "a flaw that only a close look finds."),
            (3, "flaws that one notices, such as seams, smears, wrong light or blurred parts."),
            (2, "ugly or malformed parts."),
            (1, "broken."),
        ),
    ),
)
ALSO = "A style that the picture had before is no flaw; nor is a change of quality that the instruction asks for."
STEPS = tuple(number / 2 for number in range(2, 11))
"""The scores that can be given: 1.0 to 5.0 in halves."""
