"""From a float network and activation ranges, which are text, to the two INT8 encodings of it."""
