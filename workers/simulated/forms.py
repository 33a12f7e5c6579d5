"""Other English forms of an instruction: as short as can be, in detail, or told as a wish for the result."""

from workers.simulated.change import Change, apply
from workers.simulated.phrases import Pick, a_thing, join, noun_phrase, plain, say, where
from workers.simulated.scene import Scene, Thing
from workers.simulated.vocabulary import KINDS


def short_form(change: Change, scene: Scene, _pick: Pick) -> str:
    """A few words: "Remove the cat.", "Make the car blue." and the like."""
    parts = change.all or (change,)
    words, now = [], scene
    for part in parts:
        words.append(_brief(part, now))
        now = apply(now, part)
    text = words[0] if len(words) == 1 else join(words[0], words[1]) if len(words) == 2 else ", ".join(words)
    return f"{text[0].upper()}{text[1:]}."


def _brief(change: Change, scene: Scene) -> str:
    if change.remove:
        return f"remove the {KINDS[change.remove].noun}"
    if change.replace and change.add:
        return f"replace the {KINDS[change.replace].noun} with {a_thing(Thing(kind=change.add.kind))}"
    if change.add:
        return f"add {a_thing(Thing(kind=change.add.kind))}"
    return plain(say(change, scene, lambda options: min(options, key=len)))


def long_form(change: Change, scene: Scene, pick: Pick) -> str:
    """The instruction in full, with what must stay as it is."""
    detail = ""
    thing = scene.find(change.remove or change.of or change.replace)
    if thing is not None and where(thing):
        detail = f" It is the {noun_phrase(thing)} {where(thing)}."
    if change.remove:
        detail += " Fill the empty place so that it looks as if nothing had stood there."
    keep = "everything else" if change.targets else "every object and its place"
    blend = "let the edit blend in with the light and the style of the picture"
    return f"{say(change, scene, pick)}{detail} Keep {keep} exactly as it is, and {blend}."


def rewritten_form(change: Change, scene: Scene, pick: Pick) -> str:
    """The instruction as a wish, as somebody who sees both pictures would put it."""
    asked = say(change, scene, pick)
    lowered = asked[0].lower() + asked[1:].rstrip(".")
    return pick((f"I want you to {lowered}.", f"The picture should change in one way: {lowered}."))
