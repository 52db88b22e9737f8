"""kitt never says that something is safe, that the road is clear, or that one may go: not in any wording that ships."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import kitt
from kitt.mind.warnings import TABLE
from kitt.types import LANGUAGES

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

MIND = Path(kitt.__file__).parent / "mind"
FILES = sorted(p for p in MIND.rglob("*.toml") if p.stem in LANGUAGES)
"""What kitt says; what it understands (typed_grammars/, the ears' grammars) are other files."""
VERDICTS = {
    "en": r"safe\w*|unsafe|secure\w*|harmless|risk\w*|danger\w*|all clear|(road|way|coast|path) is (clear|free|empty)"
    r"|you (can|may|could) (go|drive|cross|pull out|overtake|pass|turn)|go ahead|good to go|nothing (is )?coming",
    "fr": r"sûre?s?|sûrement|sécurit\w*|sans (danger|risque)|danger\w*|(voie|route) est (libre|dégagée)|dégagée?s?"
    r"|vous pouvez (y aller|passer|rouler|traverser|doubler|tourner|avancer)|allez-y|vas-y|rien n'arrive",
    "es": r"segur[oa]s?|seguridad|sin (peligro|riesgo)|peligr\w*|vía libre|(carretera|calle|vía) está (libre|despejada)"
    r"|despejad[oa]s?|puede (ir|pasar|seguir|cruzar|avanzar|adelantar|girar)|adelante|no viene nad[ai]e?",
}


def texts(node: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every text of a file with its place in it."""
    if isinstance(node, str):
        yield path, node
    elif isinstance(node, dict):
        for key, value in node.items():
            yield from texts(value, f"{path}.{key}")
    elif isinstance(node, list):
        for number, value in enumerate(node):
            yield from texts(value, f"{path}[{number}]")


def test_all_wording_is_looked_at() -> None:
    assert {p.parent.relative_to(MIND).as_posix() for p in FILES} == {
        "answers/words", "persona", "talk", "vehicle/words",
    }  # fmt: skip


@pytest.mark.parametrize("file", FILES, ids=lambda p: f"{p.parent.name}/{p.name}")
def test_no_wording_is_a_verdict(file: Path) -> None:
    verdict = re.compile(rf"\b({VERDICTS[file.stem]})\b", re.IGNORECASE)
    found = [(where, text) for where, text in texts(tomllib.loads(file.read_text("utf-8"))) if verdict.search(text)]
    assert not found


def test_no_warning_is_one() -> None:
    for event in TABLE:
        for language, text in event.text.items():
            assert not re.search(rf"\b({VERDICTS[language]})\b", text, re.IGNORECASE), text
