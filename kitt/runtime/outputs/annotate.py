"""Tracks as foxglove.ImageAnnotations, so that Foxglove and rerun draw them over the pictures."""

from __future__ import annotations
