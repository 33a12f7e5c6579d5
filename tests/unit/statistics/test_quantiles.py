"""Quantiles against the tables in textbooks."""

from itertools import pairwise

import pytest

from streams.statistics.quantiles import normal, student

TABLE = {
    1: (6.314, 12.706, 63.657), 2: (2.920, 4.303, 9.925), 3: (2.353, 3.182, 5.841), 4: (2.132, 2.776, 4.604),
    5: (2.015, 2.571, 4.032), 7: (1.895, 2.365, 3.499), 10: (1.812, 2.228, 3.169), 20: (1.725, 2.086, 2.845),
    30: (1.697, 2.042, 2.750), 60: (1.671, 2.000, 2.660), 120: (1.658, 1.980, 2.617),
}  # fmt: skip


@pytest.mark.parametrize("freedom", TABLE)
def test_students_t_is_that_of_the_tables(freedom: int) -> None:
    found = tuple(student(level, freedom) for level in (0.90, 0.95, 0.99))
    assert found == pytest.approx(TABLE[freedom], abs=6e-4)


@pytest.mark.parametrize(("level", "z"), [(0.5, 0.67449), (0.95, 1.95996), (0.99, 2.57583), (0.999, 3.29053)])
def test_the_normal_quantile_is_that_of_the_tables(level: float, z: float) -> None:
    assert normal(level) == pytest.approx(z, abs=5e-6)
    assert student(level, 10**7) == pytest.approx(z, abs=5e-5)


@pytest.mark.parametrize("freedom", [1, 2, 3, 4, 5, 12, 1023])
def test_the_surer_the_farther_out_without_a_jump(freedom: int) -> None:
    levels = [1 - 0.9**step for step in range(1, 150)]
    quantiles = [student(level, freedom) for level in levels]
    steps = [after / before for before, after in pairwise(quantiles)]
    assert min(steps) > 1.0
    assert max(steps[20:]) < 1.12
