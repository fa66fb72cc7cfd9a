"""Proposals for people and machines."""
