"""The Dockerfile as BuildKit reads it, what a build is sent, and what its steps make of that."""

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from infra.settings import from_environment
from tests.deploy.asking import DOCKERFILE, ROOT, Checker, Refused

TEXT = (ROOT / DOCKERFILE).read_text(encoding="utf-8")
PACKAGES = ("schemas", "workers", "streams", "infra")
DATA = {".py", ".toml", ".html", ".css", ".js", ".svg"}


@pytest.fixture(params=["cpu", "gpu"])
def image(checker: Checker, request: pytest.FixtureRequest) -> dict[str, Any]:
    return dict(checker.image(request.param)["image"]["config"])


def test_buildkit_has_nothing_against_the_dockerfile(checker: Checker) -> None:
    lint = checker.image("cpu")["lint"]
    assert not lint["warnings"]
    assert "buildError" not in lint


def test_buildkit_would_say_what_is_wrong_with_it(checker: Checker, tmp_path: Path) -> None:
    spoilt = tmp_path / "Dockerfile"
    spoilt.write_text(TEXT.replace("ENV PATH=/opt/nhr/bin:${PATH}", "ENV PATH=/opt/nhr/bin:${PAHT}"), encoding="utf-8")
    assert [found["ruleName"] for found in checker.image("cpu", spoilt)["lint"]["warnings"]] == ["UndefinedVar"]
    spoilt.write_text(TEXT.replace("FROM role AS cpu", "FROM rule AS cpu:"), encoding="utf-8")
    with pytest.raises(Refused):
        checker.image("cpu", spoilt)


def test_images_run_nhr_as_nobody_else_and_stop_by_sigterm(image: dict[str, Any]) -> None:
    assert image["Entrypoint"] == ["nhr"]
    assert image["User"] == "10001:10001"
    assert image["StopSignal"] == "SIGTERM"
    assert {"title", "description", "licenses", "version", "revision"} == {
        name.removeprefix("org.opencontainers.image.") for name in image["Labels"]
    }
    given = dict(pair.split("=", 1) for pair in image["Env"])
    from_environment({name: value for name, value in given.items() if name.startswith("NHR_")})
    assert given["PATH"].startswith("/opt/nhr/bin:")


def test_base_images_have_exact_tags(checker: Checker) -> None:
    bases = set(re.findall(r"^FROM (\S+)", TEXT, re.MULTILINE)) - set(re.findall(r" AS (\S+)$", TEXT, re.MULTILINE))
    assert bases == {"python:${PYTHON}"}
    assert re.search(r"^ARG PYTHON=3\.11\.\d+-slim-bookworm$", TEXT, re.MULTILINE)


def test_what_stages_take_from_one_another_is_no_image_from_a_registry() -> None:
    stages = set(re.findall(r"^FROM .* AS (\S+)$", TEXT, re.MULTILINE))
    assert set(re.findall(r"\bfrom=([^,\s]+)", TEXT)) == {"packages", "wheel", "models"} <= stages


def test_a_build_is_sent_the_code_and_nothing_that_is_made_or_secret(checker: Checker) -> None:
    sent = set(checker.context())
    rest = {name for name in sent if not name.startswith(tuple(f"{package}/" for package in PACKAGES))}
    assert rest == {"pyproject.toml", "requirements.lock", "requirements-models.lock", "README.md", "LICENSE"}
    assert {Path(name).suffix for name in sent - rest} <= DATA | {".xml"}


def test_everything_that_is_copied_is_sent(checker: Checker) -> None:
    sent = checker.context()
    for sources in re.findall(r"^COPY (?!--from)(.+) \S+$", TEXT, re.MULTILINE):
        for source in sources.split():
            assert any(name == source or name.startswith(f"{source}/") for name in sent), source


def context_in(folder: Path, checker: Checker) -> Path:
    for name in checker.context():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    return folder


