"""Made-up recordings, and an engine that hears what it is told to."""

import json
import wave

import numpy as np

from kitt.eval.speech_engine import Answer

RATE_HZ = 16_000


def tone(seconds, *, lead_s=0.3, tail_s=0.3, rate_hz=RATE_HZ, amplitude=0.3, hz=440.0):
    """A sound that stands for speech: a tone between two stretches of faint noise."""
    rng = np.random.default_rng(1)
    n, lead = int((seconds + lead_s + tail_s) * rate_hz), int(lead_s * rate_hz)
    out = 1e-4 * rng.standard_normal(n)
    t = np.arange(int(seconds * rate_hz)) / rate_hz
    out[lead : lead + len(t)] += amplitude * np.sin(2 * np.pi * hz * t)
    return out.astype(np.float32)


def write_wav(path, samples, rate_hz=RATE_HZ):
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as out:
        out.setparams((1, 2, rate_hz, 0, "NONE", ""))
        out.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    return path


def write_rows(folder, rows):
    """transcripts.tsv and a recording for each (file, speaker, language, text)."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = ["file\tspeaker\tlanguage\ttext", *("\t".join(row) for row in rows)]
    (folder / "transcripts.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    for file, *_ in rows:
        write_wav(folder / file, tone(0.4))


def write_noises(data, seconds=4.0):
    """One recording of each folder of noises; halves with levels of their own, so that a mix-up shows."""
    rng = np.random.default_rng(0)
    n = int(seconds * RATE_HZ)
    halves = np.where(np.arange(n) < n // 2, 0.05, 0.2) * rng.standard_normal(n)
    write_wav(data / "noise_ibm_max" / "samples" / "car_engine.wav", halves)
    write_wav(data / "noise_felix" / "data" / "noises" / "music.wav", halves[::-1])


def write_pico(data, orders):
    """orders: name -> slots."""
    folder = data / "speech_pico_intent" / "data"
    labels = {f"{name}.wav": {"intent": "orderDrink", "slots": slots} for name, slots in orders.items()}
    (folder / "label").mkdir(parents=True)
    (folder / "label" / "label.json").write_text(json.dumps(labels))
    for name in orders:
        write_wav(folder / "speech" / "clean" / f"{name}.wav", tone(0.5))


def answer(intent="Go", slots=None, *, confidence=0.9, accepted=True, text="", t_s=0.5, score=-0.1):
    return Answer(t_s, t_s + 0.4, "en", intent, slots or {}, text, confidence, accepted, score=score)


def scripted(*answers):
    """An opener whose engines give the same answers to every recording; `.opened` lists what was asked for."""

    def opener(grammars, language, *, wake=None, accept_all=False):
        opener.opened.append(([p.stem for p in grammars], language))
        return lambda samples: list(answers)

    opener.opened = []
    return opener
