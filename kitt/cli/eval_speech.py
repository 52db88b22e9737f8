"""kitt eval speech: measure the ears on recordings that no training saw."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer


def speech(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[SET]...",
            help="pico, drone_fr, home_es, panel_es, words, prompts, gsc, fsdd; false_accepts, wake, speed. "
            "All that is there if none is named.",
            show_default=False,
        ),
    ] = None,
    data: Annotated[Path, typer.Option(help="Folder of the recordings.")] = Path("../shared/data"),
    prompts: Annotated[Path, typer.Option(help="Where Debian's Asterisk prompts are installed.")] = Path(
        "/usr/share/asterisk/sounds"
    ),
    full: Annotated[
        bool, typer.Option("--full", help="Every recording, noise and ratio, six hours of synthetic speech: hours.")
    ] = False,
    every_take: Annotated[
        bool, typer.Option("--all", help="Every recording of a set, not two of each speaker and command.")
    ] = False,
    snr: Annotated[
        str | None, typer.Option(metavar="DB,DB,...", help="Ratios of speech to car noise.", show_default=False)
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="With --full: 20 minutes of synthetic speech for six hours.")
    ] = False,
    errors: Annotated[bool, typer.Option("--errors", help="List every command that was not understood.")] = False,
    json_out: Annotated[Path | None, typer.Option("--json", help="Also write all figures to this file.")] = None,
    rows_out: Annotated[
        Path | None, typer.Option("--rows", help="Also write every trial and false accept, a line of JSON each.")
    ] = None,
    plots: Annotated[Path | None, typer.Option(help="Also draw the figures, as PNG files in this folder.")] = None,
) -> None:
    """Commands understood, clean and in car noise; false accepts an hour; wake phrases missed; delay, CPU, memory.

    Recordings under ../shared/data and Debian's asterisk-core-sounds-*; none of them is used in training.
    """
    import json
    from dataclasses import replace

    from kitt.cli.detect import check_target, watched, write
    from kitt.errors import KittError
    from kitt.eval import speech_false, speech_plots, speech_run, speech_table, speech_wake
    from kitt.eval.speech_engine import open_ears
    from kitt.eval.speech_mix import silero_gate
    from kitt.eval.speech_report import FALSE, SECTIONS, SPEED, WAKE, Bench, Plan, Report, finite, threshold_curves

    for name in names or []:
        if name not in SECTIONS:
            raise KittError(f"unknown set '{name}'; there are {', '.join(SECTIONS)}")
    for path in (json_out, rows_out):
        if path is not None:
            check_target(path)
    plan = Plan.full() if full else Plan()
    plan = replace(plan, most_takes=Plan.full().most_takes) if every_take else plan
    plan = replace(plan, snrs_db=_ratios(snr)) if snr is not None else plan
    plan = replace(plan, synthetic_h=Plan().synthetic_h, wake_h=Plan().wake_h) if quick else plan

    def progress(steps: Iterable[Any], count: int) -> Iterable[Any]:
        return watched(steps, count or None, "listen")

    bench = Bench(data, plan, opener=open_ears, gate=silero_gate(), sounds=prompts, progress=progress)
    chosen = names or bench.found()
    if not chosen:
        raise KittError(f"{data}: no recordings to measure the ears with; give --data FOLDER")
    missing = [name for name in SECTIONS if not names and name not in chosen]
    if missing:
        typer.echo(f"kitt: not there and left out: {', '.join(missing)}", err=True)

    report = Report()

    def tell(lines: list[str]) -> None:
        typer.echo("\n".join([*lines, ""]))

    for name in chosen:
        if name == FALSE:
            for watch in bench.false_accepts():
                figures = speech_false.figures(watch)
                report.false.append(figures)
                report.events += watch.events
                tell(speech_table.false_lines(figures) + speech_table.event_lines(watch.accepted if errors else []))
        elif name == WAKE:
            report.wakes = [speech_wake.figures(w) for w in bench.wake()]
            tell(speech_table.wake_lines(report.wakes))
        elif name == SPEED:
            report.speed = bench.speed()
            tell(speech_table.speed_lines(report.speed))
        else:
            figures, trials = bench.commands(name)
            report.sets.append(figures)
            report.trials += trials
            tell(speech_table.set_lines(figures) + speech_table.error_lines(trials if errors else []))
    if report.trials and report.events:
        hours = {f["grammar"]: f["all"]["hours"] for f in report.false}
        report.curves = threshold_curves(report.trials, report.events, hours, lambda a: a.confidence)
        report.score_curves = threshold_curves(report.trials, report.events, hours, lambda a: a.score)
    if json_out is not None:
        write(json_out, json.dumps(report.as_json(), indent=1, allow_nan=False))
    if rows_out is not None:
        rows = [*map(speech_run.row_of, report.trials), *map(speech_false.row_of, report.events)]
        lines = (json.dumps(finite(row), ensure_ascii=False, allow_nan=False) + "\n" for row in rows)
        write(rows_out, "".join(lines))
    if plots is not None:
        drawn = speech_plots.draw_all(report, plots)
        typer.echo("\n".join(str(p) for p in drawn))


def _ratios(text: str) -> tuple[float, ...]:
    from kitt.errors import KittError

    try:
        return tuple(float(v) for v in text.split(","))
    except ValueError:
        raise KittError(f"--snr {text}: not numbers parted by commas") from None
