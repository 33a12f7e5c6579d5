"""Everything a card says, counted once: what manifests tally, what records tell, what is known of judges."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass

from infra.card.contents import Contents
from infra.card.makers import Maker, makers
from schemas.ports import Blobs
from streams import calibrations, leftout, policies, records, retractions, shelf
from streams.calibrations import Calibration
from streams.dataset import identities, manifests
from streams.dataset.content import Content, content
from streams.funnel import Funnel, campaign_of
from streams.leftout import Cause
from streams.records import Campaign
from streams.rules import policy
from streams.rules.policy import Policy

Progress = Callable[[int, int], None]
"""Told (records read, 0)."""
TELL_EVERY = 500


@dataclass(frozen=True)
class Standing:
    """How the packed rows and the shelf compare: distinct `sources` of the rows that still stand.

    `waiting` are triplets not packed yet, `gone` rows that were retracted since.
    """

    sources: int
    waiting: int
    gone: int


@dataclass(frozen=True)
class Facts:
    """What a card is made of; `funnel` counts the campaigns that the rows come from."""

    title: str
    licence: str
    contents: Contents
    funnel: Funnel
    standing: Standing | None
    retracted: Mapping[str, int]
    notes: Mapping[str, Campaign]
    policies: Mapping[str, Policy]
    makers: Sequence[Maker]
    calibrations: Mapping[str, Calibration]
    content: Content

    @property
    def simulated(self) -> int:
        """Rows in whose pictures somebody simulated had a part, at least."""
        by_kind = Counter[str]()
        for one in self.makers:
            if one.simulated and one.kind in {"generator", "editor"}:
                by_kind[one.kind] += one.rows or 0
        return min(self.contents.tally.rows, max(by_kind.values(), default=0))

    def as_dict(self) -> dict[str, object]:
        """Plain JSON values."""
        contents, tally = self.contents, self.contents.tally
        funnel = self.funnel.as_dict()
        return {
            "title": self.title, "licence": self.licence, "layout": contents.layout, "what": contents.what,
            "version": contents.version, "rows": tally.rows, "pictures": tally.pictures, "bytes": tally.bytes,
            "splits": {split: part.rows for split, part in contents.splits.items()},
            "files": {kind: len(contents.of(kind)) for kind in contents.kinds},
            "standing": None if self.standing is None else asdict(self.standing), "simulated": self.simulated,
            "axes": tally.as_dict()["axes"], "scores": {name: one.mean for name, one in sorted(tally.scores.items())},
            "funnel": {"stages": funnel["stages"], "figures": funnel["figures"]},
            "makers": [asdict(one) for one in self.makers],
            "judges": {
                judge: dict(known.figures) if (known := self.calibrations.get(judge)) else None
                for judge in sorted(tally.axes.get("judge", {}))
            },
            "policies": {policy_id: one.name for policy_id, one in self.policies.items()},
            "campaigns": {name: note.prompts for name, note in self.notes.items()},
            "content": asdict(self.content), "retracted": self.retracted, "left_out": contents.left_out or {},
        }  # fmt: skip


def gather(
    blobs: Blobs, contents: Contents, state: manifests.State | None, title: str, licence: str,
    progress: Progress | None = None,
) -> Facts:  # fmt: skip
    """Read shelf and records once, in memory that grows with neither pictures nor texts; `state` is of the packed set.

    Raises `UserError` for what cannot be read.
    """
    tally = contents.tally
    known = policies.kept(blobs)
    funnel = Funnel(policy.read("paper"), known)
    campaigns = None if state is not None else frozenset(tally.axes.get("campaign", {})) or None
    tell = _every(progress)
    standing = _shelf(blobs, funnel, campaigns, state, tell)
    for event in records.events(blobs):
        tell()
        if campaigns is None or campaign_of(event) in campaigns:
            funnel.add(event)
    noted, kept_out = records.campaigns(blobs), Counter[tuple[Cause, str]]()
    for name in [""] if campaigns is None else sorted(campaigns):
        kept_out += leftout.counts(blobs, name)
    notes = {name: note for name, note in noted.items() if campaigns is None or name in campaigns}
    return Facts(
        title=title, licence=licence, contents=contents, funnel=funnel, standing=standing,
        retracted=dict(Counter(one.target for one in retractions.load(blobs))), notes=notes,
        policies={one: known[one] for one in sorted(tally.axes.get("policy_id", {})) if one in known},
        makers=makers(tally, notes.values()), calibrations=calibrations.latest(blobs),
        content=content(tally, funnel, kept_out),
    )  # fmt: skip


def _shelf(
    blobs: Blobs, funnel: Funnel, campaigns: frozenset[str] | None, state: manifests.State | None,
    tell: Callable[[], None],
) -> Standing | None:  # fmt: skip
    """Count the triplets into the funnel, and hold them against what is packed."""
    there = identities.packed(blobs, state) if state is not None else None
    sources, packed, waiting = set[int](), 0, 0
    for triplet in shelf.triplets(blobs):
        tell()
        if campaigns is not None and triplet.subject.campaign not in campaigns:
            continue
        funnel.add_triplet(triplet)
        if there is not None and identities.holds(there, triplet.triplet_id):
            packed += 1
            sources.add(hash(triplet.subject.source_id))
        else:
            waiting += 1
    return None if state is None else Standing(len(sources), waiting, state.rows - packed)


def _every(progress: Progress | None) -> Callable[[], None]:
    """Something to call for each record: tells now and then."""
    done = 0

    def tell() -> None:
        nonlocal done
        done += 1
        if progress and done % TELL_EVERY == 0:
            progress(done, 0)

    return tell
