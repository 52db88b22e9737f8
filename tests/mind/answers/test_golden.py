"""Every question in three languages, word for word: golden.toml is what speakers of the languages read and accept."""

import sys
from pathlib import Path

import pytest

from kitt.mind.answers import INTENTS, answer
from kitt.types import LANGUAGES
from tests.mind.answers.golden import QUESTIONS, VIEWS

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

SAID = tomllib.loads((Path(__file__).parent / "golden.toml").read_text(encoding="utf-8"))["said"]


def test_the_table_answers_every_question_asked() -> None:
    assert [(s["scene"], s["intent"], s["slots"], s["units"]) for s in SAID] == list(QUESTIONS)
    assert {s["intent"] for s in SAID} == set(INTENTS)


@pytest.mark.parametrize("said", SAID, ids=lambda s: f"{s['scene']}-{s['intent']}-{'-'.join(map(str, s['slots']))}")
@pytest.mark.parametrize("language", LANGUAGES)
def test_it_says_so(said: dict, language: str) -> None:
    got = answer(said["intent"], said["slots"], VIEWS[said["scene"]], language, said["units"])
    assert got.text == said[language]
