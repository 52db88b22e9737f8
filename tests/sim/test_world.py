"""The story: it happens in its order, and its truth is arithmetic."""

import itertools

import pytest

from kitt.sim import world
from kitt.sim.world import ACTORS, DURATION_S, EGO, LEAD, LEAD_ID

LEAD_CAR = next(a for a in ACTORS if a.id == LEAD_ID)
TIMES = [k / world.FPS for k in range(world.FRAMES)]


def test_time_to_collision_is_distance_over_closing_speed() -> None:
    for t_s in TIMES:
        ttc = world.time_to_collision_s(t_s, LEAD_CAR)
        if ttc is not None:
            assert ttc * (EGO.at(t_s)[1] - LEAD.at(t_s)[1]) == pytest.approx(LEAD.at(t_s)[0] - EGO.at(t_s)[0])
        else:
            assert EGO.at(t_s)[1] - LEAD.at(t_s)[1] <= 0.05


def test_the_story_happens_in_its_order() -> None:
    events = [(w.event, w.due_s) for w in world.expected()]
    assert [e for e, _ in events] == ["light_green", "lead_departed", "forward_collision", "vulnerable_in_path"]
    assert all(a[1] < b[1] for a, b in itertools.pairwise(events))
    assert all(w.from_s <= w.due_s <= w.to_s < DURATION_S for w in world.expected())


def test_we_stand_when_the_light_turns_green_and_when_the_lead_leaves() -> None:
    green, departed = world.expected()[:2]
    assert EGO.at(green.to_s)[1] == 0.0
    assert EGO.at(departed.to_s)[1] == 0.0
    assert (world.lamp(green.due_s - 0.01), world.lamp(green.due_s)) == ("red", "green")


def test_the_collision_warning_is_due_when_two_seconds_and_four_tenths_are_left() -> None:
    due_s = world.expected()[2].due_s
    assert world.time_to_collision_s(due_s, LEAD_CAR) == pytest.approx(2.4, abs=0.01)
    assert all((world.time_to_collision_s(t, LEAD_CAR) or 99.0) > 2.4 for t in TIMES if t < due_s)


def test_nobody_comes_to_harm() -> None:
    assert min(world.gap_m(t, LEAD_CAR) for t in TIMES) > 5.0
    rider = next(a for a in ACTORS if a.id == world.RIDER_ID)
    for t in TIMES:
        x = rider.across.at(t)[0]
        if abs(x) < 2.5:
            assert world.gap_m(t, rider) > 8.0
            assert not world.CYCLIST_S_M - 5.4 < LEAD.at(t)[0] < world.CYCLIST_S_M + 1.0
        for car in (a for a in ACTORS if a.oncoming and a.kind == "car"):
            if abs(x - world.OPPOSITE_M) < 2.0:
                assert not world.CYCLIST_S_M - 5.4 < car.along.at(t)[0] < world.CYCLIST_S_M + 1.0


def test_what_must_not_warn_gives_no_cause() -> None:
    """Nobody follows too closely, and no vehicle but the lead is ever in our lane."""
    following = [t for t in TIMES if EGO.at(t)[1] > 3.0]
    assert min(world.gap_m(t, LEAD_CAR) / EGO.at(t)[1] for t in following) > 1.0
    for actor in ACTORS:
        if actor.kind == "car" and actor.id != LEAD_ID:
            assert all(abs(actor.across.at(t)[0]) > 3.0 for t in TIMES)


def test_ids_are_unique_and_start_at_one() -> None:
    assert [a.id for a in ACTORS] == list(range(1, len(ACTORS) + 1))
