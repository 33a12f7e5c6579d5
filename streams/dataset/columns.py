"""The columns of a data set, said once: their types and meanings go into Parquet, WebDataset, card and Croissant."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

Type = Literal["string", "int", "float", "bool", "image", "images", "strings", "texts", "measures"]
"""`images` and `strings` are lists; `texts` are (form, text) pairs, `measures` (name, value) pairs, sorted by name.

"float" and "int" alone may be absent (None).
"""


class Picture(NamedTuple):
    """A picture as it goes into a shard: the bytes of its file, and the file's name (`<sha256>.<ext>`)."""

    data: bytes
    name: str


@dataclass(frozen=True, slots=True)
class Column:
    """A column and what it means, in one sentence."""

    name: str
    type: Type
    meaning: str


TRIPLETS: Sequence[Column] = (
    Column("triplet_id", "string", "Name of the triplet by what was asked."),
    Column("source_id", "string", "Name of the source; all triplets of one source belong into one split."),
    Column("kind", "string", "forward, inverse (edited to source) or composite (edited to edited)."),
    Column("operation", "string", "Kind of edit, of NHR's taxonomy."),
    Column("instruction", "string", "What is asked of the picture."),
    Column("instructions", "texts", "The instruction in other forms and languages."),
    Column("source_image", "image", "The picture before the edit."),
    Column("edited_image", "image", "The picture after it."),
    Column("width", "int", "Width in pixels of the picture before the edit."),
    Column("height", "int", "Its height in pixels."),
    Column("style", "string", "Style of the source, of NHR's taxonomy."),
    Column("adherence", "float", "The judge's score of how well the instruction was followed, 1.0 to 5.0."),
    Column("aesthetics", "float", "The judge's score of the edited picture's quality, 1.0 to 5.0."),
    Column("geometric_mean", "float", "Square root of adherence x aesthetics."),
    Column("preservation", "float", "The judge's score of what should not change, 1.0 to 5.0, where it gave one."),
    Column("measures", "measures", "Whatever else was measured, by name."),
    Column("content", "strings", "Checks of what is shown that every edit went through: nsfw, text."),
    Column("checked", "string", "inverse: the edit was checked by judging its inverse; none: it has none."),
    Column("judge", "string", "Who gave the scores: plug-in and recipe."),
    Column("judge_calibrated", "bool", "Whether that judge's scores were held against people's when this was written."),
    Column("editors", "strings", "Who made the edits: plug-in and recipe."),
    Column("generator", "string", "Who drew the source: plug-in and recipe; empty for a photograph."),
    Column("origin", "string", "generated or photo."),
    Column("licence", "string", "Licence of the source photograph, by SPDX where clear; empty for what was generated."),
    Column("licence_words", "string", "What was said of that licence, where it is not the same."),
    Column("training", "string", "The mark by which the photograph's owner lets it be used for training, if any."),
    Column("web", "string", "Where the source photograph comes from, where that is known."),
    Column("author", "string", "Author of the source photograph."),
    Column("caption", "string", "The prompt that the source was drawn from, or the photograph's caption."),
    Column("campaign", "string", "The mining effort it comes from."),
    Column("policy_id", "string", "The policy that accepted it."),
    Column("source_sha256", "string", "SHA-256 of the shelf's file of the picture before."),
    Column("edited_sha256", "string", "SHA-256 of the shelf's file of the picture after."),
)
"""One row a triplet."""

EXPORTED: Sequence[Column] = (
    *TRIPLETS,
    Column("attempts", "int", "Attempts at its edits whose fate is recorded; a composite has two edits."),
    Column("attempts_to_success", "int", "Attempts up to the first that survived, over its edits."),
    Column("survived", "float", "Share of those attempts that survived: how easy the edits are."),
)
"""One row a triplet, with how hard it was to come by; absent where no records tell."""


def _alike(*names: str) -> Sequence[Column]:
    """The columns of triplets with these names, in this order."""
    known = {column.name: column for column in TRIPLETS}
    return [known[name] for name in names]


PREFERENCES: Sequence[Column] = (
    Column("pair_id", "string", "Name of the pair: of the accepted triplet and the rejected attempt."),
    Column("source_id", "string", "Name of the source; all pairs of one source belong into one split."),
    Column("triplet_id", "string", "Name of the accepted triplet."),
    Column("request_id", "string", "Name of the request that both pictures answer."),
    *_alike("operation", "instruction", "source_image"),
    Column("chosen_image", "image", "The accepted attempt at it."),
    Column("rejected_image", "image", "A rejected attempt at it."),
    *_alike("width", "height", "style"),
    Column("chosen_adherence", "float", "How well the accepted attempt follows the instruction, 1.0 to 5.0."),
    Column("chosen_aesthetics", "float", "The accepted picture's quality, 1.0 to 5.0."),
    Column("rejected_adherence", "float", "How well the rejected attempt follows the instruction, 1.0 to 5.0."),
    Column("rejected_aesthetics", "float", "The rejected picture's quality, 1.0 to 5.0."),
    Column("margin", "float", "Geometric mean of the accepted attempt's scores less that of the rejected one's."),
    Column("rejected_by", "string", "judge: a score below its bar; screen: a measure outside its bar."),
    Column("reason", "string", "The judge's words on the rejected attempt, or the measure that missed its bar."),
    Column("chosen_attempt", "int", "Number of the accepted attempt, from 0."),
    Column("rejected_attempt", "int", "Number of the rejected attempt, from 0."),
    Column("judge", "string", "Who scored both: plug-in and recipe."),
    *_alike("judge_calibrated"),
    Column("editors", "strings", "Who made the two edits: plug-in and recipe."),
    *_alike("generator", "origin", "licence", "author", "caption", "campaign"),
    Column("policy_id", "string", "The policy that accepted the triplet."),
    Column("source_sha256", "string", "SHA-256 of the kept file of the picture before."),
    Column("chosen_sha256", "string", "SHA-256 of the kept file of the accepted picture."),
    Column("rejected_sha256", "string", "SHA-256 of the kept file of the rejected picture."),
)
"""One row a pair: two attempts at one request, one accepted and one rejected, scored by the same judge."""

CHAINS: Sequence[Column] = (
    Column("chain_id", "string", "Name of the chain: of the triplets in it, in order."),
    Column("source_id", "string", "Name of the source; all chains of one source belong into one split."),
    Column("turns", "int", "Edits in the chain, 2 to 5."),
    Column("images", "images", "The source picture, then the picture after each turn."),
    Column("instructions", "strings", "What is asked at each turn."),
    Column("operations", "strings", "Kind of edit of each turn, of NHR's taxonomy."),
    Column("kinds", "strings", "forward, inverse or composite: how each turn's triplet came to be."),
    Column("triplet_ids", "strings", "Name of each turn's triplet."),
    Column("width", "int", "Width in pixels of the source picture."),
    *_alike("height", "style"),
    Column("adherence", "float", "The lowest adherence of the turns, 1.0 to 5.0."),
    Column("aesthetics", "float", "The lowest aesthetics of the turns, 1.0 to 5.0."),
    Column("geometric_mean", "float", "The lowest geometric mean of the turns."),
    Column("judges", "strings", "Who gave the scores: plug-in and recipe."),
    Column("judge_calibrated", "bool", "Whether the scores of all these judges were held against people's."),
    *_alike("editors", "generator", "origin", "licence", "author", "caption", "campaign"),
)
"""One row a chain of edits of one source, each made on the picture of the turn before."""
