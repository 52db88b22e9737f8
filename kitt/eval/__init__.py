"""How good the eyes are, on labelled pictures."""
