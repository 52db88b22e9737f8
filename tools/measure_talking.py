"""How long KITT takes to speak, on a real sound system: PulseAudio, whose loudspeakers lead nowhere.

tools/null_sink.sh python -m tools.measure_talking [--warnings 200] [--commands 20] [--idle]

From a warning's event, and from the end of a command's sound at the microphone, to the moment when the first samples of
what KITT says are handed to the sound device. Unless --idle, the eyes look at pictures all the time beside it.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
import wave
from pathlib import Path

import numpy as np
from scipy.signal import correlate, resample_poly

from kitt.config import Config
from kitt.ears.engine import Ears
from kitt.ears.resample import RATE_HZ
from kitt.ears.timeline import Timeline
from kitt.errors import KittError
from kitt.mind.assistant import Assistant
from kitt.mind.orchestrator import Orchestrator
from kitt.mind.turn import Turn
from kitt.mind.warnings import TABLE
from kitt.mouth.mouth import Mouth
from kitt.mouth.queue import Decision, SpeakingQueue
from kitt.mouth.voice import Voice, make_voice
from kitt.runtime.loudspeaker import Loudspeaker
from kitt.runtime.microphone import Microphone
from kitt.runtime.pipeline import Pipeline
from kitt.runtime.talking import Talking, canceller
from kitt.types import Frame, Signals, Warning

COMMANDS = (
    ("en", "KITT, what do you see?"), ("en", "KITT, is the light green?"), ("en", "KITT, turn on the heating"),
    ("fr", "KITT, qu'est-ce que tu vois ?"), ("fr", "KITT, combien de voitures vois-tu ?"),
    ("es", "KITT, ¿qué ves?"), ("es", "KITT, ¿cuántos coches ves?"),
)  # fmt: skip
TALK = "I have no opinion on that, but I have a very long sentence, which goes on and on while you wait for it."


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--warnings", type=int, default=200)
    parser.add_argument("--commands", type=int, default=20)
    parser.add_argument("--idle", action="store_true", help="without the eyes beside it")
    asked = parser.parse_args()
    if "PULSE_SERVER" not in os.environ:
        sys.exit("run it in a private sound system: tools/null_sink.sh python -m tools.measure_talking")
    os.environ["PULSE_SINK"] = "mouth"
    done = threading.Event()
    looks = [0]
    eyes = threading.Thread(target=_look, args=(done, looks))
    if not asked.idle:
        eyes.start()
        while looks[0] < 5:  # loading a network holds Python up for a second or two; that is over when a drive begins
            time.sleep(0.1)
    begun = time.monotonic()
    try:
        with Loudspeaker() as speaker:
            print(f"loudspeaker '{speaker.name}', {speaker.rate_hz} Hz; it says that it plays "
                  f"{speaker.latency_s * 1000:.0f} ms after what it is handed")  # fmt: skip
            _table("warning to first sample", warnings(speaker, asked.warnings), asked.warnings)
            _table("command's end to answer", commands(speaker, asked.commands), asked.commands)
            print(f"underflows of the loudspeaker: {speaker.underflows}")
    except KittError as e:
        sys.exit(str(e))
    finally:
        done.set()
        if not asked.idle:
            eyes.join()
    if not asked.idle:
        print(f"the eyes looked at {looks[0] / (time.monotonic() - begun):.1f} pictures a second beside it")


def warnings(speaker: Loudspeaker, count: int) -> list[float]:
    """Milliseconds from each warning to its first samples; chat is being said when it comes."""
    voice = make_voice("espeak")
    mouth = Mouth(voice)
    mouth.prepare((event.text["en"], "en") for event in TABLE)
    pilot = Orchestrator(Assistant(), mouth)
    events = [event for event in TABLE if event.priority < 4]
    rng = np.random.default_rng(0)
    found = []
    for i in range(count):
        _carry_out(speaker, mouth.answer(time.time_ns(), TALK, "en"), pilot.tick(time.time_ns()))
        time.sleep(float(rng.uniform(0.2, 0.5)))
        before = len(speaker.written_ns)
        row = events[i % len(events)]
        t_ns = time.time_ns()
        _carry_out(speaker, pilot.warn(Warning(row.name, row.priority, t_ns, 0, -1, row.text["en"], "en")))
        if at := _written(speaker, before):
            found.append((at - t_ns) / 1e6)
        speaker.hush()
        mouth.queue = SpeakingQueue()
    voice.close()
    return found


def commands(speaker: Loudspeaker, count: int) -> list[float]:
    """Milliseconds from the end of each command's sound at the microphone to the first samples of its answer."""
    voice = make_voice("espeak")
    found: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        sounds = [
            _sound(voice, text, language, Path(folder) / f"{i}.wav") for i, (language, text) in enumerate(COMMANDS)
        ]
        for i in range(count):
            sound, path = sounds[i % len(sounds)]
            talking = Talking(
                Ears(language="auto", wake="kitt"), Orchestrator(Assistant(), Mouth(voice)), canceller()[0]
            )
            if (late := _one_command(speaker, talking, sound, path)) is not None:
                found.append(late)
    voice.close()
    return found


