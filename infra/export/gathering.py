"""From the shelf and the records to what may be exported."""

from collections import Counter
from collections.abc import Iterable, Iterator
from functools import partial

from infra.export.attempts import judged
from infra.export.drafts import chain_draft, pair_draft
from infra.export.order import Filters, Order, Phases, Told
from infra.export.spool import Entry, Sameness, Spool, number_of
from schemas import codec
from schemas.messages import Triplet
from schemas.ports import Blobs
from streams import retractions, shelf
from streams.ahead import ahead
from streams.dataset.chains import chains
from streams.dataset.preferences import Rejected, clearest, unfit
from streams.retractions import Retractions

TOLD_EVERY = 500
HEADS = 32
"""Pictures that are looked for at once."""


def triplets(blobs: Blobs, spool: Spool, filters: Filters, calibrated: frozenset[str], phases: Phases) -> None:
    """Spool the shelf; those that a filter holds back are there, but out."""

    def entry(one: Triplet) -> Entry:
        why, item = held_back(one, filters, calibrated), codec.encode(one)
        score = one.scores.geometric_mean
        return Entry(one.triplet_id, one.subject, one.operation, score, item, why, _sameness(one))

    with phases("triplets") as told:
        spool.add("triplets", _followed(map(entry, shelf.triplets(blobs)), told))


def held_back(one: Triplet, filters: Filters, calibrated: frozenset[str]) -> str:
    """The filter that holds the triplet back; "" where none does."""
    if filters.kinds and one.kind not in filters.kinds:
        return "kind"
    if filters.operations and one.operation not in filters.operations:
        return "operation"
    if filters.campaigns and one.subject.campaign not in filters.campaigns:
        return "campaign"
    if min(one.scores.adherence, one.scores.aesthetics) < filters.min_score:
        return "score"
    return "uncalibrated" if filters.only_calibrated and one.judge not in calibrated else ""


def preferences(blobs: Blobs, spool: Spool, order: Order, calibrated: frozenset[str], phases: Phases) -> Counter[str]:
    """Derive the preference pairs of the triplets that are in; gives how many attempts made none, by reason."""
    left_out: Counter[str] = Counter()
    candidates = _candidates(spool, order, retractions.load(blobs), left_out)

    def entries() -> Iterator[Entry]:
        for (chosen, fit), found in ahead(partial(_there, blobs), candidates, HEADS):
            there = found()
            best = clearest(chosen, there, order.pairs)
            left_out.update({"picture gone": len(fit) - len(there), "further pairs": len(there) - len(best)})
            for one in best:
                draft, score = pair_draft(chosen, one, calibrated), chosen.scores.geometric_mean
                yield Entry(str(draft.row["pair_id"]), chosen.subject, chosen.operation, score, draft.packed())

    with phases("pairs") as told:
        spool.add("derived", _followed(entries(), told))
    return +left_out


def chained(spool: Spool, order: Order, calibrated: frozenset[str], phases: Phases) -> None:
    """Derive the chains of the triplets that are in."""

    def entries() -> Iterator[Entry]:
        for _, members in spool.by_source():
            for chain in chains(members, order.chains):
                draft, score = chain_draft(chain, calibrated), min(turn.scores.geometric_mean for turn in chain)
                yield Entry(str(draft.row["chain_id"]), chain[0].subject, "", score, draft.packed())

    with phases("chains") as told:
        spool.add("derived", _followed(entries(), told))


def _followed(entries: Iterable[Entry], told: Told) -> Iterator[Entry]:
    """The entries, told of as they pass."""
    for count, entry in enumerate(entries, 1):
        if count % TOLD_EVERY == 0:
            told(count, 0)
        yield entry


def _candidates(
    spool: Spool, order: Order, taken_back: Retractions, left_out: Counter[str]
) -> Iterator[tuple[Triplet, list[Rejected]]]:
    """The forward triplets that are in, with the rejected attempts that fit them; counts those that do not."""
    for chosen in spool.triplets():
        fit = []
        for one in judged(spool.db, chosen.edits[0].request_id) if chosen.kind == "forward" else ():
            if taken_back.among([("sha256", one.image.sha256)]):
                left_out["retracted"] += 1
            elif why := unfit(chosen, one, order.margin):
                left_out[why] += 1
            else:
                fit.append(one)
        if fit:
            yield chosen, fit


def _there(blobs: Blobs, found: tuple[Triplet, list[Rejected]]) -> list[Rejected]:
    """Those of the attempts whose pictures are kept."""
    return [one for one in found[1] if blobs.has(one.image.key)]


def _sameness(one: Triplet) -> Sameness:
    words = " ".join("".join(sign if sign.isalnum() else " " for sign in one.instruction.casefold()).split())
    picture = number_of(one.subject.image.sha256)
    return Sameness(one.before.sha256, one.after.sha256, number_of(one.instruction), number_of(words), picture)
