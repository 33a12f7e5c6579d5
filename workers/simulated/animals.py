"""How the drawn animals, the robot and the toys look."""

from workers.simulated.pen import Pen


def cat(p: Pen) -> None:
    """A sitting cat."""
    p.line([(0.18, 0.1), (0.4, 0.1), (0.42, 0.34), (0.32, 0.46)], 0.075, "dark", curved=True)
    p.blob([(-0.28, 0), (0.3, 0), (0.32, 0.3), (0.16, 0.62), (-0.14, 0.62), (-0.28, 0.3)], "main")
    p.ellipse(-0.02, 0.26, 0.13, 0.24, "light")
    for x in (-0.11, 0.09):
        p.ellipse(x, 0.035, 0.085, 0.045, "light")
    for side in (-1, 1):
        p.poly([(side * 0.23, 0.97), (side * 0.05, 0.84), (side * 0.235, 0.72)], "main")
        p.poly([(side * 0.2, 0.91), (side * 0.1, 0.83), (side * 0.2, 0.77)], "cheek")
    p.ellipse(0, 0.7, 0.255, 0.2, "main")
    for x in (-0.06, 0, 0.06):
        p.line([(x, 0.88), (x * 0.8, 0.82)], 0.022, "dark")
    p.ellipse(0, 0.63, 0.12, 0.085, "light")
    p.eyes(0, 0.725, 0.105, 0.035)
    p.poly([(-0.03, 0.665), (0.03, 0.665), (0, 0.635)], "cheek")
    for side in (-1, 1):
        for dy in (0.0, 0.035):
            p.line([(side * 0.1, 0.63 + dy), (side * 0.3, 0.62 + dy * 2)], 0.008, "ink")


def dog(p: Pen) -> None:
    """A sitting dog with a collar."""
    p.line([(0.22, 0.08), (0.4, 0.16), (0.4, 0.36)], 0.07, "main", curved=True)
    p.blob([(-0.27, 0), (0.32, 0), (0.32, 0.28), (0.16, 0.62), (-0.16, 0.62), (-0.25, 0.3)], "main")
    p.ellipse(-0.02, 0.3, 0.13, 0.2, "light")
    for x in (-0.13, 0.09):
        p.ellipse(x, 0.035, 0.09, 0.05, "light")
    p.ellipse(0, 0.74, 0.24, 0.21, "main")
    p.ellipse(0, 0.64, 0.14, 0.11, "light")
    for side in (-1, 1):
        p.blob(
            [(side * 0.15, 0.95), (side * 0.3, 0.9), (side * 0.36, 0.6), (side * 0.25, 0.54), (side * 0.2, 0.74)],
            "deep",
        )
    p.eyes(0, 0.77, 0.095, 0.034)
    p.ellipse(0, 0.685, 0.05, 0.036, "ink")
    p.line([(0, 0.66), (0, 0.61), (0.06, 0.58)], 0.012, "ink", curved=True)
    p.line([(0, 0.61), (-0.06, 0.58)], 0.012, "ink", curved=True)
    p.line([(-0.17, 0.52), (0, 0.485), (0.17, 0.52)], 0.05, "coral", curved=True)
    p.ellipse(0, 0.46, 0.035, 0.035, "gold")


def rabbit(p: Pen) -> None:
    """A sitting rabbit with long ears."""
    p.ellipse(0.26, 0.12, 0.085, 0.085, "snow")
    p.blob([(-0.26, 0), (0.28, 0), (0.3, 0.26), (0.12, 0.46), (-0.12, 0.46), (-0.26, 0.24)], "main")
    p.ellipse(-0.02, 0.2, 0.13, 0.16, "light")
    for x in (-0.12, 0.1):
        p.ellipse(x, 0.035, 0.1, 0.045, "light")
    for side, turn in ((-1, 9.0), (1, -14.0)):
        p.ellipse(side * 0.1, 0.8, 0.066, 0.2, "main", turn)
        p.ellipse(side * 0.1, 0.79, 0.034, 0.15, "cheek", turn)
    p.ellipse(0, 0.53, 0.19, 0.16, "main")
    p.ellipse(0, 0.475, 0.095, 0.07, "light")
    p.eyes(0, 0.56, 0.085, 0.028)
    p.ellipse(0, 0.505, 0.026, 0.018, "cheek")
    p.rect(-0.022, 0.44, 0.022, 0.475, "snow")


def owl(p: Pen) -> None:
    """A round owl on its feet."""
    for side in (-1, 1):
        p.line([(side * 0.1, 0.06), (side * 0.1, 0.02)], 0.08, "gold")
        p.poly([(side * 0.32, 1.0), (side * 0.08, 0.84), (side * 0.3, 0.7)], "main")
    p.blob([(-0.34, 0.02), (0.34, 0.02), (0.38, 0.5), (0.3, 0.96), (-0.3, 0.96), (-0.38, 0.5)], "main")
    p.ellipse(0, 0.3, 0.2, 0.25, "light")
    for row, y in enumerate((0.44, 0.33, 0.22)):
        for k in range(4 - row):
            p.ellipse(-0.12 + 0.04 * row + 0.08 * k, y, 0.028, 0.022, "dark")
    for side in (-1, 1):
        p.blob([(side * 0.25, 0.62), (side * 0.38, 0.55), (side * 0.36, 0.2), (side * 0.24, 0.1)], "dark")
        p.ellipse(side * 0.14, 0.7, 0.135, 0.135, "cream")
        p.ellipse(side * 0.13, 0.7, 0.07, 0.07, "ink")
        p.ellipse(side * 0.13 + 0.025, 0.73, 0.022, 0.022, "snow")
    p.poly([(-0.045, 0.64), (0.045, 0.64), (0, 0.55)], "gold")


