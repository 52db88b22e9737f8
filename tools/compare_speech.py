"""kitt's ears beside other engines, on the same recordings and by the same code: python -m tools.compare_speech

English only, which is what the others speak. PocketSphinx 5.1.1 with the grammar, Moonshine tiny-en with the sentence
of the grammar that is closest to its transcript; for wake words openWakeWord and microWakeWord with their own trained
words, beside kitt with the same words given as text, all in synthetic voices. They live in .venv-peers, made here.
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from kitt.ears.grammar import Grammar
from kitt.errors import KittError
from kitt.eval import speech_false, speech_negatives, speech_voices, speech_wake
from kitt.eval.speech_engine import Answer, Opener, Recogniser, open_ears
from kitt.eval.speech_mix import CLEAN, Condition, play, seeded
from kitt.eval.speech_report import Bench, Plan
from kitt.eval.speech_sets import words_of
from kitt.eval.speech_table import grid, pc
from kitt.types import F32
from tools.compare_speech_match import closest, finite_state

ROOT = Path(__file__).resolve().parents[1]
HOME = ROOT / ".venv-peers"
PACKAGES = ["pocketsphinx==5.1.1", "moonshine-voice==0.1.0", "pymicro-wakeword==2.5.0", "numpy", "onnxruntime", "scipy",
            "scikit-learn", "tqdm", "requests"]  # fmt: skip
WITHOUT_DEPENDENCIES = ["openwakeword==0.5.1"]
"""It asks for a TensorFlow that newer Pythons lack, and does without."""
FARTHEST = 0.35
"""A transcript farther than this share of letters from every sentence is no command."""
SETS = ("pico", "words", "prompts", "gsc", "fsdd")
WAKES = {
    "alexa": {"openwakeword": "alexa", "microwakeword": "alexa"},
    "hey jarvis": {"openwakeword": "hey_jarvis", "microwakeword": "hey_jarvis"},
    "hey mycroft": {"openwakeword": "hey_mycroft", "microwakeword": "hey_mycroft"},
}


def make_home() -> None:
    """The peers' environment, where it is not there yet. Raises KittError."""
    if (HOME / ".ready").exists():
        return
    print(f"kitt: making {HOME.name} for the peers", file=sys.stderr)
    pip = [str(HOME / "bin" / "python"), "-m", "pip", "install", "-q"]
    steps = [[sys.executable, "-m", "venv", str(HOME)], [*pip, *PACKAGES], [*pip, "--no-deps", *WITHOUT_DEPENDENCIES]]
    for step in steps:
        done = subprocess.run(step, capture_output=True, text=True)
        if done.returncode:
            last = (done.stderr.strip().splitlines() or ["?"])[-1]
            raise KittError(f"the peers cannot be installed: {last}")
    (HOME / ".gitignore").write_text("*\n")
    (HOME / ".ready").touch()


