"""What was heard held against what was said, on rows made by hand."""

from typing import Any

from kitt.sim.truth import judge
from kitt.sim.truth_ears import judge_ears
from kitt.sim.truth_file import TrueSpoken, Truth, dump

SECOND = 1_000_000_000
SPOKEN = (TrueSpoken(1 * SECOND, 2 * SECOND, "en", "Look"), TrueSpoken(5 * SECOND, 6 * SECOND, "fr", "Look"))
TRUTH = Truth(1280, 720, 0, 4 * SECOND, (), (), SPOKEN)
FRAMES = [0, 4 * SECOND, 9 * SECOND]


def heard(at_s: float, language: str = "en", intent: str = "Look", rejected: bool = False) -> dict[str, Any]:
    return {
        "kind": "heard",
        "t_start_ns": round(at_s * SECOND),
        "t_end_ns": round((at_s + 0.7) * SECOND),
        "language": language,
        "intent": intent,
        "text": "look",
        "wake": "kitt",
        "rejected": rejected,
        "reason": "unclear" if rejected else "",
    }


def figures(*events: dict[str, Any], frames: list[int] = FRAMES) -> tuple[list[str], int, int, int]:
    got = judge_ears(TRUTH, frames, events, True)
    verdicts = [row["verdict"] for row in got["spoken"]]
    return verdicts, got["spoken_right"], got["spoken_missed"], got["spoken_false"]


def test_the_right_command_in_its_time_and_language_is_right() -> None:
    assert figures(heard(1.2), heard(5.2, "fr")) == (["right", "right"], 2, 0, 0)


def test_silence_another_language_and_a_rejection_are_missed() -> None:
    assert figures() == (["missed", "missed"], 0, 2, 0)
    assert figures(heard(1.2, rejected=True)) == (["missed", "missed"], 0, 2, 0)
    assert figures(heard(1.2, "es"), heard(5.2, "fr")) == (["missed", "right"], 1, 1, 1)


def test_a_command_that_nobody_gave_is_false_also_after_the_road_is_no_longer_known() -> None:
    assert figures(heard(1.2), heard(3.0), heard(5.2, "fr"), heard(8.0)) == (["right", "right"], 2, 0, 2)
    assert figures(heard(3.0, rejected=True), heard(3.0, intent=""))[3] == 0


def test_what_was_not_replayed_counts_neither_way() -> None:
    assert figures(heard(5.2, "fr"), frames=[4 * SECOND, 9 * SECOND]) == (["right"], 1, 0, 0)
    assert figures(heard(1.2), heard(5.6, "fr"), frames=[0, round(5.5 * SECOND)]) == (["right"], 1, 0, 0)


def test_ears_that_were_off_and_a_truth_without_speech_are_not_judged() -> None:
    assert judge_ears(TRUTH, FRAMES, [], False)["spoken"] is None
    assert judge(dump(Truth(1280, 720, 0, 1, (), ())), [], [heard(1.0)])["spoken"] is None


def test_a_row_tells_what_was_heard_instead() -> None:
    row, _ = judge_ears(TRUTH, FRAMES, [heard(1.2, "es")], True)["spoken"]
    assert (row["from_s"], row["at_s"], row["heard"]) == (1.0, 1.2, "kitt look (es)")
    row, _ = judge_ears(TRUTH, FRAMES, [heard(1.2, rejected=True)], True)["spoken"]
    assert row["heard"] == "unclear"
