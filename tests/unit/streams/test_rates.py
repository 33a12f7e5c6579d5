"""Rates: what is counted where, over hopping windows, once, and told by several members together."""

import json
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.ledgers.memory import MemoryLedgers
from schemas import codec, topics
from schemas import messages as m
from schemas.errors import Undecodable
from schemas.ports import Change
from schemas.taxonomy import taxonomy
from streams import rates
from streams.rates import WINDOWS, Count, Pane, Part, Rates, Row, Seen, Told, Window
from streams.rules import policy as policies
from tests.property.world import World, history, source

SHORT = Window("10m", 600, 60)
NOW = 1_800_000_030.0
PAPER = policies.read("paper")


def seen(accepted: bool = True, at: float = 0.0, **more: str) -> Seen:
    named = {"stage": "judge", "style": "oil painting", "model": "m", "operation": "add", **more}
    return Seen(named["stage"], accepted, named["style"], named["model"], named["operation"], at)


def told(offset: int, arrived: float = NOW, accepted: bool = True, at: float = 0.0) -> Told:
    return Told(offset, arrived, seen(accepted, at))


def part(member: str, at: float, partitions: set[int], count: Count) -> Part:
    return Part(member, at, frozenset(partitions), {"10m": {Row("judge", "all", ""): count}})


def events() -> list[m.Message]:
    lives = (history(World(n, 0.5, 0.1), source(random.Random(n), 4), PAPER)[0] for n in range(20))
    return [event for life in lives for event in life]


def test_each_verdict_counts_at_its_stage() -> None:
    stages = {type(event): rates.seen(event, {PAPER.policy_id: PAPER}.get) for event in events()}  # type: ignore[arg-type]
    assert {kind.__name__: one and one.stage for kind, one in stages.items() if kind is not m.JudgeVerdict} == {
        "GateVerdict": "gate", "ScreenVerdict": "screen", "TextAnswer": "text", "Failure": None, "Redrive": None,
    }  # fmt: skip


def test_judgements_count_by_what_they_judge() -> None:
    judged = [event for event in events() if isinstance(event, m.JudgeVerdict)]
    kinds = {event.job.kind: one.stage for event in judged if (one := rates.seen(event, {PAPER.policy_id: PAPER}.get))}
    assert kinds == {"forward": "judge", "inverse": "inverse", "composite": "composite"}


def test_what_an_unknown_policy_decides_on_is_not_counted() -> None:
    decided = [event for event in events() if isinstance(event, m.ScreenVerdict | m.JudgeVerdict)]
    assert {rates.seen(event, lambda _: None) for event in decided} == {None}


def test_names_outside_the_taxonomy_are_counted_together() -> None:
    rows = seen(style="made up", operation="made up too").rows()
    assert {Row("judge", "style", "other"), Row("judge", "operation", "other")} <= set(rows)


def test_no_name_is_counted_as_none() -> None:
    assert Row("judge", "style", "none") in seen(style="").rows()


@pytest.mark.parametrize(("kind", "stage"), [(m.GateVerdict, "generate"), (m.ScreenVerdict, "edit")])
def test_what_a_picture_took_counts_at_its_makers_stage_with_the_verdict_on_it(
    kind: type[m.Message], stage: str
) -> None:
    verdict: Any = next(event for event in events() if isinstance(event, kind))
    meter = m.Meter(tokens_in=900, tokens_out=20, cost_usd=0.02, at=NOW)
    bare = rates.seen(verdict, {PAPER.policy_id: PAPER}.get)
    one = rates.seen(
        verdict.model_copy(update={"job": verdict.job.model_copy(update={"meter": meter})}),
        {PAPER.policy_id: PAPER}.get,
    )
    assert bare is not None
    assert one is not None
    counts = one.counts()
    assert {row: count for row, count in counts.items() if row.stage != stage} == bare.counts()
    assert counts[Row(stage, "all", "")] == Count(1, 1, 920, 20_000)
    assert {row.by for row in counts if row.stage == stage} == {"all", "model"}


def test_a_model_is_counted_by_its_name_without_its_recipe() -> None:
    judged = next(event for event in events() if isinstance(event, m.JudgeVerdict))
    one = rates.seen(judged.model_copy(update={"by": "gemini@0123"}), {PAPER.policy_id: PAPER}.get)
    assert one is not None
    assert one.model == "gemini"


