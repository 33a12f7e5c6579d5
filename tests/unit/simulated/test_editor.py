"""Drawing and editing: repeatable, local, and honest about flaws."""

import cv2
import numpy as np
import pytest

from schemas.errors import Reject
from schemas.messages import Request
from schemas.ports import Image, Task
from schemas.taxonomy import taxonomy
from tests.unit.simulated.makers import candidate, drawn, edit_job, judge_job, prompt, said, source_job
from workers.editors.simulated import Editor, EditorOptions
from workers.gates.simulated import Gate
from workers.generators.simulated import Generator, GeneratorOptions
from workers.judges.simulated import Judge, JudgeOptions
from workers.plugin import Options
from workers.prompters.grammar import GrammarOptions, Prompter
from workers.screens.simulated import Screen
from workers.simulated.change import Change
from workers.simulated.instructions import OPERATIONS
from workers.simulated.render import outline, render
from workers.simulated.scene import Scene, Thing, read_note
from workers.simulated.vocabulary import KINDS

FLAWLESS = Editor(EditorOptions(skill=100))
SCENE = (
    "a red house on the left and a white cat on the far right, before rolling hills, "
    "on short grass in summer in broad daylight under a clear sky"
)


def edited(editor: Editor, scene: str, operation: str, words: str, attempt: int = 0) -> tuple[Image, Image]:
    of = said(scene, Request(instruction=words, operation=operation))
    before = drawn(of)
    (after,) = editor.edit([Task(edit_job(of, of.requests[0], attempt), (before,))])
    assert isinstance(after, Image)
    return before, after


def test_the_same_prompt_gives_the_same_picture() -> None:
    assert np.array_equal(drawn(prompt(3)).pixels, drawn(prompt(3)).pixels)


def test_another_seed_gives_another_layout() -> None:
    assert not np.array_equal(drawn(said(SCENE, seed=0)).pixels, drawn(said(SCENE, seed=1)).pixels)


@pytest.mark.parametrize("style", taxonomy().styles)
def test_every_style_draws(style: str) -> None:
    image = render(Scene(seed=5, width=96, height=64, style=style, things=(Thing(kind="cat", place="middle"),)))
    assert image.shape == (64, 96, 3)
    assert image.dtype == np.uint8
    assert image.std() > 8


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_of_thing_can_be_seen(kind: str) -> None:
    setting = "studio" if KINDS[kind].setting == "in" else "sea"
    empty = Scene(seed=2, width=192, height=160, backdrop=setting, surface="sand")
    found = render(empty.model_copy(update={"things": (Thing(kind=kind),)}))
    assert (np.abs(found.astype(int) - render(empty)).max(-1) > 40).sum() > 60


def test_sizes_that_cannot_be_drawn_are_refused() -> None:
    of = said(SCENE).model_copy(update={"width": 20000, "height": 20000})
    assert isinstance(Generator(GeneratorOptions()).generate([Task(of)])[0], Reject)


@pytest.mark.parametrize(
    ("operation", "words"), [("remove", "Remove the house."), ("recolor", "Paint the house blue.")]
)
def test_a_flawless_edit_changes_nothing_outside_its_thing(operation: str, words: str) -> None:
    before, after = edited(FLAWLESS, SCENE, operation, words)
    note, house = read_note(before), Thing(kind="house", colour="red", place="left")
    assert note is not None
    x0, y0, x1, y1 = outline(note.scene, house)
    differs = (before.pixels != after.pixels).any(-1)
    assert differs.any()
    differs[y0:y1, x0:x1] = False
    assert not differs.any()


def test_a_flawless_edit_is_noted_as_such() -> None:
    _, after = edited(FLAWLESS, SCENE, "remove", "Remove the house.")
    note = read_note(after)
    assert note is not None
    assert note.flaws == ()
    assert note.scene.find("house") is None


