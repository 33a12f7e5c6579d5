"""Texts that would do harm if they were not escaped, and a shelf and records full of them."""

from infra.blobs.memory import MemoryBlobs
from tests.unit.reading.making import delivered, gate, judge, put_on_shelf, record, request, screen, subject, triplet

TEXTS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'><svg onload=alert(1)>",
    "</script><script>alert(1)</script>",
    "</title><style>*{display:none}</style><!--",
    "javascript:alert(1)//${alert(1)}`{{7*7}}",
    "\u202eright to left\u202c \u2066\u0000\ufffd lone ' and \" and \\ \u2028",
    "<a href='javascript:alert(1)'>x</a><iframe srcdoc='<script>parent.alert(1)</script>'>",
]


def hostile_blobs() -> MemoryBlobs:
    """Every text that is shown anywhere, in every place that it can stand in."""
    blobs, events = MemoryBlobs(), []
    for text in TEXTS:
        of = subject(text, text, text, text).model_copy(
            update={"author": text, "licence": text, "origin": "photo", "made_by": text, "prompt_id": text}
        )
        asked = request(text, text)
        won = triplet(of, asked, texts={text[:64]: text}, attempt=1)
        put_on_shelf(blobs, won.model_copy(update={"judge": text, "writer": text, "measures": {text[:64]: 1.0}}))
        events += [
            gate(of, yes=False, reason=text),
            screen(of, asked, 0, {text[:64]: 0.5, "null.soft": 0.1}),
            judge(of, asked, (1.0, 1.0), 0, reason=text, measures={text[:64]: 2.0}),
            judge(of, asked, (4.9, 4.9), 1, reason=text),
            judge(of, asked, (1.0, 1.0), kind="inverse", reason=text, instruction=text),
        ]
    record(blobs, delivered(events))
    return blobs
