"""How furniture and household things look."""

from workers.simulated.pen import Pen


def chair(p: Pen) -> None:
    """A wooden chair."""
    for x in (-0.2, 0.2):
        p.rect(x - 0.03, 0.4, x + 0.03, 0.98, "main", 0.02)
    for y in (0.62, 0.76, 0.9):
        p.rect(-0.2, y - 0.045, 0.2, y + 0.035, "dark", 0.02)
    for x, foot in ((-0.22, -0.25), (0.22, 0.25), (-0.13, -0.14), (0.13, 0.14)):
        p.line([(x, 0.42), (foot, 0.02)], 0.05, "dark")
    p.poly([(-0.29, 0.4), (0.29, 0.4), (0.23, 0.52), (-0.23, 0.52)], "light")
    p.rect(-0.29, 0.35, 0.29, 0.41, "main", 0.02)


def armchair(p: Pen) -> None:
    """A soft armchair."""
    for x in (-0.32, 0.26):
        p.rect(x, 0, x + 0.06, 0.1, "wood")
    p.rect(-0.36, 0.16, 0.36, 0.98, "main", 0.14)
    p.rect(-0.27, 0.3, 0.27, 0.88, "dark", 0.1)
    for x in (-0.12, 0.0, 0.12):
        p.ellipse(x, 0.66, 0.016, 0.016, "deep")
    p.rect(-0.3, 0.26, 0.3, 0.46, "light", 0.07)
    p.rect(-0.3, 0.08, 0.3, 0.3, "main", 0.04)
    for side in (-1, 1):
        p.rect(side * 0.38 - 0.1, 0.07, side * 0.38 + 0.1, 0.56, "main", 0.09)
        p.ellipse(side * 0.38, 0.48, 0.065, 0.06, "dark")


def floor_lamp(p: Pen) -> None:
    """A standing lamp; the shade has the colour."""
    p.ellipse(0, 0.025, 0.13, 0.026, "iron")
    p.rect(-0.013, 0.02, 0.013, 0.72, "gold")
    p.poly([(-0.2, 0.68), (0.2, 0.68), (0.12, 0.97), (-0.12, 0.97)], "main")
    p.poly([(-0.2, 0.68), (0.2, 0.68), (0.192, 0.7), (-0.192, 0.7)], "lamp")
    p.line([(0.1, 0.68), (0.1, 0.6)], 0.008, "gold")
    p.glow(0, 0.72, 0.6)


def vase(p: Pen) -> None:
    """A vase with three sprigs."""
    for x, y in ((-0.16, 0.88), (0.02, 0.94), (0.17, 0.86)):
        p.line([(0, 0.6), (x * 0.5, 0.74), (x, y)], 0.016, (84, 140, 88), curved=True)
        p.ellipse(x, y, 0.06, 0.06, "paper")
        p.ellipse(x, y, 0.026, 0.026, "gold")
    p.blob(
        [(-0.16, 0), (0.16, 0), (0.33, 0.26), (0.22, 0.46), (0.1, 0.56), (-0.1, 0.56), (-0.22, 0.46), (-0.33, 0.26)],
        "main",
    )
    p.rect(-0.1, 0.5, 0.1, 0.62, "main", 0.02)
    p.ellipse(0, 0.625, 0.125, 0.026, "dark")
    p.ellipse(-0.13, 0.32, 0.035, 0.1, "light", -12)


def teapot(p: Pen) -> None:
    """A round teapot."""
    p.line([(0.3, 0.62), (0.58, 0.68), (0.56, 0.32), (0.3, 0.26)], 0.07, "dark", curved=True)
    p.poly([(-0.24, 0.22), (-0.24, 0.46), (-0.56, 0.78), (-0.62, 0.72), (-0.44, 0.36)], "dark")
    p.ellipse(0, 0.4, 0.4, 0.37, "main")
    p.ellipse(0, 0.05, 0.24, 0.05, "deep")
    p.ellipse(0, 0.73, 0.22, 0.06, "dark")
    p.blob([(-0.22, 0.74), (0.22, 0.74), (0.12, 0.9), (-0.12, 0.9)], "light")
    p.ellipse(0, 0.91, 0.055, 0.055, "dark")
    p.ellipse(-0.17, 0.54, 0.06, 0.12, "pale", -32)


def cup(p: Pen) -> None:
    """A steaming cup."""
    p.line([(0.26, 0.54), (0.52, 0.54), (0.46, 0.24), (0.24, 0.22)], 0.07, "dark", curved=True)
    p.ellipse(0, 0.04, 0.42, 0.045, "dark")
    p.blob([(-0.36, 0.7), (-0.34, 0.66), (-0.3, 0.06), (0.3, 0.06), (0.34, 0.66), (0.36, 0.7)], "main")
    p.rect(-0.33, 0.4, 0.33, 0.66, "main", 0.02)
    p.ellipse(0, 0.66, 0.33, 0.065, "light")
    p.ellipse(0, 0.66, 0.28, 0.045, "leather")
    for x in (-0.1, 0.08):
        p.line([(x, 0.76), (x + 0.05, 0.84), (x - 0.04, 0.9), (x + 0.02, 0.98)], 0.026, (236, 236, 236), curved=True)


