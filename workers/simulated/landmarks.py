"""How buildings, plants and street furniture look."""

import math

from workers.simulated.pen import Pen


def tree(p: Pen) -> None:
    """A round tree; green follows the season, other colours stay."""
    leaf = ("leaf dark", "leaf", "leaf light") if p.look.natural else ("dark", "main", "light")
    p.poly([(-0.065, 0), (0.065, 0), (0.04, 0.45), (-0.04, 0.45)], "bark")
    p.line([(0, 0.34), (0.16, 0.52)], 0.035, "bark")
    p.line([(0, 0.3), (-0.14, 0.5)], 0.03, "bark")
    for x, y, r in ((-0.2, 0.52, 0.19), (0.2, 0.53, 0.18), (0.0, 0.6, 0.26), (0.0, 0.78, 0.2)):
        p.ellipse(x, y, r, r * 0.95, leaf[0])
    for x, y, r in ((-0.21, 0.55, 0.155), (0.17, 0.57, 0.15), (-0.03, 0.65, 0.23), (-0.02, 0.8, 0.17)):
        p.ellipse(x, y, r, r * 0.95, leaf[1])
    for x, y, r in ((-0.24, 0.61, 0.07), (-0.08, 0.76, 0.11), (-0.06, 0.88, 0.06), (0.12, 0.62, 0.06)):
        p.ellipse(x, y, r, r * 0.8, "snow" if p.look.season == "winter" else leaf[2])


def pine(p: Pen) -> None:
    """A pine of four tiers."""
    p.rect(-0.045, 0, 0.045, 0.2, "bark")
    for k in range(4):
        y, half = 0.14 + 0.19 * k, 0.29 - 0.055 * k
        p.poly([(-half, y), (half, y), (0, y + 0.34)], "main")
        p.poly([(0.02, y), (half, y), (0, y + 0.34)], "dark")
        cap = "snow" if p.look.season == "winter" else "light"
        p.poly([(-half * 0.5, y + 0.17), (half * 0.06, y + 0.17), (0, y + 0.34)], cap)


def house(p: Pen) -> None:
    """A gabled house with a chimney; the walls have the colour."""
    p.rect(0.24, 0.62, 0.34, 0.95, "terracotta")
    p.rect(0.225, 0.91, 0.355, 0.96, "stone")
    p.rect(-0.44, 0, 0.44, 0.52, "main")
    p.rect(-0.44, 0, 0.44, 0.06, "deep")
    roof = (122, 66, 58)
    p.poly([(-0.55, 0.5), (0.55, 0.5), (0.36, 0.88), (-0.36, 0.88)], roof)
    if p.look.season == "winter":
        p.poly([(-0.42, 0.76), (0.42, 0.76), (0.36, 0.88), (-0.36, 0.88)], "snow")
    for y in (0.6, 0.7):
        p.line([(-0.5 + (y - 0.5) / 2, y), (0.5 - (y - 0.5) / 2, y)], 0.012, (98, 50, 46))
    p.rect(-0.09, 0, 0.11, 0.34, "wood", 0.02)
    p.ellipse(0.075, 0.16, 0.014, 0.014, "gold")
    for x in (-0.3, 0.28):
        p.rect(x - 0.1, 0.18, x + 0.1, 0.4, "cream")
        p.rect(x - 0.08, 0.2, x + 0.08, 0.38, "window")
        p.line([(x, 0.2), (x, 0.38)], 0.016, "cream")
        p.line([(x - 0.08, 0.29), (x + 0.08, 0.29)], 0.016, "cream")
        p.glow(x, 0.29, 0.3)


def lighthouse(p: Pen) -> None:
    """A tall lighthouse with a lamp room."""
    p.poly([(-0.15, 0), (0.15, 0), (0.095, 0.74), (-0.095, 0.74)], "main")
    for y in (0.2, 0.46):
        p.poly(
            [(-0.14, y), (0.14, y), (0.125, y + 0.12), (-0.125, y + 0.12)],
            "paper" if min(p.look.main) < 200 else "coral",
        )
    p.rect(-0.045, 0, 0.045, 0.12, "ink", 0.02)
    p.rect(-0.13, 0.73, 0.13, 0.76, "iron")
    p.rect(-0.08, 0.76, 0.08, 0.87, "lamp")
    p.line([(-0.03, 0.76), (-0.03, 0.87)], 0.012, "iron")
    p.line([(0.03, 0.76), (0.03, 0.87)], 0.012, "iron")
    p.poly([(-0.11, 0.87), (0.11, 0.87), (0, 0.98)], "coral")
    p.ellipse(0, 0.985, 0.013, 0.013, "iron")
    p.glow(0, 0.815, 0.55)


