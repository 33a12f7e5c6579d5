"""Campaigns drawn from a seed: a calm one, and the same one in a storm of any class of faults."""

import random
from collections.abc import Callable, Mapping
from typing import Any

from streams.rules import policy as policies
from streams.rules.policy import Policy, Texts
from tests.contract.clocks import FakeClock
from tests.simulation.faults import Faults, Lasting
from tests.simulation.simulator import World
from workers import roster

HOUR_S = 3600.0
START = FakeClock().time

Draw = Callable[[random.Random], dict[str, Any]]
"""Transient faults of a class, as arguments of `Faults`."""


def _outages(rng: random.Random) -> dict[str, Any]:
    kinds = rng.sample(sorted(roster.KINDS), rng.choice([1, 1, 2]))
    return {"outages": {kind: (START, START + rng.choice([60.0, 600.0])) for kind in kinds}}


TRANSIENT: Mapping[str, Draw] = {
    "crashes": lambda rng: {"crash": rng.choice([0.005, 0.02, 0.05])},
    "duplicates, reordering": lambda rng: {"duplicates": rng.choice([0.1, 0.3])},
    "stalls past the lease": lambda rng: {"stall": rng.choice([0.01, 0.05])},
    "outages": _outages,
    "judge away for an hour": lambda _rng: {"outages": {"judge": (START, START + HOUR_S)}},
    "flaky services": lambda rng: {"flaky": rng.choice([0.1, 0.3])},
    "bugs that come and go": lambda rng: {"glitch": rng.choice([0.005, 0.02])},
    "strange bytes": lambda rng: {"junk": rng.choice([0.05, 0.2])},
}
"""Faults that must leave no trace on the shelf."""
LASTING: Mapping[str, Lasting] = {
    "jobs that are rejected": Lasting(reject=0.05),
    "jobs that bring out a bug": Lasting(bug=0.02),
    "jobs that kill their process": Lasting(deadly=0.02),
    "a judge wrong in 5 %": Lasting(wrong=0.05),
}
"""Faults that cost those jobs, the same ones whatever else happens."""
EVERYTHING = "everything at once"


def calm(seed: int, what: str = "") -> World:
    """The reference: nothing transient goes wrong, each message comes once."""
    rng = random.Random(seed)
    policy, lasting, redrives = _drawn(rng, what)
    return World(seed, policy, Faults(random.Random(0), lasting, armed=False), redrives=redrives)


def stormy(seed: int, what: str = "") -> World:
    """The same campaign with faults: those of one class, or of any drawn from the seed."""
    rng = random.Random(seed)
    policy, lasting, redrives = _drawn(rng, what)
    drawn: dict[str, Any] = {}
    for name, draw in TRANSIENT.items():
        if name == what or what == EVERYTHING or (not what and rng.random() < 0.4):
            drawn |= draw(rng)
    if what in LASTING:
        drawn = {"crash": 0.005, "duplicates": 0.1}
    return World(seed, policy, Faults(random.Random(seed + 1), lasting, **drawn), redrives=redrives)


def _drawn(rng: random.Random, what: str) -> tuple[Policy, Lasting, bool]:
    base = policies.read(rng.choice(["paper", "thrifty"]))
    waves = rng.choice([(2,), (1, 1), (3, 2), (1, 2, 2)])
    forms = rng.choice([(), ("short",), ("short", "zh")])
    policy = base.model_copy(update={"waves": waves, "texts": Texts(forms=forms)})
    any_of_them = rng.choice([Lasting(), *LASTING.values(), Lasting(reject=0.02, bug=0.01, deadly=0.01, wrong=0.05)])
    redrives = rng.random() < 0.5
    if what in TRANSIENT:
        return policy, Lasting(), False
    return policy, LASTING.get(what, any_of_them), redrives
