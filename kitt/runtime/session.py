"""A replay with all its outputs: what `kitt replay` runs."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from kitt.config import Config
from kitt.drive.source import Source
from kitt.errors import KittError
from kitt.mind.warnings import TABLE
from kitt.mouth.mouth import Mouth
from kitt.mouth.voice import find_engine
from kitt.runtime.outputs import page, report
from kitt.runtime.outputs.recorder import Recorder, discard, prepare
from kitt.runtime.replay import Replay, ReplayOptions
from kitt.runtime.signals import handled

Judge = Callable[[bytes, list[dict[str, Any]], list[dict[str, Any]], bool], dict[str, Any]]
"""(truth attachment, rows of tracks.jsonl, rows of events.jsonl, whether the ears heard) -> figures for the report."""
TRUTH_ATTACHMENT = "truth.jsonl"


class Session:
    """One replay into one folder; `run` it, then read `report`."""

    def __init__(
        self,
        source: Source,
        options: ReplayOptions,
        out: Path,
        *,
        force: bool = False,
        film: bool = True,
        voice: bool = True,
        stage_times: bool = False,
        judge: Judge | None = None,
    ) -> None:
        self.source = source
        self.out = out
        self.report: dict[str, Any] = {}
        self.stopped_by: int | None = None
        self._judge = judge
        mouth = _mouth(options.config) if voice else None
        self._voice = mouth.voice if mouth else None
        try:
            self.replay = Replay(source, options, mouth=mouth)
            prepare(out, source.path, force)
        except KittError:
            self._close_voice()
            raise
        try:
            self.recorder = Recorder(
                out,
                source.attachments,
                score=options.config.eyes.score,
                origin_ns=source.start_ns,
                film=film,
                stage_times=stage_times,
            )
        except (OSError, KittError) as e:
            self._close_voice()
            discard(out)
            raise e if isinstance(e, KittError) else KittError(f"{out}: cannot write there: {e.strerror}") from e
        self.replay.sink = self.recorder

    @property
    def total(self) -> int | None:
        """Pictures to come, where the drive knows."""
        return self.source.picture_count

    def run(self) -> Iterator[tuple[int, float]]:
        """Run it, yielding (frames done, frames/s). A signal ends it early, with every file complete; `stopped_by` then
        tells which. Raises KittError; a replay stopped before its first picture leaves no files and no report."""
        begin = time.monotonic()
        done = 0
        with handled(self.replay.stop.set, self.recorder.hurry) as signals:
            frames = iter(self.replay)
            try:
                for _ in frames:
                    done += 1
                    yield done, done / max(time.monotonic() - begin, 1e-6)
            finally:
                frames.close()
                self.stopped_by = signals[0] if signals else None
                try:
                    self.recorder.close()
                finally:
                    self._close_voice()
                    if not done:
                        discard(self.out)
            if done:
                self._finish(time.monotonic() - begin)
            elif self.stopped_by is None:
                raise KittError(
                    f"{self.source.path}: no picture could be read, so there is nothing to replay{self._problems()}"
                )

    def _close_voice(self) -> None:
        if self._voice:
            self._voice.close()

    def _finish(self, wall_s: float) -> None:
        attachments = self.source.attachments
        truth = None
        if self._judge and TRUTH_ATTACHMENT in attachments:
            rows = (_rows(self.recorder.tracks.path), _rows(self.recorder.events.path))
            hearing = self.replay.hearing
            truth = self._judge(attachments[TRUTH_ATTACHMENT], *rows, hearing is not None and not hearing.off)
        self.report = report.build(
            self.replay,
            self.recorder.gather,
            wall_s=wall_s,
            events_sha256=self.recorder.events.sha256,
            interrupted=self.stopped_by is not None,
            truth=truth,
        )
        report.write(self.out / "report.json", self.report)
        page.write(self.out / "report.html", self.report, self.recorder.gather)

    def _problems(self) -> str:
        met = [f"{k[7:].replace('_', ' ')}: {n}" for k, n in self.replay.counts.items() if k.startswith("notice:")]
        return f" ({'; '.join(met)})" if met else ""


def _mouth(config: Config) -> Mouth:
    """The voice of the settings with the warnings rendered beforehand; where it is missing, the reason is kept.

    Raises KittError for an engine that nobody knows.
    """
    engine = find_engine(config.voice.engine)
    try:
        mouth = Mouth(engine.make())
    except KittError as e:
        return Mouth(None, mute=str(e))
    mouth.prepare((event.text[config.voice.language], config.voice.language) for event in TABLE)
    return mouth


def _rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
