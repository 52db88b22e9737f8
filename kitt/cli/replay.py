"""kitt replay: run a recorded drive through the eyes, tell what was seen and when it warned."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from kitt.config import Config


def replay(
    drive: Annotated[
        Path | None,
        typer.Argument(
            help="MCAP drive, video file or folder of pictures; without it the sample drive.", show_default=False
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the outputs [default: out/NAME].", show_default=False)
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over the outputs of an earlier replay.")] = False,
    speed: Annotated[
        str, typer.Option(help="'max', or a factor of real time: 1x, 4x, 0.5x; long gaps are shortened to 5 s.")
    ] = "max",
    from_s: Annotated[float | None, typer.Option("--from", help="Start at this second of the drive.")] = None,
    to_s: Annotated[float | None, typer.Option("--to", help="End at this second of the drive.")] = None,
    camera: Annotated[Path | None, typer.Option(help="Calibration file of the camera (TOML).")] = None,
    fps: Annotated[float | None, typer.Option(help="Pictures a second, for a folder without times.")] = None,
    topic: Annotated[str | None, typer.Option(help="Camera topic, where the drive has several.")] = None,
    language: Annotated[str | None, typer.Option(help="Language of the warnings: en, fr or es.")] = None,
    model: Annotated[
        str | None, typer.Option(help="Model name (`kitt models list`) or an ONNX file of your own.")
    ] = None,
    threads: Annotated[int | None, typer.Option(help="CPU threads of the detector.")] = None,
    strip: Annotated[
        int | None, typer.Option(help="Look at the far strip every so many frames; 0 = never.", show_default=False)
    ] = None,
    config: Annotated[Path | None, typer.Option(help="Settings file (kitt.toml).")] = None,
    overlay: Annotated[bool, typer.Option(help="Make overlay.mp4.")] = True,
    voice: Annotated[bool, typer.Option(help="Speak the warnings in overlay.mp4.")] = True,
    ears: Annotated[
        bool | None, typer.Option("--ears/--no-ears", help="Listen to the drive's sound.  [default: --ears]")
    ] = None,
    stage_times: Annotated[
        bool, typer.Option("--stage-times", help="Write each frame's times to tracks.jsonl.")
    ] = False,
) -> None:
    """Replay a drive: frames -> detector -> tracks -> warnings; its sound -> the ears -> commands.

    Writes report.html, report.json, events.jsonl, tracks.jsonl, result.mcap and overlay.mp4. Two runs give the same
    events.jsonl, byte for byte.
    """
    from kitt.config import load_camera
    from kitt.drive.source import open_source
    from kitt.errors import KittError
    from kitt.places import sample_drive
    from kitt.runtime.pace import parse_speed
    from kitt.runtime.replay import ReplayOptions
    from kitt.runtime.session import Session
    from kitt.sim.truth import judge

    path = drive if drive is not None else sample_drive()
    if drive is None and not path.exists():
        raise KittError(f"{path}: the sample drive is not made yet; run `kitt sample`, or name a drive")
    options = ReplayOptions(
        config=settings(config, language=language, model=model, threads=threads, strip=strip, ears=ears),
        camera=load_camera(camera) if camera else None,
        speed=parse_speed(speed),
    )
    session = Session(
        open_source(path, from_s=from_s, to_s=to_s, fps=fps, topic=topic, others=True),
        options,
        out or Path("out") / path.stem,
        force=force,
        film=overlay,
        voice=voice,
        stage_times=stage_times,
        judge=judge,
    )
    report = _watched(session)
    if not report:
        typer.echo(f"kitt: {path}: stopped before its first picture; nothing was written", err=True)
    for line in summary(report, session.out) if report else ():
        typer.echo(line)
    if session.stopped_by is not None:
        raise typer.Exit(128 + session.stopped_by)


def settings(
    path: Path | None,
    *,
    language: str | None = None,
    model: str | None = None,
    threads: int | None = None,
    strip: int | None = None,
    ears: bool | None = None,
) -> Config:
    """The settings file with the command line's options over it."""
    from dataclasses import replace

    from kitt.config import Config, checked, load

    config = load(path) if path else Config()
    eyes = {"model": model, "threads": threads, "strip_every": strip}
    return replace(
        config,
        eyes=replace(config.eyes, **checked(config.eyes, eyes)),
        voice=replace(config.voice, **checked(config.voice, {"language": language})),
        ears=replace(config.ears, **checked(config.ears, {"enabled": ears})),
    )


