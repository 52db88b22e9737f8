"""A converted network in 8 bits, on the grids that its TFLite graph was given."""

from kitt.engine.convert.efficientdet import build
from kitt.engine.convert.own_ranges import trained_ranges
from kitt.engine.quantise.ranges import Range, Ranges, TensorRanges
from kitt.engine.quantise.write import quantise


def trained(graph):
    """The graph's own ranges; in s8 they are made symmetric."""
    found = trained_ranges(graph).items()
    return Ranges("test", "", {n: TensorRanges(Range(*r), "graph", max(-r[0], r[1]), "graph") for n, r in found})


def build_u8(graph, width, height, candidates):
    return quantise(build(graph, width, height, candidates=candidates), trained(graph), "u8")
