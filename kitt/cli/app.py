"""The console script `kitt`: one file a verb beside this one, heavy imports inside each verb."""

from __future__ import annotations

import signal
import sys
from typing import Annotated

import typer

from kitt import __version__
from kitt.cli import (
    bench,
    build,
    calibrate,
    chat,
    detect,
    doctor,
    drive,
    eval,
    forget,
    grammar,
    listen,
    models,
    replay,
    sample,
    talk,
)
from kitt.errors import KittError

app = typer.Typer(
    name="kitt",
    help="kitt, the co-pilot for the car: replays recorded drives through the real eyes, says when it warned,"
    " hears commands.\n\n"
    "kitt advises; it never steers, brakes or accelerates.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("replay", short_help="Replay a drive: detector, tracks, warnings, report and film.")(replay.replay)
app.command("chat", short_help="Talk to KITT by keyboard about a drive or a picture.")(chat.chat)
app.command("talk", short_help="Speak with KITT: microphone, loudspeaker, a moment of a drive.")(talk.talk)
app.command("listen", short_help="Hear commands in sound files or from the microphone.")(listen.listen)
app.command("detect", short_help="Detect objects in pictures; write COCO results.")(detect.detect)
app.command("build", short_help="Make INT8 engines, measure them, find the fastest runtime.")(build.build)
app.command("calibrate", short_help="Make activation ranges of a detector from drives, for INT8.")(calibrate.calibrate)
app.command("sample", short_help="Make the sample drive that `kitt replay` runs by itself.")(sample.sample)
app.command("forget", short_help="Show what kitt remembers of your drives; forget it.")(forget.forget)
app.command("doctor", short_help="Check this machine; say what mends it.")(doctor.doctor)
app.add_typer(drive.app, name="drive", help="Import, look into, cut and repair recorded drives (MCAP).")
app.add_typer(grammar.app, name="grammar", help="Look into the sentences that the ears listen for.")
app.add_typer(models.app, name="models", help="Fetch and list weights.")
app.add_typer(eval.app, name="eval", help="Measure quality against labelled recordings.")
app.add_typer(bench.app, name="bench", help="Measure speed and memory.")


def _show_version(value: bool) -> None:
    if value:
        typer.echo(f"kitt {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", help="Show the version.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    pass


def main() -> None:
    """Run `kitt`; a KittError becomes one line on stderr and exit code 2."""
    # As Ctrl-C does, a polite kill lets every `with` close its file.
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    try:
        app()
    except KittError as e:
        typer.echo(f"kitt: {e}", err=True)
        sys.exit(2)
    except KeyboardInterrupt:
        # Ctrl-C while something is still imported, before a verb takes signals itself.
        sys.exit(130)
    except BrokenPipeError:
        sys.exit(141)
    except OSError as e:
        # Of the machine's making and not of kitt's: a full disk under stdout, a folder that went away.
        typer.echo(f"kitt: {e.filename or 'output'}: {e.strerror or e}", err=True)
        sys.exit(2)
