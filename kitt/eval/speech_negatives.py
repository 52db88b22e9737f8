"""Speech that is no command, as blocks of sound for an open microphone: people, synthetic voices, and noise alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kitt.errors import KittError
from kitt.eval import speech_sets, speech_voices
from kitt.eval.speech_mix import RATE_HZ, Noises, in_quiet, read_sound, seeded, silent_s
from kitt.types import F32, LANGUAGES

BLOCK_S = 60.0
TRAINED_NEVER = ("speech_gcompris_fr_sentences", "speech_danieldona_es", "speech_gcompris_fr", "speech_gcompris_fr_geo",
                 "speech_gcompris_es_geo", "speech_childsplay", "speech_klettres")  # fmt: skip
"""Recordings under GPL or GFDL: no weights that ship are trained on them, so they measure as well."""
SHARE_OF_SYNTHETIC = {"en": 0.5, "fr": 0.25, "es": 0.25}

IsCommand = Callable[[str, str], bool]
"""(text, language) -> whether the grammar under test holds that sentence: then to accept it is right."""


@dataclass(frozen=True, eq=False)
class Said:
    """A sentence in a block, seconds from the block's begin."""

    begin_s: float
    end_s: float
    text: str


@dataclass(frozen=True, eq=False)
class Block:
    """About a minute of one source, float32 (n,) at 16 kHz. said: empty for noise."""

    source: str
    language: str
    samples: F32
    said: tuple[Said, ...] = ()

    @property
    def hours(self) -> float:
        return len(self.samples) / RATE_HZ / 3600

    def text_at(self, t_s: float) -> str:
        return next((s.text for s in self.said if s.begin_s - 0.3 <= t_s <= s.end_s + 0.3), "")


@dataclass(frozen=True)
class Recording:
    source: str
    language: str
    path: Path
    text: str


def human(data: Path, *, never: Iterable[str] = ()) -> list[Recording]:
    """Every recording of people under the data folder that no shipped weights were trained on, `never` sets left out.

    The text is "" where nobody wrote down the words.
    """
    out = []
    held = speech_sets.kept()["speakers"]
    for folder in ("speech_cv61_en", "speech_cv61_fr", "speech_cv61_es", *TRAINED_NEVER):
        if folder in never or not (data / folder).is_dir():
            continue
        for row in speech_sets.rows_of(data / folder):
            language = row["language"][:2]
            if (folder not in held or row["speaker"] in held[folder]) and language in LANGUAGES:
                # "<letter> b" is a letter's name
                text = row["text"].partition("> ")[2] if row["text"].startswith("<") else row["text"]
                out.append(Recording(folder, language, data / folder / row["file"], text))
    for folder in ("speech_drone_fr", "speech_home_es", "speech_panel_es"):
        if folder not in never and (data / folder).is_dir():
            for row in speech_sets.rows_of(data / folder):
                out.append(Recording(folder, row["language"], data / folder / row["file"], row["text"]))
    gsc = "speech_gsc_subset300"
    for path in sorted((data / gsc).glob("*/*.wav")) if gsc not in never else ():
        if path.name.split("_")[0] in held[gsc]:
            out.append(Recording(gsc, "en", path, path.parent.name))
    for folder, pattern, language in (
        ("speech_pico_intent", "data/speech/clean/*.wav", "en"),
        ("speech_fsdd", "recordings/*.wav", "en"),
        *((f"speech_asterisk/{one}", "*/digits/*.wav", one) for one in LANGUAGES),
    ):
        if folder.split("/")[0] not in never:
            paths = sorted((data / folder).glob(pattern))
            # 8_jackson_3.wav
            texts = [p.stem.partition("_")[0] if folder == "speech_fsdd" else "" for p in paths]
            rows = zip(paths, texts, strict=True)
            out += [Recording(folder.split("/")[0], language, path, text) for path, text in rows]
    if "speech_precise" not in never:
        for path in sorted((data / "speech_precise").glob("*/e[ns]/*.wav")):
            out.append(Recording("speech_precise", path.parent.name, path, path.parent.parent.name))
    return out


