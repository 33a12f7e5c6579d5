"""`nhr policy`: show and check policies."""

from typing import Annotated

import typer

from streams.rules import policy as policies

HELP = """Show and check policies: how many attempts, which bars, inversion, composition, further texts.

\b
To mine by a policy of your own:
  nhr policy show thrifty > mine.toml
  nhr policy check mine.toml
  nhr mine --policy mine.toml
"""


def register(cli: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help=HELP, short_help="Show and check policies.", no_args_is_help=True)
    group.command("show", short_help="Print a policy as TOML, or list those shipped.")(show)
    group.command("check", short_help="Say whether a policy is valid.")(check)
    cli.add_typer(group, name="policy")


def show(
    name: Annotated[
        str, typer.Argument(metavar="POLICY", help="A shipped policy or a TOML file; without it, the shipped ones.")
    ] = "",
) -> None:
    """Print a policy as TOML, ready to be copied and changed; or list the policies shipped."""
    if not name:
        for shipped in policies.shipped():
            typer.echo(f"{shipped:10} {policies.read(shipped).summary}")
        return
    policy = policies.read(name)
    typer.echo(f"# policy id {policy.policy_id}\n{policies.text(name)}", nl=False)


def check(
    path: Annotated[str, typer.Argument(metavar="POLICY", help="A shipped policy or a TOML file.")],
) -> None:
    """Say whether a policy is valid, and what it comes to."""
    policy = policies.read(path)
    waves = " + ".join(str(size) for size in policy.waves)
    bars = policy.bars("", "")
    survivors = "1 survives" if policy.survivors == 1 else f"{policy.survivors} survive"
    typer.echo(
        f"{path}: valid policy {policy.name!r}, id {policy.policy_id}\n"
        f"  attempts {waves}, until {survivors}; adherence >= {bars.adherence}, "
        f"aesthetics >= {bars.aesthetics}\n"
        f"  inversion {'on' if policy.inversion.enabled else 'off'}, "
        f"composition {'on' if policy.composition.enabled else 'off'}, "
        f"further texts: {', '.join(policy.texts.forms) or 'none'}; licences: {policy.licences}"
    )
