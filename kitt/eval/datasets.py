"""Labelled pictures, whatever their format, as one thing: `DataSet`.

A reader is one function and one line in `READERS`; it is chosen by what lies in the folder.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from kitt.errors import KittError
from kitt.types import (
    BICYCLE,
    BUS,
    CAR,
    CLASSES,
    F32,
    I64,
    MOTORCYCLE,
    PERSON,
    TRAFFIC_LIGHT,
    TRUCK,
    U8,
    Bools,
)

DARK = 55.0
"""Mean grey below which a picture counts as dark; the limit det_bdd100k was chosen by."""
ALL = tuple(range(len(CLASSES)))


@dataclass(frozen=True, eq=False)
class Truth:
    """What is in one picture. xyxy: float32 (N, 4) pixels; class_id: int64 (N,); ignore: bool (N,), an area where a
    detection of that class is neither right nor wrong; distance_m: float32 (N,), NaN where unknown."""

    xyxy: F32
    class_id: I64
    ignore: Bools
    distance_m: F32

    @staticmethod
    def of(rows: list[tuple[list[float], int, bool, float]]) -> Truth:
        """From (box, class, ignore, distance) each."""
        boxes, ids, ignore, metres = zip(*rows, strict=True) if rows else ([], [], [], [])
        return Truth(
            np.array(boxes, np.float32).reshape(-1, 4),
            np.array(ids, np.int64),
            np.array(ignore, np.bool_),
            np.array(metres, np.float32),
        )


@dataclass(frozen=True, eq=False)
class Sample:
    """One picture. size: (width, height) it is evaluated at; stretches a file that has lost its aspect."""

    path: Path
    size: tuple[int, int]
    truth: Truth
    horizon_y_px: float | None = None

    def load(self) -> U8:
        """uint8 (H, W, 3), blue-green-red, of `size`. Raises KittError when the file is no picture."""
        image = cv2.imread(str(self.path), cv2.IMREAD_COLOR)
        if image is None:
            raise KittError(f"{self.path}: not a picture that can be read")
        if (image.shape[1], image.shape[0]) != self.size:
            image = cv2.resize(image, self.size, interpolation=cv2.INTER_LINEAR)
        return np.asarray(image, np.uint8)


@dataclass(frozen=True)
class DataSet:
    """classes: which of kitt's classes are labelled; the others say nothing about the detector."""

    name: str
    samples: list[Sample]
    classes: tuple[int, ...]


def read(folder: Path) -> DataSet:
    """The labelled pictures in a folder. Raises KittError when no reader knows it."""
    for test, reader in READERS:
        if test(folder):
            found = reader(folder)
            if not found.samples:
                raise KittError(f"{folder}: has no labelled pictures")
            return found
    raise KittError(
        f"{folder}: not a labelled set kitt knows (det_bdd100k, det_kitti13, det_highway_roboflow, det_carla, CamVid);"
        " for any other give --annotations COCO.json --images FOLDER"
    )


Names = dict[str, tuple[tuple[int, ...], tuple[int, ...]]]
"""Label name -> (kitt's classes it is, kitt's classes it is to be ignored for)."""

BDD: Names = {
    "car": ((CAR,), ()),
    "truck": ((TRUCK,), ()),
    "bus": ((BUS,), ()),
    "motorcycle": ((MOTORCYCLE,), ()),
    "bicycle": ((BICYCLE,), ()),
    "person": ((PERSON,), ()),
    "rider": ((PERSON,), ()),
    "train": ((), (BUS, TRUCK, CAR)),
    "traffic light": ((TRAFFIC_LIGHT,), ()),
    "traffic sign": ((), ()),
}
KITTI: Names = {
    "Car": ((CAR,), ()),
    "Van": ((CAR,), (TRUCK,)),
    "Truck": ((TRUCK,), ()),
    "Pedestrian": ((PERSON,), ()),
    "Person_sitting": ((PERSON,), ()),
    "Cyclist": ((PERSON,), (BICYCLE,)),
    "Tram": ((), (BUS, TRUCK)),
    "Misc": ((), ALL),
    "DontCare": ((), ALL),
}
HIGHWAY: Names = {
    "bus": ((BUS,), ()),
    "car": ((CAR,), ()),
    "motorbike": ((MOTORCYCLE,), ()),
    "person": ((PERSON,), ()),
    "truck": ((TRUCK,), ()),
}
CARLA: Names = {
    # one label for all of them: a car, unless the detector calls it a truck or a bus
    "vehicle": ((CAR,), (TRUCK, BUS)),
    "bicycle": ((BICYCLE,), ()),
    "motorcycle": ((MOTORCYCLE,), ()),
    "traffic_light": ((TRAFFIC_LIGHT,), ()),
    "traffic_sign": ((), ()),
}


def _rows(
    box: list[float], name: str, names: Names, where: str, metres: float = float("nan")
) -> list[tuple[list[float], int, bool, float]]:
    if name not in names:
        raise KittError(f"{where}: unknown label '{name}'; known: {', '.join(names)}")
    real, ignored = names[name]
    return [(box, c, False, metres) for c in real] + [(box, c, True, metres) for c in ignored]


def _labelled(names: Names) -> tuple[int, ...]:
    return tuple(sorted({c for real, _ in names.values() for c in real}))


