"""What raters agree on: planted biases are found, and nobody is corrected on the word of a few pairs."""

import numpy as np
import pytest

from streams import opinions
from streams.consensus import Panel, agreed
from streams.opinions import Opinion
from tests.unit.calibrating.labelling import OFFSETS, labels


def panel(pairs: int, seed: int = 0, noise: float = 0.3) -> Panel:
    return agreed(opinions.from_labels(labels(pairs, seed, noise=noise, lowest=2.0, highest=4.0)))


def opinion(pair: str, rater: str, adherence: float, aesthetics: float = 3.0) -> Opinion:
    return Opinion.model_validate({
        "triplet_id": pair, "rater": rater, "operation": "recolor", "adherence": adherence, "aesthetics": aesthetics,
        "judge": "vlm@1", "judged": {"adherence": 4.0, "aesthetics": 4.0}, "accepted": True,
    })  # fmt: skip


def test_without_noise_planted_offsets_are_found_exactly() -> None:
    found = panel(30, noise=0.0)
    for rater in found.raters:
        assert rater.offsets == pytest.approx(dict.fromkeys(("adherence", "aesthetics"), OFFSETS[rater.name]))
    assert found.agreement["adherence"].difference == pytest.approx(0.0, abs=1e-9)
    assert found.agreement["adherence"].alpha == pytest.approx(1.0)
    assert found.notes == []


def test_with_noise_they_are_found_within_their_standard_error() -> None:
    errors = [
        rater.offsets["adherence"] - OFFSETS[rater.name] for seed in range(20) for rater in panel(120, seed).raters
    ]
    assert abs(np.mean(errors)) < 1e-9  # they sum to zero, as the planted ones do
    assert np.sqrt(np.mean(np.square(errors))) == pytest.approx(0.3 * np.sqrt(2 / 3 / 120) * np.sqrt(2), rel=0.35)


def test_a_consensus_is_the_mean_of_the_corrected_scores_within_the_scale() -> None:
    high = [opinion(f"p{number}", rater, score) for number in range(6) for rater, score in (("a", 5.0), ("b", 4.0))]
    found = agreed([*high, opinion("alone", "b", 4.8)])
    assert found.consensus["p0-0"].adherence == pytest.approx(4.5)
    assert found.consensus["alone-0"].adherence == 5.0  # 4.8 + 0.5 is beyond the scale
    assert (found.consensus["p0-0"].raters, found.consensus["alone-0"].raters) == (2, 1)


def test_what_is_taken_for_the_truth_is_the_mean_label_however_much_each_rater_gave() -> None:
    pairs = [(f"p{n}", rater) for n in range(40) for rater in (("a", "b", "c") if n < 5 else ("a", "b"))]
    found = agreed(opinion(pair, rater, 4.0 if rater == "c" else 3.0) for pair, rater in pairs)
    offsets = {rater.name: rater.offsets["adherence"] for rater in found.raters}
    assert offsets["c"] - offsets["a"] == pytest.approx(1.0)
    assert 40 * offsets["a"] + 40 * offsets["b"] + 5 * offsets["c"] == pytest.approx(0.0, abs=1e-9)


def test_whoever_shares_too_few_pairs_keeps_the_scores_given_and_it_is_said() -> None:
    shared = [opinion(f"p{number}", rater, 3.0 + (rater == "b")) for number in range(8) for rater in ("a", "b")]
    found = agreed([*shared, *(opinion(f"p{number}", "new", 5.0) for number in range(4)), opinion("q", "new", 2.0)])
    by_name = {rater.name: rater for rater in found.raters}
    assert by_name["new"].offsets == {"adherence": 0.0, "aesthetics": 0.0}
    assert (by_name["new"].labels, by_name["new"].shared) == (5, 4)
    assert by_name["b"].offsets["adherence"] == pytest.approx(0.5)
    assert found.consensus["q-0"].adherence == 2.0
    assert found.notes == ["new: fewer than 5 pairs shared with others, scores taken as given"]


def test_raters_who_never_met_are_corrected_apart_and_it_is_said() -> None:
    found = agreed(
        opinion(f"{couple}{number}", rater, score)
        for couple, scores in (("x", {"a": 3.0, "b": 4.0}), ("y", {"c": 2.0, "d": 4.0}))
        for number in range(6)
        for rater, score in scores.items()
    )
    offsets = [rater.offsets["adherence"] for rater in found.raters]
    assert offsets == pytest.approx([-0.5, 0.5, -1.0, 1.0])
    assert found.notes == ["raters who share no pairs with the others were corrected apart: a, b | c, d"]


def test_one_rater_alone_is_taken_at_their_word() -> None:
    found = agreed(opinion(f"p{number}", "a", 3.0) for number in range(9))
    assert found.raters[0].offsets["adherence"] == 0.0
    assert found.notes == ["a alone labelled: nobody to tell a bias from"]
    assert found.agreement["adherence"].alpha is None


def test_the_last_opinion_of_a_rater_counts() -> None:
    assert agreed([opinion("p", "a", 2.0), opinion("p", "a", 4.0)]).consensus["p-0"].adherence == 4.0


def test_nobody_and_nothing_is_an_empty_panel() -> None:
    assert agreed([]).consensus == {}


def test_krippendorffs_alpha_of_his_own_example() -> None:
    """Interval alpha of the reliability data in Krippendorff, Computing Krippendorff's Alpha-Reliability (2011), C."""
    observers = {"a": "123321412...", "b": "1233224125.3", "c": ".3332342251.", "d": "12332441251."}
    found = agreed(
        opinion(f"u{unit}", name, float(value))
        for name, values in observers.items()
        for unit, value in enumerate(values)
        if value in "12345"
    )
    assert found.agreement["adherence"].raw_alpha == pytest.approx(0.849, abs=5e-4)
