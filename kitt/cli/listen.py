"""kitt listen: commands in sound files, or from the microphone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kitt.cli.jsonl import JsonLines

if TYPE_CHECKING:
    from kitt.ears.engine import Ears
    from kitt.ears.files import RawFormat
    from kitt.ears.grammar import Grammar
    from kitt.types import Heard

MOST_LOOK_ALIKES = 5
"""Lines about one grammar; `kitt grammar check` has them all."""


def listen(
    files: Annotated[list[Path] | None, typer.Argument(help="Sound files.", show_default=False)] = None,
    mic: Annotated[bool, typer.Option("--mic", help="Listen to the microphone until Ctrl-C.")] = False,
    device: Annotated[str | None, typer.Option(help="Microphone, by name or number; `list` shows them.")] = None,
    grammar: Annotated[
        list[Path] | None,
        typer.Option(help="Grammar file or folder; may be repeated. [default: the car grammar]", show_default=False),
    ] = None,
    language: Annotated[str, typer.Option(help="en, fr, es, or auto: whichever is spoken.")] = "en",
    wake: Annotated[
        str | None,
        typer.Option(help="Phrase that must go before a command; 'kitt' for kitt's own. [default: none needed]"),
    ] = None,
    jsonl: Annotated[Path | None, typer.Option(help="Write a line of JSON a file (an utterance with --mic).")] = None,
    explain: Annotated[bool, typer.Option("--explain", help="Say why: likeliest intents, their scores.")] = False,
    raw_rate: Annotated[int, typer.Option(help="Samples a second of raw files (16-bit, mono).")] = 16_000,
) -> None:
    """Hear commands: which intent, with which slots, how sure, when.

    A file that cannot be read costs a line and exit code 2; the others are heard all the same.
    """
    from kitt.ears.engine import Ears
    from kitt.ears.files import RawFormat
    from kitt.errors import KittError

    if mic and device == "list":
        from kitt.runtime.microphone import inputs

        for line in inputs():
            typer.echo(line)
        return
    if device is not None and not mic:
        raise KittError(f"--device {device} names a microphone; it goes with --mic")
    if mic == bool(files):
        raise KittError("name sound files, or --mic to listen to the microphone")
    raw = RawFormat(raw_rate)
    ears = Ears(grammar or (), language, wake)
    # nobody who uses the car grammar can mend it
    for one in ears.grammars if grammar else ():
        _tell_look_alikes(one)
    with JsonLines(jsonl) as write:
        if mic:
            _microphone(ears, device, explain, write)
        else:
            _files(ears, files or [], explain, raw, write)


def _files(ears: Ears, files: list[Path], explained: bool, raw: RawFormat, write: Any) -> None:
    from kitt.ears.listening import explain, hear, line_of
    from kitt.errors import KittError

    failed = []
    for path in files:
        try:
            recording = hear(ears, path, raw)
        except KittError as e:
            failed.append(path)
            typer.echo(f"kitt: {e}", err=True)
            write({"file": str(path), "error": str(e)})
            continue
        typer.echo(f"{path}: {told(recording.best) if recording.best else recording.nothing}")
        for note in recording.notes:
            typer.echo(f"  note: {note}")
        if explained:
            for heard in recording.utterances:
                for line in explain(heard):
                    typer.echo(line)
        write(line_of(recording))
    for problem in ears.problems:
        typer.echo(f"kitt: {problem}", err=True)
    if failed:
        raise KittError(f"{len(failed)} of {len(files)} files could not be read")


def _microphone(ears: Ears, device: str | None, explained: bool, write: Any) -> None:
    from kitt.ears.listening import UNADDRESSED, explain, utterance
    from kitt.runtime.microphone import microphone
    from kitt.runtime.signals import handled

    def say(heard: Heard) -> None:
        typer.echo(told(heard))
        for line in explain(heard) if explained else ():
            typer.echo(line)
        write(utterance(heard))

    with microphone(device) as sound:
        typer.echo("listening; Ctrl-C ends", err=True)
        told_of, grammars, unaddressed = 0, ears.grammars, 0
        with handled(sound.close, sound.close):
            for chunk in sound:
                for heard in ears.process(chunk):
                    say(heard)
                # a microphone that died, sound that was lost, a grammar that was spoilt: told when it happens
                for problem in (*sound.news(), *ears.problems[told_of:]):
                    typer.echo(f"kitt: {problem}", err=True)
                told_of = len(ears.problems)
                for one in ears.grammars:
                    if one not in grammars:
                        typer.echo(f"kitt: {one.name}: changed, and in force now", err=True)
                        _tell_look_alikes(one)
                grammars = ears.grammars
                # people talk to each other: that this is not listened to is told once, and to those who ask why
                if ears.unaddressed > unaddressed and (explained or not unaddressed):
                    typer.echo(f"kitt: speech, but {UNADDRESSED}", err=True)
                unaddressed = ears.unaddressed
        for heard in ears.finish():
            say(heard)


def _tell_look_alikes(grammar: Grammar) -> None:
    """A line for each pair of phrases that will be mixed up, the most alike first."""
    found = grammar.look_alikes()
    for pair in found.pairs[:MOST_LOOK_ALIKES]:
        typer.echo(f"kitt: look-alike: {pair}", err=True)
    if len(found.pairs) > MOST_LOOK_ALIKES:
        more = len(found.pairs) - MOST_LOOK_ALIKES
        typer.echo(f"kitt: {more} more look-alikes: kitt grammar check {grammar.name}", err=True)


def told(heard: Heard) -> str:
    """One utterance in one line."""
    when = f"{heard.t_start_ns / 1e9:.2f} s"
    if heard.rejected:
        return f"{when} rejected: {heard.reason}"
    if not heard.intent:
        return f"{when} {heard.wake}: listening"
    slots = "".join(f" {k}={v}" for k, v in heard.slots.items())
    return f"{when} {heard.intent}{slots} ({heard.confidence:.2f}, {heard.language}) '{heard.text}'"
