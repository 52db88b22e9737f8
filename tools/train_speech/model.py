"""The two acoustic models: phone posteriors by CTC (Graves et al. 2006) over a GRU (Cho et al. 2014)."""

from __future__ import annotations

import torch
from torch import nn

from kitt.ears.encoder import WIDTH
from kitt.ears.g2p.phones import PHONES
from kitt.types import LANGUAGES


class AcousticModel(nn.Module):
    """Features and language -> log posteriors of PHONES.

    `bidirectional` for the second pass, over whole utterances; without it a step needs nothing of the future.
    The language enters as one input a language, all zero where it is not known.
    """

    def __init__(self, width: int, hidden: int, layers: int, *, bidirectional: bool) -> None:
        super().__init__()
        self.shape = {"width": width, "hidden": hidden, "layers": layers, "bidirectional": bidirectional}
        self.register_buffer("mean", torch.zeros(width))
        self.register_buffer("std", torch.ones(width))
        self.inward = nn.Linear(width + len(LANGUAGES), hidden)
        self.dropout = nn.Dropout(0.1)
        between = 0.15 if layers > 1 else 0.0
        self.rnn = nn.GRU(hidden, hidden, layers, batch_first=True, bidirectional=bidirectional, dropout=between)
        self.outward = nn.Linear(hidden * (2 if bidirectional else 1), len(PHONES))

    def forward(self, features: torch.Tensor, language: torch.Tensor) -> torch.Tensor:
        """features float (B, T, width), language float (B, len(LANGUAGES)) -> float (B, T, len(PHONES))."""
        normal = (features - self.mean) / self.std
        told = language[:, None, :].expand(-1, normal.shape[1], -1)
        hidden = self.dropout(torch.relu(self.inward(torch.cat([normal, told], -1))))
        return self.outward(self.rnn(hidden)[0]).log_softmax(-1)


KINDS = {
    "second": ("encoder", lambda: AcousticModel(WIDTH, 192, 2, bidirectional=True)),
    "first": ("mel", lambda: AcousticModel(120, 176, 2, bidirectional=False)),
}
"""Pass -> the features it lives on, and how to make it."""
