"""From a triplet on the shelf to a row of the data set; pictures are filled in by who writes it."""

from collections.abc import Container

from schemas.messages import Triplet

CHECKS = ("nsfw", "text")
"""Screens that look at what is shown: how their measures' names begin."""
Row = dict[str, object]
"""A value for each column but the pictures, by the column's name."""


def row(triplet: Triplet, calibrated: Container[str] = frozenset()) -> Row:
    """The triplet's row; `calibrated` holds the recipes of the judges that were calibrated."""
    subject, scores = triplet.subject, triplet.scores
    return {
        "triplet_id": triplet.triplet_id,
        "source_id": subject.source_id,
        "kind": triplet.kind,
        "operation": triplet.operation,
        "instruction": triplet.instruction,
        "instructions": sorted(triplet.texts.items()),
        "width": triplet.before.width,
        "height": triplet.before.height,
        "style": subject.style,
        "adherence": scores.adherence,
        "aesthetics": scores.aesthetics,
        "geometric_mean": scores.geometric_mean,
        "preservation": scores.preservation,
        "measures": sorted(triplet.measures.items()),
        "content": checks(triplet),
        "checked": triplet.checked,
        "judge": triplet.judge,
        "judge_calibrated": triplet.judge in calibrated,
        "editors": sorted({edit.editor for edit in triplet.edits}),
        "generator": subject.made_by,
        "origin": subject.origin,
        "licence": subject.licence,
        "licence_words": subject.licence_words or "",
        "training": subject.training or "",
        "web": subject.web or "",
        "author": subject.author,
        "caption": subject.text,
        "campaign": subject.campaign,
        "policy_id": triplet.policy_id,
        "source_sha256": triplet.before.sha256,
        "edited_sha256": triplet.after.sha256,
    }


def checks(triplet: Triplet) -> list[str]:
    """The checks of what is shown that measured every edit in the triplet's lineage, by their names."""
    made = ({name.partition(".")[0] for name in edit.measures} for edit in triplet.edits)
    return sorted(frozenset(CHECKS).intersection(*made)) if triplet.edits else []