def robot(p: Pen) -> None:
    """A friendly robot, one arm up."""
    for side in (-1, 1):
        p.line([(side * 0.1, 0.2), (side * 0.1, 0.05)], 0.07, "steel")
        p.rect(side * 0.12 - 0.085, 0, side * 0.12 + 0.085, 0.06, "dark", 0.03)
    p.line([(-0.2, 0.5), (-0.31, 0.4), (-0.3, 0.28)], 0.05, "steel", curved=True)
    p.line([(0.2, 0.5), (0.31, 0.56), (0.3, 0.72)], 0.05, "steel", curved=True)
    p.ellipse(-0.3, 0.25, 0.05, 0.05, "dark")
    p.ellipse(0.3, 0.75, 0.05, 0.05, "dark")
    p.rect(-0.21, 0.16, 0.21, 0.56, "main", 0.05)
    p.rect(-0.13, 0.3, 0.13, 0.48, "cream", 0.03)
    for k, tone in enumerate(("coral", "gold", "water")):
        p.ellipse(-0.07 + 0.07 * k, 0.42, 0.024, 0.024, tone)
    p.line([(-0.08, 0.345), (0.08, 0.345)], 0.022, "steel")
    p.rect(-0.05, 0.55, 0.05, 0.62, "steel")
    p.line([(0, 0.88), (0, 0.95)], 0.02, "steel")
    p.ellipse(0, 0.965, 0.033, 0.033, "coral")
    p.rect(-0.19, 0.6, 0.19, 0.9, "main", 0.07)
    p.rect(-0.145, 0.66, 0.145, 0.84, "ink", 0.05)
    for side in (-1, 1):
        p.ellipse(side * 0.065, 0.765, 0.034, 0.04, "lamp")
    p.line([(-0.05, 0.7), (0, 0.685), (0.05, 0.7)], 0.014, "lamp", curved=True)


def bird(p: Pen) -> None:
    """A bird on the wing."""
    p.blob([(-0.1, 0.45), (-0.3, 0.95), (-0.62, 1.0), (-0.4, 0.5), (0.12, 0.3)], "dark")
    p.poly([(-0.36, 0.36), (-0.72, 0.44), (-0.66, 0.28), (-0.7, 0.16), (-0.34, 0.22)], "dark")
    p.blob([(-0.5, 0.32), (-0.1, 0.12), (0.36, 0.2), (0.46, 0.42), (0.2, 0.54), (-0.1, 0.46)], "main")
    p.ellipse(0.0, 0.22, 0.26, 0.08, "pale", 3)
    p.ellipse(0.4, 0.44, 0.15, 0.14, "main")
    p.poly([(0.52, 0.49), (0.72, 0.42), (0.52, 0.37)], "gold")
    p.ellipse(0.44, 0.48, 0.03, 0.035, "ink")
    p.blob([(-0.12, 0.42), (-0.16, 0.8), (0.06, 1.0), (0.24, 0.82), (0.2, 0.4)], "main")
    p.line([(0.0, 0.52), (0.06, 0.84)], 0.03, "dark")
    p.line([(0.1, 0.5), (0.15, 0.76)], 0.03, "dark")


def fish_bowl(p: Pen) -> None:
    """A fish in a bowl of water; the fish has the colour."""
    p.ellipse(0, 0.46, 0.5, 0.46, (206, 230, 238))
    p.blob([(-0.47, 0.62), (0.47, 0.62), (0.48, 0.3), (0.24, 0.03), (-0.24, 0.03), (-0.48, 0.3)], "water")
    p.ellipse(0, 0.1, 0.26, 0.065, (222, 196, 150))
    p.line([(-0.24, 0.1), (-0.2, 0.3), (-0.27, 0.46)], 0.035, (74, 150, 96), curved=True)
    p.line([(-0.16, 0.1), (-0.18, 0.24), (-0.12, 0.36)], 0.03, (96, 170, 104), curved=True)
    p.poly([(-0.08, 0.36), (-0.28, 0.48), (-0.26, 0.36), (-0.28, 0.24)], "dark")
    p.ellipse(0.06, 0.36, 0.22, 0.13, "main")
    p.poly([(0.0, 0.46), (0.1, 0.56), (0.16, 0.45)], "dark")
    p.ellipse(0.18, 0.39, 0.03, 0.03, "snow")
    p.ellipse(0.188, 0.39, 0.016, 0.016, "ink")
    p.ellipse(0.33, 0.56, 0.02, 0.02, "snow")
    p.ellipse(0, 0.9, 0.3, 0.055, (228, 242, 246))
    p.ellipse(0, 0.9, 0.25, 0.035, (176, 208, 220))
    p.ellipse(-0.3, 0.6, 0.045, 0.13, (236, 248, 252), -24)
