"""What the verdict learns from: fresh sentences in the training voices and people of the training, heard against
grammars that hold what they say and against grammars that do not.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from kitt.ears.acoustic import SecondPass
from kitt.ears.decoder import Decoder
from kitt.ears.endpoint import EndPointer
from kitt.ears.engine import GRAMMARS
from kitt.ears.g2p.espeak import EspeakPronouncer
from kitt.ears.grammar import Grammar
from kitt.ears.grammar.report import intents
from kitt.ears.judge import Evidence
from kitt.ears.vad import VoiceActivity
from kitt.eval.speech_sets import sounded_words
from kitt.types import LANGUAGES
from tools.train_speech import noise, voices
from tools.train_speech.augment import augment
from tools.train_speech.corpus import save_arrays, save_text
from tools.train_speech.human import clips, test_sets
from tools.train_speech.noise import F32, RATE_HZ
from tools.train_speech.texts import WORDS as TRAINING_WORDS
from tools.train_speech.texts import Texts
from tools.train_speech.views import LONGEST_S

CAR, OTHER, WORDS, SPOKEN, BESIDE = 220, 380, 500, 400, 240
"""Utterances: of the car grammar and of other texts, in each language; people's single words, people's other clips;
sentences of the first two with words beside them that make others of them, in each language."""
GRAMMARS_A_LANGUAGE, LARGEST, STRANGERS = 14, 150, 120
"""Random grammars: how many, most sentences of one, utterances they do not hold that each is tried on."""
NEAR = 0.25
"""Edits a phone within which an utterance has the sound of the sentence: neither right nor wrong to accept."""
LABELS = {"en": "gmw/en-US", "fr": "roa/fr", "es": "roa/es-419"}


@dataclass(frozen=True)
class Utterance:
    """What was said, in words of the grammar, by whom ("car", "text", "people"), in how many seconds. within: the
    sentence that it holds among other words, made so ("beside").
    """

    kind: str
    language: str
    said: str
    seconds: float
    within: str = ""


@dataclass(frozen=True)
class Case:
    """A sentence found in an utterance. right: said and found; grammar: its name; stranger: said by somebody who meant
    nothing of the kind, so that it counts for the false accepts of an hour.
    """

    grammar: str
    right: bool
    evidence: Evidence
    stranger: bool = True


@dataclass(frozen=True)
class Cases:
    """hours: listened to by each grammar to what it does not hold."""

    cases: list[Case]
    hours: dict[str, float]


def write(work: Path, data: Path, seed: int) -> None:
    """verdict.jsonl and verdict-sound.npz in `work`: the utterances as the end-pointer cuts them out."""
    rng = np.random.default_rng(seed + 7)
    noises, voice = noise.load(data), VoiceActivity.load()
    listed: list[Utterance] = []
    pieces: list[F32] = []
    owner: list[int] = []
    recent: list[F32] = []

    def babble(n: int) -> F32:
        mixed = np.zeros(n, np.float32)
        for i in rng.integers(len(recent), size=int(rng.integers(3, 7))):
            mixed[: len(recent[i])] += recent[i][:n] * rng.uniform(0.3, 1.0)
        return mixed

    for kind, language, text, speech, within in _spoken(data, seed, rng):
        said = " ".join(sounded_words(text, language))
        if not said or not RATE_HZ // 10 < len(speech) < LONGEST_S * RATE_HZ:
            continue
        recent = [*recent[-300:], speech]
        heard = augment(speech, noises, babble, rng, hard=bool(rng.random() < 0.5))
        quiet = rng.standard_normal(RATE_HZ // 2).astype(np.float32) * np.float32(1e-4)
        cut = _cut(np.concatenate([heard, quiet]), voice)
        owner += [len(listed)] * len(cut)
        pieces += cut
        seconds, held = len(speech) / RATE_HZ + 0.5, " ".join(sounded_words(within, language))
        listed.append(Utterance(kind, language, said, seconds, held))
    save_arrays(
        work / "verdict-sound.npz",
        samples=np.concatenate([np.rint(p * 32767).astype(np.int16) for p in pieces]),
        ends=np.cumsum([len(p) for p in pieces]),
        utterance=np.array(owner),
    )
    save_text(work / "verdict.jsonl", "".join(json.dumps(asdict(u), ensure_ascii=False) + "\n" for u in listed))


def cases(work: Path, second: SecondPass, seed: int) -> Cases:
    """Every utterance through the car grammar and random small ones, with the networks as they are now."""
    listed = [
        Utterance(**json.loads(line)) for line in (work / "verdict.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    with np.load(work / "verdict-sound.npz") as stored:
        sound, owner = np.split(stored["samples"], stored["ends"][:-1]), stored["utterance"]
    heard: list[list[F32]] = [[] for _ in listed]
    for at, samples in zip(owner, sound, strict=True):
        features = second.features(samples.astype(np.float32) / 32767)
        heard[at].append(second.posteriors(features, listed[at].language))
    out = Cases([], {})
    choose = random.Random(f"verdict-{seed}")
    for language in LANGUAGES:
        made = [i for i, u in enumerate(listed) if u.language == language and u.within]
        rows = [i for i, u in enumerate(listed) if u.language == language and not u.within]
        _listen(f"car {language}", Grammar.load(GRAMMARS / language), rows + made, listed, heard, out)
        texts = sorted({listed[i].said for i in rows if len(listed[i].said.split()) <= 9})
        for n in range(GRAMMARS_A_LANGUAGE):
            chosen = choose.sample(texts, round(LARGEST ** choose.random()))
            # in brackets, so that "22" and "5" side by side are not asked whether they are one number
            sentences = {f"I{i}": [" ".join(f"({word})" for word in t.split())] for i, t in enumerate(chosen)}
            grammar = Grammar.of_sentences(sentences, language, f"random {n}")
            strangers = [i for i in rows if listed[i].said not in chosen]
            some = choose.sample(strangers, min(STRANGERS, len(strangers)))
            held = [i for i in rows if listed[i].said in chosen] + [i for i in made if listed[i].within in chosen]
            _listen(f"{n} {language}", grammar, held + some, listed, heard, out)
    return out


def _listen(
    name: str, grammar: Grammar, rows: list[int], listed: list[Utterance], heard: list[list[F32]], out: Cases
) -> None:
    decoder, found = Decoder(grammar.graph), []
    for i in rows:
        for posteriors in heard[i]:
            paths = decoder.decode(posteriors)
            if paths:
                found.append((i, Evidence.of(paths[0], paths[1:], len(grammar.graph.phone))))
    said = {i: listed[i].said for i in rows}
    holds = {i: said[i] == e.text or grammar.parse(said[i].split()) is not None for i, e in found}
    sounds = _sounds(grammar.language, {t for i, e in found for t in (said[i], e.text)})
    for i, evidence in found:
        right = evidence.text == said[i]
        # of a whole utterance all has to sound like the sentence; a piece of one may have been no more than that
        near = _edits(sounds[evidence.text], sounds[said[i]], within=len(heard[i]) > 1) <= NEAR * evidence.phones
        # a command taken for another one, and what sounds like the sentence, teach nothing about accepting
        if right or not (holds[i] or (near and not listed[i].within)):
            out.cases.append(Case(name, right, evidence, stranger=not listed[i].within))
    out.hours[name] = sum(listed[i].seconds for i in rows if not (holds.get(i, False) or listed[i].within)) / 3600


def _spoken(data: Path, seed: int, rng: np.random.Generator) -> Iterator[tuple[str, str, str, F32, str]]:
    """(kind, language, text, sound, sentence within it) of every utterance, as it was said."""
    kept = test_sets()["voices"]
    sentences: dict[str, list[str]] = {}
    for language in LANGUAGES:
        choose = random.Random(f"verdict-{language}-{seed}")
        other = iter(Texts(language, data, seed + 100))
        examples = [e.text for i in intents(Grammar.load(GRAMMARS / language), 5) for e in i.examples]
        texts = [("car", t) for t in choose.sample(examples, min(CAR, len(examples)))]
        texts += [("text", next(other)) for _ in range(OTHER)]
        sentences[language] = [text for _, text in texts]
        for kind, text in texts:
            yield kind, language, text, _say(language, choose, kept, text), ""
    people = list(clips(data))
    order = [people[i] for i in rng.permutation(len(people))]
    words = [c for c in order if c.source.startswith("speech_art4apps")]
    rest = [c for c in order if not c.source.startswith("speech_art4apps")]
    for clip in words[:WORDS] + rest[:SPOKEN]:
        yield "people", clip.language, clip.text, noise.read_sound(clip.path), ""
    for language in LANGUAGES:
        choose = random.Random(f"verdict-beside-{language}-{seed}")
        words = sorted({w for text in sentences[language] for w in text.split() if len(w) > 3 and w.isalpha()})
        for sentence in choose.choices([s for s in sentences[language] if len(s.split()) <= 9], k=BESIDE):
            text = _with_words_beside(sentence, language, words, choose)
            yield "beside", language, text, _say(language, choose, kept, text), sentence


def _say(language: str, choose: random.Random, kept: dict[str, list[str]], text: str) -> F32:
    return voices.say(voices.draw(language, choose, kept), text).astype(np.float32) / 32768


def _with_words_beside(sentence: str, language: str, words: list[str], choose: random.Random) -> str:
    """The sentence in a frame of words.toml; of a single word nothing can stand inside."""
    parts = sentence.split()
    frames = [f for f in TRAINING_WORDS["beside"][language] if "{s}" in f or len(parts) > 1]
    a, b, h, t = parts[0], " ".join(parts[1:]), " ".join(parts[:-1]), parts[-1]
    text = choose.choice(frames).format(s=sentence, a=a, b=b, h=h, t=t, w=choose.choice(words))
    return re.sub(r"\bne (?=[aeiouyhéèêâîôû])", "n'", text) if language == "fr" else text


def _cut(sound: F32, voice: VoiceActivity) -> list[F32]:
    voice.reset()
    pointer = EndPointer()
    spans = pointer.push(voice.push(sound))
    last = pointer.finish(len(sound))
    return [sound[s.start : s.end] for s in (*spans, *([last] if last else []))]


def _sounds(language: str, texts: set[str]) -> dict[str, tuple[int, ...]]:
    espeak, ordered = EspeakPronouncer(), sorted(texts)
    said = [tuple(p) for p in espeak.pronounce(ordered, language, LABELS[language])]
    espeak.close()
    return dict(zip(ordered, said, strict=True))


def _edits(part: tuple[int, ...], whole: tuple[int, ...], *, within: bool) -> int:
    """Fewest edits that make `part` the whole; within: or a stretch of it."""
    before = [0 if within else j for j in range(len(whole) + 1)]
    for i, one in enumerate(part, 1):
        row = [i]
        for j, other in enumerate(whole, 1):
            row.append(min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (one != other)))
        before = row
    return min(before) if within else before[-1]
