"""Revisions, trees, references and attributes; the only floor that runs git."""
