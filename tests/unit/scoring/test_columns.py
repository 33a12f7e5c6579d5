"""Which column is what: presets of known layouts, usual names, what the user says; and one clear line for the rest."""

from collections.abc import Sequence

import pytest

from infra.scoring.columns import PRESETS, Columns, choose, parsed
from schemas.errors import UserError
from streams.dataset.columns import TRIPLETS

OMNIEDIT = [
    "omni_edit_id", "task", "src_img", "edited_img", "edited_prompt_list", "width", "height", "sc_score_1",
    "sc_score_2", "sc_reasoning", "pq_score", "pq_reasoning", "o_score",
]  # fmt: skip
NHR_EDIT = [
    "sample_id", "source_file_name", "edited_file_name", "edit_instruction", "augmented_instructions", "category",
    "style", "kind", "img_width", "img_height",
]  # fmt: skip
MAGICBRUSH = ["img_id", "turn_index", "source_img", "mask_img", "instruction", "target_img"]
INSTRUCT_PIX2PIX = ["original_prompt", "original_image", "edit_prompt", "edited_prompt", "edited_image"]


@pytest.mark.parametrize(
    ("present", "preset"),
    [
        (OMNIEDIT, "omniedit"),
        (NHR_EDIT, "nhr-edit"),
        ([name.replace("_file_name", "") for name in NHR_EDIT], "nhr-edit"),
        (MAGICBRUSH, "magicbrush"),
        (INSTRUCT_PIX2PIX, "instructpix2pix"),
        ([column.name for column in TRIPLETS], "nhr"),
    ],
)
def test_a_known_layout_is_found_by_its_columns(present: Sequence[str], preset: str) -> None:
    found = choose(present, "", {}, "there")
    assert found.how == f"preset {preset}"
    assert found == choose(present, preset, {}, "there")
    assert set(found.columns.wanted) <= set(present)


def test_columns_are_found_by_usual_names_where_no_preset_fits() -> None:
    found = choose(["id", "before", "after", "prompt", "edit_type"], "", {}, "there")
    assert found.how == "columns as usually called"
    assert found.columns == Columns("before", "after", "prompt", "edit_type")


def test_what_is_mapped_comes_before_what_is_found() -> None:
    found = choose([*OMNIEDIT, "better"], "", {"instruction": "better", "category": ""}, "there")
    assert found.columns == Columns("src_img", "edited_img", "better", "")
    assert found.how == "preset omniedit and --map"


def test_another_of_several_instructions_can_be_meant() -> None:
    found = choose(OMNIEDIT, "", parsed("instruction=edited_prompt_list[-1]"), "there")
    assert (found.columns.instruction, found.columns.number) == ("edited_prompt_list", -1)


def test_columns_that_need_not_be_there_are_left_out() -> None:
    assert choose(["src_img", "edited_img", "edited_prompt_list"], "omniedit", {}, "there").columns.category == ""


@pytest.mark.parametrize(
    ("preset", "mapping", "line"),
    [
        ("omni", {}, "--preset 'omni' is unknown; presets: nhr, nhr-edit, omniedit, magicbrush, instructpix2pix"),
        (
            "omniedit", {}, "there lacks what preset omniedit calls src_img; say which: "
            "--map source=COLUMN,edited=COLUMN,instruction=COLUMN; its columns: one, two",
        ),
        ("", {"source": "three"}, "there has no column 'three'; its columns: one, two"),
        (
            "", {"source": "one"},
            "there lacks a column for edited; say which: --map edited=COLUMN,instruction=COLUMN; its columns: one, two",
        ),
    ],
)  # fmt: skip
def test_what_is_missing_is_one_clear_line(preset: str, mapping: dict[str, str], line: str) -> None:
    with pytest.raises(UserError) as raised:
        choose(["one", "two"], preset, mapping, "there")
    assert str(raised.value) == line


@pytest.mark.parametrize("text", ["before", "before=a", "=a"])
def test_a_mapping_of_no_role_is_refused(text: str) -> None:
    with pytest.raises(UserError, match=r"roles: source, edited, instruction, category, cluster, effect"):
        parsed(text)


def test_every_preset_names_what_is_needed() -> None:
    for variants in PRESETS.values():
        for columns in variants:
            assert columns.missing(columns.wanted) == []
