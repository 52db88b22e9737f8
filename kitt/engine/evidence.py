"""What was measured of quantised networks, by what they are made of: so that one built anew is known to be as good.

Two files of one form: `calibration/gates.json` comes with kitt, `engines/gates.json` holds what was measured here.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from dataclasses import asdict
from pathlib import Path
from typing import Any

from kitt.engine.convert import VERSION
from kitt.engine.files import appearing, locked
from kitt.engine.manifest import Gate, gate_of
from kitt.errors import KittError
from kitt.places import calibration, engines

FILE = "gates.json"


def key(network: str, ranges: str, encoding: str, float_layers: Collection[str] = ()) -> str:
    """What a quantised network is made of, whatever its input size, as a digest.

    network: fingerprint of the float network; ranges: digest of the activation ranges.
    """
    text = "\n".join([str(VERSION), network, ranges, encoding, *sorted(float_layers)])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def find(wanted: str) -> Gate | None:
    """What was measured of the network of this key: here, else by those who made kitt."""
    for folder in (engines(), calibration()):
        if found := _read(folder / FILE).get(wanted):
            return gate_of(found["gate"])
    return None


def record(wanted: str, model: str, encoding: str, gate: Gate, folder: Path | None = None) -> Path:
    """Keep what was measured, in the folder of engines unless told another. Raises KittError when it cannot."""
    path = (folder or engines()) / FILE
    with locked(path):
        known = _read(path) | {wanted: {"model": model, "encoding": encoding, "gate": asdict(gate)}}
        rows = sorted(known.items(), key=lambda item: (item[1]["model"], item[1]["encoding"], item[0]))
        with appearing(path) as part:
            part.write_text(json.dumps(dict(rows), indent=1, allow_nan=False) + "\n", encoding="utf-8")
    return path


def _read(path: Path) -> dict[str, dict[str, Any]]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        for row in found.values():
            gate_of(row["gate"])
    except FileNotFoundError:
        return {}
    except OSError as e:
        raise KittError(f"{path}: cannot read what was measured: {e.strerror or e}") from e
    except (ValueError, TypeError, KeyError, AttributeError) as e:
        raise KittError(f"{path}: damaged ({type(e).__name__}: {e}); delete it and measure anew: kitt build") from None
    return dict(found)
