"""Does KITT stop for a driver who speaks, how soon, and never for itself?

    python -m tools.measure_barge_in                                    # espeak's other voices as drivers
    python -m tools.measure_barge_in --people FOLDER... [--noise road.ogg --noise-db -45]

In simulation, but through the code that a live conversation runs (kitt/runtime/talking.py), 20 ms at a time: KITT's own
voice comes back into the microphone 10 dB down, with a room's reverberation, 20 to 200 ms late; WebRTC's AEC3 takes it
out. The canceller is new for each sentence: it has learnt nothing of the room when KITT's first word comes.

A driver is as loud at the microphone as KITT is where it is played, so KITT is 10 dB below him, too. He begins at his
onset: the first 10 ms of 30 within 30 dB of his loudest 10 ms, so that a breath, a hiss or a soft consonant counts as
his beginning. KITT is silent when the loudspeaker's fade of 20 ms is over. What a sound card adds is not in it.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.signal import fftconvolve

from kitt.ears.echo import EchoCanceller
from kitt.ears.engine import Ears
from kitt.ears.files import read_mono
from kitt.ears.resample import RATE_HZ, Resampler
from kitt.errors import KittError
from kitt.mind.assistant import Assistant
from kitt.mind.orchestrator import Event, Orchestrator
from kitt.mouth import espeak_library
from kitt.mouth.mixer import MixSettings, SpeechTrack
from kitt.mouth.mouth import Mouth
from kitt.mouth.queue import BEGINS, CUT_OFF, Decision
from kitt.mouth.voice import Voice, make_voice
from kitt.runtime.talking import Talking
from kitt.types import F32, AudioChunk

BLOCK, BLOCK_NS = 320, 20_000_000
FADE_S = MixSettings().fade_s
BEFORE_S = 0.5
"""Silence before KITT begins, and as much of a recording as goes before its voice."""
DELAYS_S = (0.02, 0.08, 0.2)
ONSETS_S = (1.0, 2.0, 3.5)
"""After KITT's first sample."""
DRIVER_DB = -26.0
"""KITT's answers are played at -23 to -29 dB of full scale, at its usual volume, pauses left out."""
GOAL_S = 0.15
SENTENCES = {
    "en": (
        "Nothing that I recognise on the left; directly beside us I cannot see.",
        "I see a car ahead, about nine metres away; a person on the right, about 35 metres away; and a red light.",
        "Yes, the car ahead is getting closer; it is about 25 metres away. At this rate, contact in five seconds.",
        "I cannot see behind us: my camera looks ahead.",
        "I see three cars: one on the left, two on the right.",
        "I was offered a post as a lighthouse. I declined; no prospects of travel.",
        "My therapist says I have attachment issues. I told him it is called a tow bar.",
    ),
    "fr": (
        "Rien que je reconnaisse à gauche ; juste à côté de nous, je ne vois pas.",
        "Une voiture devant à onze mètres, deux personnes à gauche, la plus proche à douze mètres, et un feu rouge.",
        "Oui, la voiture devant nous se rapproche ; elle est à environ 25 mètres. Contact dans environ cinq secondes.",
        "Je ne lis pas les panneaux de vitesse ; je ne connais donc pas la limite ici.",
        "Ma caméra fonctionne : la dernière image date de 0,1 seconde. Je ne peux pas juger si la vitre est sale.",
        "Je vois un feu rouge devant à 40 mètres et un feu vert à gauche. Je ne sais pas lequel est le nôtre.",
        "Je vois trois voitures : une à gauche, deux à droite.",
    ),
    "es": (
        "Nada que reconozca a la izquierda; lo que está justo a nuestro lado no lo veo.",
        "Veo dos coches delante, el más cercano a unos tres metros; y una persona a la derecha, a unos 60 metros.",
        "No veo detrás de nosotros: mi cámara mira hacia delante.",
        "Sí, el coche de delante se acerca; está a unos 25 metros. A este ritmo, contacto en unos cinco segundos.",
        "Nada que reconozca. Solo conozco personas, vehículos, semáforos y señales de stop.",
        "Veo un semáforo en rojo delante a 40 metros. No sé cuál es el nuestro.",
        "Veo tres coches: uno a la izquierda y dos a la derecha.",
    ),
}
"""What KITT says: answers of the eyes, and wit."""
DRIVERS = {
    "en": (
        "en-us+f3 en+m7 en-us+f5",
        ("what is on the left", "turn on the wipers", "kitt, stop", "how far is that car"),
    ),
    "fr": ("fr+f2 fr+m3 fr+f5", ("tais-toi", "qu'est-ce qu'il y a devant", "allume les phares", "monte le son")),
    "es": ("es+f4 es+m2 es+f2", ("cállate", "enciende las luces", "qué hay delante", "sube el volumen")),
}
"""espeak's voices, none of them KITT's, and what they say."""


