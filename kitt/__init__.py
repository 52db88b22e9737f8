"""kitt: the open-source co-pilot for the car; it sees, hears and talks, on the device, offline.

>>> import kitt
>>> for result in kitt.replay("drive.mcap"):            # doctest: +SKIP
...     for warning in result.warnings:
...         print(warning.t_ns, warning.text, warning.numbers)
>>> ears = kitt.Ears(language="en")                         # doctest: +SKIP
>>> [heard.intent for heard in ears.listen(samples, 16_000) if not heard.rejected]    # doctest: +SKIP
>>> mind = kitt.Assistant(language="en")                    # doctest: +SKIP
>>> for result in kitt.replay("drive.mcap", to_s=12.5):     # doctest: +SKIP
...     mind.see(result.scene, result.signals, result.warnings)
>>> mind.read("how far is the car ahead?", result.frame.t_ns, kitt.Reader()).said    # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kitt.api import replay as replay
    from kitt.ears.engine import Ears as Ears
    from kitt.mind.assistant import Assistant as Assistant
    from kitt.mind.reading import Reader as Reader

__version__ = "0.1.0"
__all__ = ["Assistant", "Ears", "Reader", "__version__", "replay"]


def __getattr__(name: str) -> Any:
    # `kitt --help` must not pay for OpenCV and the rest
    if name == "replay":
        from kitt.api import replay

        return replay
    if name == "Ears":
        from kitt.ears.engine import Ears

        return Ears
    if name == "Assistant":
        from kitt.mind.assistant import Assistant

        return Assistant
    if name == "Reader":
        from kitt.mind.reading import Reader

        return Reader
    raise AttributeError(f"module 'kitt' has no attribute {name!r}")
