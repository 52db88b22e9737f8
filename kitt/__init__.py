"""kitt: the open-source co-pilot for the car; it sees, hears and talks, on the device, offline.

>>> import kitt
>>> for result in kitt.replay("drive.mcap"):            # doctest: +SKIP
...     for warning in result.warnings:
...         print(warning.t_ns, warning.text, warning.numbers)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kitt.api import replay as replay

__version__ = "0.1.0"
__all__ = ["__version__", "replay"]


def __getattr__(name: str) -> Any:
    # `kitt --help` must not pay for OpenCV and the rest
    if name == "replay":
        from kitt.api import replay

        return replay
    raise AttributeError(f"module 'kitt' has no attribute {name!r}")
