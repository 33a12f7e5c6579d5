"""`nhr gallery` as a command: where it listens, what it prints, how it ends, over a folder and over S3."""

import http.client
import os
import re
import signal
import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen
from urllib.parse import urlsplit

import pytest

from infra.blobs.folder import FolderBlobs
from infra.place import opened
from infra.services import s3
from tests import s3s
from tests.integration.conftest import Call
from tests.integration.running import ended, started
from tests.unit.report.scenes import Campaign


@dataclass(frozen=True)
class Visited:
    """A running gallery, and the address it printed."""

    process: Popen[str]
    name: str
    address: str

    def get(self, path: str, **headers: str) -> tuple[int, str]:
        """Status and text of a page."""
        port = urlsplit(self.address).port
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.read().decode(errors="replace")

    def triplets(self) -> int:
        """How many it shows once its index is complete."""
        while "Reading " in (page := self.get("/")[1]) or not (found := re.search(r"([\d,]+) triplets\.", page)):
            assert self.process.poll() is None
        return int(found[1])


@contextmanager
def gallery(*arguments: object, **settings: str) -> Iterator[Visited]:
    """The command, once it listens."""
    with started("gallery", "--port", "0", *arguments, **settings) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.fullmatch(r"Gallery of (.+): (http://\S+)\n", line)
        assert found, (line, ended(process))
        yield Visited(process, found[1], found[2])


def write(campaign: Campaign, folder: Path) -> Path:
    """The campaign as a data folder."""
    own = FolderBlobs(folder, fsync=False)
    for prefix in ("shelf/", "records/", "policies/", "scratch/"):
        for key in campaign.blobs.list(prefix):
            own.put(key, campaign.blobs.get(key))
    return folder


@pytest.fixture(scope="module")
def campaign() -> Campaign:
    return Campaign(2, ("remove", "add"), smaller=8)


@pytest.fixture
def folder(campaign: Campaign, tmp_path: Path) -> Path:
    return write(campaign, tmp_path / "data")


def test_a_folder_is_shown_until_ctrl_c(folder: Path, campaign: Campaign) -> None:
    with gallery("--out", folder) as shown:
        assert shown.name == str(folder)
        assert urlsplit(shown.address).hostname == "127.0.0.1"
        assert shown.get("/healthz") == (200, "ok\n")
        assert shown.triplets() == len(campaign.triplets)
        assert shown.get("/", Host="evil.example")[0] == 421
        assert shown.get("/..%2f..%2fetc/passwd")[0] == 404
        shown.process.send_signal(signal.SIGINT)
        result = ended(shown.process, 10)
    assert (result.status, result.out) == (130, "")
    assert result.err.strip() in {"", "nhr: stopped"}
    assert sorted(path.name for path in (folder / "cache").iterdir() if "-" not in path.name) == [
        "gallery.lock", "gallery.sqlite",
    ]  # fmt: skip


def test_what_is_mined_meanwhile_appears(folder: Path, campaign: Campaign) -> None:
    with gallery("--out", folder) as shown:
        assert shown.triplets() == len(campaign.triplets)
        write(Campaign(1, ("recolor",), name="later", smaller=8), folder)
        while shown.triplets() == len(campaign.triplets):
            assert shown.process.poll() is None
        assert shown.triplets() == len(campaign.triplets) + 2


def test_a_folder_that_may_only_be_read_is_indexed_elsewhere(folder: Path, campaign: Campaign, tmp_path: Path) -> None:
    if os.geteuid() == 0:  # nothing is closed to root: a file stands where the folder would be made
        (folder / "cache").write_text("")
    else:
        folder.chmod(stat.S_IRUSR | stat.S_IXUSR)
    with gallery("--out", folder, XDG_CACHE_HOME=str(tmp_path / "caches")) as shown:
        assert shown.triplets() == len(campaign.triplets)
    folder.chmod(stat.S_IRWXU)
    assert list((tmp_path / "caches" / "nhr" / "gallery").glob("*/gallery.sqlite"))


def test_a_port_that_is_taken_is_one_line(folder: Path, call: Call) -> None:
    with gallery("--out", folder) as shown:
        port = urlsplit(shown.address).port
        result = call("gallery", "--out", folder, "--port", port)
    assert (result.status, result.out) == (2, "")
    assert result.err == (
        f"nhr: cannot listen on 127.0.0.1 port {port} (Address already in use); "
        "give another --port, or --port 0 for any free one\n"
    )


def test_other_hosts_need_the_token_that_is_printed(folder: Path) -> None:
    with gallery("--out", folder, "--host", "0.0.0.0") as shown:
        token = urlsplit(shown.address).query.removeprefix("token=")
        assert len(token) >= 40
        assert shown.get("/")[0] == 401
        assert shown.get("/", Authorization=f"Bearer {token}")[0] == 200
        assert shown.get("/healthz")[0] == 200


def test_a_token_of_ones_own_is_not_printed(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("twenty-one-characters\n")
    with gallery("--out", folder, "--token-file", tmp_path / "token") as shown:
        assert "token" not in shown.address
        assert shown.get("/")[0] == 401
        assert shown.get("/?token=twenty-one-characters")[0] == 200


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--token-file", "none"], "--token-file none cannot be read"),
        (["--token-file", "short"], "--token-file short holds no token of 16 plain characters or more; make one:"),
        (["--host", "no such host"], "--host no such host: "),
        (["--host", "203.0.113.7", "--port", "0"], "cannot listen on 203.0.113.7 port 0 (Cannot assign"),
    ],
)  # fmt: skip
def test_wrong_options_are_told_in_one_line(
    folder: Path, call: Call, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, arguments: list[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "short").write_text("short")
    result = call("gallery", "--out", folder, *arguments)
    assert (result.status, result.out, result.err.count("\n")) == (2, "", 1)
    assert result.err.startswith(f"nhr: {said}")


def test_nothing_to_show_is_told_in_one_line(call: Call, tmp_path: Path) -> None:
    result = call("gallery", "--out", tmp_path)
    assert (result.status, result.err.count("\n")) == (2, 1)
    assert "nothing was mined into" in result.err


def test_a_bucket_is_shown_and_left_as_it_is(
    campaign: Campaign, s3_server: s3.Server, s3_bucket: str, tmp_path: Path
) -> None:
    settings = s3s.settings(s3_server, s3_bucket)
    with opened(None, settings) as place:
        for key in campaign.blobs.list(""):
            place.blobs.put(key, campaign.blobs.get(key))
        before = list(place.blobs.list(""))
        with gallery(
            NHR_S3=s3_server.endpoint, NHR_S3_BUCKET=s3_bucket, NHR_S3_ACCESS_KEY=s3_server.access_key,
            NHR_S3_SECRET_KEY=s3_server.secret_key, XDG_CACHE_HOME=str(tmp_path),
        ) as shown:  # fmt: skip
            assert shown.name == f"{s3_server.endpoint}/{s3_bucket}"
            assert shown.triplets() == len(campaign.triplets)
            assert shown.get(f"/thumb/{campaign.triplets[0].after.sha256}")[0] == 200
            assert shown.get("/live")[0] == 200
        assert list(place.blobs.list("")) == before
    assert list(tmp_path.glob("nhr/gallery/*/gallery.sqlite"))
