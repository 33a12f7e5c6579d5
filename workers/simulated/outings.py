"""How vehicles and the things of an outing look."""

import math

from workers.simulated.pen import Pen


def tent(p: Pen) -> None:
    """A ridge tent with an open flap."""
    p.poly([(-0.66, 0), (0.66, 0), (0.1, 0.96), (-0.1, 0.96)], "main")
    p.poly([(0.12, 0), (0.66, 0), (0.1, 0.96), (0.0, 0.96)], "dark")
    p.poly([(-0.3, 0), (0.12, 0), (-0.06, 0.62)], "ink")
    p.poly([(-0.3, 0), (-0.16, 0), (-0.06, 0.62)], "light")
    p.line([(-0.1, 0.94), (0.1, 0.94)], 0.035, "deep")
    for side in (-1, 1):
        p.line([(side * 0.62, 0.03), (side * 0.66, 0.0)], 0.03, "wood")
    p.glow(-0.08, 0.2, 0.35)


def bicycle(p: Pen) -> None:
    """A bicycle in profile."""
    for x in (-0.5, 0.5):
        p.ellipse(x, 0.3, 0.29, 0.29, "tyre")
        p.ellipse(x, 0.3, 0.245, 0.245, (222, 222, 216))
        for k in range(6):
            a = math.radians(30 * k)
            dx, dy = 0.24 * math.cos(a), 0.24 * math.sin(a)
            p.line([(x - dx, 0.3 - dy), (x + dx, 0.3 + dy)], 0.009, "steel")
        p.ellipse(x, 0.3, 0.035, 0.035, "iron")
    bottom, seat, head = (-0.06, 0.28), (-0.2, 0.7), (0.36, 0.72)
    for start, end in ((bottom, seat), (seat, head), (head, bottom), ((-0.5, 0.3), seat), ((-0.5, 0.3), bottom)):
        p.line([start, end], 0.06, "main")
    p.line([head, (0.5, 0.3)], 0.06, "dark")
    p.line([head, (0.33, 0.9), (0.46, 0.95)], 0.04, "iron")
    p.line([(-0.2, 0.7), (-0.23, 0.82)], 0.035, "iron")
    p.blob([(-0.4, 0.82), (-0.08, 0.8), (-0.06, 0.87), (-0.38, 0.92)], "leather")
    p.ellipse(*bottom, 0.07, 0.07, "iron")
    p.line([bottom, (0.02, 0.14)], 0.03, "iron")


def car(p: Pen) -> None:
    """A rounded little car."""
    p.blob([(-0.62, 0.42), (0.64, 0.42), (0.5, 0.78), (0.3, 1.0), (-0.32, 1.0), (-0.54, 0.8)], "dark")
    p.blob([(-0.5, 0.52), (-0.04, 0.52), (-0.04, 0.92), (-0.3, 0.92), (-0.46, 0.76)], "window")
    p.blob([(0.04, 0.52), (0.5, 0.52), (0.44, 0.74), (0.26, 0.92), (0.04, 0.92)], "window")
    p.rect(-0.94, 0.16, 0.94, 0.56, "main", 0.14)
    p.rect(-0.94, 0.18, 0.94, 0.27, "deep", 0.04)
    p.line([(0, 0.3), (0, 0.52)], 0.015, "dark")
    p.line([(0.08, 0.46), (0.18, 0.46)], 0.03, "deep")
    p.ellipse(0.87, 0.42, 0.05, 0.07, "lamp")
    p.ellipse(-0.9, 0.42, 0.035, 0.06, "coral")
    for x in (-0.54, 0.54):
        p.ellipse(x, 0.19, 0.19, 0.19, "tyre")
        p.ellipse(x, 0.19, 0.1, 0.1, "steel")
        p.ellipse(x, 0.19, 0.04, 0.04, "iron")
    p.glow(0.95, 0.42, 0.4)


def barrel(p: Pen) -> None:
    """A barrel with hoops."""
    p.blob([(-0.34, 0), (0.34, 0), (0.44, 0.5), (0.34, 1.0), (-0.34, 1.0), (-0.44, 0.5)], "main")
    for x in (-0.2, -0.07, 0.07, 0.2):
        p.line([(x, 0.06), (x * 1.25, 0.5), (x, 0.9)], 0.012, "deep", curved=True)
    for y, half in ((0.18, 0.345), (0.5, 0.39), (0.78, 0.345)):
        p.rect(-half, y - 0.035, half, y + 0.035, "iron", 0.015)
    p.ellipse(0, 0.92, 0.25, 0.045, "light")


def telescope(p: Pen) -> None:
    """A telescope on a tripod."""
    for x in (-0.24, 0.02, 0.26):
        p.line([(0, 0.52), (x, 0.02)], 0.035, "wood")
    p.ellipse(0, 0.53, 0.06, 0.05, "iron")
    p.poly([(-0.36, 0.44), (-0.32, 0.34), (0.16, 0.6), (0.1, 0.72)], "main")
    p.poly([(0.08, 0.73), (0.15, 0.58), (0.4, 0.74), (0.32, 0.92)], "dark")
    p.poly([(0.31, 0.95), (0.42, 0.71), (0.45, 0.73), (0.35, 0.97)], "gold")
    p.poly([(-0.4, 0.41), (-0.36, 0.33), (-0.3, 0.36), (-0.34, 0.45)], "gold")


