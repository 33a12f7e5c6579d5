"""The README's table of models, from what the plug-ins say of themselves: `python -m infra.cli.readme` renews it."""

from pathlib import Path

from infra.cli.models import table
from schemas.errors import UserError

README = Path(__file__).parents[2] / "README.md"
BEGIN, END = "<!-- models: `make readme-models` -->", "<!-- end of models -->"


def renewed(text: str) -> str:
    """The README's text with the table as it should be; raises `UserError` where it has no place for it."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise UserError(f"the README has no {BEGIN} with {END} after it", "put both lines where the table belongs")
    return "\n".join([f"{before}{BEGIN}", *table(), f"{END}{after}"])


def main() -> None:
    """Renew the README."""
    README.write_text(renewed(README.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
