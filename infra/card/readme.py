"""The card's text: README.md with YAML in front, put together from sections that say nothing where nothing is known."""

from collections.abc import Callable, Iterator, Sequence

from infra.card import front_matter, made, measured, using
from infra.card.facts import Facts
from infra.card.markdown import escaped, table
from infra.card.words import plural, size
from infra.report.texts import count, percent
from streams.tallies import ratio

INTRODUCTION = {
    "triplets": "Image-editing triplets: a picture, an instruction, and the picture after the edit.",
    "preferences": "Preference pairs for image editing: two attempts at an instruction, one accepted, one rejected.",
    "chains": "Image edits in several turns: a picture, and instructions with the picture after each of them.",
}
MINED = (
    "Mined by NHR with no human in the loop, after [NoHumansRequired](https://arxiv.org/abs/2507.14119): models propose"
    " edits and try each several times, cheap screens and then a strict judge keep what is good."
)
NOUN = {"triplets": "triplet", "preferences": "pair", "chains": "chain"}


def render(facts: Facts, plots: Sequence[str]) -> str:
    """The whole text; `plots` are the files of plots there are, by path."""
    sections: Sequence[Callable[[Facts, Sequence[str]], Iterator[str]]] = (
        _head, _counts, using.loading, made.models, made.policies, measured.funnel, measured.operations,
        measured.styles, measured.scores, measured.judges, measured.content, made.licences, _left_out, _limits,
        using.columns,
    )  # fmt: skip
    lines = [*front_matter.lines(facts), *(line for section in sections for line in section(facts, plots))]
    return "\n".join(lines).rstrip("\n") + "\n"


def _head(facts: Facts, _plots: Sequence[str]) -> Iterator[str]:
    rows = facts.contents.tally.rows
    yield from (f"# {escaped(facts.title)}", "")
    if facts.simulated:
        yield from (
            f"> **Simulated pictures** in {_part(facts.simulated, rows)}: simulated models drew or edited them."
            " They stand in for real models, to try the pipeline out: no data to train on.",
            "",
        )
    yield from (INTRODUCTION[facts.contents.what], MINED, "")


def _part(some: int, rows: int) -> str:
    return f"all {plural(rows, 'row')}" if some >= rows else f"{count(some)} of {plural(rows, 'row')}"


def _counts(facts: Facts, _plots: Sequence[str]) -> Iterator[str]:
    contents, tally = facts.contents, facts.contents.tally
    noun = NOUN[contents.what]
    rows = [(f"**{noun}s**", f"**{count(tally.rows)}**")]
    parts = "turns" if contents.what == "chains" else f"{noun}s"
    rows += [(f"{kind} {parts}", count(number)) for kind, number in sorted(contents.counts("kind").items())]
    if facts.standing:
        rows.append(("sources", count(facts.standing.sources)))
    rows += [
        ("pictures in them", count(tally.pictures)),
        ("bytes of pictures", f"{count(tally.bytes)} ({size(tally.bytes)})"),
    ]
    rows += [(f"{kind} files", _files(facts, kind)) for kind in contents.kinds]
    if len(contents.splits) > 1:
        rows += [(f"in split {escaped(split)}", count(part.rows)) for split, part in contents.splits.items()]
    rows.append(("version", contents.version))
    yield from table(("what", "count"), [(escaped(what) if what[0] != "*" else what, told) for what, told in rows], 1)


def _files(facts: Facts, kind: str) -> str:
    files = [file for file in facts.contents.files if file.kind == kind]
    return f"{count(len(files))} ({size(sum(file.bytes for file in files))})"


def _left_out(facts: Facts, _plots: Sequence[str]) -> Iterator[str]:
    """What was taken back, what never came in, and what an export did without."""
    reasons = {f"retracted, by {target}": number for target, number in sorted(facts.retracted.items())}
    for cause, counts in facts.content.left_out.items():
        if cause == "blocklist":  # its entries are words that do not belong on a card
            reasons["never came in: blocklist"] = sum(counts.values())
        else:
            reasons |= {f"never came in: {cause} {by}": number for by, number in counts.items()}
    reasons |= facts.contents.left_out or {}
    rows = [(escaped(reason), count(number)) for reason, number in reasons.items()]
    if rows:
        yield from ("## Left out", "", *table(("why", "count"), rows, 1))


def _limits(facts: Facts, _plots: Sequence[str]) -> Iterator[str]:
    yield from ("## Known limits", "", *(f"- {limit}" for limit in _known(facts)), "")


def _known(facts: Facts) -> Iterator[str]:
    tally, standing = facts.contents.tally, facts.standing
    if facts.simulated:
        yield "Simulated models drew, edited or judged (see above): their flaws and scores are made up at set rates."
    unsure = facts.contents.counts("judge_calibrated").get("false", 0)
    if unsure:
        yield f"The scores of {_part(unsure, tally.rows)} come from judges that were not held against people's scores."
    if tally.scores:
        yield "A judge's scores chose what is here, so they flatter it: its errors upwards were kept, the others lost."
    if unchecked := facts.contents.counts("checked").get("none", 0):
        share = percent(ratio(unchecked, tally.rows))
        yield f"Not checked by judging an inverse, since the operation has none: {plural(unchecked, 'row')} ({share})."
    if facts.contents.counts("content"):
        yield from _unchecked(facts)
    if any(not one.commercial for one in facts.makers):
        yield "Not every model's outputs are known to be free for commercial use (see the licences)."
    if facts.contents.layout == "packed":
        yield "Near duplicates are in it; an export (`nhr export`) can leave them out."
    if facts.contents.image_format == "jxl":
        yield "Pictures are JPEG XL: whoever decodes them needs a package for it, such as `pillow-jxl-plugin`."
    if standing and standing.gone:
        yield f"Retracted since it was packed, until `nhr pack` runs again: {plural(standing.gone, 'row')}."
    if standing and standing.waiting:
        yield f"Mined, but not packed yet: {plural(standing.waiting, 'triplet')}."


def _unchecked(facts: Facts) -> Iterator[str]:
    """Checks of what is shown that were not made of all rows."""
    meant = {"nsfw": "explicit content", "text": "text and watermarks"}
    for check, number in facts.content.checked.items():
        if left := facts.contents.tally.rows - number:
            yield f"Not checked for {meant.get(check, check)}: {_part(left, facts.contents.tally.rows)}."