def umbrella(p: Pen) -> None:
    """An open umbrella standing on its handle."""
    p.line([(0, 0.92), (0, 0.1), (0.05, 0.03), (0.11, 0.08)], 0.028, "wood", curved=True)
    p.blob([(-0.64, 0.5), (0.64, 0.5), (0.46, 0.84), (0.18, 1.0), (-0.18, 1.0), (-0.46, 0.84)], "main")
    for x0, x1, tone in ((-0.15, 0.15, "light"), (0.15, 0.49, "dark")):
        p.blob([(x0, 0.49), (x1, 0.49), (x1 * 0.7, 0.78), (0.01, 0.97), (0.0, 0.97), (x0 * 0.7, 0.78)], tone)
    p.line([(0, 0.95), (0, 0.99)], 0.022, "wood")


def suitcase(p: Pen) -> None:
    """A travelling case with straps and a sticker."""
    p.line([(-0.14, 0.8), (-0.13, 0.95), (0.13, 0.95), (0.14, 0.8)], 0.05, "leather")
    p.rect(-0.55, 0.02, 0.55, 0.82, "main", 0.08)
    p.rect(-0.55, 0.02, 0.55, 0.12, "dark", 0.05)
    for x in (-0.34, 0.28):
        p.rect(x, 0.02, x + 0.07, 0.82, "leather")
        p.rect(x - 0.01, 0.48, x + 0.08, 0.58, "gold")
    p.ellipse(0.0, 0.44, 0.13, 0.13, "paper")
    p.ellipse(0.0, 0.44, 0.09, 0.09, "coral")


def balloon(p: Pen) -> None:
    """A hot-air balloon with a basket."""
    for x in (-0.1, 0.1):
        p.line([(x * 1.6, 0.36), (x * 0.8, 0.14)], 0.014, "bark")
    p.blob(
        [
            (-0.11, 0.26),
            (0.11, 0.26),
            (0.42, 0.6),
            (0.4, 0.92),
            (0.18, 1.03),
            (-0.18, 1.03),
            (-0.4, 0.92),
            (-0.42, 0.6),
        ],
        "main",
    )
    if not p.look.pattern:
        p.blob(
            [(-0.05, 0.28), (0.05, 0.28), (0.16, 0.6), (0.14, 0.92), (0.0, 1.03), (-0.14, 0.92), (-0.16, 0.6)], "pale"
        )
        p.blob(
            [(0.06, 0.28), (0.12, 0.3), (0.38, 0.62), (0.36, 0.88), (0.16, 1.01), (0.28, 0.84), (0.28, 0.62)], "dark"
        )
    p.rect(-0.1, 0, 0.1, 0.15, "wood", 0.025)
    p.rect(-0.11, 0.12, 0.11, 0.16, "leather", 0.015)
    p.glow(0, 0.3, 0.4)


def kite(p: Pen) -> None:
    """A kite with a bowed tail."""
    p.line([(0.02, 0.3), (-0.1, 0.2), (-0.02, 0.1), (-0.2, 0.02)], 0.014, "ink", curved=True)
    for x, y in ((-0.06, 0.2), (-0.05, 0.12), (-0.14, 0.05)):
        p.poly([(x - 0.05, y + 0.03), (x + 0.05, y - 0.03), (x + 0.05, y + 0.03), (x - 0.05, y - 0.03)], "coral")
    p.poly([(0.02, 0.28), (0.38, 0.72), (0.06, 0.99), (-0.32, 0.66)], "main")
    p.poly([(0.02, 0.28), (0.38, 0.72), (0.045, 0.7)], "dark")
    p.poly([(0.06, 0.99), (-0.32, 0.66), (0.045, 0.7)], "light")
    p.line([(0.02, 0.28), (0.06, 0.99)], 0.012, "ink")
    p.line([(-0.32, 0.66), (0.38, 0.72)], 0.012, "ink")


def airship(p: Pen) -> None:
    """An airship in profile."""
    p.poly([(-0.7, 0.62), (-0.96, 0.94), (-0.9, 0.62), (-0.96, 0.3)], "dark")
    p.ellipse(0, 0.64, 0.88, 0.33, "main")
    p.ellipse(0.02, 0.72, 0.8, 0.1, "light")
    p.ellipse(0, 0.46, 0.6, 0.1, "dark")
    p.rect(-0.24, 0.1, 0.26, 0.32, "leather", 0.08)
    for x in (-0.14, 0.0, 0.14):
        p.rect(x - 0.04, 0.17, x + 0.05, 0.27, "window", 0.02)
    p.ellipse(-0.3, 0.2, 0.025, 0.11, "iron")
    p.glow(0, 0.22, 0.4)


def paper_plane(p: Pen) -> None:
    """A folded paper plane."""
    p.poly([(0.76, 0.84), (-0.74, 0.96), (-0.3, 0.56)], "light")
    p.poly([(0.76, 0.84), (-0.3, 0.56), (-0.2, 0.06)], "deep")
    p.poly([(0.76, 0.84), (-0.2, 0.06), (-0.02, 0.42)], "dark")
    p.poly([(0.76, 0.84), (-0.02, 0.42), (0.3, 0.24)], "main")


def boat(p: Pen) -> None:
    """A sailing boat; the sails have the colour."""
    p.line([(0.0, 0.2), (0.0, 0.98)], 0.026, "wood")
    p.poly([(-0.03, 0.28), (-0.03, 0.96), (-0.38, 0.3)], "main")
    p.poly([(0.03, 0.28), (0.03, 0.88), (0.32, 0.3)], "light")
    p.poly([(-0.42, 0.22), (0.42, 0.22), (0.3, 0.02), (-0.3, 0.02)], "wood")
    p.poly([(-0.42, 0.22), (0.42, 0.22), (0.4, 0.17), (-0.4, 0.17)], "paper")
