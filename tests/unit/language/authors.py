"""A prompt engineer and a writer by rote: they do as they are ordered, from the words of the question alone."""

import json
import re
from collections.abc import Callable, Sequence
from typing import Any

from tests.unit.language.roles import words
from workers.language.asking import Question

ORDER = re.compile(
    r"^(?P<number>\d+)\. style: (?P<style>.+?); viewpoint: .+?; objects: (?P<objects>\d); "
    r"text in (?P<text>.+?), edits in (?P<language>.+?); edits: (?P<edits>.+)$",
    re.MULTILINE,
)
THINGS = (
    "lantern", "kettle", "heron", "violin", "tractor", "orchid", "anvil", "canoe", "lighthouse", "accordion", "cactus",
    "telescope", "wheelbarrow", "samovar", "peacock", "typewriter", "hammock", "gramophone", "tortoise", "windmill",
)  # fmt: skip
ZH_THINGS = (
    "灯笼",
    "水壶",
    "苍鹭",
    "提琴",
    "拖拉机",
    "兰花",
    "铁砧",
    "独木舟",
    "灯塔",
    "手风琴",
    "仙人掌",
    "望远镜",
    "吊床",
    "乌龟",
)
FREE = ("marble", "copper", "velvet", "bamboo", "granite", "amber", "ivory", "walnut", "cobalt", "saffron", "pewter")

Bend = Callable[[dict[str, Any]], Any]


def scenes(text: str, salt: int = 0) -> list[dict[str, Any]]:
    """A scene for every order in the words of a question; another `salt` tells of other things."""
    return [_scene(found.groupdict(), salt) for found in ORDER.finditer(text)]


def answer(text: str, salt: int = 0, bend: Bend = lambda scene: scene) -> str:
    """The answer of an engineer; `bend` spoils each scene."""
    return json.dumps({"scenes": [bend(scene) for scene in scenes(text, salt)]}, ensure_ascii=False)


def engineer(bend: Bend = lambda scene: scene) -> Callable[[Question], str]:
    """Says what is ordered, something else each time it is asked."""
    times = iter(range(10**6))
    return lambda question: answer(words(question), next(times), bend)


def _scene(order: dict[str, str], salt: int) -> dict[str, Any]:
    number, count = int(order["number"]), int(order["objects"])
    chinese, key = order["text"] != "English", 1009 * salt + 31 * number
    things = [_pick(ZH_THINGS if chinese else THINGS, key + at) for at in range(count)]
    names = [f"{_pick(FREE, key // 7 + at)} {thing}" if not chinese else thing for at, thing in enumerate(things)]
    colour = "、".join(f"{thing}{key}" for thing in things) if chinese else ""
    if chinese:
        text = (
            f"{order['style']}画:{'和'.join(names)}立在第{key}号村庄的石板路旁边,{colour},"
            "远处是青山和流水,清晨柔和的光线,色调温暖宁静"
        )
    else:
        text = (
            f"{order['style']}: {' and '.join(names)} number {key} beside wall {key + 1}, harbour {key + 2} in weather "
            f"{key + 3}, wide shot {key + 4}, light {key + 5}, mood {key + 6}"
        )
    edits = [_edit(name, at, names[0], order["language"]) for at, name in enumerate(order["edits"].split(", "))]
    return {"number": number, "text": text, "objects": names, "edits": edits}


def _pick(values: Sequence[str], at: int) -> str:
    return values[at % len(values)]


def _edit(operation: str, at: int, thing: str, language: str) -> dict[str, str]:
    said = f"{operation.replace('_', ' ')} for the {thing}, way {'abcdefgh'[at % 8]}"
    said = said.replace("restore", "repair")
    return {
        "operation": operation,
        "instruction": said if language == "English" else f"请把左边的物体做成{'甲乙丙丁'[at % 4]}样",
    }


# --- writers and photographs ------------------------------------------------------------------------------------------

QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')


def written(text: str) -> str:
    """The answer of a writer to the words of a question: dull texts that keep to every rule."""
    said = [json.loads(found) for found in QUOTED.findall(text.partition("\n1. ")[2])]
    if said:
        instruction = f"{said[0].rstrip('.。')} and {said[1]}"
    elif "Write in Simplified Chinese" in text:
        instruction = "请把左边的物体做成木纹样子"
    elif "20 to 60 words" in text:
        instruction = "Paint it evenly in polished walnut" + " wherever its surface can be seen" * 9
    elif "at most 10 words" in text:
        instruction = "Paint it walnut."
    else:
        instruction = "Give the one on the left a finish of polished walnut."
    return json.dumps({"instruction": instruction}, ensure_ascii=False)


def described(text: str) -> str:
    """The answer of an engineer that was shown a photograph and told what it may ask for."""
    offered = re.findall(r"^- (\w+): ", text, re.MULTILINE)
    count, language = re.findall(r"(\d+) edits in (.+?)\.", text)[0]
    edits = [_edit(name, at, "lantern", language) for at, name in enumerate(offered[: int(count)])]
    return json.dumps({"caption": "A lantern on a wooden table in a garden.", "edits": edits}, ensure_ascii=False)
