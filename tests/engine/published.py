"""A tiny detector published under the name of lite0, its weights in the folder of engines."""

import hashlib
from dataclasses import replace

from kitt.engine import networks, pull
from kitt.engine.models import find, find_detector
from tests.engine.convert.tiny_network import tiny_efficientdet
from tests.engine.convert.writing import to_tflite

NAME = "efficientdet-lite0"
WEIGHTS = to_tflite(tiny_efficientdet())


def publish(monkeypatch, home, sizes=((96, 64), (128, 64))):
    """Put it into `home`, which becomes KITT_HOME."""
    monkeypatch.setenv("KITT_HOME", str(home))
    real = find_detector(NAME)
    model = replace(real.model, sha256=hashlib.sha256(WEIGHTS).hexdigest(), size_bytes=len(WEIGHTS))
    detector = replace(real, model=model, built_sizes=sizes)
    monkeypatch.setattr(pull, "find", lambda name: model if name == NAME else find(name))
    monkeypatch.setattr(networks, "find_detector", lambda name: detector if name == NAME else find_detector(name))
    monkeypatch.setattr(networks, "DETECTORS", (detector,))
    pull.weights_path(NAME).parent.mkdir(parents=True)
    pull.weights_path(NAME).write_bytes(WEIGHTS)
