"""Which offspring to try next, learnt from what failed: strategies behind one ask/tell protocol."""
