"""Stage three: fit one acoustic model. Seeded, resumable: the state is kept every few minutes.

AdamW under a one-cycle schedule (Smith 2018); time and feature masks (SpecAugment, Park et al. 2019); the weights
that are kept are the running mean of the last steps.
"""

from __future__ import annotations

import math
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from kitt.types import LANGUAGES
from tools.train_speech.dataset import Views
from tools.train_speech.model import KINDS, AcousticModel

BATCH = 32
PEAK_RATE = 2e-3
WARM_UP = 0.15
KNOWN_LANGUAGE = 0.6
"""Share of clips whose language the model is told."""
KEEP_EVERY_S = 240.0
MEAN_OVER = 0.998


@dataclass(frozen=True)
class Plan:
    """How long a network trains. A one-cycle schedule over `cycle` steps runs to the end, or to the step `midway`: from
    there on the rate falls to zero by a cosine until `steps`, and what ships is the mean of the weights of both points
    (Wortsman et al. 2022, model soups): they did better on people's voices than either.
    """

    steps: int
    cycle: int
    midway: int | None = None

    def rate(self, step: int) -> float:
        """Learning rate of a step, as a share of PEAK_RATE."""
        if self.midway is not None and step >= self.midway:
            left = (step - self.midway) / (self.steps - self.midway)
            return _one_cycle(self.midway, self.cycle) * 0.5 * (1 + math.cos(math.pi * min(1.0, left)))
        return _one_cycle(step, self.cycle)


def _one_cycle(step: int, steps: int) -> float:
    warm = WARM_UP * steps
    if step < warm:
        return 0.04 + 0.96 * 0.5 * (1 - math.cos(math.pi * step / warm))
    return 0.5 * (1 + math.cos(math.pi * min(1.0, (step - warm) / (steps - warm))))


def fit(work: Path, kind: str, plan: Plan, seed: int) -> Path:
    """Train to the end of the plan, from where an earlier run stopped. Gives the file of the weights."""
    steps = plan.steps
    path = work / f"{kind}.pt"
    features, make = KINDS[kind]
    views = Views(work, features)
    count = views.grow()
    torch.manual_seed(seed)
    model = make()
    averaged = make()
    optimiser = torch.optim.AdamW(model.parameters(), PEAK_RATE, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, plan.rate)
    done, midway = 0, None
    if path.is_file():
        state = torch.load(path, weights_only=True)
        model.load_state_dict(state["model"])
        averaged.load_state_dict(state["averaged"])
        optimiser.load_state_dict(state["optimiser"])
        schedule.load_state_dict(state["schedule"])
        done, midway = state["done"], state["midway"]
    else:
        _normalise(model, views)
        averaged.load_state_dict(model.state_dict())
    loss_of = nn.CTCLoss(zero_infinity=True)
    kept = time.monotonic()
    while done < steps:
        rng = np.random.default_rng((seed, done))
        count = views.grow()
        losses: list[float] = []
        for batch in views.batches(BATCH, rng):
            x, told, targets, lengths, phones = _batch(views, batch, model, rng)
            loss = loss_of(model(x, told).transpose(0, 1), targets, lengths, phones)
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            done += 1
            losses.append(loss.item())
            keep = min(MEAN_OVER, (done + 1) / (done + 10))
            with torch.no_grad():
                for mine, theirs in zip(averaged.parameters(), model.parameters(), strict=True):
                    mine.lerp_(theirs, 1 - keep)
            if done % 50 == 0:
                print(f"{kind} {done}/{steps} loss {np.mean(losses[-50:]):.3f} shards {count}", flush=True)
            if done == plan.midway:
                midway = {name: values.clone() for name, values in averaged.state_dict().items()}
            if done >= steps or time.monotonic() - kept > KEEP_EVERY_S:
                _keep(path, model, averaged, optimiser, schedule, done, midway)
                kept = time.monotonic()
            if done >= steps:
                break
    return path


def _batch(views: Views, batch: Any, model: AcousticModel, rng: np.random.Generator) -> tuple[torch.Tensor, ...]:
    longest = max(len(views.features[v]) for v in batch)
    x = model.mean.repeat(len(batch), longest, 1)
    told = torch.zeros(len(batch), len(LANGUAGES))
    for row, v in enumerate(batch):
        frames = views.features[v]
        x[row, : len(frames)] = torch.from_numpy(frames.astype(np.float32))
        if rng.random() < KNOWN_LANGUAGE:
            told[row, views.language[v]] = 1.0
        for _ in range(int(rng.integers(0, 3))):
            at = int(rng.integers(max(1, len(frames) - 8)))
            x[row, at : at + int(rng.integers(1, 8))] = model.mean
        if rng.random() < 0.3:
            width = int(rng.integers(1, x.shape[2] // 8))
            at = int(rng.integers(x.shape[2] - width))
            x[row, :, at : at + width] = model.mean[at : at + width]
    targets = torch.tensor([p for v in batch for p in views.labels[v]])
    lengths = torch.tensor([len(views.features[v]) for v in batch])
    return x, told, targets, lengths, torch.tensor([len(views.labels[v]) for v in batch])


def _normalise(model: AcousticModel, views: Views) -> None:
    every = max(1, len(views.features) // 800)
    sample = np.concatenate(views.features[::every]).astype(np.float32)
    model.mean.copy_(torch.from_numpy(sample.mean(0)))
    model.std.copy_(torch.from_numpy(sample.std(0) + 1e-3))


def _keep(
    path: Path, model: nn.Module, averaged: nn.Module, optimiser: Any, schedule: Any, done: int, midway: Any
) -> None:
    part = path.with_suffix(".part")
    torch.save(
        {
            "model": model.state_dict(),
            "averaged": averaged.state_dict(),
            "optimiser": optimiser.state_dict(),
            "schedule": schedule.state_dict(),
            "done": done,
            "midway": midway,
        },
        part,
    )
    os.replace(part, path)
