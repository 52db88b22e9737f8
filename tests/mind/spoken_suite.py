"""A third of the frozen conversations spoken: voice -> sound -> `kitt.Ears` -> `Assistant.hear`, judged as when typed.

python -m tests.mind.spoken_suite [--language en] [--voices pico] [--wrong] [--jsonl OUT]
                                  [--ears auto|told] [--no-wake] [--snr 20 --data FOLDER] [--third 2]

Taken is every third conversation of each file, whole, from the first on: 121 turns. Each conversation has a speaker of
its own. As `kitt replay` has it unless told otherwise, the driver says "KITT," before every sentence, the ears want to
hear that, and hear in which language it was said; with `--ears told` they know the language of the file, and sentences
in another one are lost. A sentence that the ears take for nothing is a turn without an answer; all that they take goes
to the assistant, and the last that was understood is judged.

The other two thirds (`--third 2` and `3`) were neither spoken nor read by whoever widened the ears' grammar, who had
seen the first: they tell what other wording costs.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from kitt.ears.engine import Ears, Networks
from kitt.eval.speech_metrics import wilson
from kitt.eval.speech_mix import CLEAN, RATE_HZ, Condition, Noises, load_noises, play
from kitt.mind.assistant import Assistant
from kitt.mind.turn import Turn
from kitt.types import LANGUAGES, Heard
from tests.mind import conversation_suite, spoken_voices

EVERY = 3
IN_ANOTHER = {
    ("en guest at the wheel", 2): "es",
    ("en three languages", 2): "fr",
    ("en three languages", 3): "fr",
    ("fr langues", 3): "es",
    ("fr langues", 4): "es",
    ("es idiomas", 2): "en",
    ("es idiomas", 3): "en",
}
"""Turns that are said in another language than the file's."""
FREE = ("NoteAdd", "PhoneCall", "RadioStation")
"""Intents whose words may be any: a grammar knows only those that it lists."""


@dataclass(frozen=True)
class Way:
    """How the suite is spoken. ears: "auto" or "told" the file's language; wake: "KITT," is said and wanted."""

    voices: str = "pico"
    ears: str = "auto"
    wake: bool = True
    condition: Condition = CLEAN


@dataclass(frozen=True)
class Spoken:
    """One turn: what was said and heard, and what was wrong; "" where nothing was.

    kind: right, nothing (heard), other (heard as something else), answer (understood, but its facts are wrong).
    """

    conversation: str
    turn: int
    said: str
    voice: str
    expected: str
    heard: list[dict]
    intent: str
    slots: dict
    answer: str
    fault: str
    beside: str
    kind: str


def chosen(language: str, third: int = 1) -> list[list[dict]]:
    """The conversations that are spoken."""
    return conversation_suite.conversations(language)[third - 1 :: EVERY]


def run(
    language: str, way: Way, networks: Networks, noises: Noises | None = None, *, third: int = 1, few: int | None = None
) -> list[Spoken]:
    """Speaks the conversations of a file, or the first few of them; gives a `Spoken` for each turn."""
    told = "auto" if way.ears == "auto" else language
    ears = Ears(language=told, wake="kitt" if way.wake else None, networks=networks)
    of = chosen(language, third)[:few]
    return [turn for turns in of for turn in _conversation(turns, language, way, ears, noises)]


