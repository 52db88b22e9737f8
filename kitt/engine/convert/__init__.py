"""TFLite EfficientDet-Lite -> ONNX at any input size, with kitt's eight classes and its own quantisation."""
