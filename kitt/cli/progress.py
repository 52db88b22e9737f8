"""Where progress bars go."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console


def console() -> Console:
    """stderr where that is a terminal, else nowhere: into a file rich would write a line of nothing."""
    from rich.console import Console

    return Console(stderr=True, quiet=not sys.stderr.isatty())
