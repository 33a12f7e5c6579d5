"""`nhr demo`: the whole thing on one machine in a few minutes, from drawn scenes and from photographs."""

import json
from importlib import resources
from pathlib import Path
from shutil import copyfile
from typing import Annotated

import typer

from infra.cli import data
from infra.cli.mine import mine
from schemas.errors import UserError

SCENE_TRIPLETS = 170
EDITS_PER_PHOTO = 8
PHOTOGRAPHS = {
    "astronaut.png": ("public domain", "NASA", "astronaut Eileen Collins in front of a shuttle model"),
    "camera.png": ("CC0", "Lav Varshney", "a photographer with a camera on a tripod"),
    "chelsea.png": ("CC0", "Stefan van der Walt", "a cat looking into the camera"),
    "coffee.png": ("CC0", "Rachel Michetti", "a cup of coffee on a wooden table"),
    "hubble_deep_field.jpg": ("public domain", "NASA", "galaxies in the Hubble deep field"),
    "retina.jpg": ("CC0", "Mikael Häggström", "the retina of a healthy eye"),
    "rocket.jpg": ("public domain", "SpaceX", "a rocket on its launch pad"),
}
"""Photographs that scikit-image ships: licence, author and what is to be seen, from that package's documentation."""


def register(cli: typer.Typer) -> None:
    """Add the command."""
    cli.command("demo", short_help="Mine scenes and photographs in a few minutes, with a page.")(demo)


def demo(
    out: Annotated[Path, typer.Option(help="Folder of the data.")] = Path("nhr-data/demo"),
    photos: Annotated[
        Path | None, typer.Option(help="Folder of your own photographs (default: a few that a package ships).")
    ] = None,
) -> None:
    """Mine drawn scenes and photographs into one folder, write the page, and say where everything is.

    No services, no GPU, no keys: the scenes are drawn and edited by simulated models, the photographs by exact
    photographic operations that are measured, not guessed. Run again, it goes on where it was.
    """
    typer.echo("1/3  scenes: drawn, edited and judged by simulated models")
    mine(prompts="grammar", campaign="scenes", target=SCENE_TRIPLETS, out=out)
    folder = photos.expanduser() if photos else _shipped(out / "photographs")
    typer.echo(f"2/3  photographs: {folder}, exact operations, judged by measurement")
    mine(prompts=f"photos:path={folder},edits={EDITS_PER_PHOTO}", campaign="photographs", out=out)
    typer.echo("3/3  the page")
    data.report(out=out)
    count = sum(1 for _ in (out / "shelf" / "triplets").rglob("*.json"))
    typer.echo(
        f"\n{count} triplets\n  page:  {out / 'report.html'}\n  data:  {out / 'shelf'}\n"
        f"  next:  nhr export --out {out} --to DIR    nhr show ID --out {out}    nhr mine --help"
    )


def _shipped(folder: Path) -> Path:
    """The photographs of scikit-image, with licence and author beside each."""
    try:
        shelf = resources.files("skimage") / "data"
    except ModuleNotFoundError:
        raise UserError(
            "no photographs: scikit-image is missing", "install NHR's demo extra or give --photos"
        ) from None
    folder.mkdir(parents=True, exist_ok=True)
    for name, (licence, author, caption) in PHOTOGRAPHS.items():
        with resources.as_file(shelf / name) as path:
            copyfile(path, folder / name)
        note = {"licence": licence, "author": author, "caption": caption}
        (folder / name).with_suffix(".json").write_text(json.dumps(note, ensure_ascii=False), encoding="utf-8")
    return folder
