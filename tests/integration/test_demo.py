"""`nhr demo`, small: it ends with a packed data set that has its card."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pictures

from infra.blobs.folder import FolderBlobs
from infra.cli import demo
from streams.dataset import manifests
from tests.integration.conftest import Call


@pytest.mark.slow
def test_the_demo_ends_with_a_data_set_that_has_its_card(
    tmp_path: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "SCENES", "grammar:megapixels=0.03")
    monkeypatch.setattr(demo, "SCENE_TRIPLETS", 1)
    monkeypatch.setattr(demo, "EDITS_PER_PHOTO", 2)
    photos, out = tmp_path / "photos", tmp_path / "data"
    photos.mkdir()
    noise = np.random.default_rng(1).integers(0, 256, (24, 32, 3), dtype=np.uint8)
    Pictures.fromarray(noise).resize((160, 120), Pictures.Resampling.BICUBIC).save(photos / "a.png")
    result = call("demo", "--out", out, "--photos", photos)
    assert (result.status, result.err) == (0, "")
    rows = manifests.read(FolderBlobs(out)).rows
    assert rows >= 1
    for line in (f"{rows} triplets", f"Card: {out}/packed/README.md", f"datasets.load_dataset('{out}/packed')"):
        assert line in result.out
    assert f"**{rows}**" in (out / "packed" / "README.md").read_text(encoding="utf-8")
