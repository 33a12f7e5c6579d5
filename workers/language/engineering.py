"""What the prompt engineer is asked, and how its scenes and edits are read: what is not as ordered is passed over."""

import json
import re
from collections import Counter
from collections.abc import Container, Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from schemas.ids import digest
from schemas.messages import PromptText, Request
from schemas.taxonomy import taxonomy
from workers.language import texts
from workers.language.asking import Picture, Question, Reply, Unreadable
from workers.language.likeness import Seen
from workers.language.quotas import COMPOSITE, Slot
from workers.language.reading import readable_json
from workers.language.texts import Language
from workers.language.wording import revision, wording

LONGEST_TEXT = 160
"""Words of a prompt; text-to-image models read little more."""
LONGEST_CAPTION = 90
LONGEST_EDIT = 45
HEADING = 90
"""Characters within which a prompt's style must end with a colon."""
TOKENS_A_SCENE, TOKENS_AN_EDIT = 260, 80
MOST_TOKENS = 65_536
"""What large served models write at most."""
TEMPERATURE = 1.0
NAMES: Mapping[Language, str] = {"en": "English", "zh": "Simplified Chinese"}


class Scene(BaseModel):
    """A prompt with the edits that were written for it; `order` is its slot's number in the call, from 0."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    order: int
    text: PromptText
    objects: tuple[str, ...]
    requests: tuple[Request, ...]


class Unfit(ValueError):
    """A scene or an edit that is not as ordered; the message says why."""


REVISION = f"{revision('engineer')}-{digest(taxonomy().model_dump_json())[:6]}"
"""Of what engineers are told, and of the operations they know; a part of every recipe."""


def operations(names: Sequence[str]) -> str:
    """A list of operations with their meanings."""
    known = taxonomy().operations
    return "\n".join(f"- {name}: {known[name].meaning}" for name in known if name in names)


# --- scenes -----------------------------------------------------------------------------------------------------------


def scenes_question(
    slots: Mapping[int, Slot], prompts_in: Language | None, avoid: Sequence[str], seed: int, room: int, attempt: int
) -> Question:
    """Ask for the scenes of numbered slots; `prompts_in` None: each prompt in its edits' language.

    `avoid` names what other scenes showed already. `room` is for how many tokens (0: by what is ordered); whoever asks
    doubles it at each `attempt`, which a long answer must not outgrow.
    """
    orders = "\n".join(_order(number, slot, prompts_in or slot.language) for number, slot in slots.items())
    names = {name for slot in slots.values() for name in slot.operations}
    parts = [f"The operations:\n{operations(sorted(names))}"]
    if avoid:
        parts.append(f"Other scenes show these already, take other things: {', '.join(avoid)}.")
    parts.append(f"Orders:\n{orders}")
    ordered = 512 + sum(TOKENS_A_SCENE + TOKENS_AN_EDIT * len(slot.operations) for slot in slots.values())
    return Question(
        system=wording("engineer").said("scenes"), parts=["\n\n".join(parts)], schema=SCENES, seed=seed,
        temperature=TEMPERATURE, max_tokens=max(1, (room or min(ordered, MOST_TOKENS)) >> attempt),
    )  # fmt: skip


def _order(number: int, slot: Slot, prompt: Language) -> str:
    return (
        f"{number}. style: {slot.style}; viewpoint: {slot.viewpoint}; picture: {slot.width} x {slot.height}; "
        f"objects: {slot.objects}; text in {NAMES[prompt]}, edits in {NAMES[slot.language]}; "
        f"edits: {', '.join(slot.operations)}"
    )


def record(**properties: Mapping[str, Any]) -> Mapping[str, Any]:
    """The JSON schema of an object that has these properties, all of them and no other."""
    return {
        "type": "object", "properties": properties, "required": list(properties), "additionalProperties": False,
    }  # fmt: skip


TEXT = {"type": "string"}
_EDITS = {"type": "array", "items": record(operation=TEXT, instruction=TEXT)}
SCENES = record(
    scenes={
        "type": "array",
        "items": record(number={"type": "integer"}, text=TEXT, objects={"type": "array", "items": TEXT}, edits=_EDITS),
    }
)
PHOTO = record(caption=TEXT, edits=_EDITS)


def found_scenes(reply: Reply) -> list[Any]:
    """The scenes in an answer, not yet checked; of one that was cut those that are whole. Raises `Unreadable`."""
    if not reply.cut:
        scenes = readable_json(reply).get("scenes")
        if not isinstance(scenes, list):
            raise Unreadable("the answer has no list of scenes")
        return scenes
    whole = _whole(reply.text)
    if not whole:
        raise Unreadable("the answer was cut short before its first scene ended")
    return whole


def _whole(text: str) -> list[Any]:
    """The complete objects of a list of scenes that ends in the middle of one: they are paid for."""
    start = re.search(r'"scenes"\s*:\s*\[', text)
    found: list[Any] = []
    at = start.end() if start else len(text)
    decoder = json.JSONDecoder()
    while at < len(text):
        at += len(text[at:]) - len(text[at:].lstrip(" \t\r\n,"))
        try:
            scene, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            break
        found.append(scene)
    return found


def scene_of(raw: Any, slots: Mapping[int, Slot], prompts_in: Language | None, seen: Seen) -> tuple[Scene, list[str]]:
    """A checked scene unlike those `seen`, and why edits of it were passed over; raises `Unfit`."""
    number = raw.get("number") if isinstance(raw, dict) else None
    slot = slots.get(number) if isinstance(number, int) and not isinstance(number, bool) else None
    if slot is None or not isinstance(number, int):
        raise Unfit("has a number that was not ordered")
    text = texts.one_line(raw["text"]) if isinstance(raw.get("text"), str) else ""
    _check_text(text, prompts_in or slot.language)
    objects = _objects(raw.get("objects"), slot, text)
    requests, reasons = edits_of(raw.get("edits"), Counter(slot.operations), slot.language)
    if not requests:
        raise Unfit(f"has no edit that can be used ({reasons[0] if reasons else 'none given'})")
    if seen.is_near(text):
        raise Unfit("is nearly a prompt that came before")
    try:
        return Scene(order=number - 1, text=text, objects=objects, requests=requests), reasons
    except ValidationError as error:
        raise Unfit(_why(error)) from None


def _objects(objects: Any, slot: Slot, text: str) -> tuple[str, ...]:
    """The objects that the scene names, as many as ordered."""
    if not isinstance(objects, list) or not all(isinstance(name, str) and name.strip() for name in objects):
        raise Unfit("names no objects")
    if len(objects) != slot.objects:
        raise Unfit(f"names {len(objects)} objects instead of {slot.objects}")
    missing = next((name for name in objects if name.strip().casefold() not in text.casefold()), None)
    if missing is not None:
        raise Unfit(f"does not speak of an object that it names ({missing[:60]})")
    return tuple(objects)


def _check_text(text: str, language: Language) -> None:
    if not text:
        raise Unfit("has no text")
    if text.encode(errors="ignore") != text.encode(errors="replace"):
        raise Unfit("has a text with half a character")
    if texts.words(text) > LONGEST_TEXT:
        raise Unfit(f"has a text of more than {LONGEST_TEXT} words")
    if not texts.is_in(text, language):
        raise Unfit(f"has a text that is not in {NAMES[language]}")
    if not re.search(r"\w.*?[::].*\w", text[:HEADING]):
        raise Unfit("does not begin with its style and a colon")


# --- photographs ------------------------------------------------------------------------------------------------------


def photo_question(
    picture: Picture, edits: int, language: Language, offered: Sequence[str], seed: int, room: int
) -> Question:
    """Ask for a caption and for edits, of the `offered` operations, of a photograph."""
    order = (
        f"Write the caption in {NAMES['en']} and {edits} edits in {NAMES[language]}. "
        f"The operations:\n{operations(offered)}"
    )
    return Question(
        system=wording("engineer").said("photo"), parts=[picture, order], schema=PHOTO, seed=seed,
        temperature=TEMPERATURE, max_tokens=room,
    )  # fmt: skip


def photo_of(
    reply: Reply, edits: int, language: Language, offered: Sequence[str]
) -> tuple[str, tuple[Request, ...], list[str]]:
    """Caption, edits and why others were passed over; raises `Unreadable` where no edit can be used."""
    raw = readable_json(reply)
    caption = texts.one_line(raw["caption"]) if isinstance(raw.get("caption"), str) else ""
    if not caption or texts.words(caption) > LONGEST_CAPTION or not texts.is_in(caption, "en"):
        raise Unreadable("the caption is no sentence in English")
    requests, reasons = edits_of(raw.get("edits"), Counter(offered), language)
    if not requests:
        raise Unreadable(f"no edit can be used ({reasons[0] if reasons else 'none given'})")
    return caption, requests[:edits], reasons


# --- edits ------------------------------------------------------------------------------------------------------------


def edits_of(raw: Any, ordered: Counter[str], language: Language) -> tuple[tuple[Request, ...], list[str]]:
    """The edits that can be used, of each operation as many as ordered, and why others cannot."""
    left, found, said, reasons = ordered.copy(), list[Request](), set[str](), list[str]()
    for edit in raw if isinstance(raw, list) else ():
        try:
            request = _edit(edit, left, language, said)
        except Unfit as unfit:
            reasons.append(f"an edit {unfit}")
            continue
        said.add(texts.plain(request.instruction))
        left[request.operation] -= 1
        found.append(request)
    # A composite edit stands last, whatever order the model gave.
    return tuple(sorted(found, key=lambda request: request.operation == COMPOSITE)), reasons


def _edit(raw: Any, left: Counter[str], language: Language, before: Container[str]) -> Request:
    operation, said = (raw.get("operation"), raw.get("instruction")) if isinstance(raw, dict) else (None, None)
    if not isinstance(operation, str) or operation not in taxonomy().operations:
        raise Unfit("has an unknown operation")
    if left[operation] <= 0:
        raise Unfit(f"has an operation that was not ordered ({operation})")
    instruction = texts.one_line(said) if isinstance(said, str) else ""
    if not texts.plain(instruction):
        raise Unfit("has no instruction")
    if texts.plain(instruction) in before:
        raise Unfit("says the same as another edit")
    if texts.words(instruction) > LONGEST_EDIT:
        raise Unfit(f"has more than {LONGEST_EDIT} words")
    if not texts.is_in(instruction, language):
        raise Unfit(f"is not in {NAMES[language]}")
    word = texts.undoing(instruction)
    if word and not (operation == "restore" and word.casefold().startswith("restor")):
        raise Unfit(f"speaks of an earlier state ({word})")
    if word := texts.ordinal(instruction):
        raise Unfit(f"counts instead of saying where ({word})")
    try:
        return Request(instruction=instruction, operation=operation)
    except ValidationError as error:
        raise Unfit(_why(error)) from None


def _why(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    return f"has {'.'.join(str(part) for part in first['loc'])}: {first['msg'].removeprefix('Value error, ')}"
