"""`kitt grammar`: look into the sentences that the ears listen for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from kitt.ears.grammar import Grammar

app = typer.Typer(no_args_is_help=True)


@app.callback()
def grammar() -> None:
    pass


@app.command()
def check(
    path: Annotated[Path, typer.Argument(help="A grammar: a YAML file, or a folder of them.", show_default=False)],
    language: Annotated[str | None, typer.Option(help="The language it must be in: en, fr or es.")] = None,
    samples: Annotated[int, typer.Option(help="Sentences to show of each intent.", min=0)] = 3,
    words: Annotated[bool, typer.Option("--words", help="Show the ways to say each word.")] = False,
) -> None:
    """Read a grammar as the ears do; show its sentences and phones, its size, and what sounds alike.

    Mistakes are told with file and line. docs/grammar.md says how a grammar is written.
    """
    for one in _grammars(path, language):
        _show(one, language, samples, words)


def _grammars(path: Path, language: str | None) -> list[Path]:
    """The grammars to check: those of a folder that is heard without the wake word stand apart."""
    from kitt.ears.grammar.source import ALWAYS
    from kitt.errors import KittError

    try:
        if language and not list(path.glob("*.y*ml")) and (path / language).is_dir():
            path = path / language
        always = path / ALWAYS
        return [path, always] if path.is_dir() and always.is_file() else [path]
    except OSError as e:
        raise KittError(f"{path}: cannot read: {e.strerror}") from e


def _show(path: Path, language: str | None, samples: int, words: bool) -> None:
    from kitt.ears.grammar import Grammar
    from kitt.ears.grammar.report import intents, templates
    from kitt.errors import KittError

    grammar = Grammar.load(path)
    if language and grammar.language != language:
        raise KittError(f"{path}: the grammar is in '{grammar.language}', not in '{language}'")
    found = list(intents(grammar, samples))
    graph = grammar.graph
    typer.echo(
        f"{path}: {grammar.language}, {len(found)} intents, {templates(grammar)} templates,"
        f" {sum(i.sentences for i in found):,} sentences of {len(graph.words)} words;"
        f" {len(graph.phone)} phone states, {len(graph.arc_to)} arcs"
    )
    for intent in found:
        typer.echo(f"{intent.name}: {intent.sentences:,} sentences")
        for example in intent.examples:
            slots = ", ".join(f"{slot} = {value}" for slot, value in example.slots.items())
            typer.echo(f"  {example.text}{f'   [{slots}]' if slots else ''}")
            typer.echo(f"      {example.phones}")
    if words:
        _show_words(grammar)
    for what, where in grammar.network.unused:
        typer.echo(f"not used: {what} ({where})")
    alike = grammar.look_alikes()
    for pair in alike.pairs:
        typer.echo(f"look-alike: {pair}")
    if not alike.pairs:
        typer.echo("look-alikes: none")
    if alike.bounded:
        typer.echo("look-alikes: the grammar is so large that only the nearest were looked for")


def _show_words(grammar: Grammar) -> None:
    from kitt.ears.grammar.report import ways

    typer.echo("words:")
    for word, prons in ways(grammar):
        typer.echo(f"  {word}   {'   '.join(f'[{p}]' for p in prons)}")