def _watched(session: Any) -> dict[str, Any]:
    """Run a session under a progress bar on stderr."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    from kitt.cli.progress import console

    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total} frames  {task.fields[rate]:.1f}/s"),
        TimeRemainingColumn(),
        console=console(),
        transient=True,
    )
    with bar:
        task = bar.add_task(Path(session.source.path).name, total=session.total, rate=0.0)
        for done, rate in session.run():
            bar.update(task, completed=done, rate=rate)
    return session.report  # type: ignore[no-any-return]


def summary(report: dict[str, Any], out: Path) -> list[str]:
    """The run in a few lines, for the terminal."""
    speed, latency = report["speed"], report["latency_ms"]["pipeline"]
    lines = []
    if report["interrupted"]:
        lines.append("interrupted: the files hold what ran until then")
    lines.append(
        f"{report['frames']} frames, {report['duration_s']:.1f} s of drive in {speed['wall_s']:.1f} s: "
        f"{speed['frames_per_s']:.1f} frames/s, {speed['realtime_factor']:.2f} x real time; "
        f"pipeline p50 {latency['p50'] or 0:.0f} ms, p99 {latency['p99'] or 0:.0f} ms"
    )
    if speed["behind_s"] > 0.5:
        lines.append(f"fell behind the drive's time by up to {speed['behind_s']:.1f} s; no frame was dropped")
    if speed["gaps_skipped_s"]:
        lines.append(f"gaps of the drive were shortened to 5 s each, by {speed['gaps_skipped_s']:.1f} s in all")
    lines += [f"note: {note}" for note in report["drive"]["notes"]]
    lines += [f"note: {caution}" for caution in report["detector"]["cautions"]]
    if "note" in report["camera"]:
        lines.append(f"note: {report['camera']['note']}")
    if report["warnings_off"]:
        lines.append(f"note: the drive holds no speed; off: {', '.join(report['warnings_off'])}")
    if report["warnings_unspoken"]:
        lines.append(f"note: {len(report['warnings_unspoken'])} warnings not spoken: {report['warnings_unspoken'][0]}")
    for key, count in report["counts"].items():
        if key.startswith("notice:") and key not in ("notice:scene_cut", "notice:warning_off"):
            more = f" (and {count - 1} more, see events.jsonl)" if count > 1 else ""
            lines.append(f"note: {key[7:].replace('_', ' ')}: {report['notices'][key[7:]]}{more}")
    origin = report["origin_ns"]
    for w in report["warnings"]:
        numbers = ", ".join(f"{k} {v}" for k, v in w["numbers"].items())
        lines.append(f"  {(w['t_ns'] - origin) / 1e9:7.2f} s  {w['event']:<20} {w['text']}  ({numbers})")
    for h in report["heard"]:
        when = f"  {(h['t_start_ns'] - origin) / 1e9:7.2f} s  "
        if h["rejected"]:
            lines.append(f"{when}{'not understood':<20} {h['reason']}")
        elif h["intent"]:
            slots = "".join(f" {k}={v}" for k, v in h["slots"].items())
            sure = f"{h['language']}, {h['confidence']:.2f}"
            lines.append(f"{when}{'heard':<20} {h['intent']}{slots}: '{h['text']}' ({sure})")
    for a in report["answers"]:
        if a["said"]:
            lines.append(f"  {(a['t_ns'] - origin) / 1e9:7.2f} s  {'answered':<20} {a['said']}")
    if (ears := report["ears"]) and not ears["off"] and report["counts"].get("sound"):
        beside = f"; without the wake phrase: {ears['unaddressed']}" if ears["wake"] else ""
        lines.append(f"commands heard: {ears['accepted']}; utterances not understood: {ears['rejected']}{beside}")
    lines.append(f"{len(report['warnings'])} warnings; events.jsonl sha256 {report['events_sha256']}")
    if truth := report["truth"]:
        lines.append(
            f"against the truth: {truth['warnings_hit']} warnings right, {truth['warnings_missed']} missed, "
            f"{truth['warnings_false']} false"
        )
        if truth["spoken"] is not None:
            lines.append(
                f"of the spoken questions {truth['spoken_right']} were heard right, {truth['spoken_missed']} missed; "
                f"{truth['spoken_false']} commands heard that nobody gave"
            )
    lines.append(f"report: {out / 'report.html'}")
    if (out / "overlay.mp4").exists():
        lines.append(f"video:  {out / 'overlay.mp4'}")
    return lines
