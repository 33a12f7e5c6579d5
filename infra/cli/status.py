"""To come."""

import typer


def register(cli: typer.Typer) -> None:
    """Add the commands."""
