"""Says a change in Chinese."""

from workers.simulated.change import Change, apply
from workers.simulated.phrases import Pick
from workers.simulated.scene import Scene, Thing
from workers.simulated.tone_words import TONES
from workers.simulated.vocabulary import (
    BACKDROPS,
    COLOURS,
    KINDS,
    LIGHTS,
    MATERIALS,
    PATTERNS,
    PLACES_ZH,
    SEASONS,
    SURFACES,
    TIMES,
    WEATHERS,
)

NUMBERS_ZH = {1: "一", 2: "两", 3: "三", 4: "四"}
WATER_ZH = {"upper left": "左侧水面", "upper middle": "水面中央", "upper right": "右侧水面"}
STYLES_ZH = {
    "woodcut": "木刻版画", "ink drawing": "钢笔画", "charcoal drawing": "炭笔画", "blueprint": "蓝图",
    "bronze sculpture": "青铜浮雕", "cyberpunk": "赛博朋克", "marble sculpture": "大理石浮雕", "vaporwave": "蒸汽波",
    "film noir": "黑色电影", "watercolour": "水彩画", "oil painting": "油画", "pixel art": "像素画",
}  # fmt: skip


def say_zh(change: Change, scene: Scene, _pick: Pick) -> str:
    """The instruction that asks for `change` of `scene`, in Chinese."""
    parts, now, said = change.all or (change,), scene, []
    for part in parts:
        said.append(_clause(part, now))
        now = apply(now, part)
    return ",然后".join(said) + "。"


def _name(kind: str) -> str:
    return KINDS[kind].zh


def _look(thing: Thing) -> str:
    colour = "" if thing.material or not thing.colour else COLOURS[thing.colour][1]
    words = (
        colour,
        PATTERNS[thing.pattern][1] if thing.pattern else "",
        MATERIALS[thing.material][1] if thing.material else "",
    )
    size = "小" if thing.size < 0.85 else "大" if thing.size > 1.15 else ""
    look = "".join(word for word in words if word)
    return f"{look}的{size}{_name(thing.kind)}" if look else f"{size}{_name(thing.kind)}"


def _some(thing: Thing) -> str:
    return f"{NUMBERS_ZH[thing.count]}{KINDS[thing.kind].classifier}{_look(thing)}"


def _place(thing: Thing) -> str:
    table = WATER_ZH if KINDS[thing.kind].where == "water" else PLACES_ZH
    return table.get(thing.place, "画面中")


def _clause(change: Change, scene: Scene) -> str:
    if change.remove:
        return f"移除{_name(change.remove)}"
    if change.add and change.replace:
        return f"把{_name(change.replace)}换成{_some(change.add)}"
    if change.add:
        return f"在{_place(change.add)}添加{_some(change.add)}"
    return _altered(change, scene) if change.of else _staged(change, scene)


def _altered(change: Change, scene: Scene) -> str:
    name, thing = _name(change.of), scene.find(change.of) or Thing(kind=change.of)
    colour = COLOURS[change.colour or thing.colour or KINDS[change.of].colours[0]][1]
    if change.material is not None:
        return f"把{name}变成{MATERIALS[change.material][2]}材质" if change.material else f"把{name}改成普通的{colour}"
    if change.pattern is not None:
        return (
            f"给{name}加上{PATTERNS[change.pattern][1]}图案" if change.pattern else f"去掉{name}的图案,改成纯{colour}"
        )
    if change.colour is not None:
        return f"把{name}变成{colour}"
    if change.count is not None:
        return f"把{name}的数量改为{NUMBERS_ZH[change.count]}{KINDS[change.of].classifier}"
    if change.size is not None:
        return f"把{name}{'放大' if change.size > thing.size else '缩小'}"
    if change.angle is not None:
        return f"把{name}摆正" if change.angle == 0 else f"把{name}向{'左' if change.angle > 0 else '右'}倾斜"
    return f"把{name}移到{_place(thing.model_copy(update={'place': change.place or ''}))}"


def _staged(change: Change, scene: Scene) -> str:
    if change.tone:
        return TONES[change.tone].zh
    if change.untone:
        return TONES[change.untone].unzh or TONES[change.untone].zh
    if change.text is not None:
        return (
            f"挂上写着“{change.text}”的牌子"
            if change.text and not scene.text
            else f"把牌子上的字改为“{change.text}”"
            if change.text
            else "移除写有文字的牌子"
        )
    if change.zoom is not None:
        return "放大画面中央"
    if change.mirrored is not None:
        return "把图片左右翻转"
    part, value = next(iter(change.scene.items()), ("light", ""))
    if part == "backdrop":
        return f"把背景换成{BACKDROPS[value].zh}"
    if part == "surface":
        return f"把地面换成{SURFACES[value][1]}"
    if part == "style":
        return f"把图片变成{STYLES_ZH.get(value, value)}风格"
    tables = {
        "time": ("时间改为", TIMES),
        "season": ("季节改为", SEASONS),
        "weather": ("天气改为", WEATHERS),
        "light": ("光照改为", LIGHTS),
    }
    verb, table = tables[part]
    return f"把{verb}{table[value][1]}"