class Peer:
    """One engine in its process. Recordings one at a time."""

    def __init__(self, engine: str, setup: dict[str, Any]) -> None:
        self._engine = engine
        self._process = subprocess.Popen(
            [str(HOME / "bin" / "python"), str(Path(__file__).with_name("compare_speech_peers.py")), engine],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._write(json.dumps(setup).encode() + b"\n")

    def hear(self, samples: F32) -> tuple[list[tuple[float, float, str, float]], float]:
        """(begin, end, text, score) each, and CPU seconds. Raises KittError when the engine does not run."""
        self._write(json.dumps({"samples": len(samples)}).encode() + b"\n" + samples.astype("<f4").tobytes())
        assert self._process.stdout
        line = self._process.stdout.readline()
        answer = json.loads(line) if line else {"error": "it ended"}
        if "error" in answer:
            raise KittError(f"{self._engine}: {answer['error']}")
        return [(float(a), float(b), str(t), float(s)) for a, b, t, s in answer["heard"]], float(answer["cpu_s"])

    def _write(self, data: bytes) -> None:
        assert self._process.stdin
        try:
            self._process.stdin.write(data)
            self._process.stdin.flush()
        except OSError as e:
            raise KittError(f"{self._engine}: it does not run: {e}") from e


@cache
def grammar_of(path: Path) -> Grammar:
    return Grammar.load(path)


def open_pocketsphinx(
    grammars: Sequence[Path], language: str, *, wake: str | None = None, accept_all: bool = False
) -> Recogniser:
    """Whatever it finds is accepted: it hears the grammar's sentences and nothing else.

    Where it stops within a sentence, which it does on the noise after one, the words up to a whole one count.
    """
    grammar = grammar_of(grammars[0])
    peer = Peer("pocketsphinx", finite_state(grammar))
    written = {w.lower(): w for w in grammar.graph.words}

    def hear(samples: F32) -> list[Answer]:
        found, cpu_s = peer.hear(samples)
        out = []
        for begin_s, end_s, text, score in found:
            words = [written[w] for w in text.split()]
            while words and grammar.parse(words) is None:
                words.pop()
            out.append(answer(grammar, words, begin_s, end_s, score, bool(words), cpu_s))
        return out

    return hear


def open_moonshine(
    grammars: Sequence[Path], language: str, *, wake: str | None = None, accept_all: bool = False
) -> Recogniser:
    """A short recording is one command, whatever pauses its voice activity detection sees in it."""
    grammar = grammar_of(grammars[0])
    peer = Peer("moonshine", {})

    def hear(samples: F32) -> list[Answer]:
        found, cpu_s = peer.hear(samples)
        if len(samples) < 16_000 * 20 and found:
            found = [(found[0][0], found[-1][1], " ".join(t for _, _, t, _ in found), 0.0)]
        out = []
        for begin_s, end_s, text, _ in found:
            letters = "".join(c for c in text.replace("-", " ") if c.isascii())
            sentence, far = closest(grammar, " ".join(words_of(letters, language)))
            out.append(answer(grammar, sentence, begin_s, end_s, 1 - far, far <= FARTHEST, cpu_s))
        return out

    return hear


def answer(
    grammar: Grammar, words: list[str], begin_s: float, end_s: float, score: float, accepted: bool, cpu_s: float
) -> Answer:
    """A sentence of the grammar as the evaluation counts it."""
    intent, slots = grammar.parse(words) or ("", {})
    named = {k: str(v).strip().lower() for k, v in slots.items()}
    return Answer(begin_s, end_s, grammar.language, intent, named, " ".join(words), score, accepted, cpu_s=cpu_s)


ENGINES: dict[str, Opener] = {"kitt": open_ears, "pocketsphinx": open_pocketsphinx, "moonshine": open_moonshine}


def commands(bench: Callable[[Opener], Bench], engines: Iterable[str], sets: Iterable[str]) -> list[dict[str, Any]]:
    """Accuracy of each engine on each set and condition, a table as soon as a set is done."""
    out = []
    for name in sets:
        rows: dict[str, dict[str, Any]] = {}
        for engine in engines:
            try:
                figures, trials = bench(ENGINES[engine]).commands(name)
            except KittError as e:
                print(f"kitt: {engine} on {name}: {e}", file=sys.stderr)
                continue
            heard = [t.answer.cpu_s for t in trials if t.answer and not math.isnan(t.answer.cpu_s)]
            out.append({"engine": engine, "cpu_s_a_clip": sum(heard) / max(1, len(heard)), **figures})
            for r in figures["rows"]:
                if r["mode"] == "known":
                    rows.setdefault(f"  {r['condition']}", {})[engine] = r
        table = [[f"{name}, right (95 %) of", *engines]]
        for condition, found in rows.items():
            table.append([condition, *(_share(found.get(engine)) for engine in engines)])
        print("\n".join([*grid(table), ""]), flush=True)
    return out


def _share(row: dict[str, Any] | None) -> str:
    if row is None:
        return "does not run"
    low, high = row["interval"]
    return f"{pc(row['accuracy'])} ({pc(low)} to {pc(high)}) {row['clips']}"


def false_accepts(bench: Callable[[Opener], Bench], engines: Sequence[str]) -> list[dict[str, Any]]:
    """Events an hour of each engine in the car grammar and the small one."""
    out = []
    table = [["false accepts an hour (at most, 95 %)", *engines]]
    rows: dict[str, dict[str, str]] = {}
    for engine in engines:
        try:
            for watch in bench(ENGINES[engine]).false_accepts():
                figures = speech_false.figures(watch)
                out.append({"engine": engine, **figures})
                s = figures["speech"]
                text = f"{s['per_hour']:.2f} ({s['per_hour_at_most']:.2f}), {s['events']} in {s['hours']:.2f} h"
                rows.setdefault(f"  {watch.grammar} grammar, speech", {})[engine] = text
        except KittError as e:
            print(f"kitt: {engine}, false accepts: {e}", file=sys.stderr)
    table += [[name, *(found.get(engine, "does not run") for engine in engines)] for name, found in rows.items()]
    print("\n".join([*grid(table), ""]), flush=True)
    return out


def wake_words(bench: Bench, plan: Plan, voices: int = 60) -> list[dict[str, Any]]:
    """Each engine on the words that the peers were trained on, in synthetic voices kept for tests."""
    texts = speech_negatives.sentences(bench.data)
    recordings = [r for r in speech_negatives.human(bench.data) if r.language == "en"]
    blocks = list(speech_negatives.human_blocks(recordings, lambda *_: False, plan.human_h))
    blocks += speech_negatives.synthetic_blocks(texts, plan.wake_h, lambda *_: False, {"en": 1.0})
    out: list[dict[str, Any]] = []
    table = [["missed (synthetic voices)", "of", *(f"at {r:g}/h" for r in speech_wake.RATES), "negatives, h"]]
    under = [CLEAN, Condition(12.0)]
    for phrase, words in WAKES.items():
        said = []
        for i in range(voices):
            sound = speech_voices.say(speech_voices.draw("en", seeded("peer", phrase, i)), phrase)
            said += [(c.name, play(sound, f"{phrase}/{i}", c, bench.noises)) for c in under]
        test = speech_wake.WakeTest(phrase, (phrase,), "en", said, synthetic=True)
        for engine in ("kitt", *words):
            opener = speech_wake.open_scorer if engine == "kitt" else scorer_of(engine, words[engine])
            try:
                (found,) = speech_wake.run_wake([test], blocks, opener)
            except KittError as e:
                print(f"kitt: {engine}, {phrase}: {e}", file=sys.stderr)
                continue
            figures = speech_wake.figures(found)
            out.append({"engine": engine, **figures})
            for r in figures["rows"]:
                misses = [pc(m["miss"]) for m in r["misses"]]
                name = f"  {phrase}, {r['condition']}, {engine}"
                table.append([name, str(r["clips"]), *misses, f"{found.hours:.2f}"])
    print("\n".join([*grid(table), ""]), flush=True)
    return out


def scorer_of(engine: str, word: str) -> speech_wake.ScorerOpener:
    """A peer's trained word as the evaluation of wake phrases takes it."""

    def opener(phrases: Sequence[str], language: str) -> speech_wake.Scorer:
        peer = Peer(engine, {"word": word})
        return lambda samples: [score for _, _, _, score in peer.hear(samples)[0]]

    return opener


def main(words: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="*", help=f"{', '.join(SETS)}, false_accepts, wake; all if none is named")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--engines", default=",".join(ENGINES), help="of " + ", ".join(ENGINES))
    parser.add_argument("--full", action="store_true", help="as `kitt eval speech --full`: hours")
    parser.add_argument("--json", type=Path, help="also write all figures to this file")
    given = parser.parse_args(words)
    plan = Plan.full() if given.full else Plan()
    try:
        engines = given.engines.split(",")
        if unknown := set(engines) - set(ENGINES) or set(given.sets) - {*SETS, "false_accepts", "wake"}:
            raise KittError(f"unknown: {', '.join(sorted(unknown))}; see --help")
        make_home()

        def bench(opener: Opener) -> Bench:
            return Bench(given.data, plan, opener=opener, languages=("en",))

        there = bench(open_ears).found()
        chosen = given.sets or [s for s in (*SETS, "false_accepts", "wake") if s in there]
        report = {"commands": commands(bench, engines, [s for s in chosen if s in SETS])}
        if "false_accepts" in chosen:
            report["false_accepts"] = false_accepts(bench, engines)
        if "wake" in chosen:
            report["wake"] = wake_words(bench(open_ears), plan)
        if given.json:
            given.json.write_text(json.dumps(report, indent=1, default=float))
    except (KittError, OSError) as e:
        print(f"kitt: {e}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