def _conversation(turns: list[dict], language: str, way: Way, ears: Ears, noises: Noises | None) -> Iterator[Spoken]:
    took: list[tuple[str, list[Heard]]] = []

    def tell(mind: Assistant, expected: dict, t_ns: int) -> Turn:
        tongue = IN_ANOTHER.get((expected["conversation"], expected["turn"]), language)
        voice = spoken_voices.draw(way.voices, tongue, expected["conversation"])
        said = f"KITT, {expected['say']}" if way.wake else expected["say"]
        sound = play(spoken_voices.say(voice, said), f"{voice.name}/{said}", way.condition, noises)
        heard = [replace(h, t_start_ns=t_ns, t_end_ns=t_ns) for h in ears.listen(sound, RATE_HZ)]
        took.append((voice.name, heard))
        answers = [mind.hear(h) for h in heard if h.intent or not h.wake]
        return next((a for a in reversed(answers) if a.intent), answers[-1] if answers else Turn(t_ns, "", language))

    for (expected, turn, fault, beside), (voice, heard) in zip(
        conversation_suite.play(turns, language, tell, conversation_suite.scenes()), took, strict=True
    ):
        yield Spoken(
            expected["conversation"],
            expected["turn"],
            expected["say"],
            voice,
            expected["intent"],
            [_told(h) for h in heard],
            turn.intent,
            dict(turn.slots),
            turn.said,
            fault,
            beside,
            _kind(fault, turn),
        )


def _kind(fault: str, turn: Turn) -> str:
    if not fault:
        return "right"
    if not turn.intent:
        return "nothing"
    return "other" if fault.startswith(("intent", "slot")) else "answer"


def _told(heard: Heard) -> dict:
    return {
        "language": heard.language,
        "text": heard.text,
        "intent": heard.intent,
        "slots": heard.slots,
        "confidence": round(heard.confidence, 3),
        "rejected": heard.reason if heard.rejected else "",
    }


def line(name: str, rows: list[Spoken]) -> str:
    """A line of figures."""
    kinds = Counter(row.kind for row in rows)
    low, high = wilson(kinds["right"], len(rows))
    free = [row for row in rows if row.expected in FREE]
    return (
        f"{name}: {kinds['right']} of {len(rows)} right ({kinds['right'] / len(rows):.1%}, {low:.1%} to {high:.1%}); "
        f"heard as nothing {kinds['nothing']}, as something else {kinds['other']}, answer wrong {kinds['answer']}; "
        f"of {len(free)} with free text {sum(row.kind == 'right' for row in free)} right"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--language", choices=LANGUAGES)
    parser.add_argument("--voices", choices=spoken_voices.FAMILIES, default="pico")
    parser.add_argument("--ears", choices=("auto", "told"), default="auto")
    parser.add_argument("--no-wake", action="store_true", help="neither say KITT's name nor want it")
    parser.add_argument("--snr", type=float, help="dB of speech over car noise; needs --data")
    parser.add_argument("--data", type=Path, help="folder with the noise recordings of `kitt eval speech`")
    parser.add_argument("--third", type=int, choices=range(1, EVERY + 1), default=1)
    parser.add_argument("--wrong", action="store_true", help="list the turns that are wrong")
    parser.add_argument("--jsonl", type=Path, help="write a line a turn")
    asked = parser.parse_args()
    if lacks := spoken_voices.missing(asked.voices):
        parser.error(lacks)
    if asked.snr is not None and asked.data is None:
        parser.error("--snr needs --data FOLDER")
    way = Way(asked.voices, asked.ears, not asked.no_wake, CLEAN if asked.snr is None else Condition(asked.snr))
    noises = load_noises(asked.data) if asked.data else None
    networks, rows = Networks.load(), list[Spoken]()
    for language in (asked.language,) if asked.language else LANGUAGES:
        here = run(language, way, networks, noises, third=asked.third)
        rows += here
        print(line(language, here), flush=True)
        if asked.wrong:
            for row in here:
                if row.fault:
                    heard = [(h["text"], h["intent"], h["confidence"], h["rejected"]) for h in row.heard]
                    print(f"  {row.conversation} {row.turn} '{row.said}' [{row.expected}]: {row.fault}; heard {heard}")
    if not asked.language:
        print(line("all", rows))
    if asked.jsonl:
        asked.jsonl.write_text(
            "".join(json.dumps(asdict(r), ensure_ascii=False) + "\n" for r in rows), encoding="utf-8"
        )


if __name__ == "__main__":
    main()
