"""Statistics of meta-analysis: arrays go in, frozen dataclasses come out, nothing is drawn or read."""
