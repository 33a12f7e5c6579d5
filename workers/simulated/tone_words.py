"""The edits of the whole picture's tone by name: which operation each is and how it is said, done and undone."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tone:
    """A tone edit: its operation, what to say, in Chinese, and what to say to take it off."""

    operation: str
    say: tuple[str, ...]
    zh: str
    unsay: tuple[str, ...] = ()
    unzh: str = ""


TONES: dict[str, Tone] = {
    "brighter": Tone(
        "exposure",
        ("Brighten the whole picture", "Make the picture clearly brighter", "Raise the exposure"),
        "把整张图片调亮",
        ("Darken the whole picture", "Lower the exposure"),
        "把整张图片调暗",
    ),
    "darker": Tone(
        "exposure",
        ("Darken the whole picture", "Lower the exposure a good deal"),
        "把整张图片调暗",
        ("Brighten the whole picture", "Raise the exposure"),
        "把整张图片调亮",
    ),
    "punchy": Tone(
        "contrast",
        ("Give the picture much more contrast", "Raise the contrast strongly"),
        "大幅提高对比度",
        ("Soften the contrast", "Lower the contrast"),
        "降低对比度",
    ),
    "faded": Tone(
        "contrast",
        ("Lower the contrast for a faded look", "Flatten the contrast"),
        "降低对比度,呈现褪色效果",
        ("Raise the contrast", "Give the picture more contrast"),
        "提高对比度",
    ),
    "vivid": Tone(
        "saturation",
        ("Make the colours much more vivid", "Boost the colours strongly"),
        "让色彩更加鲜艳",
        ("Tone the colours down", "Make the colours calmer"),
        "让色彩更柔和",
    ),
    "muted": Tone(
        "saturation",
        ("Mute the colours", "Drain most of the colour from the picture"),
        "降低色彩饱和度",
        ("Make the colours richer", "Strengthen the colours"),
        "提高色彩饱和度",
    ),
    "warmer": Tone(
        "color_temperature",
        ("Give the picture a warmer white balance", "Make the colours clearly warmer"),
        "把色温调暖",
        ("Make the colours cooler", "Cool the white balance"),
        "把色温调冷",
    ),
    "cooler": Tone(
        "color_temperature",
        ("Give the picture a cooler white balance", "Make the colours clearly cooler"),
        "把色温调冷",
        ("Make the colours warmer", "Warm the white balance"),
        "把色温调暖",
    ),
    "monochrome": Tone(
        "monochrome",
        ("Turn the picture black and white", "Make it a black-and-white picture"),
        "把图片变成黑白",
        ("Colour the black-and-white picture", "Give the picture natural colours"),
        "为黑白图片上色",
    ),
    "sepia": Tone(
        "tint",
        ("Give the picture a sepia tint", "Lay a sepia tone over the picture"),
        "添加棕褐色调",
        ("Take the sepia tint off the picture", "Remove the sepia tone"),
        "去除棕褐色调",
    ),
    "rose": Tone(
        "tint",
        ("Lay a rose tint over the picture", "Tint the whole picture pink"),
        "添加玫瑰色调",
        ("Take the rose tint off the picture", "Remove the pink tint"),
        "去除玫瑰色调",
    ),
    "vignette": Tone(
        "vignette", ("Darken the corners with a strong vignette", "Add a heavy dark vignette"), "为四角添加暗角"
    ),
    "dimmed": Tone(
        "dim_surroundings",
        ("Dim everything around the main objects", "Darken the surroundings so that the objects stand out"),
        "压暗主体周围的环境",
        ("Light up the surroundings", "Brighten everything around the main objects"),
        "提亮主体周围的环境",
    ),
    "aged": Tone(
        "degrade",
        ("Age the picture with scratches and stains", "Make it look like an old, damaged print"),
        "把图片做旧,加上划痕和污渍",
        ("Mend the old picture and remove its scratches and stains", "Repair the damaged print"),
        "修复旧照片,去除划痕和污渍",
    ),
    "framed": Tone(
        "frame",
        ("Put a wide dark wooden frame around the picture", "Frame the picture in dark wood"),
        "给图片加上深色木框",
        ("Take the wooden frame away", "Remove the dark frame"),
        "去除深色木框",
    ),
    "blurred": Tone(
        "blur_background",
        ("Blur the background behind the objects", "Throw the background out of focus"),
        "虚化背景",
        ("Bring the background into focus", "Sharpen the background"),
        "让背景清晰",
    ),
}
