"""Shared values, frozen: what the floors hand to each other."""
