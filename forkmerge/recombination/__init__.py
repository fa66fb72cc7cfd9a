"""Loci, alleles, linkage and offspring: what can be recombined, and what comes out of it."""