def test_rows_stay_few_however_many_models_there_are() -> None:
    pane = Pane()
    pane.add(Told(n, NOW, seen(model=f"m{n}")) for n in range(1000))
    models = [row for row in pane.counts if row.by == "model"]
    assert len(models) == rates.MOST_NAMES + 1
    assert pane.counts[Row("judge", "model", "other")].seen == 1000 - rates.MOST_NAMES


def test_a_full_pane_fits_in_a_message() -> None:
    pane, known = Pane(), taxonomy()
    stages = ("gate", "screen", "judge", "inverse", "composite")
    looks = [seen(stage=s, style=y, model=f"model-{n}") for s in stages for n, y in enumerate(known.styles)]
    looks += [seen(stage=s, operation=o) for s in stages for o in known.operations]
    pane.add(Told(n, NOW, one) for n, one in enumerate(looks * 100))
    assert len(json.dumps(pane.pack())) < m.MAX_MESSAGE_BYTES


def test_an_event_that_comes_again_counts_once() -> None:
    pane = Pane()
    pane.add([told(3), told(4)])
    assert not pane.add([told(3), told(4)])
    assert pane.counts[Row("judge", "all", "")] == Count(2, 2)


def test_a_pane_is_the_same_after_it_was_stored() -> None:
    pane = Pane()
    pane.add([told(3), told(4, accepted=False)])
    assert Pane.unpack(json.loads(json.dumps(pane.pack()))) == pane


@given(st.lists(st.tuples(st.integers(0, 3000), st.booleans()), max_size=60), st.integers(0, 1500))
def test_a_window_holds_what_happened_in_it(happened: list[tuple[int, bool]], later: int) -> None:
    now = NOW + later
    ours = [told(n, arrived=NOW - 1500 + at, accepted=yes) for n, (at, yes) in enumerate(happened)]
    panes: dict[int, Pane] = {}
    for start, some in rates.by_pane(ours, SHORT, NOW - 3600).items():
        panes.setdefault(start, Pane()).add(some)
    first = SHORT.first(now)
    inside = [one for one in ours if first <= one.at < first + SHORT.size_s]
    count = rates.total(panes.items(), SHORT, now).get(Row("judge", "all", ""), Count())
    assert count == Count(len(inside), sum(one.seen.accepted for one in inside))


@given(st.integers(0, 2**31), st.sampled_from(WINDOWS))
def test_a_window_moves_by_its_hop_and_holds_the_present(now: int, window: Window) -> None:
    first = window.first(now)
    assert first % window.hop_s == 0
    assert first <= now < first + window.size_s
    assert window.first(now + window.hop_s) == first + window.hop_s


@given(st.lists(st.integers(0, 40), min_size=1), st.randoms(use_true_random=False))
def test_redelivery_and_batching_change_no_count(offsets: list[int], rng: random.Random) -> None:
    """At-least-once: after a crash a partition goes on from an earlier offset, never from a later one."""
    straight, broken = Pane(), Pane()
    straight.add(told(offset) for offset in range(41))
    at = 0
    for crash in [*offsets, 40]:
        broken.add(told(offset) for offset in range(at, crash + 1))
        at = rng.randint(0, min(at, crash) if crash < at else crash)
    broken.add(told(offset) for offset in range(at, 41))
    assert broken.counts == straight.counts


def test_the_time_of_the_answer_goes_before_that_of_its_arrival() -> None:
    assert told(0, arrived=NOW, at=NOW - 300).at == NOW - 300


def test_no_clock_runs_ahead_of_the_brokers() -> None:
    assert told(0, arrived=NOW, at=NOW + 300).at == NOW


def test_members_are_added_up() -> None:
    both = Rates().told(part("a", NOW, {0}, Count(4, 1))).told(part("b", NOW, {1}, Count(4, 3)))
    assert both.window("10m") == {Row("judge", "all", ""): Count(8, 4)}
    assert both.acceptance("10m", "judge") == 0.5


def test_a_member_tells_anew_instead_of_adding() -> None:
    again = Rates().told(part("a", NOW, {0}, Count(4, 1))).told(part("a", NOW + 5, {0}, Count(5, 2)))
    assert again.window("10m") == {Row("judge", "all", ""): Count(5, 2)}


