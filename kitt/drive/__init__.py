"""Recorded drives: read from what people have, written as MCAP with Foxglove's schemas. See docs/drive-format.md."""
