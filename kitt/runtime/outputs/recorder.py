"""Writes what a replay yields: events, tracks, annotated drive, film. Runs behind the eyes, on one thread."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from kitt.drive.records import ANNOTATIONS_TOPIC, Problem, Record, Sound
from kitt.drive.writer import DriveWriter
from kitt.errors import KittError
from kitt.mind.turn import Turn
from kitt.mouth.mixer import SpeechTrack
from kitt.mouth.queue import ANSWER, BEGINS, CUT_OFF, Decision
from kitt.runtime.outputs.annotate import write_annotations
from kitt.runtime.outputs.gather import Gather
from kitt.runtime.outputs.lines import LineFile, answer_row, heard_row, notice_row, speech_row, tracks_row, warning_row
from kitt.runtime.outputs.overlay import Overlay
from kitt.runtime.outputs.video import Mp4
from kitt.runtime.pace import GAP_NS
from kitt.runtime.pipeline import FrameResult
from kitt.runtime.prefetch import Behind
from kitt.types import Heard, Notice, Warning

OUTPUTS = ("report.json", "report.html", "events.jsonl", "tracks.jsonl", "result.mcap", "overlay.mp4")
"""Everything a replay writes; `--force` replaces these and touches nothing else in the folder."""
AUDIO_RATE_HZ = 44_100
WRITE_BEHIND = 12
TAIL_S = 4.0
"""The film goes on this long after its last picture at most, so that a last warning is heard to its end."""


def prepare(out: Path, drive: Path, force: bool) -> None:
    """Make the output folder. Raises KittError if it holds anything and `force` is not given, and, before anything
    is deleted, where one of the outputs is the drive itself, by whatever name or link, or a folder."""
    if out.exists() and not out.is_dir():
        raise KittError(f"{out}: is a file; give a folder to --out")
    for target in (out / name for name in OUTPUTS):
        if target.exists() and target.samefile(drive):
            raise KittError(f"{target}: is the drive itself and would be overwritten; choose another --out")
        if target.is_dir() and not target.is_symlink():
            raise KittError(f"{target}: is a folder, and a file of this name is to be written; choose another --out")
    if out.is_dir() and any(out.iterdir()) and not force:
        raise KittError(f"{out}: exists and is not empty; add --force to write over it, or choose another --out")
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name in OUTPUTS:
            (out / name).unlink(missing_ok=True)
    except OSError as e:
        raise KittError(f"{out}: cannot write there: {e.strerror}") from e


def discard(out: Path) -> None:
    """Take back the files of a replay that saw nothing, so that the next one finds no half results."""
    for name in OUTPUTS:
        (out / name).unlink(missing_ok=True)
    if not any(out.iterdir()):
        out.rmdir()


class Recorder:
    """A replay's sink that keeps everything. `close` completes the files, also after an interruption."""

    def __init__(
        self,
        out: Path,
        attachments: dict[str, bytes],
        *,
        score: float,
        origin_ns: int,
        film: bool,
        stage_times: bool,
    ) -> None:
        self.out = out
        self.gather = Gather(score, origin_ns)
        self.events = LineFile(out / "events.jsonl")
        self.tracks = LineFile(out / "tracks.jsonl")
        try:
            self._drive = DriveWriter(out / "result.mcap")
            for name, data in attachments.items():
                self._drive.attach(name, data)
        except KittError:
            self.events.close()
            self.tracks.close()
            raise
        self._film = _Film(out / "overlay.mp4", self.gather) if film else None
        self._stage_times = stage_times
        self._behind: Behind[Callable[[], None]] = Behind(lambda work: work(), WRITE_BEHIND)

    def record(self, record: Record) -> None:
        self._behind.put(partial(self._record, record))

    def result(self, result: FrameResult) -> None:
        self._behind.put(partial(self._result, result))

    def warning(self, warning: Warning) -> None:
        self._behind.put(partial(self._warning, warning))

    def notice(self, notice: Notice) -> None:
        self._behind.put(partial(self.events.write, notice_row(notice.t_ns, notice.event, notice.text)))

    def heard(self, t_ns: int, heard: Heard) -> None:
        self._behind.put(partial(self._heard, t_ns, heard))

    def answered(self, t_ns: int, turn: Turn) -> None:
        self._behind.put(partial(self._answered, t_ns, turn))

    def spoken(self, decision: Decision) -> None:
        self._behind.put(partial(self._spoken, decision))

    def hurry(self) -> None:
        """Leave out what still waits to be written: the files end a few frames earlier, each of them whole."""
        self._behind.hurried = True

    def close(self) -> None:
        """Complete every file. Raises KittError if writing failed on the way; what was written stays, as whole as it
        can be, and the error says what is not."""
        steps: list[Callable[[], None]] = [self._behind.close, self.events.close, self.tracks.close, self._drive.close]
        if self._film:
            steps.append(self._film.close)
        failed: OSError | KittError | None = None
        for step in steps:
            try:
                step()
            except (OSError, KittError) as e:
                failed = failed or e
        if failed is None:
            return
        cause = failed if isinstance(failed, OSError) else failed.__cause__
        if not isinstance(cause, OSError):
            raise failed
        raise KittError(f"{self.out}: {cause.strerror or cause}; {self._state()}") from failed

    def _state(self) -> str:
        """What there is after a failure, and what mends it."""
        if not self.gather.frames:
            return "nothing of use was written; free some space or choose another --out"
        state = f"what was written until then, up to {self.gather.frames} frames, can be read"
        if not self._drive.is_whole:
            state += f", but for result.mcap, which needs `kitt drive repair {self.out / 'result.mcap'}`"
        if self._film and not (self.out / "overlay.mp4").exists():
            state += ", but there is no film"
        return f"{state}; free some space or choose another --out"

    def _record(self, record: Record) -> None:
        if isinstance(record, Problem) or record.topic == ANNOTATIONS_TOPIC:
            return  # what an earlier replay drew is not drawn twice
        self._drive.write(record)
        if self._film and isinstance(record, Sound):
            self._film.hear(record)

    def _result(self, result: FrameResult) -> None:
        self.tracks.write(tracks_row(result, self._stage_times))
        write_annotations(self._drive, result)
        self.gather.frame(result)
        if self._film:
            self._film.picture(result)

    def _warning(self, warning: Warning) -> None:
        self.events.write(warning_row(warning))
        self.gather.warning(warning)
        if self._film:
            self._film.warn(warning)

    def _heard(self, t_ns: int, heard: Heard) -> None:
        self.events.write(heard_row(t_ns, heard))
        self.gather.heard.append((t_ns, heard))

    def _answered(self, t_ns: int, turn: Turn) -> None:
        self.events.write(answer_row(t_ns, turn))
        self.gather.answers.append((t_ns, turn))
        if self._film and turn.said:
            self._film.answer(t_ns, turn)

    def _spoken(self, decision: Decision) -> None:
        self.events.write(speech_row(decision))
        if self._film:
            self._film.spoken(decision)


