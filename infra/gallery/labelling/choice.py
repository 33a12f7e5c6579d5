"""What somebody wants to label, kept in the address: to calibrate or to audit, filters, how many, by which seed."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from streams.audits import is_week

MODES = ("calibrate", "audit")
FILTERS = ("operation", "campaign", "judge")
SIZE = 200
MOST = 5_000
LONGEST = 400
"""Characters of a value that is taken from an address."""


@dataclass(frozen=True)
class Choice:
    """A sample of `size` pairs; `reveal`: show what the judge had said of a pair once its label is sent.

    With a `week` it is just the pairs of that week's audit, whatever else is chosen.
    """

    mode: str = "calibrate"
    operation: str = ""
    campaign: str = ""
    judge: str = ""
    size: int = SIZE
    seed: int = 1
    reveal: bool = False
    week: str = ""

    @property
    def filters(self) -> dict[str, str]:
        """The filters that are set."""
        return {name: value for name in FILTERS if (value := getattr(self, name))}

    def address(self, **more: str) -> str:
        """The choice, defaults left out, as a query string: "" or beginning with "?"."""
        if self.week:
            return f"?{urlencode({'audit': self.week, **more})}"
        said = {"mode": "" if self.mode == MODES[0] else self.mode, **self.filters}
        said["size"] = "" if self.size == SIZE else str(self.size)
        said["seed"] = "" if self.seed == 1 else str(self.seed)
        said["reveal"] = "1" if self.reveal else ""
        kept = {name: value for name, value in {**said, **more}.items() if value}
        return f"?{urlencode(kept)}" if kept else ""


def read(given: Mapping[str, str]) -> Choice:
    """The choice that an address or a form names; whatever it says that makes no sense is passed over."""
    mode = given.get("mode", "")
    if is_week(week := given.get("audit", "") or mode):
        return Choice(mode="audit", week=week)
    operation, campaign, judge = (given.get(name, "")[:LONGEST] for name in FILTERS)
    return Choice(
        mode if mode in MODES else MODES[0], operation, campaign, judge, _whole(given.get("size", ""), SIZE, MOST),
        _whole(given.get("seed", ""), 1, 2**31), given.get("reveal", "") == "1",
    )  # fmt: skip


def _whole(text: str, default: int, most: int) -> int:
    plain = text.isascii() and text.isdigit() and len(text) < 19
    return min(max(1, int(text)), most) if plain else default
