"""YAML as nodes that know their line, and the few shapes a grammar file is made of."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import yaml

from kitt.errors import KittError

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_STR = "tag:yaml.org,2002:str"
_INT = "tag:yaml.org,2002:int"
_QUOTES = "text that begins with [ or { or holds ': ' must stand in quotes"


@dataclass(frozen=True)
class Where:
    """A line of a file, counted from 1."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"

    def error(self, what: str) -> KittError:
        """The error to raise: "file:line: what"."""
        return KittError(f"{self}: {' '.join(what.split())}")


@dataclass(frozen=True)
class Text:
    """A piece of text of a grammar file and the line it begins on."""

    text: str
    where: Where


class Node:
    """A YAML node of a file. Each `as_...` gives the node's content in that shape or raises KittError with its line."""

    def __init__(self, node: yaml.Node, file: str, where: Where | None = None) -> None:
        self._node = node
        self._file = file
        self.where = where or Where(file, node.start_mark.line + 1)

    @property
    def is_map(self) -> bool:
        return isinstance(self._node, yaml.MappingNode)

    @property
    def is_list(self) -> bool:
        return isinstance(self._node, yaml.SequenceNode)

    def fail(self, what: str) -> NoReturn:
        raise self.where.error(what)

    def as_map(self, what: str) -> Iterator[tuple[Text, Node]]:
        """Key and value of each entry; no key twice."""
        if not isinstance(self._node, yaml.MappingNode):
            self.fail(f"{what} must be a map of keys to values{self._found()}")
        seen: dict[str, Where] = {}
        for key, value in self._node.value:
            name = Node(key, self._file).as_text(f"a key of {what}")
            if name.text in seen:
                raise name.where.error(
                    f"'{name.text}' stands twice in {what}, first on line {seen[name.text].line}; join the two"
                )
            seen[name.text] = name.where
            # An empty value has the place of what follows it; the key's line says more.
            yield name, Node(value, self._file, name.where if isinstance(value, yaml.ScalarNode) else None)

    def as_list(self, what: str) -> list[Node]:
        if not isinstance(self._node, yaml.SequenceNode):
            self.fail(f"{what} must be a list, a line '- ...' each{self._found()}")
        return [Node(n, self._file) for n in self._node.value]

    def as_text(self, what: str) -> Text:
        if not isinstance(self._node, yaml.ScalarNode):
            self.fail(f"{what} must be text{self._found()}; {_QUOTES}")
        if self._node.tag != _STR:
            if not self._node.value:
                self.fail(f"{what} is empty")
            kind = self._node.tag.rpartition(":")[2]
            found = self._node.value
            self.fail(f'{what}: YAML reads {found} as {_KINDS.get(kind, kind)}; write "{found}"')
        return Text(self._node.value, self.where)

    def as_text_or_int(self, what: str) -> str | int:
        return self.as_int(what) if self._node.tag == _INT else self.as_text(what).text

    def as_int(self, what: str) -> int:
        if self._node.tag != _INT:
            self.fail(f"{what} must be a whole number{self._found()}")
        try:
            return int(self._node.value.replace("_", ""))
        except ValueError:
            self.fail(f"{what} = {self._node.value} must be a whole number in decimal digits")

    def _found(self) -> str:
        if isinstance(self._node, yaml.MappingNode):
            return ", and this is a map ('key: value')"
        if isinstance(self._node, yaml.SequenceNode):
            return ", and this is a list"
        return f", and this is '{self._node.value}'" if self._node.value else ", and nothing stands here"


_KINDS = {"bool": "true or false", "int": "a number", "float": "a number", "null": "nothing", "timestamp": "a date"}


def compose(path: Path, raw: bytes, needs: str = "'language:' and 'intents:' (docs/grammar.md)") -> Node:
    """The root of a YAML file; needs: what an empty one is said to lack. Raises KittError with file and line."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as e:
        raise KittError(f"{path}: not a text file (UTF-8): byte {e.start}") from e
    try:
        root = yaml.compose(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as e:
        mark = e.problem_mark or e.context_mark
        line = mark.line + 1 if mark else 1
        told = ", ".join(part for part in (e.context, e.problem) if part)
        raise KittError(f"{path}:{line}: not valid YAML: {told}; {_QUOTES}") from e
    except RecursionError:
        raise KittError(f"{path}:1: not a grammar: brackets stand too deep within each other") from None
    except yaml.YAMLError as e:
        raise KittError(f"{path}: not valid YAML: {' '.join(str(e).split())}") from e
    if root is None:
        raise KittError(f"{path}:1: the file is empty; it needs {needs}")
    return Node(root, str(path))


def refuse_unknown(key: Text, known: Iterable[str], what: str, refused: dict[str, str] | None = None) -> None:
    """Raise KittError for a key that is not in `known`; `refused` says why of those that hassil knows and kitt not."""
    if key.text in known:
        return
    if refused and key.text in refused:
        raise key.where.error(f"'{key.text}' in {what}: {refused[key.text]}")
    raise key.where.error(f"unknown key '{key.text}' in {what}{nearest(key.text, known)}; allowed: {', '.join(known)}")


def nearest(name: str, known: Iterable[str]) -> str:
    """ " (meant 'x'?)" where a name in `known` is close, else ""."""
    close = difflib.get_close_matches(name, list(known), 1)
    return f" (meant '{close[0]}'?)" if close else ""