def test_an_edit_does_not_depend_on_its_batch_or_order() -> None:
    of = prompt(4)
    image = drawn(of)
    tasks = [Task(edit_job(of, request, attempt), (image,)) for request in of.requests for attempt in range(2)]
    together = Editor(EditorOptions()).edit(tasks)
    alone = [Editor(EditorOptions()).edit([task])[0] for task in reversed(tasks)][::-1]
    for one, other in zip(together, alone, strict=True):
        assert isinstance(one, Image)
        assert isinstance(other, Image)
        assert one.note == other.note
        assert np.array_equal(one.pixels, other.pixels)


def test_flawless_edits_show_in_one_piece() -> None:
    for number in range(24):
        of = prompt(number, megapixels=0.06)
        image = drawn(of)
        for request in of.requests:
            (after,) = FLAWLESS.edit([Task(edit_job(of, request), (image,))])
            assert isinstance(after, Image)
            note = read_note(after)
            if note is None or note.flaws:
                continue
            flagged = (cv2.absdiff(image.pixels, after.pixels).max(-1) > 40).astype(np.uint8)
            _, _, stats, _ = cv2.connectedComponentsWithStats(flagged, connectivity=4)
            assert stats[1:, cv2.CC_STAT_AREA].max() >= 0.005 * flagged.sum(), request.instruction


def test_planted_flaws_are_noted_and_of_many_kinds() -> None:
    kinds: set[str] = set()
    for number in range(30):
        of = prompt(number)
        image = drawn(of)
        for attempt in range(3):
            (after,) = Editor(EditorOptions(skill=0)).edit([Task(edit_job(of, of.requests[0], attempt), (image,))])
            assert isinstance(after, Image)
            note = read_note(after)
            assert note is not None
            assert note.severity == "blatant"
            kinds |= {flaw.kind for flaw in note.flaws}
    assert kinds >= {"no-op", "wrong object", "extra change", "global shift", "colour cast", "residue", "artefact"}


def test_an_edit_of_something_that_is_not_there_is_a_noted_no_op() -> None:
    request = Request(instruction="Remove it.", operation="remove", effect=Change(remove="robot").packed())
    of = said(SCENE, request)
    before = drawn(of)
    (after,) = FLAWLESS.edit([Task(edit_job(of, request), (before,))])
    assert isinstance(after, Image)
    assert np.array_equal(before.pixels, after.pixels)
    note = read_note(after)
    assert note is not None
    assert note.severity == "blatant"


def test_every_operation_it_claims_can_be_asked_in_words() -> None:
    assert set(taxonomy().operations) >= OPERATIONS
    of = said(SCENE)
    image = drawn(of)
    for operation in sorted(OPERATIONS):
        request = Request(instruction="Change the red house and the cat.", operation=operation)
        (after,) = FLAWLESS.edit([Task(edit_job(of, request), (image,))])
        assert isinstance(after, Image), operation


def test_pictures_that_are_not_drawn_are_refused_by_all() -> None:
    of = prompt(1)
    photo = Image(np.zeros((64, 64, 3), np.uint8))
    job = edit_job(of, of.requests[0])
    answers = (
        *FLAWLESS.edit([Task(job, (photo,))]),
        *Gate(Options()).inspect([Task(source_job(of), (photo,))]),
        *Screen(Options()).screen([Task(candidate(job), (photo, photo))]),
        *Judge(JudgeOptions()).judge([Task(judge_job(job), (photo, photo))]),
    )
    assert all(isinstance(answer, Reject) for answer in answers)
    assert "--editor classic" in str(answers[0])


def test_a_rejected_job_leaves_its_batch_alone() -> None:
    of = prompt(1)
    photo, good = Image(np.zeros((64, 64, 3), np.uint8)), drawn(of)
    job = edit_job(of, of.requests[0])
    first, second = FLAWLESS.edit([Task(job, (photo,)), Task(job, (good,))])
    assert isinstance(first, Reject)
    assert isinstance(second, Image)


def test_notes_stay_small() -> None:
    sizes = [len(drawn(Prompter(GrammarOptions(megapixels=0.02)).item("test", number)).note) for number in range(20)]
    assert max(sizes) < 4096