def test_the_wheel_of_what_is_sent_holds_all_code_and_data_and_runs(checker: Checker, tmp_path: Path) -> None:
    context = context_in(tmp_path / "context", checker)
    wheel = ["wheel", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", str(tmp_path), str(context)]
    subprocess.run([sys.executable, "-m", "pip", *wheel], check=True, capture_output=True)
    (made,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(made) as archive:
        archive.extractall(tmp_path / "installed")
        held = {name for name in archive.namelist() if name.startswith(PACKAGES)}
    listed = subprocess.run(["git", "ls-files", *PACKAGES], cwd=ROOT, check=True, capture_output=True, text=True)
    ours = {name for name in listed.stdout.splitlines() if Path(name).suffix in DATA and (ROOT / name).is_file()}
    assert all(name.startswith("infra/deploy/") for name in ours - held)  # which builds, and is not run
    run = f"import sys; sys.path.insert(0, {str(tmp_path / 'installed')!r}); import infra.cli; print(infra.__file__)"
    for words in (["--help"], ["policy", "show", "paper"], ["models", "editor"]):
        done = subprocess.run(
            [sys.executable, "-c", f"{run}; sys.argv = {['nhr', *words]!r}; infra.cli.main()"],
            cwd=tmp_path, check=True, capture_output=True, text=True,
        )  # fmt: skip
        assert done.stdout.startswith(str(tmp_path / "installed"))


@pytest.mark.slow
@pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="the image has Python 3.11")
def test_the_steps_of_the_dockerfile_make_an_nhr_that_runs(checker: Checker, tmp_path: Path) -> None:
    """Each stage's COPY and RUN lines, one after the other, in folders of the test's own instead of an engine's."""
    context = context_in(tmp_path / "context", checker)
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "base"], check=True)
    for stage in ("packages", "wheel", "role"):
        take(checker.image(stage)["image"]["history"], tmp_path, stage, context)
    nhr = tmp_path / "opt" / "nhr"
    clean = {"PATH": f"{nhr}/bin", "NHR_STATE": str(tmp_path / "state")}
    role = ["nhr", "worker", "editor", "simulated"]
    said = subprocess.run(role, check=False, capture_output=True, text=True, env=clean)
    assert said.stderr.startswith("nhr: NHR_KAFKA is not set")
    told = "import faust, kafka, minio, cv2; from importlib.util import find_spec; print(*map(find_spec, {!r}))"
    code = told.format(["pip", "torch", "pytest"])
    done = subprocess.run([nhr / "bin" / "python", "-c", code], check=True, capture_output=True, text=True, env=clean)
    assert done.stdout == "None None None\n"
    compiled = nhr / "lib/python3.11/site-packages/infra/cli/__pycache__/__init__.cpython-311.pyc"
    assert compiled.read_bytes()[4:8] == b"\1\0\0\0"  # by hash, unchecked: neither times nor writes at start


def take(history: list[dict[str, Any]], home: Path, stage: str, context: Path) -> None:
    """Do the COPY and RUN lines of a stage; what makes users is left out, and the base's lines have no effect."""
    work = home / stage
    work.mkdir()
    env = {**os.environ, "PATH": f"{home / 'base' / 'bin'}:{os.environ['PATH']}", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    for line in (entry["created_by"] for entry in history):
        if (copied := re.fullmatch(r"COPY ([^/].*) (\S+) # buildkit", line)) is not None:
            for source in copied[1].split():
                place = work / copied[2] / (Path(source).name if copied[2] == "./" else "")
                (shutil.copytree if (context / source).is_dir() else shutil.copy)(context / source, place)
        elif (ran := re.fullmatch(r"RUN .*?/bin/sh -c (.*) # buildkit", line)) is not None and "groupadd" not in ran[1]:
            command = re.sub(r"(?<![\w.])/(opt/nhr|wheel)\b", rf"{home}/\1", ran[1])
            subprocess.run(["/bin/sh", "-ec", command], cwd=work, check=True, capture_output=True, env=env)
