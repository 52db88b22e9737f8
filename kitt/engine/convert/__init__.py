"""TFLite EfficientDet-Lite -> ONNX at any input size, with kitt's eight classes and its own quantisation."""

VERSION = 2
"""Raised whenever the same weights would give another ONNX file; part of the file names in the models directory."""