def _yolo(
    name: str, images: Path, labels: Path, order: list[str], names: Names, size: tuple[int, int] | None
) -> DataSet:
    """Pictures with a text file each: class, centre and size as shares of the picture."""
    samples = []
    for path in sorted(images.iterdir()):
        label = labels / f"{path.stem}.txt"
        if not label.exists():
            continue
        width, height = size or _size(path)
        rows = []
        for number, line in enumerate(label.read_text().splitlines(), 1):
            if not line.strip():
                continue
            where = f"{label}:{number}"
            try:
                index, x, y, w, h = (float(v) for v in line.split()[:5])
                label_name = order[int(index)]
            except (ValueError, IndexError):
                raise KittError(f"{where}: not 'class x y width height': {line[:60]!r}") from None
            box = [(x - w / 2) * width, (y - h / 2) * height, (x + w / 2) * width, (y + h / 2) * height]
            rows += _rows(box, label_name, names, where)
        samples.append(Sample(path, (width, height), Truth.of(rows)))
    return DataSet(name, samples, _labelled(names))


def _size(path: Path) -> tuple[int, int]:
    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if image is None:
        raise KittError(f"{path}: not a picture that can be read")
    return image.shape[1], image.shape[0]


def _read_bdd(folder: Path) -> DataSet:
    """BDD100K, squeezed to squares by its passers-on: shown at the cameras' own 1280x720 again."""
    order = (folder / "classes.txt").read_text().split("\n")
    return _yolo("det_bdd100k", folder / "images", folder / "labels", order, BDD, (1280, 720))


def _read_carla(folder: Path) -> DataSet:
    order = (folder / "classes.txt").read_text().split("\n")
    return _yolo("det_carla", folder / "images", folder / "labels", order, CARLA, None)


def _read_highway(folder: Path) -> DataSet:
    """The names are those of its data.yaml, in that order."""
    valid = folder / "valid"
    return _yolo("det_highway_roboflow", valid / "images", valid / "labels", list(HIGHWAY), HIGHWAY, None)


def _read_kitti(folder: Path) -> DataSet:
    """KITTI's object format; the horizon is that of a level camera: row cy of P2."""
    samples = []
    for label in sorted((folder / "labels").glob("*.txt")):
        path = next((folder / "images").glob(f"{label.stem}.*"))
        rows = []
        for number, line in enumerate(label.read_text().splitlines(), 1):
            f = line.split()
            metres = float(f[13]) if float(f[13]) > 0 else float("nan")
            rows += _rows([float(v) for v in f[4:8]], f[0], KITTI, f"{label}:{number}", metres)
        calib = (folder / "calib" / f"{label.stem}.txt").read_text().splitlines()
        centre_y = next(float(line.split()[7]) for line in calib if line.startswith("P2:"))
        samples.append(Sample(path, _size(path), Truth.of(rows), centre_y))
    return DataSet("det_kitti13", samples, _labelled(KITTI))


def read_coco(annotations: Path, images: Path) -> DataSet:
    """A COCO instances file and the folder of its pictures. Raises KittError when it is not one or pictures miss."""
    try:
        data = json.loads(annotations.read_text(encoding="utf-8"))
        by_name = {c["id"]: c["name"] for c in data["categories"]}
        kinds = {i: CLASSES.index(n) if n in CLASSES else None for i, n in by_name.items()}
        rows: dict[int, list[tuple[list[float], int, bool, float]]] = {p["id"]: [] for p in data["images"]}
        for a in data["annotations"]:
            kind = kinds[a["category_id"]]
            if kind is not None:
                x, y, w, h = a["bbox"]
                rows[a["image_id"]].append(([x, y, x + w, y + h], kind, bool(a.get("iscrowd", 0)), float("nan")))
        samples = [
            Sample(images / p["file_name"], (p["width"], p["height"]), Truth.of(rows[p["id"]])) for p in data["images"]
        ]
    except OSError as e:
        raise KittError(f"{annotations}: cannot read: {e.strerror}") from e
    except (ValueError, KeyError, TypeError) as e:
        raise KittError(f"{annotations}: not a COCO instances file: {type(e).__name__}: {e}") from None
    labelled = tuple(sorted({k for k in kinds.values() if k is not None}))
    if not labelled:
        raise KittError(f"{annotations}: none of its categories is one of kitt's: {', '.join(CLASSES)}")
    missing = [s.path for s in samples if not s.path.is_file()]
    if missing or not samples:
        raise KittError(f"{annotations}: {len(missing)} of {len(samples)} pictures are not in {images}")
    return DataSet(annotations.stem, samples, labelled)


def _has_classes(folder: Path, *names: str) -> bool:
    file = folder / "classes.txt"
    return file.is_file() and set(names) <= set(file.read_text().split("\n"))


READERS: list[tuple[Callable[[Path], bool], Callable[[Path], DataSet]]] = [
    (lambda f: _has_classes(f, "rider", "traffic sign"), _read_bdd),
    (lambda f: _has_classes(f, "vehicle", "traffic_light"), _read_carla),
    (lambda f: (f / "calib").is_dir() and (f / "labels").is_dir(), _read_kitti),
    (lambda f: (f / "valid" / "labels").is_dir(), _read_highway),
]
