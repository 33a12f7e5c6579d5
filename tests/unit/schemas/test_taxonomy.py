"""The taxonomy: what prompts, quotas and reports may speak of."""

from fractions import Fraction

import pytest

from schemas.taxonomy import Operation, Size, taxonomy

OPERATIONS = tuple(taxonomy().operations.values())


def each(operation: Operation) -> str:
    return operation.name


def test_there_are_at_least_the_papers_28_kinds_of_edit() -> None:
    assert len(OPERATIONS) >= 28


@pytest.mark.parametrize("operation", OPERATIONS, ids=each)
def test_an_inverse_is_an_operation_that_can_be_undone_itself(operation: Operation) -> None:
    if operation.inverse is not None:
        assert taxonomy().has_inverse(operation.inverse)


@pytest.mark.parametrize("operation", OPERATIONS, ids=each)
def test_an_operation_is_told_in_english_and_chinese(operation: Operation) -> None:
    assert operation.meaning
    assert any("\u4e00" <= letter <= "\u9fff" for letter in operation.zh)


@pytest.mark.parametrize("operation", OPERATIONS, ids=each)
def test_an_operation_has_a_plain_name_and_a_group(operation: Operation) -> None:
    assert operation.name.replace("_", "").isalpha()
    assert operation.name.islower()
    assert operation.group


def test_the_shares_are_the_papers() -> None:
    shares = {operation.name: operation.share for operation in OPERATIONS if operation.share}
    assert shares == {"remove": 0.315, "add": 0.313, "composite": 0.229}


def test_an_operation_nobody_knows_has_no_inverse() -> None:
    assert not taxonomy().has_inverse("teleport")


def test_there_are_96_styles_no_two_alike() -> None:
    assert len({style.casefold() for style in taxonomy().styles}) == len(taxonomy().styles) == 96


@pytest.mark.parametrize("size", taxonomy().sizes, ids=lambda size: f"{size.width}x{size.height}")
def test_a_size_is_about_a_megapixel_in_multiples_of_64_between_2_to_5_and_5_to_2(size: Size) -> None:
    assert size.width % 64 == size.height % 64 == 0
    assert 0.9 <= size.width * size.height / 1024**2 <= 1.1
    assert Fraction(2, 5) <= Fraction(size.width, size.height) <= Fraction(5, 2)


def test_no_size_comes_twice_and_each_comes_upright_and_lying() -> None:
    sizes = [(size.width, size.height) for size in taxonomy().sizes]
    assert len(set(sizes)) == len(sizes)
    assert {(height, width) for width, height in sizes} == set(sizes)
