"""Where kitt keeps what it fetches and makes: `engines/` and `drives/` of the checkout, else of the data folder."""

from __future__ import annotations

import os
from pathlib import Path

_CHECKOUT = Path(__file__).resolve().parent.parent


def home() -> Path:
    """KITT_HOME if set; the checkout kitt runs from; else ~/.local/share/kitt (XDG base directories)."""
    if chosen := os.environ.get("KITT_HOME"):
        return Path(chosen)
    if _in_checkout():
        return _CHECKOUT
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "kitt"


def engines() -> Path:
    """The folder of weights and engines."""
    return home() / "engines"


def shipped() -> Path:
    """The folder of the weights that come with kitt: of the checkout, else of the installed package."""
    return _CHECKOUT / "engines" if _in_checkout() else Path(__file__).resolve().parent / "_engines"


def calibration() -> Path:
    """The folder of activation ranges: of KITT_HOME where it has one, of the checkout, else of the package."""
    if (own := home() / "calibration").is_dir():
        return own
    return _CHECKOUT / "calibration" if _in_checkout() else Path(__file__).resolve().parent / "_calibration"


def sample_drive() -> Path:
    """The drive that `kitt replay` runs without an argument, made by `kitt sample`."""
    return home() / "drives" / "sample.mcap"


def _in_checkout() -> bool:
    return (_CHECKOUT / "pyproject.toml").is_file() and (_CHECKOUT / "engines").is_dir()
