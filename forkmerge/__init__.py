"""forkmerge: crossover merges of a fork and its upstream, scored by the tests of both."""

__version__ = "0.1.0"