class Nothing:
    """The control: a canceller that takes nothing out."""

    def push(self, heard: F32, played: F32) -> F32:
        return heard


class Cabin:
    """A loudspeaker, a microphone and the air between them, KITT at both, as time goes on.

    `played`: what the loudspeaker played, float32 (n,). canceller None: the ears are shut while KITT speaks.
    """

    def __init__(self, ears: Ears, voice: Voice, canceller, language="en", delay_s=0.05, echo_db=-10.0, seed=0):
        ears.reset()
        self.mouth = Mouth(voice)
        self.talking = Talking(ears, Orchestrator(Assistant(language=language), self.mouth), canceller)
        self.language = language
        self._rng = np.random.default_rng(seed)
        self._way = _room(self._rng, delay_s) * np.float32(10 ** (echo_db / 20))
        self._track = SpeechTrack(RATE_HZ)
        self._pieces: list[F32] = []
        self._air = np.zeros(BLOCK + len(self._way) - 1, np.float32)

    @property
    def t_ns(self) -> int:
        return len(self._pieces) * BLOCK_NS

    @property
    def played(self) -> F32:
        return np.concatenate(self._pieces)

    def answer(self, text: str) -> None:
        """KITT begins to say it now."""
        self.carry_out(self.mouth.answer(self.t_ns, text, self.language) + self.mouth.queue.step(self.t_ns))

    def hear(self, sound: F32) -> Iterator[Event]:
        """Sound at the microphone beside KITT's, float32 (n,); what follows from each block, as its end is reached."""
        for at in range(0, len(sound) - BLOCK + 1, BLOCK):
            t_ns = self.t_ns
            out = self._track.pull(t_ns, t_ns + BLOCK_NS).astype(np.float32) / 32_768
            self._pieces.append(out)
            self._air = np.append(self._air[BLOCK:], np.zeros(BLOCK, np.float32))
            self._air += fftconvolve(out, self._way)
            hiss = self._rng.normal(0, 1e-3, BLOCK)
            heard = (self._air[:BLOCK] + sound[at : at + BLOCK] + hiss).astype(np.float32)
            events = self.talking.take(AudioChunk(t_ns, heard), out)
            self.carry_out(events)
            yield from events

    def silent_s(self, sound: F32) -> float | None:
        """Hear on until a voice stops KITT: when it was silent, or None."""
        for event in self.hear(sound):
            if isinstance(event, Decision) and (event.what, event.why) == (CUT_OFF, "driver"):
                return event.t_ns / 1e9 + FADE_S
        return None

    def carry_out(self, events: list[Event] | list[Decision]) -> None:
        """Play and stop what was decided, as kitt/runtime/loudspeaker.py does."""
        for event in events:
            if isinstance(event, Decision) and event.what == BEGINS:
                self._track.play(event.t_ns, event.sentence.utterance, event.sentence.level)
            elif isinstance(event, Decision) and event.what == CUT_OFF:
                self._track.stop(event.t_ns)


