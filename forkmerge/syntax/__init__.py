"""Languages as data: profiles, trees, units, tokens and names of source files."""
