"""The card's sections on how the data set was made: campaigns, models and revisions, policies, licences."""

from collections.abc import Iterator, Sequence

from infra.card import words
from infra.card.facts import Facts
from infra.card.makers import Maker
from infra.card.markdown import code, escaped, table
from infra.report.texts import count
from streams.rules.policy import Policy

MOST = 30
"""Rows of a table."""


def models(facts: Facts, _plots: Sequence[str]) -> Iterator[str]:
    """Campaigns, and everybody who had a part in them."""
    yield from ("## How it was made", "")
    mined = facts.contents.counts("campaign")
    rows = [
        (escaped(name), _prompts(note.prompts) if (note := facts.notes.get(name)) else "–",
         escaped(note.policy) if note else "–", count(number))
        for name, number in sorted(mined.items(), key=lambda item: (-item[1], item[0]))[:MOST]
    ]  # fmt: skip
    yield from table(("campaign", "prompts", "policy", "rows"), rows, 1)
    told = [
        (one.kind, code(one.recipe, 60), _model(one), _licence(one), "–" if one.rows is None else count(one.rows))
        for one in facts.makers[:MOST]
    ]
    yield from table(("part", "plug-in and recipe", "model", "licence", "rows"), told, 1)


def policies(facts: Facts, _plots: Sequence[str]) -> Iterator[str]:
    """What decided, in words."""
    decided = facts.contents.counts("policy_id")
    for policy_id, one in facts.policies.items():
        yield from (
            f"**Policy {escaped(one.name)}** ({code(policy_id[:12])}, {words.plural(decided[policy_id], 'row')}):",
            "",
        )
        yield from (*(f"- {line}" for line in _policy(one)), "")


def licences(facts: Facts, _plots: Sequence[str]) -> Iterator[str]:
    """Licences of what went in; models' are with the models."""
    photos = facts.contents.counts("origin").get("photo", 0)
    yield from ("## Licences", "")
    given = f"The data set itself: {code(facts.licence)}." if facts.licence else "No licence of the whole was chosen."
    yield from (f"{given} Licences of models stand with the models above.", "")
    if photos:
        known = {name or "not known": number for name, number in facts.contents.counts("licence").items()}
        drawn = facts.contents.tally.rows - photos
        known["not known"] = known.get("not known", 0) - drawn
        rows = [(escaped(name), count(number)) for name, number in sorted(known.items(), key=_busiest) if number > 0]
        yield from ("Photographs that were edited, by licence; authors are in the rows:", "")
        yield from table(("licence", "rows"), rows[:MOST], 1)


def _prompts(given: str) -> str:
    """Where prompts came from: the plug-in, and the model it asked; paths and addresses are nobody else's business."""
    name, _, options = given.partition(":")
    if name.endswith(".jsonl"):
        return code("file")
    model = [part for part in options.split(",") if part.startswith("model=")]
    return code(":".join([name, *model]), 80)


def _busiest(item: tuple[str, int]) -> tuple[int, str]:
    return -item[1], item[0]


def _model(one: Maker) -> str:
    if one.simulated:
        return "**simulated**"
    named = [escaped(one.model)] if one.model else []
    return ", ".join([*named, f"revision {code(one.revision, 40)}"] if one.revision else named) or "–"


def _licence(one: Maker) -> str:
    return f"{escaped(one.licence)}: {one.rights}" if one.licence else "not known here"


def _policy(one: Policy) -> Iterator[str]:
    yield words.waves(one)
    yield f"an attempt survives with {words.judged(one)}"
    if bars := list(words.soft(one)):
        own = len(one.screen.operations)
        rest = f"; {words.plural(own, 'operation')} have bars of their own" if own else ""
        yield f"before the judge, where they were measured: {', '.join(bars)}{rest}"
    yield from words.grown(one)
    if one.licences == "commercial":
        yield "only models whose outputs may be used commercially had a part"
