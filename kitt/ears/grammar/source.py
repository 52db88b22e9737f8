"""Grammar files as they are written: intents, sentences, lists and rules, each with its line.

The files are hassil's YAML (Home Assistant's sentences). hassil's own loader keeps no line numbers and finds a
missing list only when it is used, so kitt reads them itself; what kitt does not do is refused here by name.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from kitt.ears.g2p.lexicon import Entry
from kitt.ears.grammar.slot_lists import NO_STATE, SlotList, read_lists
from kitt.ears.grammar.yaml_nodes import Node, Text, Where, compose, refuse_unknown
from kitt.errors import KittError
from kitt.types import LANGUAGES

ALWAYS = "_always.yaml"
"""A grammar by itself in a folder of others: what is heard without the wake word."""

_TOP = ("language", "intents", "lists", "expansion_rules", "lexicon")
_BLOCK = ("sentences", "slots", "lists", "expansion_rules")
_NOT_TOP = {
    "skip_words": "not supported: write such words as [optional]",
    "settings": "not supported; leave it out",
    "responses": "answers are not part of a grammar; leave it out",
}
_NOT_BLOCK = {
    "requires_context": NO_STATE,
    "excludes_context": NO_STATE,
    "required_keywords": "not needed: kitt knows every sentence; leave it out",
    "response": "answers are not part of a grammar; leave it out",
    "metadata": "not supported; a fixed value goes under 'slots:'",
}


@dataclass(frozen=True)
class Block:
    """Sentences of an intent that share fixed slots and local lists and rules."""

    sentences: tuple[Text, ...]
    slots: Mapping[str, str | int]
    lists: Mapping[str, SlotList]
    rules: Mapping[str, Text]


@dataclass(frozen=True)
class Intent:
    name: str
    where: Where
    blocks: tuple[Block, ...]


_Placed = TypeVar("_Placed", SlotList, Text, Entry)


@dataclass
class Source:
    """Everything the files of one grammar say."""

    name: str
    language: str = ""
    intents: dict[str, Intent] = field(default_factory=dict)
    lists: dict[str, SlotList] = field(default_factory=dict)
    rules: dict[str, Text] = field(default_factory=dict)
    lexicon: dict[str, Entry] = field(default_factory=dict)


def files_of(path: Path) -> list[Path]:
    """The YAML files of a grammar: the file itself, or those of a folder by name, ALWAYS apart.

    Raises KittError when there is none.
    """
    if path.is_dir():
        found = (p for p in path.iterdir() if p.suffix in (".yaml", ".yml") and p.name != ALWAYS)
        files = sorted(p for p in found if p.is_file())
        if files:
            return files
        inner = sorted(p.name for p in path.iterdir() if p.is_dir() and p.name in LANGUAGES)
        hint = f"name one language: {path / inner[0]}" if inner else "write one (docs/grammar.md)"
        raise KittError(f"{path}: no grammar (*.yaml) in this folder; {hint}")
    if not path.exists():
        raise KittError(f"{path}: no such file; a grammar is a YAML file or a folder of them (docs/grammar.md)")
    return [path]


def lexicon_file(path: Path) -> Path:
    """Where the user's own pronunciations lie: beside the grammar's files."""
    return (path if path.is_dir() else path.parent) / "lexicon.toml"


def digest(path: Path) -> str:
    """Changes when a file of the grammar, its lexicon, or the set of its files changes. Raises KittError."""
    sha = hashlib.sha256()
    own = lexicon_file(path)
    for file in [*files_of(path), *([own] if own.is_file() else [])]:
        sha.update(file.name.encode() + b"\0" + hashlib.sha256(_bytes(file)).digest())
    return sha.hexdigest()


def of_sentences(intents: Mapping[str, Sequence[str]], language: str, name: str) -> Source:
    """A grammar that stands in no file: sentence templates by intent. `name` is what errors call it."""
    where = Where(name, 1)
    made = {
        intent: Intent(intent, where, (Block(tuple(Text(s, where) for s in sentences), {}, {}, {}),))
        for intent, sentences in intents.items()
    }
    return Source(name, language, made)


def read(path: Path) -> Source:
    """Read a grammar: a YAML file or a folder of files of one language. Raises KittError with file and line."""
    source = Source(str(path))
    first_language: Where | None = None
    for file in files_of(path):
        where = _read_file(file, source)
        if first_language is None:
            first_language = where
    if not source.intents:
        place = f"{path}" if path.is_dir() else f"{path}:1"
        raise KittError(f"{place}: the grammar is empty: it names no intent under 'intents:' (docs/grammar.md)")
    return source


def _read_file(file: Path, source: Source) -> Where:
    root = compose(file, _bytes(file))
    language_at: Where | None = None
    for key, node in root.as_map("the file"):
        refuse_unknown(key, _TOP, "the file", _NOT_TOP)
        if key.text == "language":
            language_at = node.where
            _take_language(node, source)
        elif key.text == "intents":
            for name, body in node.as_map("'intents'"):
                if name.text in source.intents:
                    raise name.where.error(
                        f"intent '{name.text}' stands already at {source.intents[name.text].where}; join the two"
                    )
                source.intents[name.text] = _intent(name, body)
        elif key.text == "lists":
            _merge(source.lists, read_lists(node), "list")
        elif key.text == "expansion_rules":
            _merge(source.rules, _rules(node), "rule")
        else:
            _merge(source.lexicon, _lexicon(node), "word")
    if language_at is None:
        raise KittError(f"{file}:1: 'language:' is missing; write one of {', '.join(LANGUAGES)}")
    return language_at


def _take_language(node: Node, source: Source) -> None:
    said = node.as_text("'language'").text
    if said not in LANGUAGES:
        node.fail(f"language '{said}'; kitt hears: {', '.join(LANGUAGES)}")
    if source.language and said != source.language:
        node.fail(f"language '{said}', but the files before it are '{source.language}'; one folder, one language")
    source.language = said


def _intent(name: Text, body: Node) -> Intent:
    blocks: list[Block] = []
    for key, node in body.as_map(f"intent '{name.text}'"):
        refuse_unknown(key, ("data",), f"intent '{name.text}'")
        blocks = [_block(b, name.text) for b in node.as_list(f"'data' of intent '{name.text}'")]
    if not blocks:
        raise name.where.error(f"intent '{name.text}' has no sentences; write data: [{{sentences: [...]}}]")
    return Intent(name.text, name.where, tuple(blocks))


def _block(node: Node, intent: str) -> Block:
    sentences: tuple[Text, ...] = ()
    slots: dict[str, str | int] = {}
    lists: dict[str, SlotList] = {}
    rules: dict[str, Text] = {}
    for key, body in node.as_map(f"'data' of intent '{intent}'"):
        refuse_unknown(key, _BLOCK, f"'data' of intent '{intent}'", _NOT_BLOCK)
        if key.text == "sentences":
            sentences = tuple(s.as_text("a sentence") for s in body.as_list("'sentences'"))
        elif key.text == "slots":
            slots = {slot.text: v.as_text_or_int(f"slot '{slot.text}'") for slot, v in body.as_map("'slots'")}
        elif key.text == "lists":
            lists = read_lists(body)
        else:
            rules = _rules(body)
    if not sentences:
        node.fail(f"intent '{intent}': 'sentences' is missing or empty")
    return Block(sentences, slots, lists, rules)


def _rules(node: Node) -> dict[str, Text]:
    return {name.text: body.as_text(f"rule '{name.text}'") for name, body in node.as_map("'expansion_rules'")}


def _lexicon(node: Node) -> dict[str, Entry]:
    found = {}
    for word, body in node.as_map("'lexicon'"):
        what = f"pronunciation of '{word.text}'"
        texts = [n.as_text(what) for n in body.as_list(what)] if body.is_list else [body.as_text(what)]
        found[word.text] = Entry(tuple(t.text for t in texts), str(word.where))
    return found


def _merge(into: dict[str, _Placed], new: Mapping[str, _Placed], what: str) -> None:
    for name, value in new.items():
        if name in into:
            raise KittError(f"{value.where}: {what} '{name}' stands already at {into[name].where}; rename one")
        into[name] = value


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as e:
        raise KittError(f"{file}: cannot read: {e.strerror}") from e
