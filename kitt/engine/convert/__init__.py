"""Published detectors -> float ONNX at any input size, with kitt's eight classes."""

VERSION = 3
"""Raised whenever the same weights would give another ONNX file; part of the file names in the models directory."""
