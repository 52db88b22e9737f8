"""kitt chat: type what the driver would say, against a drive or a still picture."""

from __future__ import annotations

import io
import math
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kitt.cli.jsonl import JsonLines

if TYPE_CHECKING:
    from kitt.config import CameraCalibration, Config
    from kitt.runtime.chatting import Chat, Line
    from kitt.runtime.looking import Road
    from kitt.runtime.minding import Minding

USUAL_AT_S = 10.0
"""Where a conversation begins if nobody says otherwise."""
WINDOW_S = 10.0
"""So much of the drive before the first time asked about is looked at."""
REPEATED = ("said", "class", "side", "light")
"""Values that only repeat the words of an answer; the log has them, the terminal does not."""
STILLS = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".ppm", ".pgm"})


def chat(
    what: Annotated[
        Path | None,
        typer.Argument(
            metavar="[DRIVE|PICTURE]",
            help="Drive, video, folder of pictures, or a picture; without it the sample drive.",
            show_default=False,
        ),
    ] = None,
    drive: Annotated[Path | None, typer.Option(help="The drive, named as an option.", show_default=False)] = None,
    at: Annotated[
        float | None, typer.Option(help="Second of the drive to begin at. [default: 10]", show_default=False)
    ] = None,
    from_s: Annotated[
        float | None,
        typer.Option(
            "--from", help="Look at the drive from this second on. [default: 10 s before]", show_default=False
        ),
    ] = None,
    language: Annotated[str | None, typer.Option(help="Language to begin in: en, fr or es.")] = None,
    units: Annotated[
        str | None, typer.Option(help="Of distances: metres or feet. [default: metres]", show_default=False)
    ] = None,
    script: Annotated[
        Path | None, typer.Option(help="Run a written conversation, one utterance a line.", show_default=False)
    ] = None,
    jsonl: Annotated[Path | None, typer.Option(help="Write a line of JSON a turn.", show_default=False)] = None,
    camera: Annotated[Path | None, typer.Option(help="Calibration file of the camera (TOML).")] = None,
    fps: Annotated[float | None, typer.Option(help="Pictures a second, for a folder without times.")] = None,
    topic: Annotated[str | None, typer.Option(help="Camera topic, where the drive has several.")] = None,
    model: Annotated[
        str | None, typer.Option(help="Model name (`kitt models list`) or an ONNX file of your own.")
    ] = None,
    threads: Annotated[int | None, typer.Option(help="CPU threads of the detector.")] = None,
    config: Annotated[Path | None, typer.Option(help="Settings file (kitt.toml).")] = None,
    recipes: Annotated[str | None, typer.Option(help="Folder of recipes: sentences and answers of your own.")] = None,
    notebook: Annotated[
        str | None, typer.Option(help="File that notes are kept in; 'kitt' for kitt's own, '' for none.")
    ] = None,
    contacts: Annotated[str | None, typer.Option(help="Text file with the names in the phone, one a line.")] = None,
) -> None:
    """Talk to KITT by keyboard about what it sees at a time of a drive, in English, French or Spanish.

    `@12.5` moves the time (`@12.5 what do you see?` asks there), `#` begins a comment, `exit` or Ctrl-D ends. The car
    that is spoken to is a simulated one unless kitt.toml names another, and notes last as long as the conversation
    unless a notebook is named; then one script gives the same log on every run.
    """
    from dataclasses import replace

    from kitt.cli.detect import check_target
    from kitt.cli.replay import settings
    from kitt.config import checked, load_camera
    from kitt.drive.stamps import check_seconds
    from kitt.errors import KittError
    from kitt.places import sample_drive
    from kitt.runtime.chatting import read_script
    from kitt.runtime.minding import Minding

    if what is not None and drive is not None:
        raise KittError("name the drive once: as the argument or with --drive")
    path = what or drive or sample_drive()
    if what is None and drive is None and not path.exists():
        raise KittError(f"{path}: the sample drive is not made yet; run `kitt sample`, or name a drive")
    check_seconds("--at", at)
    chosen = settings(config, language=language, model=model, threads=threads, ears=False)
    own = {"units": units, "recipes": recipes, "notebook": notebook, "contacts": contacts}
    chosen = replace(chosen, mind=replace(chosen.mind, **checked(chosen.mind, own)))
    minding = Minding.of(chosen)
    lines = read_script(script) if script else None
    if jsonl:
        read = (path, script, recipes, contacts, minding.notebook)
        check_target(jsonl, [Path(p) for p in read if p])
    road = opened(path, chosen, from_s, _times(at, lines), load_camera(camera) if camera else None, fps, topic)
    begin = min(road.from_s + USUAL_AT_S, road.length_s) if at is None else at
    try:
        # before minutes of looking and not after
        road.check(begin)
        if script and lines is not None:
            _each(lines, script, lambda line: None if line.t_s is None else road.check(line.t_s))
        with ExitStack() as open_things, JsonLines(jsonl) as write:
            talk = begun(road, minding, open_things)
            if script and lines is not None:
                _each(lines, script, lambda line: _take(talk, line, begin, write, echo=True))
            else:
                _prompt(talk, begin, write)
    finally:
        road.close()


def begun(road: Road, minding: Minding, open_things: ExitStack) -> Chat:
    """The conversation with its car and its notebook, which is on real time whatever the recording's."""
    import time

    from kitt.runtime.chatting import Chat

    book = minding.book(road.name, time.time_ns())
    if book is not None:
        open_things.callback(book.close)
    car = minding.car()
    open_things.callback(car.close)
    vehicle = minding.config.vehicle
    if vehicle.kind != "simulated":
        _tell(
            f"note: KITT works the real car on {vehicle.interface} {vehicle.channel}; its speed is not known, so what "
            "may only be done while it stands is asked about"
        )
    talk = Chat(road, minding, car=car, book=book)
    open_things.callback(_ended, talk)
    _problems(talk)
    return talk


