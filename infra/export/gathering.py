"""From the shelf and the records to what may be exported."""

from collections import Counter
from collections.abc import Iterator
from functools import partial

from infra.export.attempts import judged
from infra.export.drafts import Draft, chain_draft, pair_draft
from infra.export.order import Filters, Order, Phases
from infra.export.spool import Entry, Spool, number_of
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


def triplets(blobs: Blobs, spool: Spool, filters: Filters, calibrated: frozenset[str], phases: Phases) -> int:
    """Spool the shelf; those that a filter holds back are there, but out. Gives how many the shelf holds."""
    count = 0
    with phases("triplets") as told:
        for one in shelf.triplets(blobs):
            count += 1
            item = codec.encode(one)
            entry = Entry(one.triplet_id, one.subject, one.operation, one.scores.geometric_mean, item)
            number = spool.add("triplets", entry)
            if why := held_back(one, filters, calibrated):
                spool.leave_out("triplets", [number], why)
            else:
                spool.db.execute("INSERT INTO same VALUES (?, ?, ?, ?, ?, ?)", (number, *_sameness(one)))
            if count % TOLD_EVERY == 0:
                told(count, 0)
    return count


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
    with phases("pairs") as told:
        for count, ((chosen, fit), found) in enumerate(ahead(partial(_there, blobs), candidates, HEADS), 1):
            there = found()
            best = clearest(chosen, there, order.pairs)
            left_out.update({"picture gone": len(fit) - len(there), "further pairs": len(there) - len(best)})
            for one in best:
                _derive(spool, pair_draft(chosen, one, calibrated), chosen, chosen.operation)
            if count % TOLD_EVERY == 0:
                told(count, 0)
    return +left_out


def chained(spool: Spool, order: Order, calibrated: frozenset[str], phases: Phases) -> None:
    """Derive the chains of the triplets that are in."""
    with phases("chains") as told:
        for count, (_, members) in enumerate(spool.by_source(), 1):
            for chain in chains(members, order.chains):
                _derive(spool, chain_draft(chain, calibrated), chain[0], "")
            if count % TOLD_EVERY == 0:
                told(count, 0)


def _derive(spool: Spool, draft: Draft, of: Triplet, operation: str) -> None:
    name, score = draft.row.get("pair_id") or draft.row["chain_id"], draft.row.get("geometric_mean")
    best = score if isinstance(score, float) else of.scores.geometric_mean
    spool.add("derived", Entry(str(name), of.subject, operation, best, draft.packed()))


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


def _sameness(one: Triplet) -> tuple[str, str, int, int, int]:
    """SHA-256 of its pictures, its instruction to the letter and as words alone, its source picture."""
    words = " ".join("".join(sign if sign.isalnum() else " " for sign in one.instruction.casefold()).split())
    return (
        one.before.sha256,
        one.after.sha256,
        number_of(one.instruction),
        number_of(words),
        number_of(one.subject.image.sha256),
    )
