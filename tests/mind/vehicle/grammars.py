"""The comfort files of the grammar that ships, as plain YAML: intents, and the values that their slots may have."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

import kitt

FOLDER = Path(kitt.__file__).parent / "ears" / "grammars"
FILES = ("climate", "lights", "media", "navigation", "phone", "windows", "wipers")


def comfort_grammar(language: str, name: str) -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((FOLDER / language / f"{name}.yaml").read_text(encoding="utf-8"))
    return read


def sentences_slots(language: str, name: str) -> Iterator[tuple[str, dict[str, list[str | int]]]]:
    """Each sentence's intent, and its slots with every value that they may have."""
    grammar = comfort_grammar(language, name)
    lists = {**comfort_grammar(language, "_common").get("lists", {}), **grammar.get("lists", {})}
    for intent, body in grammar["intents"].items():
        for data in body["data"]:
            for sentence in data["sentences"]:
                slots: dict[str, list[str | int]] = {}
                for listed, _, slot in re.findall(r"\{(\w+)(:(\w+))?\}", sentence):
                    slots.setdefault(slot or listed, []).extend(_values(lists[listed]))
                yield intent, slots


def _values(entry: dict[str, Any]) -> list[str | int]:
    if "values" in entry:
        return [v["out"] for v in entry["values"]]
    span = entry["range"]
    return list(range(span["from"], span["to"] + 1, span.get("step", 1)))
