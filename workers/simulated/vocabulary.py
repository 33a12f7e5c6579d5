# ruff: noqa: E501
"""The words of the drawn world: kinds of thing, colours, materials, patterns, places and the parts of a scene."""

from dataclasses import dataclass
from typing import Literal

Rgb = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of thing. `height` is in units of the picture's unit length, `aspect` is width over height."""

    noun: str
    zh: str
    where: Literal["ground", "sky", "water"]
    setting: Literal["out", "in", "any"]
    height: float
    aspect: float
    action: tuple[str, ...]
    colours: tuple[str, ...]
    looks: Literal["", "pattern", "material", "both"] = "both"
    plural: str = ""
    classifier: str = "个"
    others: tuple[str, ...] = ()

    @property
    def many(self) -> str:
        """The plural noun."""
        return self.plural or f"{self.noun}s"


BRIGHT = ("red", "orange", "yellow", "green", "teal", "blue", "purple", "pink", "white", "black")
FUR = ("orange", "black", "white", "grey", "brown")
CALM = ("red", "yellow", "teal", "blue", "pink", "white", "purple", "orange")

# fmt: off
KINDS: dict[str, Kind] = {
    "tree": Kind("tree", "树", "ground", "out", 1.15, 0.86, ("standing", "growing"), ("green", "pink", "yellow", "red", "orange"), "", classifier="棵", others=("oak", "maple")),
    "pine": Kind("pine tree", "松树", "ground", "out", 1.2, 0.66, ("standing", "growing"), ("green", "teal", "blue"), "", classifier="棵", others=("fir", "spruce", "conifer")),
    "house": Kind("house", "房子", "ground", "out", 0.95, 1.15, ("standing",), BRIGHT, "material", classifier="座", others=("cottage", "hut", "cabin")),
    "lighthouse": Kind("lighthouse", "灯塔", "ground", "out", 1.35, 0.42, ("standing",), CALM, "pattern", classifier="座"),
    "windmill": Kind("windmill", "风车", "ground", "out", 1.3, 0.85, ("turning", "standing"), CALM, "", classifier="座"),
    "castle": Kind("castle", "城堡", "ground", "out", 1.15, 1.05, ("standing",), ("grey", "pink", "yellow", "white", "purple"), "", classifier="座", others=("fortress", "palace")),
    "tent": Kind("tent", "帐篷", "ground", "out", 0.6, 1.35, ("pitched",), BRIGHT, "pattern", classifier="顶"),
    "bicycle": Kind("bicycle", "自行车", "ground", "any", 0.55, 1.6, ("parked", "leaning"), BRIGHT, "", classifier="辆", others=("bike",)),
    "car": Kind("car", "汽车", "ground", "out", 0.5, 2.0, ("parked",), BRIGHT, "both", classifier="辆", others=("taxi", "van", "automobile")),
    "bench": Kind("bench", "长椅", "ground", "out", 0.45, 1.7, ("standing",), BRIGHT, "material", plural="benches", classifier="张"),
    "lamp post": Kind("lamp post", "路灯", "ground", "out", 1.2, 0.34, ("standing",), ("black", "green", "blue", "red", "white"), "", classifier="盏", others=("street lamp", "streetlight")),
    "mushroom": Kind("mushroom", "蘑菇", "ground", "out", 0.62, 1.12, ("growing", "standing"), CALM, "both", classifier="朵"),
    "flower": Kind("flower", "花", "ground", "any", 0.7, 0.62, ("blooming", "growing"), CALM, "", classifier="朵", others=("daisy", "tulip", "rose", "sunflower")),
    "cactus": Kind("cactus", "仙人掌", "ground", "any", 0.85, 0.7, ("growing", "standing"), ("green", "teal", "pink", "yellow"), "", plural="cacti", classifier="棵"),
    "barrel": Kind("barrel", "木桶", "ground", "any", 0.58, 0.78, ("standing",), BRIGHT, "both", others=("cask",)),
    "telescope": Kind("telescope", "望远镜", "ground", "any", 0.8, 0.85, ("standing",), BRIGHT, "both", classifier="架"),
    "letter box": Kind("letter box", "信箱", "ground", "out", 0.72, 0.5, ("standing",), BRIGHT, "both", plural="letter boxes", others=("mailbox", "postbox")),
    "cat": Kind("cat", "猫", "ground", "any", 0.68, 0.98, ("sitting", "resting"), FUR, "", classifier="只", others=("kitten",)),
    "dog": Kind("dog", "狗", "ground", "any", 0.72, 0.95, ("sitting", "waiting"), FUR, "", classifier="只", others=("puppy",)),
    "rabbit": Kind("rabbit", "兔子", "ground", "any", 0.62, 0.62, ("sitting", "resting"), FUR, "", classifier="只", others=("bunny", "hare")),
    "owl": Kind("owl", "猫头鹰", "ground", "any", 0.6, 0.82, ("sitting", "perching"), FUR, "", classifier="只"),
    "robot": Kind("robot", "机器人", "ground", "any", 0.85, 0.72, ("standing", "waving"), BRIGHT, "material"),
    "umbrella": Kind("umbrella", "雨伞", "ground", "any", 0.85, 1.05, ("standing", "leaning"), BRIGHT, "pattern", classifier="把", others=("parasol",)),
    "suitcase": Kind("suitcase", "手提箱", "ground", "any", 0.55, 1.2, ("standing", "waiting"), BRIGHT, "both", others=("trunk", "bag")),
    "chair": Kind("chair", "椅子", "ground", "any", 0.75, 0.62, ("standing",), BRIGHT, "material", classifier="把", others=("stool",)),
    "balloon": Kind("hot-air balloon", "热气球", "sky", "out", 0.8, 0.86, ("drifting", "floating"), BRIGHT, "pattern", others=("balloon",)),
    "kite": Kind("kite", "风筝", "sky", "out", 0.62, 0.8, ("flying", "dancing"), BRIGHT, "pattern", classifier="只"),
    "bird": Kind("bird", "鸟", "sky", "out", 0.42, 1.5, ("flying", "gliding"), ("white", "blue", "red", "yellow", "black"), "", classifier="只", others=("seagull", "gull", "swallow")),
    "airship": Kind("airship", "飞艇", "sky", "out", 0.46, 1.9, ("cruising", "floating"), BRIGHT, "both", classifier="艘", others=("zeppelin", "blimp")),
    "paper plane": Kind("paper plane", "纸飞机", "sky", "out", 0.4, 1.6, ("gliding", "flying"), CALM, "pattern", classifier="架", others=("aeroplane", "airplane", "plane")),
    "boat": Kind("sailing boat", "帆船", "water", "out", 0.62, 0.85, ("drifting", "gliding"), BRIGHT, "", classifier="艘", others=("sailboat", "boat", "ship", "yacht")),
    "armchair": Kind("armchair", "扶手椅", "ground", "in", 0.85, 1.0, ("standing",), BRIGHT, "pattern", classifier="把", others=("sofa", "couch")),
    "floor lamp": Kind("floor lamp", "落地灯", "ground", "in", 1.2, 0.42, ("standing",), BRIGHT, "pattern", classifier="盏", others=("lamp", "lantern")),
    "vase": Kind("vase", "花瓶", "ground", "in", 0.72, 0.55, ("standing",), BRIGHT, "both"),
    "teapot": Kind("teapot", "茶壶", "ground", "in", 0.55, 1.25, ("standing",), BRIGHT, "both", classifier="把", others=("kettle",)),
    "cup": Kind("cup", "杯子", "ground", "in", 0.42, 1.15, ("standing",), BRIGHT, "both", others=("mug", "teacup")),
    "guitar": Kind("guitar", "吉他", "ground", "in", 1.0, 0.42, ("leaning", "standing"), ("red", "orange", "blue", "black", "teal", "white"), "", classifier="把", others=("violin", "cello")),
    "globe": Kind("globe", "地球仪", "ground", "in", 0.7, 0.72, ("standing",), ("blue", "teal", "purple", "red", "orange"), ""),
    "clock": Kind("grandfather clock", "落地钟", "ground", "in", 1.25, 0.4, ("standing",), BRIGHT, "material", classifier="座", others=("clock",)),
    "plant": Kind("potted plant", "盆栽", "ground", "in", 0.8, 0.72, ("growing", "standing"), CALM, "", classifier="盆", others=("houseplant", "fern")),
    "fish bowl": Kind("fish bowl", "鱼缸", "ground", "in", 0.55, 1.05, ("standing",), ("orange", "red", "yellow", "blue", "pink"), "", others=("fish", "goldfish", "aquarium")),
    "drum": Kind("drum", "鼓", "ground", "in", 0.52, 1.1, ("standing",), BRIGHT, "both"),
    "books": Kind("stack of books", "书堆", "ground", "in", 0.45, 1.3, ("lying",), CALM, "", plural="stacks of books", classifier="摞", others=("book", "books")),
}