def _one_command(speaker: Loudspeaker, talking: Talking, sound: np.ndarray, path: Path) -> float | None:
    line, pieces, player = Timeline(), [], None
    before = len(speaker.written_ns)
    with Microphone() as microphone:
        for chunk in microphone:
            line.add(chunk)
            pieces.append(chunk.samples)
            heard_s = sum(map(len, pieces)) / RATE_HZ
            # the sound system's own delay settles in the first two seconds
            if heard_s > 2 and player is None:
                player = subprocess.Popen(["paplay", "--device=kitt", str(path)])
            played = speaker.played(chunk.t_ns, len(chunk.samples))
            for event in talking.take(chunk, played):
                if isinstance(event, Decision):
                    speaker.carry_out(event)
            if len(speaker.written_ns) > before or heard_s > 9:
                break
    if player:
        player.wait()
    heard = np.concatenate(pieces)
    at = int(np.argmax(correlate(heard, sound, "valid"))) + len(sound)
    written = speaker.written_ns[before:]
    speaker.hush()
    return (written[0] - line.t_ns(at)) / 1e6 if written else None


def _sound(voice: Voice, text: str, language: str, path: Path) -> tuple[np.ndarray, Path]:
    said = voice.say(text, language)
    loud = np.flatnonzero(np.abs(said.samples.astype(int)) > 300)
    samples = said.samples[: loud[-1] + 1]
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(said.rate_hz)
        out.writeframes(samples.tobytes())
    return resample_poly(samples / 32768, RATE_HZ, said.rate_hz).astype(np.float32), path


def _carry_out(speaker: Loudspeaker, *events: list[Decision | Turn]) -> None:
    for event in (e for some in events for e in some):
        if isinstance(event, Decision):
            speaker.carry_out(event)


def _written(speaker: Loudspeaker, before: int) -> int | None:
    """When the next sentence's first samples went to the sound device; None where none does within ten seconds."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        if len(speaker.written_ns) > before:
            return speaker.written_ns[before]
        time.sleep(0.001)
    return None


def _look(done: threading.Event, looks: list[int]) -> None:
    """The eyes, busy as on the road: 15 pictures a second if the machine is up to it."""
    pipeline = Pipeline(Config(), None, time.perf_counter_ns)
    picture = np.random.default_rng(0).integers(0, 255, (720, 1280, 3), np.uint8)
    while not done.is_set():
        begun = time.monotonic()
        pipeline.process(Frame(looks[0], time.time_ns(), picture), Signals(10.0))
        looks[0] += 1
        time.sleep(max(0.0, 1 / 15 - (time.monotonic() - begun)))


def _table(name: str, ms: list[float], asked: int) -> None:
    if not ms:
        if asked:
            print(f"{name}: none of {asked} came")
        return
    p50, p90, p99 = np.percentile(ms, (50, 90, 99))
    print(f"{name}: {len(ms)} of {asked}; p50 {p50:.0f}, p90 {p90:.0f}, p99 {p99:.0f}, max {max(ms):.0f} ms")


if __name__ == "__main__":
    main()
