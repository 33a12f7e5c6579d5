"""Multi-turn chains of one source's triplets."""

from collections.abc import Sequence
from itertools import pairwise, permutations

from hypothesis import given
from hypothesis import strategies as st

from schemas.messages import Triplet
from streams.dataset.chains import FEWEST, MOST, Chain, chain_row, chains, pictures
from streams.dataset.columns import CHAINS
from tests.unit.reading.making import ref, request, subject, triplet

OF = subject()
NODES = "sabcdefg"
"""Pictures; "s" is the source's."""


def picture(node: str) -> bytes:
    return b"s1" if node == "s" else f"picture {node}".encode()


def step(start: str, end: str, score: float = 4.8) -> Triplet:
    made = triplet(OF, request(f"from {start} to {end}"), ref(picture(end)), scores=(score, score))
    return made.model_copy(update={"before": ref(picture(start)), "triplet_id": f"{start}{end}" * 16})


def told(found: Sequence[Chain]) -> list[str]:
    names = {ref(picture(node)).sha256: node for node in NODES}
    return ["".join(names[one.sha256] for one in pictures(chain)) for chain in found]


def plainly(steps: Sequence[Triplet]) -> set[str]:
    """Every simple path from the source that can get no longer, found by trying all."""
    names = {ref(picture(node)).sha256: node for node in NODES}
    edges = {(names[one.before.sha256], names[one.after.sha256]) for one in steps}
    found = set()
    for turns in range(FEWEST, MOST + 1):
        for rest in permutations(NODES[1:], turns):
            path = ("s", *rest)
            if all(pair in edges for pair in pairwise(path)):
                onward = any((path[-1], node) in edges and node not in path for node in NODES)
                if turns == MOST or not onward:
                    found.add("".join(path))
    return found


EDGES = st.sets(
    st.tuples(st.sampled_from(NODES), st.sampled_from(NODES)).filter(lambda pair: pair[0] != pair[1]), max_size=14
)


@given(EDGES)
def test_all_the_longest_chains_are_found_and_no_others(edges: set[tuple[str, str]]) -> None:
    steps = [step(*edge) for edge in sorted(edges)]
    found = told(chains(steps, 100_000))
    assert sorted(found) == sorted(plainly(steps))


@given(EDGES, st.integers(1, 6), st.randoms())
def test_any_order_of_the_triplets_gives_the_same_few(edges: set[tuple[str, str]], most: int, chance: object) -> None:
    steps = [step(*edge, score=4.7 + len(edge[0] + edge[1]) / 100) for edge in sorted(edges)]
    assert chains(steps, most) == chains(steps[::-1], most)
    assert len(chains(steps, most)) == min(most, len(plainly(steps)))


def test_the_best_steps_go_first_and_beginnings_take_turns() -> None:
    steps = [
        step("s", "a", 4.9),
        step("s", "b", 4.8),
        step("a", "c", 4.7),
        step("a", "d", 5.0),
        step("b", "e"),
        step("b", "f"),
    ]
    assert told(chains(steps, 3)) == ["sad", "sbe", "sac"]


def test_an_inverse_never_leads_back_and_one_edit_is_no_chain() -> None:
    assert chains([step("s", "a"), step("a", "s")], 9) == []
    assert chains([], 9) == []


def test_a_row_has_the_lowest_scores_and_a_list_of_each_turn() -> None:
    (chain,) = chains([step("s", "a", 4.9), step("a", "b", 4.75), step("b", "c", 5.0)], 9)
    row = chain_row(chain, {"critic@1"})
    assert set(row) == {column.name for column in CHAINS} - {"images"}
    assert (row["turns"], row["adherence"], row["judge_calibrated"]) == (3, 4.75, True)
    assert row["instructions"] == ["from s to a", "from a to b", "from b to c"]
    assert row["triplet_ids"] == ["sa" * 16, "ab" * 16, "bc" * 16]