COLOURS: dict[str, tuple[Rgb, str]] = {
    "red": ((214, 58, 50), "红色"), "orange": ((238, 134, 40), "橙色"), "yellow": ((246, 202, 62), "黄色"),
    "green": ((74, 158, 84), "绿色"), "teal": ((34, 152, 152), "青色"), "blue": ((52, 106, 204), "蓝色"),
    "purple": ((134, 78, 178), "紫色"), "pink": ((240, 134, 172), "粉色"), "white": ((242, 239, 230), "白色"),
    "black": ((52, 50, 58), "黑色"), "brown": ((138, 90, 54), "棕色"), "grey": ((146, 150, 158), "灰色"),
}
COLOUR_WORDS: dict[str, str] = {
    "crimson": "red", "scarlet": "red", "amber": "orange", "ginger": "orange", "gold": "yellow", "emerald": "green",
    "turquoise": "teal", "cyan": "teal", "navy": "blue", "azure": "blue", "violet": "purple", "lilac": "purple",
    "rose": "pink", "magenta": "pink", "cream": "white", "ivory": "white", "dark": "black", "tan": "brown",
    "gray": "grey", "silvery": "grey",
}
MATERIALS: dict[str, tuple[str, str, str]] = {
    "wooden": ("wood", "木制", "木头"), "golden": ("gold", "金色金属", "黄金"), "silver": ("polished silver", "银制", "银"),
    "marble": ("marble", "大理石", "大理石"), "glass": ("blue glass", "玻璃", "蓝色玻璃"), "knitted": ("knitted wool", "针织", "针织毛线"),
}
PATTERNS: dict[str, tuple[str, str]] = {
    "striped": ("stripes", "条纹"), "polka-dotted": ("polka dots", "圆点"), "checked": ("checks", "格子"),
}
PLACES: dict[str, dict[str, str]] = {
    "ground": {"far left": "on the far left", "left": "on the left", "middle": "in the middle", "right": "on the right", "far right": "on the far right"},
    "sky": {"upper left": "in the upper left", "upper middle": "high above the middle", "upper right": "in the upper right"},
    "water": {"upper left": "on the water to the left", "upper middle": "out on the water", "upper right": "on the water to the right"},
}
PLACES_ZH: dict[str, str] = {
    "far left": "最左侧", "left": "左侧", "middle": "中间", "right": "右侧", "far right": "最右侧",
    "upper left": "左上方", "upper middle": "正上方", "upper right": "右上方",
}


