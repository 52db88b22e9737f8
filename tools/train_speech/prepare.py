"""Stages one and two over all shards, several processes side by side; what is there already is left alone."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import lru_cache
from pathlib import Path

from kitt.engine.backend import Backend, load
from tools.train_speech import corpus, noise
from tools.train_speech.views import write_views

SENTENCES = {"en": 7500, "fr": 7000, "es": 7000}


def prepare(work: Path, data: Path, encoder: Path, *, seed: int, workers: int, copyleft: bool) -> None:
    """Fill `work` with corpus.jsonl, sound-NNN.npz and views-NNN.npz."""
    work.mkdir(parents=True, exist_ok=True)
    listing = work / "corpus.jsonl"
    if not listing.is_file():
        corpus.write_list(listing, data, SENTENCES, seed, copyleft=copyleft)
    count = len(corpus.shards(corpus.read_list(listing)))
    with ProcessPoolExecutor(workers) as pool:
        jobs = [pool.submit(_shard, work, data, encoder, number, seed) for number in range(count)]
        for done, job in enumerate(as_completed(jobs), 1):
            job.result()
            print(f"shard {done}/{count}", flush=True)


def _shard(work: Path, data: Path, encoder: Path, number: int, seed: int) -> None:
    shard = corpus.shards(corpus.read_list(work / "corpus.jsonl"))[number]
    sound, views = work / f"sound-{number:03d}.npz", work / f"views-{number:03d}.npz"
    if not sound.is_file():
        corpus.write_sound(sound, shard)
    if not views.is_file():
        write_views(views, sound, shard, _noises(data), _encoder(encoder), seed * 1000 + number)


@lru_cache
def _noises(data: Path) -> noise.Noises:
    return noise.load(data)


@lru_cache
def _encoder(path: Path) -> Backend:
    return load(path, threads=1)