def human_blocks(recordings: Sequence[Recording], is_command: IsCommand, hours: float | None = None) -> Iterator[Block]:
    """The recordings one after the other, about half a second of quiet between them; commands left out.

    hours: stop after so much, an even share of every set and language.
    """
    by_source: dict[tuple[str, str], list[Recording]] = {}
    for r in recordings:
        by_source.setdefault((r.source, r.language), []).append(r)
    for (source, language), rows in by_source.items():
        order = seeded("human", source, language).permutation(len(rows))
        left_s = None if hours is None else hours * 3600 / len(by_source)
        pieces = ((rows[i].text, read_sound(rows[i].path)) for i in order if not is_command(rows[i].text, language))
        yield from _blocks(source, language, pieces, left_s)


def sentences(data: Path) -> dict[str, list[str]]:
    """What the synthetic voices say, by language: texts kept for evaluation, and of recordings that are.

    Raises KittError where there are none.
    """
    out: dict[str, set[str]] = {language: set() for language in LANGUAGES}
    slurp = data / "text_slurp" / "dataset" / "slurp" / "devel.jsonl"
    if slurp.is_file():
        out["en"] |= {json.loads(line)["sentence"] for line in slurp.read_text(encoding="utf-8").splitlines()}
    kvret = data / "text_kvret" / "data" / "kvret_dev_public.json"
    if kvret.is_file():
        dialogues = json.loads(kvret.read_text(encoding="utf-8"))
        out["en"] |= {turn["data"]["utterance"] for d in dialogues for turn in d["dialogue"]}
    for r in human(data):
        if r.source.startswith(("speech_cv61", "speech_gcompris_fr_sentences", "speech_danieldona")):
            out[r.language].add(r.text)
    if not all(out.values()):
        raise KittError(f"{data}: no texts for synthetic voices (text_slurp, text_kvret, speech_cv61_*)")
    return {language: sorted(t for t in texts if t.strip()) for language, texts in out.items()}


def synthetic_blocks(
    texts: dict[str, list[str]], hours: float, is_command: IsCommand, share: dict[str, float] | None = None
) -> Iterator[Block]:
    """So many hours of sentences in voices kept for tests, another voice for each; commands left out."""
    for language, part in (share or SHARE_OF_SYNTHETIC).items():

        def pieces(language: str = language) -> Iterator[tuple[str, F32]]:
            said = 0
            while True:
                for i in seeded("order", language, said).permutation(len(texts[language])):
                    text = texts[language][i]
                    if not is_command(text, language):
                        voice = speech_voices.draw(language, seeded("voice", language, said))
                        yield text, speech_voices.say(voice, text)
                    said += 1

        if part > 0:
            yield from _blocks("synthetic", language, pieces(), hours * part * 3600)


def noise_blocks(noises: Noises, language: str = "en") -> Iterator[Block]:
    """Every noise and the music by itself, as recorded."""
    for kind, sound in noises.kinds.items():
        yield Block(f"noise: {kind}", language, sound)


def _blocks(source: str, language: str, pieces: Iterable[tuple[str, F32]], left_s: float | None) -> Iterator[Block]:
    """Sentences put together to blocks of BLOCK_S, until `left_s` are over."""
    rng = seeded("pauses", source, language)
    parts: list[F32] = []
    said: list[Said] = []
    length = 0
    for text, sound in pieces:
        if left_s is not None and left_s <= 0:
            break
        padded = np.concatenate([in_quiet(sound, rng), silent_s(float(rng.uniform(0.0, 1.0)), rng)])
        said.append(Said(length / RATE_HZ, (length + len(padded)) / RATE_HZ, text))
        parts.append(padded)
        length += len(padded)
        left_s = None if left_s is None else left_s - len(padded) / RATE_HZ
        if length >= BLOCK_S * RATE_HZ:
            yield Block(source, language, np.concatenate(parts), tuple(said))
            parts, said, length = [], [], 0
    if parts:
        yield Block(source, language, np.concatenate(parts), tuple(said))
