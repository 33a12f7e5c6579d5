"""`nhr demo`: the whole thing on one machine in a few minutes, from scenes and photographs to a data set to load."""

import json
from importlib import resources
from pathlib import Path
from shutil import copyfile
from typing import Annotated

import typer
from rich.console import Console, Group
from rich.text import Text

from infra import settings as environment
from infra.cli import card, common, data, pack, standing
from infra.cli.mine import mine
from infra.cli.signals import stopped_by_signals
from infra.cli.up import View
from infra.cluster.status import Observer, where
from infra.wiring import Cluster, crew, packages_of_the_cluster
from schemas.errors import UserError
from streams import shelf

SCENES, SCENE_TRIPLETS = "grammar", 170
CLUSTER_SCENES = 120
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
    cli.command("demo", short_help="Mine scenes and photographs in a few minutes, with a page and a data set.")(demo)


def demo(
    out: Annotated[Path, typer.Option(help="Folder of the data.")] = Path("nhr-data/demo"),
    photos: Annotated[
        Path | None, typer.Option(help="Folder of your own photographs (default: a few that a package ships).")
    ] = None,
    cluster: Annotated[
        bool, typer.Option("--cluster", help="Scenes only, through a real Kafka and a real S3 server that it starts.")
    ] = False,
) -> None:
    """Mine drawn scenes and photographs into one folder, write the page, pack the data set, and say where it all is.

    No services, no GPU, no keys: the scenes are drawn and edited by simulated models, the photographs by exact
    photographic operations that are measured, not guessed. Run again, it goes on where it was. With --cluster the same
    models work as processes of their own over Kafka and S3, as they would on many machines (it needs Java and Maven).
    """
    if cluster:
        _through_the_cluster(out)
        return
    typer.echo("1/4  scenes: drawn, edited and judged by simulated models")
    mine(prompts=SCENES, campaign="scenes", target=SCENE_TRIPLETS, out=out)
    folder = photos.expanduser() if photos else _shipped(out / "photographs")
    typer.echo(f"2/4  photographs: {folder}, exact operations, judged by measurement")
    mine(prompts=f"photos:path={folder},edits={EDITS_PER_PHOTO}", campaign="photographs", out=out)
    typer.echo("3/4  the page")
    data.report(out=out)
    typer.echo("4/4  the data set: packed, with its card")
    pack.pack(out=out)
    card.card(out=out)
    count = sum(1 for _ in (out / "shelf" / "triplets").rglob("*.json"))
    packed = out / "packed"
    typer.echo(
        f"\n{count} triplets\n  page:      {out / 'report.html'}\n  data set:  {packed}  (its card: README.md)\n"
        f"  load it:   datasets.load_dataset({str(packed)!r})    `make setup-models` brings `datasets`\n"
        f"  next:      nhr export --out {out} --to DIR    nhr show ID --out {out}    nhr mine --help"
    )


def _through_the_cluster(folder: Path) -> None:
    """Mine scenes with every role as a process; tell how it stands and write the page while the servers are up."""
    with packages_of_the_cluster():
        from infra.cluster import up
    from infra.report import build

    wanted = up.Wanted("grammar", "scenes", "paper", crew("grammar", {}, {}), CLUSTER_SCENES)
    page = folder / "report.html"
    with (
        stopped_by_signals() as stop, View() as view,
        up.servers(common.made(folder, "--out"), environment.from_environment(), view.say) as given,
    ):  # fmt: skip
        view.say(f"{sum(1 for _ in wanted.children())} processes mine {CLUSTER_SCENES} scenes; logs: {folder / 'logs'}")

        def tell(stores: Cluster) -> None:
            view.close()
            status = Observer(stores, where(environment.from_environment(given))).look()
            Console(highlight=False).print(Group(Text(), standing.drawn(status), Text()))
            with common.progress("pictures") as told:
                build(stores.blobs, page, progress=told)
            count = sum(1 for _ in stores.blobs.list(shelf.TRIPLETS))
            typer.echo(f"{count} triplets through Kafka and S3\n  page:  {page}\n  next:  nhr up --help\n")

        if not up.run(wanted, folder, given, stop, view.say, view.show, tell):
            raise typer.Exit(130)


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
