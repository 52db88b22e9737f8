"""Run by test_microphone.py beside a private PulseAudio: plays a sweep and says what the microphone heard of it.

tools/null_sink.sh python -m tests.runtime.hear_null_sink FOLDER
"""

import json
import subprocess
import sys
import time
import wave
from pathlib import Path

import numpy as np
from scipy.signal import chirp, correlate

from kitt.ears.resample import RATE_HZ
from kitt.ears.timeline import Timeline
from kitt.runtime.microphone import microphone

HEARD_S = 5.0


def main(folder):
    t = np.arange(int(1.5 * RATE_HZ)) / RATE_HZ
    sweep = (0.5 * chirp(t, 200, 1.5, 3_000)).astype(np.float32)
    path = Path(folder) / "sweep.wav"
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE_HZ)
        out.writeframes((sweep * 32_767).astype("<i2").tobytes())

    line, pieces, player, played_ns = Timeline(), [], None, 0
    with microphone() as ears:
        for chunk in ears:
            line.add(chunk)
            pieces.append(chunk.samples)
            heard_s = sum(map(len, pieces)) / RATE_HZ
            # the sound system's own delay settles in the first two seconds
            if heard_s > 2 and not player:
                played_ns = time.time_ns()
                player = subprocess.Popen(["paplay", str(path)])
            if heard_s > HEARD_S:
                break
        notes = ears.notes
    assert player
    player.wait()
    heard = np.concatenate(pieces)
    at = int(np.argmax(correlate(heard, sweep, "valid")))
    same = float(np.corrcoef(heard[at : at + len(sweep)], sweep)[0, 1])
    late_s = (line.t_ns(at) - played_ns) / 1e9
    print(json.dumps({"correlation": same, "late_s": late_s, "microphone": ears.name, "notes": notes}))


if __name__ == "__main__":
    main(sys.argv[1])
