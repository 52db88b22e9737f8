"""Grammars: sentence templates in text files, compiled to a graph of phones and parsed back to intent and slots."""

from kitt.ears.grammar.grammar import Grammar
from kitt.ears.grammar.graph import PhoneGraph

__all__ = ["Grammar", "PhoneGraph"]