def guitar(p: Pen) -> None:
    """An acoustic guitar, upright."""
    p.blob(
        [
            (-0.2, 0.02),
            (0.2, 0.02),
            (0.24, 0.22),
            (0.11, 0.32),
            (0.17, 0.5),
            (-0.17, 0.5),
            (-0.11, 0.32),
            (-0.24, 0.22),
        ],
        "dark",
    )
    p.blob(
        [
            (-0.17, 0.04),
            (0.17, 0.04),
            (0.2, 0.21),
            (0.09, 0.32),
            (0.14, 0.47),
            (-0.14, 0.47),
            (-0.09, 0.32),
            (-0.2, 0.21),
        ],
        "main",
    )
    p.ellipse(0, 0.34, 0.06, 0.052, "ink")
    p.rect(-0.026, 0.36, 0.026, 0.88, "leather")
    p.rect(-0.042, 0.87, 0.042, 0.98, "bark", 0.015)
    p.rect(-0.07, 0.155, 0.07, 0.18, "ink")
    for x in (-0.012, 0, 0.012):
        p.line([(x, 0.17), (x, 0.92)], 0.004, "paper")


def globe(p: Pen) -> None:
    """A desk globe on a stand."""
    p.rect(-0.2, 0, 0.2, 0.06, "wood", 0.025)
    p.rect(-0.025, 0.05, 0.025, 0.2, "gold")
    p.ellipse(0, 0.58, 0.36, 0.4, "gold")
    p.ellipse(0, 0.58, 0.33, 0.37, "main")
    land = (214, 196, 128)
    p.blob([(-0.25, 0.74), (-0.08, 0.84), (0.02, 0.72), (-0.08, 0.6), (-0.18, 0.58), (-0.26, 0.66)], land)
    p.blob([(0.08, 0.7), (0.24, 0.74), (0.28, 0.56), (0.18, 0.42), (0.08, 0.5)], land)
    p.blob([(-0.18, 0.48), (-0.04, 0.5), (0.0, 0.38), (-0.08, 0.28), (-0.18, 0.36)], land)
    p.ellipse(-0.14, 0.76, 0.06, 0.08, "light", -35)


def clock(p: Pen) -> None:
    """A grandfather clock."""
    p.rect(-0.17, 0, 0.17, 0.14, "dark", 0.01)
    p.rect(-0.13, 0.12, 0.13, 0.66, "main")
    p.rect(-0.085, 0.2, 0.085, 0.6, "ink", 0.01)
    p.line([(0, 0.58), (0.03, 0.34)], 0.012, "gold")
    p.ellipse(0.035, 0.3, 0.04, 0.034, "gold")
    p.rect(-0.17, 0.64, 0.17, 0.92, "main", 0.02)
    p.poly([(-0.19, 0.91), (0.19, 0.91), (0, 1.0)], "dark")
    p.ellipse(0, 0.78, 0.125, 0.108, "gold")
    p.ellipse(0, 0.78, 0.105, 0.09, "paper")
    p.line([(0, 0.78), (0, 0.845)], 0.012, "ink")
    p.line([(0, 0.78), (0.05, 0.76)], 0.014, "ink")


def drum(p: Pen) -> None:
    """A drum with two sticks."""
    for side in (-1, 1):
        p.line([(side * 0.02, 0.8), (side * 0.4, 0.96)], 0.03, "wood")
    p.rect(-0.5, 0.12, 0.5, 0.72, "main")
    p.ellipse(0, 0.12, 0.5, 0.12, "dark")
    for k in range(6):
        x = -0.5 + k * 0.2
        p.line([(x, 0.66), (x + 0.1, 0.12), (x + 0.2 if k < 5 else x + 0.1, 0.66 if k < 5 else 0.12)], 0.014, "cream")
    p.rect(-0.51, 0.62, 0.51, 0.72, "gold", 0.02)
    p.rect(-0.51, 0.08, 0.51, 0.16, "gold", 0.02)
    p.ellipse(0, 0.72, 0.51, 0.13, "gold")
    p.ellipse(0, 0.73, 0.46, 0.105, "paper")


def books(p: Pen) -> None:
    """Four stacked books; the top and third have the colour."""
    rows = ((-0.6, 0.56, "deep"), (-0.5, 0.6, "main"), (-0.56, 0.48, "leather"), (-0.46, 0.52, "main"))
    for k, (x0, x1, tone) in enumerate(rows):
        y = 0.24 * k
        p.rect(x0, y, x1, y + 0.235, tone, 0.035)
        p.rect(x0 + 0.06, y + 0.05, x1 + 0.01, y + 0.185, "paper", 0.01)
        p.line([(x0 + 0.1, y + 0.12), (x1 - 0.02, y + 0.12)], 0.01, (214, 204, 184))
        p.rect(x0, y, x0 + 0.1, y + 0.235, tone, 0.03)
