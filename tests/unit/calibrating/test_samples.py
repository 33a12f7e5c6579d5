"""What is known of a judge: its pairs, what they stand for, and how they fall into groups."""

import numpy as np
import pytest

from infra.gallery.labelling import sample as sample_of_label_mode
from schemas.messages import Scores
from streams import opinions
from streams.calibrating.samples import BINS, EDGES, Array, cell, cell_of, samples
from streams.consensus import agreed
from tests.unit.calibrating.labelling import JUDGE, labels, sample


def test_a_judge_has_the_pairs_that_were_labelled_beside_its_scores() -> None:
    given = opinions.latest(opinions.from_labels(labels(12)))
    (found,) = samples(given, agreed(given)).values()
    assert (found.judge, len(found)) == (JUDGE, 12)
    said = {one.pair: one.judged for one in given}
    assert [tuple(row) for row in found.judged] == [(said[p].adherence, said[p].aesthetics) for p in found.pairs]
    assert set(found.groups) == {"object", "appearance", "style"}


def test_a_judge_that_came_later_is_held_against_the_labels_of_the_pairs_it_judged() -> None:
    given = opinions.latest(opinions.from_labels(labels(12)))
    scores = {one: Scores(adherence=3.0, aesthetics=4.0) for one in sorted({one.pair for one in given})[:5]}
    found = samples(given, agreed(given), {"later@1": scores})
    assert (len(found["later@1"]), len(found[JUDGE])) == (5, 12)
    assert found["later@1"].human.tolist() == found[JUDGE].human[:5].tolist()


def test_the_bins_are_those_that_label_mode_spreads_its_pairs_over() -> None:
    assert sample_of_label_mode.EDGES == EDGES


def test_operations_that_the_taxonomy_does_not_know_are_a_group_of_their_own() -> None:
    assert sample(2, operations=("remove", "teleport")).groups == ("object", "other")


def test_a_judgement_falls_into_the_cell_that_arrays_of_them_do() -> None:
    rows = np.array([[a, b] for a in (1.0, 2.0, 2.9, 4.0, 4.49, 4.5, 5.0) for b in (1.9, 3.0, 4.5)])
    assert [cell_of(Scores(adherence=a, aesthetics=b)) for a, b in rows] == cell(rows).tolist()


def test_pairs_stand_for_as_many_judgements_as_fell_into_their_cell() -> None:
    one = sample(400)
    counts: Array = np.bincount(cell(one.judged), minlength=BINS * BINS) * np.float64(10)
    same, share = one.standing_for(counts)
    assert share == 1.0
    assert same.weights.tolist() == pytest.approx([1.0] * 400)
    counts[cell_of(Scores(adherence=5.0, aesthetics=5.0))] *= 3
    more, _ = one.standing_for(counts)
    high = cell(one.judged) == cell_of(Scores(adherence=5.0, aesthetics=5.0))
    assert more.weights[high].mean() / more.weights[~high].mean() == pytest.approx(3.0)
    assert more.weights.mean() == pytest.approx(1.0)


def test_what_nobody_labelled_is_not_stood_for() -> None:
    one = sample(50).only(sample(50).least >= 4.5)
    counts = np.zeros(BINS * BINS)
    counts[cell_of(Scores(adherence=5.0, aesthetics=5.0))] = 30
    counts[0] = 70
    assert one.standing_for(counts)[1] == pytest.approx(0.3)
    assert one.standing_for(np.zeros(BINS * BINS)) == (one, 0.0)
