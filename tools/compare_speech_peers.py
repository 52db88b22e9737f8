"""One peer engine in an environment of its own; compare_speech.py starts it and talks to its standard streams.

compare_speech_peers.py ENGINE      then, on stdin, a line of JSON that sets it up, then requests
request:  a line {"samples": n}, followed by n float32 little-endian, mono at 16 kHz: one recording
answer:   a line {"heard": [[begin_s, end_s, text or "", score], ...], "cpu_s": s}, or {"error": text}
"""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

RATE_HZ = 16_000
Heard = list[tuple[float, float, str, float]]
LONG_S = 20.0
"""A longer recording is an open microphone: cut at pauses first."""
APART_S = 1.0
"""Scores of a wake word nearer than this are of one moment."""


def pocketsphinx(setup: dict[str, Any]) -> Callable[[Any], Heard]:
    """A finite-state grammar (what a JSGF file is compiled to); words that its dictionary lacks come with phones."""
    from pocketsphinx import Decoder, Endpointer

    decoder = Decoder(lm=None, loglevel="FATAL")
    for word, phones in setup["pronunciations"].items():
        if decoder.lookup_word(word) is None:
            decoder.add_word(word, phones, True)
    arcs = [(a, b, p, word) if word else (a, b, p) for a, b, p, word in setup["arcs"]]
    decoder.add_fsg("g", decoder.create_fsg("g", 0, setup["final"], arcs))
    decoder.activate_search("g")

    def decode(pcm: bytes, begin_s: float) -> Heard:
        decoder.start_utt()
        decoder.process_raw(pcm, full_utt=True)
        decoder.end_utt()
        best = decoder.hyp()
        end_s = begin_s + len(pcm) / 2 / RATE_HZ
        return [(begin_s, end_s, best.hypstr, float(decoder.get_prob()))] if best and best.hypstr else []

    def hear(samples: Any) -> Heard:
        pcm = (np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes()
        if len(samples) <= LONG_S * RATE_HZ:
            return decode(pcm, 0.0)
        out: Heard = []
        endpointer, held = Endpointer(sample_rate=RATE_HZ), b""
        step = endpointer.frame_bytes
        for i in range(0, len(pcm), step):
            frame = pcm[i : i + step]
            speech = endpointer.process(frame) if len(frame) == step else endpointer.end_stream(frame)
            if speech is not None:
                held += speech
            if held and not endpointer.in_speech:
                out += decode(held, endpointer.speech_start)
                held = b""
        return out + (decode(held, endpointer.speech_start) if held else [])

    return hear


def moonshine(setup: dict[str, Any]) -> Callable[[Any], Heard]:
    """Moonshine tiny-en's transcript, cut by its own voice activity detection."""
    import moonshine_voice
    from moonshine_voice import ModelArch
    from moonshine_voice.transcriber import Transcriber

    model = Path(moonshine_voice.__file__).parent / "assets" / "tiny-en"
    transcriber = Transcriber(str(model), ModelArch.TINY)

    def hear(samples: Any) -> Heard:
        found = transcriber.transcribe_without_streaming(np.asarray(samples, np.float32).tolist(), RATE_HZ)
        return [(x.start_time, x.start_time + x.duration, x.text, 0.0) for x in found.lines if x.text.strip()]

    return hear


def openwakeword(setup: dict[str, Any]) -> Callable[[Any], Heard]:
    """A trained wake word; a score every 80 ms."""
    from openwakeword.model import Model

    name = setup["word"]
    model = Model(wakeword_models=[name], inference_framework="onnx")

    def hear(samples: Any) -> Heard:
        pcm = (np.clip(samples, -1, 1) * 32767).astype(np.int16)
        model.reset()
        scores = [
            max(float(v) for v in model.predict(pcm[i : i + 1280]).values()) for i in range(0, len(pcm) - 1279, 1280)
        ]
        return peaks(scores, 0.08)

    return hear


def microwakeword(setup: dict[str, Any]) -> Callable[[Any], Heard]:
    """A trained wake word; a score every 30 ms, averaged as its model says."""
    from pymicro_wakeword import MicroWakeWord, MicroWakeWordFeatures, Model

    def hear(samples: Any) -> Heard:
        # a new one each time: it has no way to forget
        model = MicroWakeWord.from_builtin(Model(setup["word"]))
        features = MicroWakeWordFeatures()
        pcm = (np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes()
        scores: list[float] = []
        for i in range(0, len(pcm) - 319, 320):
            for feature in features.process_streaming(pcm[i : i + 320]):
                probability = model.process_streaming_prob(feature)
                scores.append(scores[-1] if probability is None and scores else float(probability or 0.0))
        model.close()
        return peaks(scores, 0.01)

    return hear


def peaks(scores: list[float], step_s: float, least: float = 0.01) -> Heard:
    """The highest score of each moment."""
    out: Heard = []
    left = np.array(scores, np.float64)
    near = max(1, math.ceil(APART_S / step_s))
    while len(left) and left.max() >= least:
        at = int(left.argmax())
        out.append((at * step_s, (at + 1) * step_s, "", float(left[at])))
        left[max(0, at - near) : at + near + 1] = -1.0
    return sorted(out)


ENGINES = {
    "pocketsphinx": pocketsphinx, "moonshine": moonshine, "openwakeword": openwakeword, "microwakeword": microwakeword
}  # fmt: skip


def main() -> None:
    requests, answers = sys.stdin.buffer, sys.stdout
    # engines that print must not print into our answers
    sys.stdout = sys.stderr
    hear = ENGINES[sys.argv[1]](json.loads(requests.readline()))
    while line := requests.readline():
        count = json.loads(line)["samples"]
        samples = np.frombuffer(requests.read(4 * count), "<f4")
        begun = time.process_time()
        try:
            answer: dict[str, Any] = {"heard": hear(samples), "cpu_s": time.process_time() - begun}
        except Exception as e:
            answer = {"error": f"{type(e).__name__}: {e}"}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
