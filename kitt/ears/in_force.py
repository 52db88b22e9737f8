"""The grammars that are listened for, through every change of their files.

A change is taken up where it is right and the ears can hear it; else it is told, and what was there stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from kitt.ears.grammar import Grammar
from kitt.ears.grammar import source as sources
from kitt.ears.wake import phrases_of, wake_grammar
from kitt.errors import KittError
from kitt.types import LANGUAGES

AUTO = "auto"
GrammarLike = Grammar | Path | str
"""A grammar, or the file or folder that it stands in."""


class InForce:
    """Grammars with the words beside them that need no wake phrase, and the wake phrases in each of their languages.

    grammars: in the order given; alone: those of `ALWAYS`, by file; wakes: by language, none where no phrase is needed.
    """

    def __init__(
        self,
        grammars: Sequence[GrammarLike],
        language: str,
        wake: str | Sequence[str] | None,
        problems: list[str],
    ) -> None:
        """problems: gets a line for each change that is wrong. Raises KittError for what is wrong from the start."""
        self._hears, self._spoken = language, LANGUAGES if language == AUTO else (language,)
        self._phrases = phrases_of(wake)
        self._problems = problems
        # what stands in a file now and is wrong: which content, and the line that was told
        self._wrong: dict[Path, tuple[str, str]] = {}
        self.wakes: dict[str, Grammar] = {}
        self.grammars = tuple(self._fitting(_grammar(one)) for one in grammars)
        self.alone = {
            path: self._fitting(_grammar(path), g.language)
            for g, path in map(_beside, self.grammars)
            if g.source_digest and path.is_file()
        }

    def refresh(self) -> bool:
        """Take up what changed in the files; whether anything did.

        A mistake gives a line in `problems` when it appears, and again when it comes back after it was mended.
        """
        before = self.grammars, self.alone
        self.grammars = tuple(self._now(Path(g.name), g) or g if g.source_digest else g for g in self.grammars)
        self.alone = self._alone_now()
        return before != (self.grammars, self.alone)

    def _alone_now(self) -> dict[Path, Grammar]:
        out = {}
        for grammar, path in map(_beside, self.grammars):
            if not grammar.source_digest:
                continue
            old = self.alone.get(path)
            if path.is_file():
                now = self._now(path, old, grammar.language)
            else:
                # where the whole folder is gone, all of it stays as it was
                now = None if path.parent.is_dir() else old
                self._wrong.pop(path, None)
            if now:
                out[path] = now
        return out

    def _now(self, path: Path, old: Grammar | None, language: str = "") -> Grammar | None:
        """What stands in a file or folder; `old` where it is the same, or what stands there is wrong."""
        content = ""
        try:
            content = f"{_digest(path)} {language}"
            if old and content == f"{old.source_digest} {language and old.language}":
                self._wrong.pop(path, None)
                return old
            if content == self._wrong.get(path, ("", ""))[0]:
                return old
            now = self._fitting(_grammar(path), language)
        except KittError as e:
            line = f"{e}; the grammar as it was before stays in force"
            if line != self._wrong.get(path, ("", ""))[1]:
                self._problems.append(line)
            self._wrong[path] = content, line
            return old
        self._wrong.pop(path, None)
        return now

    def _fitting(self, grammar: Grammar, beside: str = "") -> Grammar:
        """The grammar itself, when the ears can hear it; beside: the language of the grammar that it belongs to."""
        language = grammar.language
        if language not in self._spoken:
            raise KittError(f"{grammar.name}: the grammar is in '{language}', the ears hear '{self._hears}'")
        if beside and language != beside:
            raise KittError(f"{grammar.name}: the words in it are in '{language}', the grammar beside it in '{beside}'")
        if self._phrases and language not in self.wakes:
            self.wakes[language] = wake_grammar(self._phrases, language)
        return grammar


def _grammar(given: GrammarLike) -> Grammar:
    if isinstance(given, Grammar):
        return given
    if not isinstance(given, str | Path):
        raise KittError(f"{given!r} is no grammar: give a file, a folder or a Grammar")
    try:
        return Grammar.load(given)
    except OSError as e:
        raise KittError(f"{given}: cannot read: {e.strerror}") from e


def _digest(path: Path) -> str:
    try:
        return sources.digest(path)
    except OSError as e:
        raise KittError(f"{path}: cannot read: {e.strerror}") from e


def _beside(grammar: Grammar) -> tuple[Grammar, Path]:
    """A grammar, and where words that need no wake phrase may stand beside it."""
    return grammar, Path(grammar.name) / sources.ALWAYS