def _room(rng: np.random.Generator, delay_s: float) -> F32:
    """From loudspeaker to microphone: after `delay_s` the direct sound, then a tail of 120 ms; of energy 1."""
    tail = (
        0.1 * rng.standard_normal(round(0.12 * RATE_HZ)) * np.exp(-np.arange(round(0.12 * RATE_HZ)) / (0.02 * RATE_HZ))
    )
    tail[0] = 1.0
    return np.append(np.zeros(round(delay_s * RATE_HZ)), tail / np.sqrt(np.sum(tail**2))).astype(np.float32)


def silence(seconds: float) -> F32:
    return np.zeros(round(seconds * RATE_HZ / BLOCK) * BLOCK, np.float32)


def levels_db(samples: F32) -> F32:
    """Of each 10 ms, in dB of full scale."""
    frames = samples[: len(samples) // 160 * 160].reshape(-1, 160)
    return 10 * np.log10(np.mean(np.square(frames), axis=1) + 1e-12)


def loudness_db(samples: F32) -> float:
    """Of the voice alone, its pauses left out: of the 10 ms within 30 dB of the loudest."""
    levels = levels_db(samples)
    return float(10 * np.log10(np.mean(10 ** (levels[levels > levels.max() - 30] / 10))))


def onset(samples: F32) -> int:
    """The driver's first sample (see the top of this file)."""
    loud = levels_db(samples) > levels_db(samples).max() - 30
    return int(np.argmax(loud[:-2] & loud[1:-1] & loud[2:])) * 160


def at_16k(samples, rate_hz: int) -> F32:
    """int16 or float (n,) -> float32 at 16 kHz."""
    resampler = Resampler(rate_hz)
    scale = np.float32(1 / 32_768 if samples.dtype == np.int16 else 1)
    return np.concatenate([resampler.push(samples.astype(np.float32) * scale), resampler.finish()])


def espeak_drivers(language: str) -> list[F32]:
    synthesiser = espeak_library.LibrarySynthesiser(*espeak_library.find())
    voices, texts = DRIVERS[language]
    try:
        return [at_16k(*synthesiser.render(text, voice, 165)) for voice in voices.split() for text in texts]
    finally:
        synthesiser.close()


class Case(NamedTuple):
    """How long after his onset the driver had silence, or None; whether KITT stopped before he spoke at all."""

    late_s: float | None
    by_itself: bool


def interrupted(cabin: Cabin, voice: F32, after_s: float, noise: F32) -> Case:
    """A driver speaks so long after KITT began a sentence; noise: float32, longer than all of it."""
    first = onset(voice)
    lead = round(BEFORE_S * RATE_HZ)
    said = voice[max(0, first - lead) :]
    at_sample = round((BEFORE_S + after_s) * RATE_HZ)
    begin = at_sample - min(first, lead)
    list(cabin.hear(noise[: len(silence(BEFORE_S))]))
    cabin.answer(" ".join(SENTENCES[cabin.language][:3]))
    sound = np.concatenate([np.zeros(begin, np.float32), said, silence(0.5)])
    sound *= np.float32(10 ** ((DRIVER_DB - loudness_db(said)) / 20))
    sound += noise[: len(sound)]
    silent_s = cabin.silent_s(sound[len(silence(BEFORE_S)) :])
    late_s = None if silent_s is None else silent_s - at_sample / RATE_HZ
    by_itself = late_s is not None and late_s < FADE_S
    return Case(None if by_itself else late_s, by_itself)


def alone(ears: Ears, voice: Voice, canceller_of, noise: F32) -> tuple[int, int, float]:
    """KITT says every sentence at every delay, and nobody else speaks: (sentences, of them stopped, seconds spoken)."""
    said = stopped = 0
    spoken_s = 0.0
    for language, sentences in SENTENCES.items():
        for text in sentences:
            for delay_s in DELAYS_S:
                cabin = Cabin(ears, voice, canceller_of(), language, delay_s, seed=said)
                list(cabin.hear(noise[: len(silence(BEFORE_S))]))
                cabin.answer(text)
                length = len(silence(cabin.mouth.queue.saying(cabin.t_ns).length_ns / 1e9 + 1))
                said += 1
                stopped += cabin.silent_s(noise[:length]) is not None
                spoken_s += np.count_nonzero(levels_db(cabin.played) > -60) / 100
    return said, stopped, spoken_s


def drivers(ears: Ears, voice: Voice, language: str, voices: list[F32], noise: F32) -> list[Case]:
    """Each driver once, at delays, moments of KITT's sentence and phases of the ears' 32 ms that go round."""
    cases = []
    for i, driver in enumerate(voices):
        cabin = Cabin(ears, voice, EchoCanceller(), language, DELAYS_S[i % 3], seed=i)
        after_s = ONSETS_S[i // 3 % 3] + 0.0051 * i % 0.032
        cases.append(interrupted(cabin, driver, after_s, noise))
    return cases


def people(folder: Path, most: int) -> list[F32]:
    """At most so many of a folder's recordings, spread evenly; those in a folder `noisy` have no onset to be found."""
    found = [p for p in sorted(folder.rglob("*")) if p.suffix in (".wav", ".ogg") and "noisy" not in p.parts]
    if not found:
        raise KittError(f"{folder}: no .wav or .ogg in it; --people wants folders of recordings")
    return [read_mono(path) for path in found[:: -(-len(found) // most)]]


def row(name: str, cases: list[Case]) -> str:
    late = np.array([c.late_s for c in cases if c.late_s is not None]) * 1000
    never = sum(c.late_s is None and not c.by_itself for c in cases)
    if not len(late):
        return f"{name:32} {len(cases):3}     -     -     -     - {never:6} {sum(c.by_itself for c in cases):6}"
    p50, p90, most = (round(float(x)) for x in (*np.percentile(late, [50, 90]), late.max()))
    within = np.sum(late <= GOAL_S * 1000 + 1e-6) / len(cases)
    return (
        f"{name:32} {len(cases):3} {p50:5} {p90:5} {most:5} {within:5.0%} {never:6} {sum(c.by_itself for c in cases):6}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--people", type=Path, nargs="*", default=[], help="folders; _fr or _es at the end, else English"
    )
    parser.add_argument("--most", type=int, default=40, help="recordings of each folder")
    parser.add_argument("--noise", type=Path, help="a recording of a car on the road, into the microphone")
    parser.add_argument("--noise-db", type=float, default=-45.0, help="its level, dB of full scale; a driver is at -26")
    args = parser.parse_args()
    try:
        measure(args)
    except KittError as e:
        parser.exit(2, f"{e}\n")


def measure(args: argparse.Namespace) -> None:
    noise = silence(30)
    if args.noise:
        road = read_mono(args.noise)
        road *= np.float32(10 ** (args.noise_db / 20) / np.sqrt(np.mean(road**2)))
        noise = np.resize(road, len(noise))
    ears, voice = Ears(language="auto", wake="kitt"), make_voice("espeak")
    print("KITT alone             sentences  stopped for itself  seconds spoken")
    for name, canceller_of in (("AEC3", EchoCanceller), ("nothing cancelled", Nothing)):
        said, stopped, spoken_s = alone(ears, voice, canceller_of, noise)
        print(f"{name:22} {said:9} {stopped:19} {spoken_s:15.0f}", flush=True)
    print("\nms from the driver's onset to silence\n" + f"{'':32}   n   p50   p90   max <=150  never before")
    for language in SENTENCES:
        name = f"espeak's other voices, {language}"
        print(row(name, drivers(ears, voice, language, espeak_drivers(language), noise)), flush=True)
    for folder in args.people:
        language = folder.name[-2:] if folder.name[-3:] in ("_fr", "_es") else "en"
        cases = drivers(ears, voice, language, people(folder, args.most), noise)
        print(row(f"people, {folder.name}", cases), flush=True)
    print("never: KITT was not stopped; before: KITT stopped before the driver's onset")
    voice.close()


if __name__ == "__main__":
    main()