@dataclass(frozen=True, slots=True)
class Backdrop:
    """What lies behind: its words, Chinese, default surface, and the words that tell it in foreign texts."""

    phrase: str
    zh: str
    surface: str
    indoors: bool = False
    water: bool = False
    hints: tuple[str, ...] = ()


BACKDROPS: dict[str, Backdrop] = {
    "hills": Backdrop("rolling hills", "连绵的山丘", "grass", hints=("hill", "hills", "meadow", "countryside", "valley", "field")),
    "mountains": Backdrop("snow-capped mountains", "雪山", "grass", hints=("mountain", "mountains", "alps", "peak", "peaks")),
    "sea": Backdrop("the open sea", "大海", "sand", water=True, hints=("sea", "beach", "ocean", "coast", "harbour", "seaside", "shore")),
    "city": Backdrop("a city skyline", "城市天际线", "paving stones", hints=("city", "street", "town", "skyline", "downtown", "urban")),
    "forest": Backdrop("a dense forest", "茂密的森林", "moss", hints=("forest", "woods", "woodland", "jungle", "park")),
    "desert": Backdrop("desert dunes", "沙漠沙丘", "sand", hints=("desert", "dunes", "dune", "sahara")),
    "lake": Backdrop("a calm lake", "平静的湖泊", "grass", water=True, hints=("lake", "lakeside", "river", "pond")),
    "farmland": Backdrop("patchwork farmland", "农田", "gravel", hints=("farm", "farmland", "fields", "vineyard", "garden")),
    "living room": Backdrop("a cosy living room", "温馨的客厅", "floorboards", True, hints=("room", "home", "bedroom", "indoors", "apartment")),
    "library": Backdrop("an old library", "古老的图书馆", "floorboards", True, hints=("library", "bookshop", "study", "school")),
    "workshop": Backdrop("a painter's workshop", "画室", "concrete", True, hints=("workshop", "atelier", "garage", "kitchen", "office")),
    "studio": Backdrop("a plain studio wall", "纯色摄影棚", "studio paper", True, hints=("studio", "table", "still life")),
}
SURFACES: dict[str, tuple[str, str, bool]] = {
    "grass": ("short grass", "草地", False), "sand": ("fine sand", "沙地", False), "gravel": ("pale gravel", "碎石地", False),
    "moss": ("dark moss", "苔藓", False), "paving stones": ("grey paving stones", "石板路", False), "tulip bed": ("a bed of tulips", "郁金香花圃", False),
    "floorboards": ("wooden floorboards", "木地板", True), "tiles": ("chequered tiles", "棋盘格瓷砖", True),
    "carpet": ("a deep red carpet", "深红色地毯", True), "concrete": ("bare concrete", "水泥地", True),
    "studio paper": ("seamless studio paper", "无缝背景纸", True),
}
TIMES: dict[str, tuple[str, str]] = {"dawn": ("at dawn", "黎明"), "day": ("in broad daylight", "白天"), "dusk": ("at dusk", "黄昏"), "night": ("at night", "夜晚")}
SEASONS: dict[str, tuple[str, str]] = {"spring": ("in spring", "春天"), "summer": ("in summer", "夏天"), "autumn": ("in autumn", "秋天"), "winter": ("in winter", "冬天")}
WEATHERS: dict[str, tuple[str, str]] = {"clear": ("under a clear sky", "晴朗"), "cloudy": ("under heavy clouds", "多云"), "rain": ("in the rain", "下雨"), "snow": ("in falling snow", "下雪"), "fog": ("in thick fog", "大雾")}
LIGHTS: dict[str, tuple[str, str]] = {"": ("soft, even light", "柔和均匀的光线"), "golden": ("warm golden light", "温暖的金色光线"), "cold": ("cold blue light", "冷蓝色光线"), "dramatic": ("a dramatic spotlight", "戏剧性的聚光"), "neon": ("pink neon light", "粉色霓虹光")}
# fmt: on

NUMBERS = {1: "one", 2: "two", 3: "three", 4: "four"}
TEXTS = ("OPEN", "HELLO", "CAFE", "WELCOME", "HOLIDAY", "MARKET", "SUNDAY", "JAZZ", "HOME", "BAKERY", "EXPO", "WONDER")


def article(phrase: str) -> str:
    """The phrase with "a" or "an" before it, by sound."""
    silent = phrase.startswith(("hour", "honest", "heir"))
    you = phrase.startswith(("uni", "use", "eu", "one"))
    return f"{'an' if (phrase[0] in 'aeiou' or silent) and not you else 'a'} {phrase}"
