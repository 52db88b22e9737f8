"""Play every clip of a set under every condition to a recogniser, and count what comes back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from kitt.eval.run import Progress, silent
from kitt.eval.speech_engine import Answer, Opener, best_of
from kitt.eval.speech_metrics import REJECTED, RIGHT, WRONG, Accuracy, accuracy
from kitt.eval.speech_mix import CLEAN, Condition, Gate, Noises, energy_gate, play, read_sound
from kitt.eval.speech_sets import Clip, SpeechSet

KNOWN, AUTO = "known", "auto"
"""The language: told to the engine, or found out for each utterance."""


@dataclass(frozen=True)
class Trial:
    """One clip under one condition. answer: the most confident accepted utterance, or, when none was accepted, the
    most confident one; None when nothing was heard at all."""

    set: str
    language: str
    mode: str
    condition: str
    clip: Clip
    verdict: str
    answer: Answer | None

    @property
    def open_right(self) -> bool:
        """Whether the answer would be right with no threshold in its way."""
        return self.answer is not None and same(self.answer, self.clip)


def same(answer: Answer, clip: Clip) -> bool:
    """Intent and all slots right, no slot too many."""
    return answer.intent == clip.intent and answer.slots == clip.slots


def judge(clip: Clip, answers: Sequence[Answer]) -> tuple[str, Answer | None]:
    """What became of a command, and the answer that decided it."""
    best = best_of(answers)
    if best is None:
        return REJECTED, best_of(answers, accepted=False)
    return (RIGHT if same(best, clip) else WRONG), best


def conditions(snrs_db: Iterable[float], kinds: Iterable[str] = (), kinds_snr_db: float = 6.0) -> list[Condition]:
    """Clean, car noise at each ratio, and every other kind of noise by itself at one."""
    return [CLEAN, *(Condition(snr) for snr in snrs_db), *(Condition(kinds_snr_db, kind) for kind in kinds)]


def run_set(
    speech: SpeechSet,
    under: Sequence[Condition],
    noises: Noises | None,
    opener: Opener,
    *,
    gate: Gate = energy_gate,
    modes: Sequence[str] = (KNOWN,),
    progress: Progress = silent,
) -> list[Trial]:
    """Every clip under every condition, with the language known and, where `modes` says so, unknown."""
    out = []
    every = [speech.grammars[language] for language in sorted(speech.grammars)]
    for mode in modes:
        for language in sorted(speech.grammars):
            hear = opener([speech.grammars[language]], language) if mode == KNOWN else opener(every, AUTO)
            clips = [c for c in speech.clips if c.language == language]
            for clip in progress(clips, len(clips)):
                sound = read_sound(clip.path)
                for condition in under:
                    verdict, answer = judge(clip, hear(play(sound, clip.key, condition, noises, gate)))
                    out.append(Trial(speech.name, language, mode, condition.name, clip, verdict, answer))
    return out


def table(trials: Sequence[Trial], part: Callable[[Trial], Any] = lambda _: "") -> dict[Any, Accuracy]:
    """Accuracy of each (language, mode, condition, part), in the order they were run."""
    groups: dict[Any, list[tuple[str, str]]] = {}
    for t in trials:
        groups.setdefault((t.language, t.mode, t.condition, part(t)), []).append((t.clip.speaker, t.verdict))
    return {key: accuracy(rows) for key, rows in groups.items()}


def figures(speech: SpeechSet, trials: Sequence[Trial]) -> dict[str, Any]:
    """Everything counted of one set, for JSON."""
    parted = len({c.part for c in speech.clips}) > 1
    rows = [(key, a) for key, a in table(trials).items()]
    if parted:
        rows += [(key, a) for key, a in table(trials, lambda t: t.clip.part).items()]
    return {
        "set": speech.name,
        "clips": len(speech.clips),
        "left_out": speech.left_out,
        "rows": [
            {"language": language, "mode": mode, "condition": condition, "part": part, **_accuracy(a)}
            for (language, mode, condition, part), a in rows
        ],
    }


def _accuracy(a: Accuracy) -> dict[str, Any]:
    return {
        "clips": a.right.n,
        "right": a.right.k,
        "wrong": a.wrong,
        "rejected": a.rejected,
        "accuracy": a.right.value,
        "interval": list(a.right.interval),
        "speakers": a.speakers,
        "macro": a.macro,
        "worst_speaker": list(a.worst),
    }


def row_of(trial: Trial) -> dict[str, Any]:
    """One trial as a line of JSON, for drawing curves of one's own."""
    return {
        "set": trial.set,
        "language": trial.language,
        "mode": trial.mode,
        "condition": trial.condition,
        "clip": trial.clip.key,
        "speaker": trial.clip.speaker,
        "meant": trial.clip.meaning,
        "verdict": trial.verdict,
        "right_if_accepted": trial.open_right,
        "answer": asdict(trial.answer) if trial.answer else None,
    }