class _Film:
    """overlay.mp4: pictures drawn over, the drive's sound with kitt's voice mixed in.

    A gap longer than GAP_NS is shortened to that: a film with an hour of nothing helps nobody.
    """

    def __init__(self, path: Path, gather: Gather) -> None:
        self._path = path
        self._gather = gather
        self._overlay = Overlay()
        self._speech = SpeechTrack(AUDIO_RATE_HZ)
        self._mp4: Mp4 | None = None
        self._origin_ns = 0
        self._skipped_ns = 0
        self._sound_ns = 0
        self._sound_topic = ""
        self._waiting: list[Warning] = []

    def picture(self, result: FrameResult) -> None:
        t_ns = result.frame.t_ns
        image = self._overlay.draw(result, self._gather.origin_ns)
        if self._mp4 is None:
            self._mp4 = Mp4(self._path, (image.shape[1], image.shape[0]), AUDIO_RATE_HZ)
            self._origin_ns = self._sound_ns = t_ns
        self._sound_to(self._sound_ns + GAP_NS if t_ns - self._sound_ns > GAP_NS else t_ns)
        self._skipped_ns += t_ns - self._sound_ns
        self._sound_ns = t_ns
        self._mp4.picture((t_ns - self._origin_ns - self._skipped_ns) / 1e9, image)
        for warning in self._waiting:
            self._gather.still(warning, image)
        self._waiting.clear()

    def warn(self, warning: Warning) -> None:
        self._overlay.say(warning)
        self._waiting.append(warning)

    def answer(self, t_ns: int, turn: Turn) -> None:
        """Show what was asked and answered: every warning goes before it."""
        shown = f"“{turn.heard}” {turn.said}" if turn.heard else turn.said
        self._overlay.say(Warning("answer", ANSWER, t_ns, turn.evidence.frame, -1, shown, turn.language))

    def spoken(self, decision: Decision) -> None:
        """Carry out what the mouth decided."""
        if decision.what == BEGINS:
            self._speech.play(decision.t_ns, decision.sentence.utterance, decision.sentence.level)
        elif decision.what == CUT_OFF:
            self._speech.stop(decision.t_ns)

    def hear(self, sound: Sound) -> None:
        """The drive's sound; of several topics the one that comes first."""
        self._sound_topic = self._sound_topic or sound.topic
        if sound.topic == self._sound_topic:
            self._speech.hear(sound.t_ns, sound.rate_hz, sound.samples)

    def close(self) -> None:
        if self._mp4:
            self._sound_to(self._sound_ns + int(TAIL_S * 1e9) if self._speech.speaking else self._sound_ns)
            self._mp4.close()
        self._gather.late_samples = self._speech.late_samples

    def _sound_to(self, t_ns: int) -> None:
        """Sound up to a picture's time: a warning of that picture may still be placed at it, none before it."""
        if self._mp4 and t_ns > self._sound_ns:
            self._mp4.sound(self._speech.pull(self._sound_ns, t_ns))
            self._sound_ns = t_ns
