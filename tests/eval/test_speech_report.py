"""kitt eval speech from the command line, with an engine that hears one thing everywhere."""

import json

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from kitt.cli import eval_speech
from kitt.errors import KittError
from kitt.eval import speech_engine, speech_mix, speech_speed, speech_table
from kitt.eval.speech_plots import snr_of
from kitt.types import Heard
from tests.eval.speech_fakes import RATE_HZ, answer, scripted, tone, write_noises, write_pico


@pytest.fixture
def data(tmp_path):
    data = tmp_path / "data"
    write_noises(data)
    write_pico(data, {"a": {"size": "large"}, "b": {"size": "small"}})
    return data


@pytest.fixture
def run(monkeypatch):
    """Standard output of `speech WORDS`; an error of the command is raised here."""
    monkeypatch.setattr(speech_engine, "open_ears", scripted(answer("orderDrink", {"size": "large"}, text="large")))
    monkeypatch.setattr(speech_mix, "silero_gate", lambda: speech_mix.energy_gate)
    app = typer.Typer()
    app.command()(eval_speech.speech)

    def invoke(*words):
        done = CliRunner().invoke(app, [str(w) for w in words])
        if isinstance(done.exception, Exception):
            raise done.exception
        return done.output

    return invoke


def test_a_table_a_json_file_rows_and_plots(run, data, tmp_path):
    files = tmp_path / "out.json", tmp_path / "rows.jsonl", tmp_path / "plots"
    out = run("pico", "--data", data, "--snr", "12,0", "--errors", "--json", files[0], "--rows", files[1], "--plots",
              files[2])  # fmt: skip
    assert "pico: 2 recordings" in out
    assert "en, 12 dB" in out
    assert "9.5 to 90.5" in out
    assert "orderDrink size=small <- orderDrink size=large 'large' 0.90" in out
    figures = json.loads(files[0].read_text())
    assert [r["condition"] for r in figures["sets"][0]["rows"]] == ["clean", "12 dB", "0 dB"]
    assert figures["sets"][0]["rows"][0]["macro"] is None, "no speakers, and JSON knows no NaN"
    rows = [json.loads(line, parse_constant=pytest.fail) for line in files[1].read_text().splitlines()]
    assert rows[0]["answer"]["margin"] is None, "as in the figures"
    assert [r["verdict"] for r in rows] == ["right"] * 3 + ["wrong"] * 3
    assert (files[2] / "accuracy_over_snr.png").stat().st_size > 1000


def test_unknown_sets_wrong_ratios_and_wrong_paths_are_one_line_before_any_work(run, data, tmp_path):
    with pytest.raises(KittError, match="unknown set 'picco'; there are pico, "):
        run("picco", "--data", data)
    with pytest.raises(KittError, match="--snr six: not numbers"):
        run("pico", "--data", data, "--snr", "six")
    with pytest.raises(KittError, match="is a folder"):
        run("pico", "--data", data, "--json", tmp_path)
    with pytest.raises(KittError, match="no recordings"):
        run("--data", tmp_path / "nowhere", "--prompts", tmp_path / "nowhere")


class Delayed:
    """Accepts a command once so much sound has come in."""

    def __init__(self, at_s, rejected=False):
        self._at_s, self._rejected = at_s, rejected

    def reset(self):
        self._count = 0

    def process(self, chunk):
        self._count += len(chunk.samples)
        if self._count / RATE_HZ < self._at_s:
            return []
        return [Heard(0, 0, "en", "Go", {}, "go", 0.9, self._rejected, "")]

    def finish(self):
        return []


def test_the_delay_runs_from_the_end_of_the_speech():
    clip = tone(1.0, lead_s=0.5, tail_s=0.5)
    end_s = speech_mix.LEAD_S + 1.5
    delay = speech_speed.delay_of(clip, "a", Delayed(end_s + 0.3))
    assert delay.waited_s == pytest.approx(0.3, abs=0.045)
    assert 0 <= delay.computed_s < 0.05
    assert speech_speed.delay_of(clip, "a", Delayed(0.0, rejected=True)) is None
    assert speech_speed.delay_of(clip, "a", Delayed(0.0)).waited_s == 0.0


def test_delays_are_told_of_accepted_commands():
    found = speech_speed.latency([speech_speed.Delay(0.2, 0.05), None, speech_speed.Delay(0.3, 0.05)])
    assert (found["commands"], found["not_accepted"]) == (2, 1)
    assert found["total_ms"] == pytest.approx({"p50": 250, "p90": 350, "p99": 350})


def test_talk_is_speech_alone():
    talk = speech_speed.talk([tone(1.0), tone(1.0), tone(1.0)], 1.9)
    assert len(talk) / RATE_HZ == pytest.approx(2.0, abs=0.1)
    assert speech_mix.energy_gate(talk).mean() > 0.95
    assert len(speech_speed.silence(2.0)) == 2 * RATE_HZ
    assert np.all(np.isfinite(speech_speed.silence(2.0)))


def test_ratios_are_read_from_the_names_of_conditions():
    assert [snr_of(c) for c in ("clean", "12 dB", "2.5 dB", "6 dB road", "odd")] == [30.0, 12.0, 2.5, None, None]


def test_columns_stand_in_line():
    assert speech_table.grid([["a", "right"], ["  long", "9"]]) == ["a       right", "  long      9"]
