"""What every ledger store must do."""

from functools import partial

from infra.ledgers.sqlite import CHUNK, SqliteLedgers
from infra.sqlite import Database
from schemas.ports import Change, Ledgers, Saved
from tests.contract.buses import together


def test_a_saved_document_is_loaded_with_its_version(ledgers: Ledgers) -> None:
    assert ledgers.save([Change("a", b"1", 0)]) == frozenset()
    assert ledgers.save([Change("a", b"2", 1)]) == frozenset()
    assert ledgers.load(["a"]) == {"a": Saved(b"2", 2)}


def test_loading_gives_only_what_exists(ledgers: Ledgers) -> None:
    ledgers.save([Change("a", b"1", 0), Change("ü'\"", b"2", 0)])
    assert ledgers.load(["a", "nothing", "ü'\""]) == {"a": Saved(b"1", 1), "ü'\"": Saved(b"2", 1)}
    assert ledgers.load([]) == {}


def test_a_change_that_expects_another_version_loses_and_changes_nothing(ledgers: Ledgers) -> None:
    ledgers.save([Change("a", b"1", 0)])
    for expected in (0, 2, 7):
        assert ledgers.save([Change("a", b"x", expected, closed=True)]) == {"a"}
    assert ledgers.load(["a"]) == {"a": Saved(b"1", 1)}
    assert list(ledgers.names("open")) == ["a"]


def test_a_change_of_what_does_not_exist_loses(ledgers: Ledgers) -> None:
    assert ledgers.save([Change("a", b"1", 3)]) == {"a"}
    assert ledgers.load(["a"]) == {}


def test_in_a_batch_each_change_wins_or_loses_for_itself(ledgers: Ledgers) -> None:
    ledgers.save([Change("a", b"1", 0), Change("b", b"1", 0)])
    assert ledgers.save([Change("a", b"2", 1), Change("b", b"2", 9), Change("c", b"2", 0)]) == {"b"}
    assert {name: saved.data for name, saved in ledgers.load(["a", "b", "c"]).items()} == {
        "a": b"2", "b": b"1", "c": b"2",
    }  # fmt: skip


def test_saving_nothing_does_nothing(ledgers: Ledgers) -> None:
    assert ledgers.save([]) == frozenset()


def test_of_many_that_save_the_same_version_exactly_one_wins(ledgers: Ledgers) -> None:
    won: list[int] = []

    def save(number: int) -> None:
        if not ledgers.save([Change("a", b"%d" % number, 1)]):
            won.append(number)

    ledgers.save([Change("a", b"", 0)])
    together([partial(save, number) for number in range(8)])
    assert ledgers.load(["a"]) == {"a": Saved(b"%d" % won[0], 2)}
    assert len(won) == 1


def test_concurrent_read_modify_write_loses_no_update(ledgers: Ledgers) -> None:
    def add(times: int) -> None:
        while times:
            (saved,) = ledgers.load(["n"]).values()
            times -= not ledgers.save([Change("n", b"%d" % (int(saved.data) + 1), saved.version)])

    ledgers.save([Change("n", b"0", 0)])
    together([partial(add, 25)] * 4)
    assert ledgers.load(["n"]) == {"n": Saved(b"100", 101)}


def test_open_and_closed_are_listed_apart_and_sorted(ledgers: Ledgers) -> None:
    ledgers.save([Change(name, b"", 0, closed=name in "bd") for name in "dcba"])
    assert (list(ledgers.names("open")), list(ledgers.names("closed"))) == (["a", "c"], ["b", "d"])


def test_a_document_can_be_closed_and_opened_again(ledgers: Ledgers) -> None:
    ledgers.save([Change("a", b"", 0)])
    ledgers.save([Change("a", b"", 1, closed=True)])
    assert (list(ledgers.names("open")), list(ledgers.names("closed"))) == ([], ["a"])
    ledgers.save([Change("a", b"", 2)])
    assert (list(ledgers.names("open")), list(ledgers.names("closed"))) == (["a"], [])


def test_counts_follow_the_states(ledgers: Ledgers) -> None:
    ledgers.save([Change(str(i), b"", 0, closed=i < 3) for i in range(10)])
    assert (ledgers.count("open"), ledgers.count("closed")) == (7, 3)


def test_long_lists_are_complete(ledgers: Ledgers) -> None:
    names = [f"{i:05d}" for i in range(2 * CHUNK)]
    ledgers.save([Change(name, b"", 0) for name in names])
    assert list(ledgers.names("open")) == names


def test_saving_while_listing_is_allowed(ledgers: Ledgers) -> None:
    ledgers.save([Change(f"{i:05d}", b"", 0) for i in range(CHUNK + 10)])
    seen = [name for name in ledgers.names("open") if not ledgers.save([Change(name, b"", 1, closed=True)])]
    assert (len(seen), ledgers.count("open")) == (CHUNK + 10, 0)


def test_tables_of_one_file_are_apart(database: Database) -> None:
    ledgers, cursors = SqliteLedgers(database), SqliteLedgers(database, "cursors")
    ledgers.save([Change("a", b"ledger", 0)])
    assert cursors.save([Change("a", b"cursor", 0)]) == frozenset()
    assert ledgers.load(["a"])["a"].data == b"ledger"


def test_documents_outlive_the_store(database: Database) -> None:
    SqliteLedgers(database).save([Change("a", b"1", 0, closed=True)])
    assert list(SqliteLedgers(database).names("closed")) == ["a"]
