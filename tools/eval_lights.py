"""Traffic-light colours against two labelled sets: `python tools/eval_lights.py ../shared/data [--show SHEET.png]`.

light_seoul has boxes of whole heads. light_korea has boxes of lit lamps: lamps of one head are joined and the box is
grown to the head that must be around them (red first, green last; four lamps where an arrow is lit). Pictures of both
were stretched to squares and are brought back to 16:9 and 4:3. The reader's limits were set by hand after a look at
all heads, so the odd files are no unseen test; boxes moved and resized as a detector's are, pictures at half size, and
boxes that hold no lit lamp show how much the limits can bear.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from kitt.eyes.light import LightReader
from kitt.types import I64, LIGHT_GREEN, LIGHT_OFF, LIGHT_RED, LIGHT_UNKNOWN, LIGHT_YELLOW, LIGHTS, U8

TRUTH = (LIGHT_GREEN, LIGHT_RED, LIGHT_YELLOW)
ARROW = 3
KOREA_UPRIGHT = {("14", 2): 4, ("15", 2): 4, ("16", 2): 4, ("17", 0): 4, ("27", 2): 3, ("28", 2): 3}
"""Upright heads with one lamp lit (end of the file's name, which head of it) and how many lamps they have, by eye."""


@dataclass(frozen=True)
class Head:
    """A labelled head: picture, box x1 y1 x2 y2 in it, true colour, and the index of its file in its set."""

    name: str
    file: int
    image: U8
    box: tuple[float, float, float, float]
    light: int


def read_boxes(folder: Path, aspect: float) -> list[tuple[str, int, U8, list[tuple[int, list[float]]]]]:
    """Pictures widened to `aspect` with their boxes (class, x1 y1 x2 y2) in pixels."""
    out = []
    for number, label in enumerate(sorted((folder / "labels").glob("*.txt"))):
        image = cv2.imread(str(next((folder / "images").glob(label.stem + ".*"))))
        height = image.shape[0]
        width = round(height * aspect)
        image = cv2.resize(image, (width, height), interpolation=cv2.INTER_LINEAR)
        boxes = []
        for line in label.read_text().splitlines():
            if line.strip():
                kind, x, y, w, h = (float(v) for v in line.split())
                box = [(x - w / 2) * width, (y - h / 2) * height, (x + w / 2) * width, (y + h / 2) * height]
                boxes.append((int(kind), box))
        out.append((label.stem, number, image, boxes))
    return out


def seoul(root: Path) -> list[Head]:
    heads = []
    for name, number, image, boxes in read_boxes(root / "light_seoul", 16 / 9):
        for kind, box in boxes:
            heads.append(Head(name, number, image, tuple(box), LIGHT_RED if kind == ARROW else TRUTH[kind]))
    return heads


def korea(root: Path) -> list[Head]:
    heads = []
    for name, number, image, boxes in read_boxes(root / "light_korea", 4 / 3):
        left = list(boxes)
        ordinal = 0
        while left:
            group = [left.pop(0)]
            near = [b for b in left if _same_head(group[0][1], b[1])]
            left = [b for b in left if not any(b is n for n in near)]
            group += near
            lamps = KOREA_UPRIGHT.get((name.rsplit("_", 1)[-1], ordinal), 0)
            heads.append(Head(name, number, image, _grow(group, lamps), _colour({k for k, _ in group})))
            ordinal += 1
    return heads


def _same_head(a: list[float], b: list[float]) -> bool:
    size = max(a[2] - a[0], a[3] - a[1])
    dx, dy = abs(a[0] + a[2] - b[0] - b[2]) / 2, abs(a[1] + a[3] - b[1] - b[3]) / 2
    return (dx < 3.8 * size and dy < 0.9 * size) or (dy < 3.8 * size and dx < 0.5 * size)


def _colour(kinds: set[int]) -> int:
    return LIGHT_RED if 1 in kinds else LIGHT_YELLOW if 2 in kinds else LIGHT_GREEN


def _grow(group: list[tuple[int, list[float]]], upright_lamps: int) -> tuple[float, float, float, float]:
    """The head around its lit lamps. Upright where told, or where two lamps stand above one another; else lying."""
    boxes = np.array([b for _, b in group])
    kinds = {k for k, _ in group}
    x1, y1, x2, y2 = boxes[:, 0].min(), boxes[:, 1].min(), boxes[:, 2].max(), boxes[:, 3].max()
    size = float((boxes[:, 2:] - boxes[:, :2]).mean())
    length = (4.3 if ARROW in kinds or 2 in kinds else 3.3) * size
    rim = 0.15 * size
    if upright_lamps:
        return (x1 - rim, y1 - rim, x2 + rim, y1 - rim + (upright_lamps + 0.2) * size)
    if y2 - y1 > 1.6 * (x2 - x1):
        return (x1 - rim, y2 + rim - length, x2 + rim, y2 + rim)
    if 1 in kinds:
        return (x1 - rim, y1 - rim, x1 - rim + length, y2 + rim)
    if 2 in kinds:
        return (x1 - rim - 1.1 * size, y1 - rim, x1 - rim - 1.1 * size + length, y2 + rim)
    end = x2 + rim + (0.0 if 0 in kinds else 1.05 * size)
    return (end - length, y1 - rim, end, y2 + rim)


def crops_without_lamp(heads: list[Head]) -> list[Head]:
    """The dark two thirds of heads whose last lamp is lit: what a light seen from behind looks like."""
    out = []
    for h in heads:
        x1, y1, x2, y2 = h.box
        if h.light == LIGHT_GREEN and x2 - x1 > 1.5 * (y2 - y1):
            out.append(Head(h.name, h.file, h.image, (x1, y1, x1 + 0.5 * (x2 - x1), y2), LIGHT_UNKNOWN))
    return out


def crops_beside(heads: list[Head], seed: int = 3) -> list[Head]:
    """Boxes of a head's size at random places around it that do not touch it: what a false detection shows."""
    rng = np.random.default_rng(seed)
    out = []
    for h in heads:
        x1, y1, x2, y2 = h.box
        for _ in range(4):
            dx, dy = rng.uniform(-4, 4) * (x2 - x1), rng.uniform(-4, 4) * (y2 - y1)
            box = (x1 + dx, y1 + dy, x2 + dx, y2 + dy)
            others = [o.box for o in heads if o.name == h.name]
            touches = any(box[0] < o[2] and o[0] < box[2] and box[1] < o[3] and o[1] < box[3] for o in others)
            inside = box[0] >= 0 and box[1] >= 0 and box[2] <= h.image.shape[1] and box[3] <= h.image.shape[0]
            if inside and not touches:
                out.append(Head(h.name, h.file, h.image, box, LIGHT_UNKNOWN))
    return out


def moved(heads: list[Head], share: float, seed: int) -> list[Head]:
    """Heads with each side of the box moved by `share` (standard deviation) of the head's size on that axis."""
    rng = np.random.default_rng(seed)
    out = []
    for h in heads:
        x1, y1, x2, y2 = h.box
        box = np.array(h.box) + rng.normal(0, share, 4) * np.array([x2 - x1, y2 - y1, x2 - x1, y2 - y1])
        out.append(replace(h, box=(float(box[0]), float(box[1]), float(box[2]), float(box[3]))))
    return out


def halved(h: Head) -> Head:
    small = cv2.resize(h.image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    x1, y1, x2, y2 = (v / 2 for v in h.box)
    return replace(h, image=np.asarray(small), box=(x1, y1, x2, y2))


def report(title: str, heads: list[Head]) -> tuple[int, int, int]:
    """Prints stated and right shares with the confusion; returns (heads, stated, right)."""
    truth = np.array([h.light for h in heads])
    said = read(heads)
    stated = (said != LIGHT_UNKNOWN) & (said != LIGHT_OFF)
    right = stated & (said == truth)
    n, k, r = len(heads), int(stated.sum()), int(right.sum())
    print(f"{title}: {n} heads, stated {k} ({k / n:.0%}), of these right {r} ({r / max(k, 1):.1%})")
    for light in (LIGHT_RED, LIGHT_YELLOW, LIGHT_GREEN):
        row = [f"{name} {int(((truth == light) & (said == i)).sum())}" for i, name in enumerate(LIGHTS)]
        print(f"    {LIGHTS[light]:7s} said as: " + ", ".join(row))
    return n, k, r


def read(heads: list[Head]) -> I64:
    reader = LightReader()
    return np.array([reader.process(h.image, np.array([h.box], np.float32))[0][0] for h in heads], np.int64)


def sheet(heads: list[Head], path: Path, columns: int = 12) -> None:
    """Draws heads that were read wrongly or not at all, with truth and reading."""
    said = read(heads)
    picked = [(h, s) for h, s in zip(heads, said, strict=True) if s != h.light]
    canvas = np.zeros((110 * (len(picked) // columns + 1), 130 * columns, 3), np.uint8)
    for k, (h, s) in enumerate(picked):
        x1, y1, x2, y2 = (round(v) for v in h.box)
        crop = h.image[max(y1 - 4, 0) : y2 + 4, max(x1 - 4, 0) : x2 + 4]
        scale = min(126 / crop.shape[1], 86 / crop.shape[0])
        crop = cv2.resize(crop, None, fx=scale, fy=scale, interpolation=cv2.INTER_NEAREST)
        top, left = k // columns * 110, k % columns * 130
        canvas[top : top + crop.shape[0], left : left + crop.shape[1]] = crop
        text = f"{LIGHTS[h.light]}: {LIGHTS[s]}"
        cv2.putText(canvas, text, (left, top + 104), cv2.FONT_HERSHEY_PLAIN, 0.9, (255, 255, 255), 1)
    cv2.imwrite(str(path), canvas)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder that holds light_seoul and light_korea")
    parser.add_argument("--show", type=Path, help="write a sheet of all heads not read right")
    args = parser.parse_args()
    sets = {"light_seoul": seoul(args.data), "light_korea": korea(args.data)}
    for name, heads in sets.items():
        report(f"{name}, even files", [h for h in heads if h.file % 2 == 0])
        report(f"{name}, odd files", [h for h in heads if h.file % 2 == 1])
    every = [h for heads in sets.values() for h in heads]
    report("both, odd files", [h for h in every if h.file % 2 == 1])
    report("both, all", every)
    report("both, box sides moved by 10 % (sd)", [h for seed in range(3) for h in moved(every, 0.10, seed)])
    report("both, box sides moved by 20 % (sd)", [h for seed in range(3) for h in moved(every, 0.20, seed)])
    report("both, pictures at half size", [halved(h) for h in every])
    empty = {"dark parts of heads": crops_without_lamp(every), "boxes beside heads": crops_beside(every)}
    for title, crops in empty.items():
        said = read(crops)
        wrong = [f"{name} {int((said == i).sum())}" for i, name in enumerate(LIGHTS)]
        print(f"{title}: {len(crops)}, said as: " + ", ".join(wrong))
    if args.show:
        sheet(every, args.show)


if __name__ == "__main__":
    main()
