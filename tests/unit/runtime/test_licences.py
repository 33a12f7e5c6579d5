"""Licences under a policy that demands commercial use: who is refused, where, and what becomes of the job."""

from dataclasses import replace
from pathlib import Path

import pytest

from infra import licences
from infra.blobs.memory import MemoryBlobs
from infra.cli.crews import Named
from infra.cli.mine import mine
from infra.cluster import role
from infra.licences import Rights
from schemas import messages as m
from schemas.errors import Reject, UserError
from schemas.ports import Info
from streams.policies import Policies
from streams.rules import policy as policies
from streams.rules.policy import Policy
from tests.golden import samples
from tests.unit.runtime.conftest import Hire
from tests.unit.runtime.fakes import Scripted, deliveries, picture, work
from workers import chain, roster
from workers.editors.classic import Editor
from workers.generators.simulated import Generator

FREE, UNFREE, UNKNOWN = (Info(summary="a model", licence="X", commercial=rights) for rights in (True, False, None))
PAPER = policies.read("paper")
COMMERCIAL = Policy.model_validate(PAPER.model_dump() | {"licences": "commercial"})
DRAWN = samples.SUBJECT.model_copy(update={"origin": "generated", "made_by": "simulated@0"})


def kept(policy: Policy) -> Policies:
    found = Policies(MemoryBlobs())
    found.keep(policy)
    return found


def job(policy: Policy, **subject: str) -> m.EditJob:
    of = DRAWN.model_copy(update=subject)
    return samples.EDIT_JOB.model_copy(update={"policy_id": policy.policy_id, "subject": of})


def test_only_a_policy_that_demands_it_has_another_name_for_it() -> None:
    again = Policy.model_validate(PAPER.model_dump() | {"licences": "any"})
    assert (again.policy_id, COMMERCIAL.policy_id != PAPER.policy_id) == (PAPER.policy_id, True)


@pytest.mark.parametrize(("info", "told"), [(UNFREE, "X, no commercial use"), (UNKNOWN, "X, commercial use unknown")])
def test_a_plugin_that_is_not_known_to_be_free_is_refused_before_anything_runs(info: Info, told: str) -> None:
    editor = Scripted("editor", lambda _: picture(), info)
    licences.demand(PAPER, {"editor": editor})
    licences.demand(COMMERCIAL, {"editor": Scripted("editor", lambda _: picture(), FREE)})
    with pytest.raises(
        UserError, match=rf"^editor: policy paper demands .* \(a model: licence {told}\); choose another"
    ):
        licences.demand(COMMERCIAL, {"editor": editor})


