"""Two-sided quantiles of the normal and of Student's t distribution."""

from math import expm1, pi, sqrt, tan
from statistics import NormalDist


def normal(level: float) -> float:
    """The z with P(|Z| <= z) = `level`, for a level in (0, 1)."""
    return -NormalDist().inv_cdf((1 - level) / 2)


def student(level: float, freedom: int) -> float:
    """The t with P(|T| <= t) = `level`, T having `freedom` >= 1 degrees of freedom.

    Hill, Algorithm 396 (Communications of the ACM 13, 1970): a Cornish-Fisher expansion about the normal quantile,
    or a series where the tail is far out; exact for one and two degrees, else good to six digits.
    """
    tail = 1 - level
    if freedom == 1:
        return 1 / tan(tail * pi / 2)
    if freedom == 2:
        return sqrt(2 / (tail * (2 - tail)) - 2)
    a = 1 / (freedom - 0.5)
    b = 48 / a**2
    c = ((20700 * a / b - 98) * a - 16) * a + 96.36
    d = ((94.5 / (b + c) - 3) / b + 1) * sqrt(a * pi / 2) * freedom
    y = (d * tail) ** (2 / freedom)
    if y <= 0.05 + a:
        far = (freedom + 6) / (freedom * y) - 0.089 * d - 0.822
        y = ((1 / (far * (freedom + 2) * 3) + 0.5 / (freedom + 4)) * y - 1) * (freedom + 1) / (freedom + 2) + 1 / y
        return sqrt(freedom * y)
    x = NormalDist().inv_cdf(tail / 2)
    y = x * x
    if freedom < 5:
        c += 0.3 * (freedom - 4.5) * (x + 0.6)
    c += (((0.05 * d * x - 5) * x - 7) * x - 2) * x + b
    y = (((((0.4 * y + 6.3) * y + 36) * y + 94.5) / c - y - 3) / b + 1) * x
    return sqrt(freedom * expm1(a * y * y))
