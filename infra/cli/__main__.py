"""`python -m infra.cli` is `nhr`."""

from infra.cli import main

main()
