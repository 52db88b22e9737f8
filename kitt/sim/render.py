"""One picture of the story, and where everything in it is: the painter, far to near."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from kitt.sim import world
from kitt.sim.draw_cars import LENGTH_M, Paint, outline, paint_car
from kitt.sim.draw_figures import Clothes, Figure, cyclist, walker
from kitt.sim.draw_planes import Plane
from kitt.sim.draw_street import light_head, paint_bars, paint_light, paint_tree, tree_texture
from kitt.sim.textures import backdrop, road_texture, wall_texture
from kitt.sim.view import HEIGHT, WIDTH, Box, Canvas, bounds
from kitt.sim.world import ACTORS, Actor
from kitt.types import U8

SEED = 20261123
NEAREST_M, FARTHEST_M = 2.0, 140.0
"""Of the far side of things: nearer ones are beside or behind us, farther ones a few pixels."""
PAINTS = (
    Paint((44, 40, 150)),
    Paint((198, 202, 204)),
    Paint((146, 76, 34)),
    Paint((62, 60, 60)),
    Paint((96, 112, 72)),
    Paint((214, 216, 218), (90, 200, 220)),
    Paint((120, 128, 140)),
    Paint((58, 96, 160)),
)
CLOTHES = (
    Clothes(),
    Clothes(top=(140, 96, 52), trousers=(60, 58, 56)),
    Clothes(top=(70, 140, 168), trousers=(40, 40, 44)),
)
TREE_EVERY_M, LEFT_TREES_M, RIGHT_TREES_M = 14.0, -10.6, 8.4
BLUR_PX, NOISE = 0.7, 0.6
"""Softness of the lens and sensor noise (standard deviation, of 255): a drawing has neither, and looks it."""


@dataclass(frozen=True)
class Seen:
    """Where an actor is in one picture: its box in pixels (of one that the picture's edge cuts: what the picture shows
    of it, whoever stands before it), and the share of it that shows."""

    actor: Actor
    box: Box
    visible: float


class Painter:
    """Paints the story's pictures. The same seed gives the same pictures, in any order of asking."""

    def __init__(self, seed: int = SEED) -> None:
        rng = np.random.default_rng(seed)
        self._sky = backdrop(rng)
        self._road = Plane.road(road_texture(rng))
        self._walls = [Plane.wall(wall_texture(rng), x) for x in (-14.5, 12.5)]
        self._trees = [tree_texture(rng) for _ in range(3)]
        noise = rng.normal(0.0, NOISE, (HEIGHT + 64, WIDTH + 64)).astype(np.float32)
        self._noise = np.rint(cv2.GaussianBlur(noise, (0, 0), 0.5) * 1.6).astype(np.int16)
        self._seed = seed

    def paint(self, index: int) -> tuple[U8, list[Seen]]:
        """Picture number `index` (uint8 (720, 1280, 3), blue-green-red) and the actors in it, the nearest first."""
        t_s = index / world.FPS
        here = world.EGO.at(t_s)[0]
        image = self._sky.copy()
        for plane in (*self._walls, self._road):
            plane.paint(image, here)
        canvas = Canvas.on(image)
        for crossing in world.CROSSINGS_M:
            paint_bars(canvas, crossing - here, crossing + 3.6 - here, -5.0, 1.7, 0.5, 0.5)
        paint_bars(canvas, world.STOP_LINE_M - here, world.STOP_LINE_M + 0.4 - here, -1.7, 1.7, 3.4, 1.0)
        boxes = self._paint_upright(canvas, t_s, here)
        shows = canvas.visible()
        seen = [
            Seen(actor, box if _inside(box) else canvas.extent[actor.id], shows[actor.id])
            for actor, box in boxes
            if actor.id in canvas.extent
        ]
        return self._photograph(image, index), seen[::-1]

    def _paint_upright(self, canvas: Canvas, t_s: float, here: float) -> list[tuple[Actor, Box]]:
        """Everything that stands on the road or beside it, the farthest first."""
        things: list[tuple[float, int, Actor | None, float]] = []
        for k in range(int(here / TREE_EVERY_M), int((here + FARTHEST_M) / TREE_EVERY_M) + 1):
            for x, offset in ((LEFT_TREES_M, 0.0), (RIGHT_TREES_M, 6.0)):
                things.append((k * TREE_EVERY_M + offset - here, k, None, x))
        things += [(world.gap_m(t_s, a), a.id, a, a.across.at(t_s)[0]) for a in ACTORS]
        boxes = []
        for z, k, actor, x in sorted(things, key=lambda thing: (-thing[0], thing[1])):
            long = LENGTH_M if actor is not None and actor.kind == "car" else 0.0
            if not (z + long >= NEAREST_M and z <= FARTHEST_M):
                continue
            if actor is None:
                paint_tree(canvas, self._trees[k % 3], x, z, 5.6 + 0.7 * (k * 7 % 3))
            else:
                boxes.append((actor, _paint_actor(canvas, actor, x, z, t_s)))
        return boxes

    def _photograph(self, image: U8, index: int) -> U8:
        soft = cv2.GaussianBlur(image, (0, 0), BLUR_PX)
        y, x = np.random.default_rng((self._seed, index)).integers(0, 64, 2)
        grain = self._noise[y : y + HEIGHT, x : x + WIDTH, None]
        return np.asarray(np.clip(soft.astype(np.int16) + grain, 0, 255), np.uint8)


def _paint_actor(canvas: Canvas, actor: Actor, x: float, z: float, t_s: float) -> Box:
    if actor.kind == "car":
        _, speed, acceleration = actor.along.at(t_s)
        paint = PAINTS[actor.look % len(PAINTS)]
        parked = x == world.PARKED_M
        braking = not parked and (acceleration < -0.5 or speed < 0.1)
        paint_car(canvas, z, x, paint, oncoming=actor.oncoming, braking=braking, owner=actor.id)
        return bounds(outline(z, x, actor.oncoming))
    if actor.kind == "traffic light":
        paint_light(canvas, x, z, world.lamp(t_s), actor.id)
        return bounds(light_head(x, z))
    figure = _figure(actor, x, z, t_s)
    figure.paint(canvas, actor.id)
    return bounds(figure.corners())


def _figure(actor: Actor, x: float, z: float, t_s: float) -> Figure:
    clothes = CLOTHES[actor.look % len(CLOTHES)]
    if actor.id in (world.BICYCLE_ID, world.RIDER_ID):
        ridden = abs(x - actor.across.start_m)
        machine, rider = cyclist(x, z, -90.0, ridden, clothes)
        return machine if actor.id == world.BICYCLE_ID else rider
    walked = abs(actor.along.at(t_s)[0] - actor.along.start_m)
    return walker(x, z, 180.0 if actor.oncoming else 0.0, walked / 1.4, clothes)


def _inside(box: Box) -> bool:
    return box[0] >= 0 and box[1] >= 0 and box[2] <= WIDTH and box[3] <= HEIGHT
