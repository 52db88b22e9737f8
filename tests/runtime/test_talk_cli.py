"""`kitt talk`, heard and spoken through a real sound system whose loudspeakers lead nowhere."""

import json
import os
import re
import subprocess
import sys
import wave
from pathlib import Path

import cv2
import numpy as np
import pytest

from kitt.mouth.voice import make_voice

ROOT = Path(__file__).resolve().parents[2]
KITT = Path(sys.executable).with_name("kitt")
pytestmark = pytest.mark.weights

SCRIPT = """
"$1" talk "$2" --wake '' --jsonl "$3" 2>&1 & P=$!
for i in $(seq 150); do grep -q "Ctrl-C ends" "$4" && break; sleep 0.2; done
sleep 1.5; paplay --device=kitt "$5"; sleep 3
kill -TERM $P; wait $P; echo "rc $?"
"""


def run(command: list[str], **more) -> subprocess.CompletedProcess:
    pytest.importorskip("sounddevice", reason="sounddevice is not here: pip install 'kitt[live]'", exc_type=Exception)
    environment = {**os.environ, "PULSE_SINK": "mouth", "PYTHONUNBUFFERED": "1"}
    done = subprocess.run(
        [ROOT / "tools/null_sink.sh", *command], capture_output=True, text=True, cwd=ROOT, env=environment, **more
    )
    if done.returncode == 3:
        pytest.skip(done.stderr.strip())
    return done


def test_a_spoken_question_is_heard_answered_and_logged(tmp_path: Path) -> None:
    picture = tmp_path / "road.png"
    cv2.imwrite(str(picture), np.full((272, 484, 3), 90, np.uint8))
    voice = make_voice("espeak")
    said = voice.say("what do you see", "en")
    voice.close()
    with wave.open(str(tmp_path / "ask.wav"), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(said.rate_hz)
        out.writeframes(np.concatenate([said.samples, np.zeros(said.rate_hz, np.int16)]).tobytes())
    log = tmp_path / "log"
    names = [str(p) for p in (KITT, picture, tmp_path / "turns.jsonl", log, tmp_path / "ask.wav")]
    script = f"exec > {log}\n export PULSE_SINK=mouth\n{SCRIPT}"
    done = run(["bash", "-c", script, "talk", *names], timeout=120)
    told = log.read_text()
    assert "rc 0" in told or "rc 143" in told, told + done.stderr
    rows = [json.loads(line) for line in (tmp_path / "turns.jsonl").read_text().splitlines()]
    assert [row["intent"] for row in rows] == ["EyesDescribe"], told
    assert rows[0]["said"] in told
    assert "Traceback" not in told


def test_a_warning_is_at_the_sound_device_at_once() -> None:
    done = run([sys.executable, "-m", "tools.measure_talking", "--warnings", "10", "--commands", "0", "--idle"])
    found = re.search(r"warning to first sample: (\d+) of 10; p50 (\d+),", done.stdout)
    assert found, done.stdout + done.stderr
    assert int(found[1]) == 10
    assert int(found[2]) < 150, "the median, for this machine may be busy; docs/results.md has the percentiles"


def test_a_loudspeaker_that_is_not_there_is_one_line_before_anything_is_looked_at() -> None:
    done = run([str(KITT), "talk", str(ROOT / "README.md"), "--loudspeaker", "none such"])
    assert done.returncode == 2
    assert "no loudspeaker is called 'none such'" in done.stderr.splitlines()[-1]
