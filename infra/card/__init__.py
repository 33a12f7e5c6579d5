"""The card of a data set: README.md, croissant.json and plots, for the packed data set or an export.

`contents` reads what is described, `facts` counts everything said of it, `readme` (with `using`, `made`, `measured`)
and `front_matter` put it into words, `plots` draws, `croissant` tells machines, `writing` puts the files in place.
"""

from infra.card import croissant, plots, readme
from infra.card.facts import Facts
from infra.card.writing import PLOTS, Sink, write


def put(facts: Facts, sink: Sink) -> None:
    """Write the card that these facts make; the same facts make the same bytes."""
    drawn = {f"{PLOTS}{name}": data for name, data in plots.draw(facts).items()}
    description = f"{readme.INTRODUCTION[facts.contents.what]} {readme.MINED}"
    write(sink, readme.render(facts, list(drawn)), croissant.render(facts, description), drawn)
