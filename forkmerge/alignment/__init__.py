"""Homologous units of two and of three revisions; the entry is ``forkmerge.alignment.align``."""
