"""Three-way merge of a file and of whole trees; ``merge.file`` and ``merge.tree`` are the ways in."""