def test_partitions_that_changed_hands_count_once() -> None:
    moved = Rates().told(part("dead", NOW, {0, 1}, Count(4, 1))).told(part("heir", NOW + 5, {0, 1}, Count(5, 2)))
    assert moved.window("10m") == {Row("judge", "all", ""): Count(5, 2)}


def test_a_member_without_partitions_counts_nothing() -> None:
    assert Rates().told(part("a", NOW, {0}, Count(4, 1))).told(part("a", NOW, set(), Count())).parts == {}


def test_members_that_fell_silent_are_left_out() -> None:
    later = Rates().told(part("a", NOW, {0}, Count(4, 1))).told(part("b", NOW + 61, {1}, Count(2, 2)))
    assert set(later.parts) == {"b"}


def test_the_document_is_read_as_it_was_told() -> None:
    cursors = MemoryLedgers()
    rates.tell(cursors, part("a", NOW, {0}, Count(4, 1)))
    rates.tell(cursors, part("b", NOW, {1}, Count(4, 3)))
    assert rates.read(cursors).window("10m") == {Row("judge", "all", ""): Count(8, 4)}
    assert rates.read(cursors).at == NOW


def test_the_document_can_be_read_by_anyone() -> None:
    cursors = MemoryLedgers()
    rates.tell(cursors, part("a", NOW, {0}, Count(4, 1)))
    document = json.loads(cursors.load([rates.NAME])[rates.NAME].data)
    assert [(window["name"], window["size_s"], window["hop_s"]) for window in document["windows"]] == list(WINDOWS)
    assert document["windows"][0]["rows"] == [
        {
            "stage": "judge",
            "by": "all",
            "name": "",
            "seen": 4,
            "accepted": 1,
            "tokens": 0,
            "microdollars": 0,
            "rate": 0.25,
        }
    ]


def test_what_answers_cost_adds_up_by_stage_and_model() -> None:
    judged = next(event for event in events() if isinstance(event, m.JudgeVerdict))
    priced = judged.model_copy(update={"meter": m.Meter(tokens_in=900, tokens_out=20, cost_usd=0.000312)})
    one = rates.seen(priced, {PAPER.policy_id: PAPER}.get)
    assert one is not None
    pane = Pane()
    pane.add([Told(0, NOW, one), Told(1, NOW, one)])
    whole, by_style = Row(one.stage, "all", ""), Row(one.stage, "style", one.rows()[1].name)
    assert pane.counts[whole] == Count(2, 2 * one.accepted, 1840, 624)
    assert pane.counts[by_style] == Count(2, 2 * one.accepted)
    assert Pane.unpack(json.loads(json.dumps(pane.pack()))) == pane
    told_rates = Rates({"a": Part("a", NOW, frozenset({0}), {"10m": pane.counts})})
    assert told_rates.spent("10m") == {one.stage: pane.counts[whole]}


def test_there_are_no_rates_before_any_were_told() -> None:
    assert rates.read(MemoryLedgers()) == Rates()


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b'{"members": {"a": {}}}', b"\xff"])
def test_a_strangers_document_is_told_as_such(data: bytes) -> None:
    cursors = MemoryLedgers()
    cursors.save([Change(rates.NAME, data, 0)])
    with pytest.raises(Undecodable, match="rates"):
        rates.read(cursors)


def test_events_survive_the_wire() -> None:
    for event in events():
        again = codec.decode(topics.VERDICTS, codec.encode(event))
        known = {PAPER.policy_id: PAPER}.get
        assert rates.seen(again, known) == rates.seen(event, known)  # type: ignore[arg-type]


def test_what_is_accepted_of_each_operation_is_told_of_forward_judgements() -> None:
    counts = {
        Row("judge", "operation", "add"): Count(8, 2), Row("judge", "all", ""): Count(8, 2),
        Row("inverse", "operation", "remove"): Count(2, 2),
    }  # fmt: skip
    cursors = MemoryLedgers()
    rates.tell(cursors, Part("a", NOW, frozenset({0}), {"6h": counts}))
    assert rates.by_operation(cursors) == {"add": 0.25}