def windmill(p: Pen) -> None:
    """A windmill; the tower has the colour."""
    p.poly([(-0.2, 0), (0.2, 0), (0.12, 0.58), (-0.12, 0.58)], "main")
    p.poly([(0.05, 0), (0.2, 0), (0.12, 0.58), (0.03, 0.58)], "dark")
    p.blob([(-0.16, 0.56), (0.16, 0.56), (0.12, 0.72), (-0.12, 0.72)], (112, 70, 60))
    p.rect(-0.05, 0, 0.05, 0.16, "wood", 0.03)
    p.rect(-0.035, 0.3, 0.035, 0.4, "window", 0.01)
    p.glow(0, 0.35, 0.2)
    for k in range(4):
        a = math.radians(28 + 90 * k)
        c, s = math.cos(a), math.sin(a)
        p.line([(0, 0.62), (0.4 * c, 0.62 + 0.37 * s)], 0.018, "wood")
        points = ((0.08, 0.0), (0.39, 0.0), (0.39, 0.085), (0.08, 0.065))
        p.poly([(u * c - v * s, 0.62 + u * s * 0.94 + v * c * 0.94) for u, v in points], "cream")
    p.ellipse(0, 0.62, 0.032, 0.032, "ink")


def castle(p: Pen) -> None:
    """A small castle with three towers and pennants."""
    for x, top in ((-0.38, 0.62), (0.38, 0.62), (0.0, 0.8)):
        p.rect(x - 0.11, 0, x + 0.11, top, "main")
        p.rect(x + 0.03, 0, x + 0.11, top, "dark")
        for k in range(3):
            p.rect(x - 0.125 + 0.09 * k, top, x - 0.055 + 0.09 * k, top + 0.05, "main")
        p.poly([(x - 0.1, top + 0.04), (x + 0.1, top + 0.04), (x, top + 0.17)], (120, 84, 130))
        p.rect(x - 0.028, top - 0.2, x + 0.028, top - 0.1, "window", 0.02)
        p.glow(x, top - 0.15, 0.16)
    p.rect(-0.4, 0, 0.4, 0.4, "main")
    for k in range(7):
        p.rect(-0.4 + 0.12 * k, 0.4, -0.33 + 0.12 * k, 0.45, "main")
    p.rect(-0.1, 0, 0.1, 0.17, "wood")
    p.ellipse(0, 0.17, 0.1, 0.09, "wood")
    p.line([(0, 0.96), (0, 1.0)], 0.012, "iron")
    for x, y in ((-0.26, 0.26), (0.25, 0.3), (-0.2, 0.14), (0.28, 0.12)):
        p.rect(x - 0.03, y, x + 0.03, y + 0.03, "dark")


def mushroom(p: Pen) -> None:
    """A toadstool with a spotted cap."""
    p.blob([(-0.16, 0), (0.16, 0), (0.1, 0.3), (0.13, 0.56), (-0.13, 0.56), (-0.1, 0.3)], "cream")
    p.blob([(-0.15, 0.42), (0.15, 0.42), (0.2, 0.5), (-0.2, 0.5)], (232, 214, 190))
    p.blob([(-0.6, 0.42), (0.6, 0.42), (0.5, 0.76), (0.22, 1.02), (-0.22, 1.02), (-0.5, 0.76)], "main")
    p.ellipse(0, 0.47, 0.43, 0.035, "deep")
    if not p.look.pattern:
        dots = ((-0.26, 0.66, 0.07), (0.02, 0.82, 0.085), (0.28, 0.66, 0.06), (0.0, 0.58, 0.045), (-0.2, 0.87, 0.035))
        for x, y, r in dots:
            p.ellipse(x, y, r, r * 0.85, "paper" if min(p.look.main) < 190 else "coral")


def flower(p: Pen) -> None:
    """A tall daisy with two leaves."""
    p.line([(0, 0), (0.02, 0.3), (0, 0.62)], 0.032, (84, 146, 78), curved=True)
    p.blob([(0.01, 0.12), (0.2, 0.2), (0.3, 0.36), (0.12, 0.32)], (96, 164, 86))
    p.blob([(0.0, 0.2), (-0.18, 0.26), (-0.28, 0.42), (-0.1, 0.38)], (74, 136, 72))
    for k in range(9):
        a = math.radians(40 * k)
        p.ellipse(0.165 * math.cos(a), 0.74 + 0.165 * math.sin(a), 0.13, 0.062, "main" if k % 2 else "dark", 40.0 * k)
    p.ellipse(0, 0.74, 0.085, 0.085, "gold" if max(p.look.main[2], 0) > 80 else "leather")
    p.ellipse(-0.02, 0.76, 0.04, 0.035, (250, 216, 120))