def test_mining_begins_with_free_plugins_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    strict = tmp_path / "strict.toml"
    strict.write_text(policies.text("paper").replace('licences = "any"', 'licences = "commercial"'))
    monkeypatch.setattr(Editor, "INFO", UNKNOWN)
    with pytest.raises(UserError, match=r"^editor: policy paper demands"):
        mine("null", named=Named(editor="classic"), policy=str(strict), out=tmp_path / "data")
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("text", ["classic", "classic:exact=1"])
def test_a_worker_of_the_cluster_begins_only_where_its_policy_admits_it(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    role.worker("editor", text, COMMERCIAL)
    monkeypatch.setattr(Editor, "INFO", UNKNOWN)
    with pytest.raises(UserError, match=r"^editor: policy paper demands"):
        role.worker("editor", text, COMMERCIAL)


@pytest.mark.parametrize("info", [UNFREE, UNKNOWN])
def test_a_worker_ends_at_the_first_job_whose_policy_bars_it(info: Info) -> None:
    Rights("editor", info, kept(PAPER)).check(job(PAPER))
    with pytest.raises(UserError, match="the job goes to others"):
        Rights("editor", info, kept(COMMERCIAL)).check(job(COMMERCIAL))


def test_a_free_worker_does_jobs_on_pictures_of_free_makers() -> None:
    rights = Rights("screen", FREE, kept(COMMERCIAL))
    rights.check(samples.CANDIDATE.model_copy(update={"job": job(COMMERCIAL), "made_by": "classic@0"}))


def test_a_photograph_has_no_maker_but_a_licence() -> None:
    rights = Rights("editor", FREE, kept(COMMERCIAL))
    rights.check(job(COMMERCIAL, origin="photo", made_by=""))
    for licence, told in (("CC-BY-NC-4.0", "no commercial use"), ("ask me", "unknown"), ("", "has no licence: ")):
        with pytest.raises(Reject, match=rf"^photograph p-1 .*{told}.*; policy paper demands commercial use$"):
            rights.check(job(COMMERCIAL, origin="photo", made_by="", licence=licence))
    Rights("editor", FREE, kept(PAPER)).check(job(PAPER, origin="photo", licence="CC-BY-NC-4.0"))


def test_a_recorded_triplet_of_a_barred_photograph_is_refused() -> None:
    of = samples.SUBJECT.model_copy(update={"origin": "photo", "licence": "CC-BY-NC-4.0"})
    barred = samples.TRIPLET.model_copy(update={"subject": of})
    licences.check(barred, PAPER)
    with pytest.raises(UserError, match=r"^triplet 7+: photograph p-1 has licence 'CC-BY-NC-4\.0': no commercial"):
        licences.check(barred, COMMERCIAL)


@pytest.mark.parametrize("maker", ["", "made-up@0", "painter@111111111111"])
def test_a_job_on_a_picture_of_an_unknown_maker_is_rejected(maker: str) -> None:
    with pytest.raises(Reject, match=r"is unknown here, and so is its licence; policy paper demands commercial use"):
        Rights("editor", FREE, kept(COMMERCIAL)).check(job(COMMERCIAL, made_by=maker))


def test_a_job_on_a_picture_of_a_barred_maker_is_rejected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Generator, "INFO", replace(Generator.INFO, licence="NC-1", commercial=False))
    with pytest.raises(Reject, match=r"^generator simulated: NC-1, no commercial use"):
        Rights("editor", FREE, kept(COMMERCIAL)).check(job(COMMERCIAL))


def test_jobs_that_carry_no_policy_are_anybodys() -> None:
    Rights("gate", UNFREE, kept(COMMERCIAL)).check(samples.SOURCE)


def test_a_worker_answers_a_job_that_it_must_not_do_with_a_failure(hire: Hire) -> None:
    plugin = Scripted("editor", lambda _: picture())
    worker = hire(plugin)
    worker._entitled = Rights("editor", FREE, kept(COMMERCIAL)).check
    (failure,) = work(worker, deliveries(job(COMMERCIAL, made_by=""))).answers
    assert (type(failure), plugin.asked) == (m.Failure, [])


def test_a_recorded_triplet_is_refused_for_any_of_its_makers(monkeypatch: pytest.MonkeyPatch) -> None:
    (edit,) = samples.TRIPLET.edits
    triplet = samples.TRIPLET.model_copy(
        update={
            "subject": DRAWN, "edits": (edit.model_copy(update={"editor": "classic@1"}),), "judge": "measured@2",
            "writer": "",
        }
    )  # fmt: skip
    licences.check(triplet, COMMERCIAL)
    monkeypatch.setattr(Editor, "INFO", replace(Editor.INFO, commercial=None))
    licences.check(triplet, PAPER)
    with pytest.raises(
        UserError, match=f"^triplet {triplet.triplet_id}: editor classic: Apache-2.0, commercial use unkn"
    ):
        licences.check(triplet, COMMERCIAL)


@pytest.mark.parametrize(
    ("each", "together"), [((True, True), True), ((True, None), None), ((None, False), False), ((True, False), False)]
)
def test_a_chain_of_screens_is_as_free_as_the_least_free(
    each: tuple[bool | None, ...], together: bool | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, rights in zip(("pixels", "null"), each, strict=True):
        cls = roster.plugin_class("screen", name)
        monkeypatch.setattr(cls, "INFO", replace(cls.INFO, commercial=rights))
    assert chain.parse("pixels,null")[1].INFO.commercial is together
