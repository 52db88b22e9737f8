"""kitt talk: speak with KITT, microphone and loudspeaker, about a moment of a drive or a still picture."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kitt.cli.jsonl import JsonLines

if TYPE_CHECKING:
    from kitt.config import Config
    from kitt.runtime.chatting import Chat
    from kitt.runtime.microphone import Microphone
    from kitt.runtime.minding import Minding
    from kitt.runtime.talking import Talking

WHY = {
    "driver": "stopped, for you spoke",
    "hushed": "stopped, as you asked",
    "stale": "not said: it waited too long for a calm moment",
    "full": "not said: too much at once",
}


def talk(
    what: Annotated[
        Path | None,
        typer.Argument(
            metavar="[DRIVE|PICTURE]",
            help="Drive, video, folder of pictures, or a picture; without it the sample drive.",
            show_default=False,
        ),
    ] = None,
    at: Annotated[float, typer.Option(help="Second of the drive to talk about.")] = 10.0,
    from_s: Annotated[
        float | None,
        typer.Option(
            "--from", help="Look at the drive from this second on. [default: 10 s before]", show_default=False
        ),
    ] = None,
    language: Annotated[str | None, typer.Option(help="Language to begin in: en, fr or es.")] = None,
    wake: Annotated[
        str | None, typer.Option(help="Phrase before each command; '' for none. [default: kitt]", show_default=False)
    ] = None,
    device: Annotated[str | None, typer.Option(help="Microphone: part of its name, or its number.")] = None,
    loudspeaker: Annotated[str | None, typer.Option(help="Loudspeaker: part of its name, or its number.")] = None,
    jsonl: Annotated[Path | None, typer.Option(help="Write a line of JSON a turn.", show_default=False)] = None,
    camera: Annotated[Path | None, typer.Option(help="Calibration file of the camera (TOML).")] = None,
    config: Annotated[Path | None, typer.Option(help="Settings file (kitt.toml).")] = None,
) -> None:
    """Speak with KITT about what it sees at a moment of a drive: "KITT, what do you see?"

    Needs a microphone, a loudspeaker and `pip install 'kitt[live]'`. Speak, and KITT stops; with `pip install
    'kitt[echo]'` also while it is talking itself. Small talk waits while the road is busy. Ctrl-C ends.
    """
    from dataclasses import replace

    from kitt.cli.chat import begun, looked, opened
    from kitt.cli.detect import check_target
    from kitt.cli.replay import settings
    from kitt.config import checked, load_camera
    from kitt.drive.stamps import check_seconds
    from kitt.errors import KittError
    from kitt.places import sample_drive
    from kitt.runtime.loudspeaker import Loudspeaker
    from kitt.runtime.microphone import Microphone
    from kitt.runtime.minding import Minding
    from kitt.runtime.portaudio import INPUT, OUTPUT, check
    from kitt.runtime.signals import handled

    check_seconds("--at", at)
    check_seconds("--from", from_s)
    path = what or sample_drive()
    if what is None and not path.exists():
        raise KittError(f"{path}: the sample drive is not made yet; run `kitt sample`, or name a drive")
    chosen = settings(config, language=language, model=None, threads=None, ears=False)
    chosen = replace(chosen, ears=replace(chosen.ears, **checked(chosen.ears, {"wake": wake})))
    minding = Minding.of(chosen)
    if jsonl:
        check_target(jsonl, [path])
    # what is missing is said before the road is looked at for seconds; sound is let in after it
    for which, kind in ((device, INPUT), (loudspeaker, OUTPUT)):
        check(which, kind)
    with ExitStack() as open_things, JsonLines(jsonl) as write:
        road = opened(path, chosen, from_s, [at], load_camera(camera) if camera else None, None, None)
        open_things.callback(road.close)
        chat = begun(road, minding, open_things)
        talking = _talking(chosen, minding, chat, open_things)
        looked(chat, min(at, road.length_s))
        speaker = open_things.enter_context(Loudspeaker(loudspeaker))
        sound = open_things.enter_context(Microphone(device))
        typer.echo(f"'{sound.name}' listens, '{speaker.name}' speaks; Ctrl-C ends", err=True)
        with handled(sound.close, sound.close):
            _converse(talking, chat, sound, speaker, write)
        if talking.deaf_s:
            typer.echo(f"note: for {talking.deaf_s:.1f} s KITT spoke and did not listen", err=True)


def _talking(config: Config, minding: Minding, chat: Chat, open_things: ExitStack) -> Talking:
    """Ears, mind and mouth; what is missing is told. Raises KittError."""
    from kitt.ears.engine import Ears
    from kitt.mind.orchestrator import Orchestrator
    from kitt.mouth.mouth import Mouth
    from kitt.mouth.voice import make_voice
    from kitt.runtime.hearing import own_grammars
    from kitt.runtime.talking import Talking, canceller

    voice = make_voice(config.voice.engine)
    open_things.callback(voice.close)
    own = own_grammars(config.ears, minding.heard())
    ears = Ears(own, config.ears.language, config.ears.wake or None)
    cancels, lack = canceller()
    if lack:
        typer.echo(f"note: {lack}", err=True)
    return Talking(ears, Orchestrator(chat.mind, Mouth(voice)), cancels)


def _converse(talking: Talking, chat: Chat, sound: Microphone, speaker: Any, write: Any) -> None:
    """Until the microphone is closed: what is heard, said, cut off and dropped, as it happens."""
    from kitt.cli.chat import told
    from kitt.mind.turn import Turn
    from kitt.runtime.talking import live

    problems = 0
    for event in live(talking, sound, speaker, chat.told):
        if isinstance(event, Turn):
            for row in chat.rows([event]):
                write(row)
                typer.echo(f"heard: {row['heard'] or '(not understood)'}")
                for line in told(row):
                    typer.echo(line)
        elif event.why in WHY:
            typer.echo(f"      ({WHY[event.why]})")
        for problem in (*sound.news(), *talking.ears.problems[problems:], *chat.problems()):
            typer.echo(f"kitt: {problem}", err=True)
        problems = len(talking.ears.problems)