def cactus(p: Pen) -> None:
    """A cactus with two arms and a flower."""
    p.line([(-0.02, 0.36), (-0.24, 0.38), (-0.26, 0.6)], 0.13, "dark", curved=True)
    p.line([(0.02, 0.46), (0.24, 0.48), (0.26, 0.74)], 0.13, "main", curved=True)
    p.rect(-0.13, 0, 0.13, 0.92, "main", 0.12)
    for x in (-0.06, 0.02, 0.09):
        p.line([(x, 0.06), (x, 0.82)], 0.012, "light")
    for x, y in ((-0.09, 0.3), (0.05, 0.5), (-0.04, 0.68), (0.06, 0.2), (0.26, 0.66), (-0.26, 0.52)):
        p.line([(x - 0.022, y + 0.02), (x + 0.022, y - 0.01)], 0.01, "cream")
    for k in range(5):
        a = math.radians(90 + 72 * k)
        p.ellipse(0.05 * math.cos(a), 0.93 + 0.04 * math.sin(a), 0.045, 0.035, "coral")
    p.ellipse(0, 0.93, 0.025, 0.02, "gold")


def plant(p: Pen) -> None:
    """A leafy plant; the pot has the colour."""
    for k, (x, y) in enumerate(
        ((-0.3, 0.74), (-0.18, 0.92), (0.02, 0.98), (0.2, 0.9), (0.32, 0.7), (-0.1, 0.7), (0.12, 0.72))
    ):
        p.line([(0, 0.34), (x * 0.4, 0.55), (x, y)], 0.018, (70, 120, 70), curved=True)
        p.ellipse(x, y - 0.06, 0.075, 0.15, (64, 140, 84) if k % 2 else (98, 172, 96), -x * 130)
    p.poly([(-0.22, 0.36), (0.22, 0.36), (0.16, 0), (-0.16, 0)], "main")
    p.rect(-0.25, 0.32, 0.25, 0.42, "dark", 0.02)
    p.ellipse(0, 0.16, 0.1, 0.022, "light")


def bench(p: Pen) -> None:
    """A park bench with iron feet."""
    for x in (-0.62, 0.56):
        p.rect(x, 0, x + 0.07, 0.95, "iron", 0.02)
        p.line([(x - 0.05, 0.02), (x + 0.14, 0.02)], 0.05, "iron")
    for y in (0.56, 0.72, 0.86):
        p.rect(-0.78, y, 0.78, y + 0.11, "main", 0.03)
    p.poly([(-0.8, 0.36), (0.8, 0.36), (0.74, 0.5), (-0.74, 0.5)], "light")
    p.rect(-0.8, 0.3, 0.8, 0.37, "dark", 0.02)


def lamp_post(p: Pen) -> None:
    """A street lamp with a lantern."""
    p.rect(-0.07, 0, 0.07, 0.05, "dark", 0.015)
    p.rect(-0.045, 0.04, 0.045, 0.14, "main", 0.015)
    p.rect(-0.022, 0.1, 0.022, 0.8, "main")
    p.line([(-0.09, 0.7), (0.09, 0.7)], 0.022, "main")
    p.poly([(-0.055, 0.79), (0.055, 0.79), (0.085, 0.93), (-0.085, 0.93)], "lamp")
    p.line([(0, 0.79), (0, 0.93)], 0.01, "main")
    p.poly([(-0.11, 0.925), (0.11, 0.925), (0.03, 0.985), (-0.03, 0.985)], "main")
    p.ellipse(0, 0.985, 0.016, 0.014, "main")
    p.glow(0, 0.86, 0.42)


def letter_box(p: Pen) -> None:
    """A pillar box."""
    p.rect(-0.2, 0, 0.2, 0.07, "ink", 0.02)
    p.rect(-0.18, 0.06, 0.18, 0.8, "main")
    p.rect(0.08, 0.06, 0.18, 0.8, "dark")
    p.blob([(-0.3, 0.76), (0.3, 0.76), (0.24, 0.98), (-0.24, 0.98)], "dark")
    p.rect(-0.22, 0.77, 0.22, 0.83, "light", 0.02)
    p.rect(-0.11, 0.62, 0.11, 0.68, "ink", 0.02)
    p.rect(-0.085, 0.34, 0.085, 0.52, "cream", 0.01)
    for y in (0.39, 0.43, 0.47):
        p.line([(-0.055, y), (0.055, y)], 0.01, "iron")
