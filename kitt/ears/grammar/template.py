"""A sentence template as hassil's expression tree, with errors that a person can act on."""

from __future__ import annotations

import contextlib
import re
from functools import lru_cache

from hassil.expression import Alternative, Expression, ListReference, Permutation, RuleReference, Sequence, TextChunk
from hassil.parse_expression import parse_sentence
from hassil.parser import ParseError

from kitt.ears.g2p.figures import FigureError
from kitt.ears.g2p.tokens import MONEY, tokens
from kitt.ears.grammar.yaml_nodes import Text

__all__ = [
    "Alternative",
    "Expression",
    "ListReference",
    "Permutation",
    "RuleReference",
    "Sequence",
    "TextChunk",
    "is_plain",
    "parse",
]

_CLOSES = {"(": ")", "[": "]", "{": "}", "<": ">"}
_NAMES = {"(": "group", "[": "optional part", "{": "list", "<": "rule"}
_SYNTAX = frozenset("()[]{}<>|;\\")
_WHOLE_WORD = re.compile(r"(?<!\S)[^\s()[\]{}<>|;\\]*\d[^\s()[\]{}<>|;\\]*(?!\S)")
_PARTED_NUMBER = re.compile(rf"(?<![\w.,-])[1-9]\d{{0,2}}(?:\s\d{{3}})+(?!\w)|(?<!\d)[{MONEY}]\s+\d\S*")
_BEFORE_A_LIST = re.compile(rf"(?<![^\s(|[])([-−–—]){{|(?:^|[^\d\s)\]}}>])\s*([{MONEY}])\s*{{")
"""A minus, or money that has no number before it."""


def is_plain(text: str) -> bool:
    """Whether a text holds no template syntax."""
    return _SYNTAX.isdisjoint(text)


def parse(text: Text, language: str) -> Expression:
    """The expression tree of a template. Raises KittError with file and line."""
    told = _bracket_error(text.text)
    if told:
        raise text.where.error(f"{told} in: {text.text}")
    if not text.text.strip():
        raise text.where.error("the sentence is empty")
    try:
        tree = _parse(text.text)
    except (ParseError, AssertionError, ValueError) as e:
        raise text.where.error(f"not a sentence template ({e}): {text.text}") from e
    _check(tree, text, language)
    _check_figures(text, language)
    return tree


@lru_cache(maxsize=65536)
def _parse(text: str) -> Expression:
    return parse_sentence(text).expression


def _bracket_error(text: str) -> str:
    """What is wrong with the brackets of a template, "" when nothing is."""
    opened: list[tuple[str, int]] = []
    escaped = False
    for i, c in enumerate(text):
        if escaped or c == "\\":
            escaped = not escaped
            continue
        if opened and opened[-1][0] in "{<" and c in "([{<|;":
            bracket, at = opened[-1]
            return f"unbalanced bracket: '{bracket}' at character {at + 1} is not closed before the '{c}'"
        if c in _CLOSES:
            opened.append((c, i))
        elif c in _CLOSES.values():
            if not opened or _CLOSES[opened[-1][0]] != c:
                due = f"; '{opened[-1][0]}' at character {opened[-1][1] + 1} is still open" if opened else ""
                return f"unbalanced bracket: '{c}' at character {i + 1} closes nothing{due}"
            start, at = opened.pop()
            if not text[at + 1 : i].strip():
                return f"empty {_NAMES[start]} '{start}{c}' at character {at + 1}"
    if opened:
        return f"unbalanced bracket: '{opened[-1][0]}' at character {opened[-1][1] + 1} is never closed"
    return "a '\\' with nothing after it" if escaped else ""


def _check(tree: Expression, text: Text, language: str) -> None:
    if isinstance(tree, TextChunk):
        for piece in tree.text.split():
            # Half a word, such as 2(.5|.6), need not be readable; `words` sees it whole.
            with contextlib.suppress(FigureError):
                _check_characters(piece, text, language)
    elif isinstance(tree, ListReference):
        if tree.is_capture:
            raise text.where.error(f"{{@...}} is not supported, in: {text.text}")
    elif isinstance(tree, (Sequence, Alternative, Permutation)):
        for item in tree.items:
            _check(item, text, language)


def _check_characters(piece: str, text: Text, language: str) -> None:
    try:
        tokens(piece, language)
    except FigureError:
        raise
    except ValueError as e:
        c = str(e)
        raise text.where.error(
            f"character '{c}' (U+{ord(c):04X}) cannot be read out in '{language}'; write the words that are"
            f" spoken, in: {text.text}"
        ) from e


def _check_figures(text: Text, language: str) -> None:
    """Numbers that would be read otherwise than they are written, as far as one template shows it."""
    for word in _WHOLE_WORD.findall(text.text):
        try:
            tokens(word, language)
        except FigureError as e:
            raise text.where.error(f"{e}, in: {text.text}") from None
    if parted := _PARTED_NUMBER.search(text.text):
        raise text.where.error(
            f"'{parted[0]}' may be one number or several; write it without the space, or the words that are spoken,"
            f" in: {text.text}"
        )
    if sign := _BEFORE_A_LIST.search(text.text):
        raise text.where.error(
            f"'{sign[1] or sign[2]}' before a list is not read as it is meant; write the words in the order they are"
            f" spoken, in: {text.text}"
        )