def _ended(talk: Chat) -> None:
    talk.close()
    _problems(talk)


def _problems(talk: Chat) -> None:
    for problem in talk.problems():
        _tell(problem)


def _times(at: float | None, lines: list[Line] | None) -> list[float]:
    """The times that will be asked about, so far as they are known before."""
    told = [line for line in lines or () if line.t_s is not None or line.said]
    begin = USUAL_AT_S if at is None and (not told or told[0].t_s is None) else at
    return [t for t in (begin, *(line.t_s for line in told)) if t is not None]


def opened(
    path: Path,
    config: Config,
    from_s: float | None,
    times: list[float],
    camera: CameraCalibration | None,
    fps: float | None,
    topic: str | None,
) -> Road:
    """The road, and on stderr what the user should know of it. Raises KittError."""
    from kitt.drive.source import open_source
    from kitt.runtime.looking import DriveRoad, StillRoad
    from kitt.runtime.replay import ReplayOptions

    road: Road
    if path.suffix.lower() in STILLS and not path.is_dir():
        road = StillRoad(path, config, camera)
    else:
        source = open_source(path, from_s=from_s, fps=fps, topic=topic)
        if from_s is None and (first := min(times) - WINDOW_S) > 0 and first * 1e9 < (source.duration_ns or math.inf):
            from_s, source = first, open_source(path, from_s=first, fps=fps, topic=topic)
        road = DriveRoad(source, ReplayOptions(config, camera), from_s or 0.0)
    for note in road.notes:
        _tell(f"note: {note}")
    if road.from_s > 0:
        _tell(
            f"note: {path.name} is looked at from {road.from_s:g} s on; of warnings and sightings before that KITT "
            "knows nothing (--from 0 looks at all of it)"
        )
    return road


def _each(lines: list[Line], script: Path, act: Callable[[Line], None]) -> None:
    """Do something with each line of a script; what is wrong is said with its place."""
    from kitt.errors import KittError

    for line in lines:
        try:
            act(line)
        except KittError as e:
            raise KittError(f"{script}:{line.number}: {e}") from e


def _prompt(talk: Chat, begin: float, write: Any) -> None:
    """Lines from the keyboard, or piped in, until `exit` or their end; a wrong one costs a line."""
    from kitt.errors import KittError
    from kitt.runtime.chatting import Line, parse

    _take(talk, Line(begin), begin, write)
    keyboard = sys.stdin.isatty()
    if keyboard:
        _tell("type what the driver would say; @12.5 moves the time, Ctrl-D ends")
    for text in _keyed(talk) if keyboard else _piped():
        try:
            line = parse(text)
            if line.end:
                return
            _take(talk, line, begin, write, echo=not keyboard)
        except KittError as e:
            _tell(str(e))


def _keyed(talk: Chat) -> Iterator[str]:
    import contextlib

    with contextlib.suppress(ImportError):
        import readline  # noqa: F401  history and editing of what is typed
    while True:
        try:
            yield input(f"{talk.t_s:g} s> ")
        except (EOFError, KeyboardInterrupt):
            typer.echo()
            return


def _piped() -> Iterator[str]:
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(encoding="utf-8", errors="replace")
    yield from sys.stdin


def _take(talk: Chat, line: Line, begin: float, write: Any, *, echo: bool = False) -> None:
    """One line: move, look, answer."""
    if line.end:
        return
    if line.t_s is not None or (line.said and talk.t_s is None):
        looked(talk, begin if line.t_s is None else line.t_s)
    if not line.said:
        return
    rows = talk.say(line.said)
    _problems(talk)
    for row in rows:
        write(row)
        if echo and row["heard"]:
            typer.echo(f"{row['t_s']:g} s> {row['heard']}")
        for shown in told(row):
            typer.echo(shown)


def looked(talk: Chat, t_s: float) -> None:
    """Look at the road up to a time, under a progress bar on stderr."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    from kitt.cli.progress import console

    columns = TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed:.1f} s"), TimeRemainingColumn()
    with Progress(*columns, console=console(), transient=True) as bar:
        task = bar.add_task(f"looking at {talk.road.name}", total=t_s - talk.road.from_s)
        for so_far in talk.move(t_s):
            bar.update(task, completed=so_far - talk.road.from_s)


def told(row: dict[str, Any]) -> list[str]:
    """A turn of the log for the terminal: what KITT says, and what it took it for and rests it on."""
    lines = [f"KITT: {row['said'] or '(says nothing)'}"]
    parts = []
    if row["intent"]:
        parts.append(" ".join([row["intent"], *(f"{k}={v}" for k, v in row["slots"].items())]))
    evidence = row["evidence"]
    if evidence["frame"] >= 0:
        tracks = "".join(f", track {i}" for i in evidence["track_ids"])
        parts.append(f"frame {evidence['frame']}{tracks}")
    if shown := {k: v for k, v in evidence["values"].items() if not k.rpartition(".")[2].startswith(REPEATED)}:
        parts.append(", ".join(f"{k} {_short(v)}" for k, v in shown.items()))
    for a in row["actions"]:
        did = f"{a['target']} {_short(a['before'])} -> {_short(a['after'])}" if a["target"] else ""
        parts.append(f"{did} ({a['reason']})".strip() if a["reason"] else did)
    if parts:
        lines.append(f"      [{'; '.join(parts)}]")
    return lines


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _tell(text: str) -> None:
    typer.echo(f"kitt: {text}", err=True)
