"""NVIDIA GPUs: TensorRT, or TensorRT for RTX, from the same ONNX files that the CPU runs.

`library` finds what is installed, `device` is the CUDA driver, `prepare` and `half` fit an ONNX to TensorRT,
`builder` makes a plan of it, `cache` names and keeps plans, `runtime` runs them, `lint` builds without a GPU.
Nothing here imports a library of NVIDIA's when it is itself imported.
"""
