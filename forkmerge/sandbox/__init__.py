"""One command in an isolated clone: values, backends, and the probe that chooses between them."""
