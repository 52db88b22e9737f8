"""What flows between the organs: frozen dataclasses over parallel NumPy arrays.

Units stand in names (`t_ns`, `distance_m`, `ttc_s`). Pixels are those of the camera's picture, origin at
its upper left, x to the right, y down; a box is `x1 y1 x2 y2`. Unknown numbers are NaN, unknown ids -1.
Time is integer nanoseconds: of the Unix epoch where the recording has it, else since the recording's start.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
U8 = NDArray[np.uint8]
Bools = NDArray[np.bool_]

CLASSES = ("person", "bicycle", "car", "motorcycle", "bus", "truck", "traffic light", "stop sign")
"""kitt's eight classes; `class_id` is the index into this tuple."""
PERSON, BICYCLE, CAR, MOTORCYCLE, BUS, TRUCK, TRAFFIC_LIGHT, STOP_SIGN = range(8)
VEHICLES = (CAR, MOTORCYCLE, BUS, TRUCK)
COCO_IDS = (1, 2, 3, 4, 6, 8, 10, 13)
"""COCO category id of each of `CLASSES` (the 90-id list of the annotation files)."""
COCO_INDICES = (0, 1, 2, 3, 5, 7, 9, 11)
"""Index of each of `CLASSES` in the 80 gap-free COCO names, the order of YOLO and NanoDet models."""

LIGHTS = ("unknown", "red", "yellow", "green", "off")
"""States of a traffic light; `light` is the index into this tuple."""
LIGHT_UNKNOWN, LIGHT_RED, LIGHT_YELLOW, LIGHT_GREEN, LIGHT_OFF = range(5)

LANGUAGES = ("en", "fr", "es")


@dataclass(frozen=True, eq=False)
class Frame:
    """One picture of one camera. `image` is uint8 (H, W, 3), blue-green-red as OpenCV has it; never written to."""

    index: int
    t_ns: int
    image: U8
    topic: str = "/camera/front/image"

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in pixels."""
        return int(self.image.shape[1]), int(self.image.shape[0])


@dataclass(frozen=True, eq=False)
class Detections:
    """Objects in one frame, strongest first.

    xyxy: float32 (N, 4); score: float32 (N,) in 0..1; class_id: int64 (N,) index into CLASSES.
    """

    xyxy: F32
    score: F32
    class_id: I64

    @staticmethod
    def empty() -> Detections:
        return Detections(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros(0, np.int64))

    def __len__(self) -> int:
        return len(self.score)

    def __getitem__(self, pick: Any) -> Detections:
        """Rows by mask, slice or index array."""
        return Detections(self.xyxy[pick], self.score[pick], self.class_id[pick])

    @staticmethod
    def concat(parts: list[Detections]) -> Detections:
        if not parts:
            return Detections.empty()
        return Detections(
            np.concatenate([p.xyxy for p in parts]),
            np.concatenate([p.score for p in parts]),
            np.concatenate([p.class_id for p in parts]),
        )


@dataclass(frozen=True, eq=False)
class Tracks:
    """Objects followed over time, as of one frame; rows are confirmed tracks, ascending id.

    id: int64 (N,) unique within a replay, never reused; xyxy: float32 (N, 4) filtered box;
    class_id: int64 (N,) voted class; score: float32 (N,) of the latest matched detection;
    age_s: float32 (N,) since the track's first detection; unseen_s: float32 (N,) since its latest detection
    (0 when matched in this frame); scale_rate: float32 (N,) d(ln size)/dt in 1/s, positive when it grows;
    scale_rate_std: float32 (N,) its standard deviation.
    """

    id: I64
    xyxy: F32
    class_id: I64
    score: F32
    age_s: F32
    unseen_s: F32
    scale_rate: F32
    scale_rate_std: F32

    @staticmethod
    def empty() -> Tracks:
        f = np.zeros(0, np.float32)
        i = np.zeros(0, np.int64)
        return Tracks(i, np.zeros((0, 4), np.float32), i, f, f, f, f, f)

    def __len__(self) -> int:
        return len(self.id)

    def __getitem__(self, pick: Any) -> Tracks:
        return Tracks(*(getattr(self, f.name)[pick] for f in fields(self)))


@dataclass(frozen=True, eq=False)
class Scene:
    """What the road reading makes of one frame: the tracks, and for each row of them

    distance_m: float32 (N,) along the road from the camera to the object's near side; distance_std_m: float32 (N,);
    lateral_m: float32 (N,) of the object's middle from the car's axis, positive to the right;
    ttc_s: float32 (N,) time to collision, NaN when it does not come nearer or is not known;
    in_path: bool (N,); light: int64 (N,) index into LIGHTS (LIGHT_UNKNOWN for what is no light).
    lead_id: track id of the vehicle ahead in the path, -1 for none.
    horizon_y_px: where the road reading has the horizon.
    """

    index: int
    t_ns: int
    tracks: Tracks
    distance_m: F32
    distance_std_m: F32
    lateral_m: F32
    ttc_s: F32
    in_path: Bools
    light: I64
    lead_id: int
    horizon_y_px: float


@dataclass(frozen=True)
class Signals:
    """The car's own state as last heard. `speed_mps` is None while unknown or older than its time limit."""

    speed_mps: float | None = None


@dataclass(frozen=True)
class Warning:
    """One warning given to the driver, with the evidence that fired it.

    `numbers` holds the figures of the condition (`ttc_s`, `distance_m`, `speed_mps`, ...); `priority` 0 is the
    most urgent. `track_id` is -1 where no object is behind it (camera lost).
    """

    event: str
    priority: int
    t_ns: int
    frame_index: int
    track_id: int
    text: str
    language: str
    numbers: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Notice:
    """Something that happened to the replay itself, as it stands in events.jsonl: a picture that could not be read, a
    record left out for its time, a gap, a lost speed. `event` is what to count by, `text` says it in words."""

    t_ns: int
    event: str
    text: str


@dataclass(frozen=True, eq=False)
class Utterance:
    """Speech rendered to sound: int16 (n,) mono at `rate_hz`."""

    text: str
    language: str
    rate_hz: int
    samples: NDArray[np.int16]


@dataclass(frozen=True, eq=False)
class AudioChunk:
    """Sound for the ears: float32 (n,) mono within -1..1 at 16 kHz, its first sample at `t_ns`."""

    t_ns: int
    samples: F32


@dataclass(frozen=True)
class Candidate:
    """What an utterance may have meant.

    Scores are logarithms against the free phone loop, 0 the perfect fit: `score` a phone over its `phones` phones,
    `worst_word` the mean over the phones of the word that fits worst.
    """

    intent: str
    slots: dict[str, str | int]
    text: str
    score: float
    phones: int = 0
    worst_word: float = 0.0


@dataclass(frozen=True)
class Heard:
    """One utterance, accepted as a command or not.

    t_start_ns, t_end_ns: of the words. `confidence` in 0..1. A `rejected` one carries the `reason` and, in `intent`
    and `text`, what it came nearest to. `wake` is the wake phrase that went before, "" without one, `wake_score` its
    log score a phone. `n_best` holds the likeliest intents, best first. `notes`: what was wrong with the sound.
    """

    t_start_ns: int
    t_end_ns: int
    language: str
    intent: str
    slots: dict[str, str | int]
    text: str
    confidence: float
    rejected: bool
    reason: str
    wake: str = ""
    wake_score: float = 0.0
    n_best: tuple[Candidate, ...] = ()
    cpu_s: float = 0.0
    notes: tuple[str, ...] = ()
