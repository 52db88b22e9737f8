"""From nothing to the shipped weights of the ears: python -m tools.train_speech --data DIR [--work DIR]

Stages: the list of clips and their sound; augmented views as features; two networks; ONNX and manifest in engines/; the
verdict on what those networks hear.
Each stage keeps what it made in --work and goes on from there. Needs the extra [train] (PyTorch), gruut with its
languages, espeak-ng and flite; two cores for about two hours, 8 GB of disk.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from kitt.engine.models import MOONSHINE_TINY_EN_ENCODER
from kitt.engine.pull import path_of
from kitt.places import shipped
from tools.train_speech.dataset import HUMAN_A_PASS, SYNTHETIC_A_PASS
from tools.train_speech.export import export
from tools.train_speech.fit import Plan, fit
from tools.train_speech.prepare import SENTENCES, prepare
from tools.train_speech.verdict import fit_verdict

PLANS = {"second": Plan(steps=6439, cycle=8000, midway=4639), "first": Plan(steps=7000, cycle=7000)}


def main() -> None:
    """Run the stages that are not done yet."""
    parser = argparse.ArgumentParser(prog="python -m tools.train_speech", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the recordings (speech_*, noise_*, text_*)")
    parser.add_argument(
        "--work", type=Path, default=Path("out/train_speech"), help="folder for what is made on the way"
    )
    parser.add_argument("--target", type=Path, default=shipped(), help="folder for the weights")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2, help="processes that prepare sound and features")
    parser.add_argument("--copyleft", action="store_true", help="also GPL recordings: to measure, never to ship")
    parser.add_argument("--export-only", action="store_true", help="write ONNX from the weights as they are now")
    parser.add_argument("--verdict-only", action="store_true", help="fit the verdict anew to the networks in --target")
    args = parser.parse_args()
    torch.set_num_threads(max(1, args.workers))
    if args.verdict_only:
        args.work.mkdir(parents=True, exist_ok=True)
        fit_verdict(args.work, args.data, args.target, args.seed)
        return
    if not args.export_only:
        encoder = path_of(MOONSHINE_TINY_EN_ENCODER.name)
        prepare(args.work, args.data, encoder, seed=args.seed, workers=args.workers, copyleft=args.copyleft)
        for kind, plan in PLANS.items():
            fit(args.work, kind, plan, args.seed)
    card = {
        "seed": args.seed,
        "steps": {k: torch.load(args.work / f"{k}.pt", weights_only=True)["done"] for k in PLANS},
        "sentences": SENTENCES,
        "views_a_pass": {"human": HUMAN_A_PASS, "synthetic": SYNTHETIC_A_PASS},
        "copyleft_recordings": args.copyleft,
        "encoder": MOONSHINE_TINY_EN_ENCODER.sha256,
    }
    export(args.work, args.target, card)
    # weights without a verdict of their own are not run
    fit_verdict(args.work, args.data, args.target, args.seed)


if __name__ == "__main__":
    main()
