"""`python -m kitt` is `kitt`."""

from kitt.cli.app import main

main()
