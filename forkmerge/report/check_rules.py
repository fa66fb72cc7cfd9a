"""The rules of ``check`` by their stable names, each with what it says in one sentence."""

from __future__ import annotations

HOME = "https://github.com/forkmerge/forkmerge"

RULES: dict[str, str] = {
    "conflict": "Both sides edited the same place and neither git nor forkmerge can join the edits.",
    "server-conflict": "A server that merges with git alone refuses this merge; forkmerge resolves it.",
    "does-not-parse": "The merged file does not parse, though both sides' files do.",
    "does-not-load": "The merged data file does not load, though both sides' files do.",
    "duplicate-name": "The merge defines a name twice, which neither side does.",
    "dangling-name": "The merge uses a name that it binds nowhere, which neither side does.",
    "dangling-import": "One side imports what the other side removed, renamed or moved.",
    "dangling-attribute": "One side uses an attribute of a module or class that the other side removed or renamed.",
    "call-mismatch": "One side calls a function whose signature the other side changed, in a way that no longer fits.",
    "used-before-set": "The merge reads a name where it runs from top to bottom before it is set; neither side does.",
    "changed-default": "A call that one side added leaves a default that the other side changed.",
    "changed-exception": "A call that one side added is guarded against what the other side made it raise no more.",
    "changed-together": "One side changed a function together with every call of it; the other side added a call.",
    "orphaned-override": "One side overrides a method that the other side renamed or removed: nothing calls it now.",
    "lost-test": "A test is gone in the merge though neither side removed it.",
    "lost-definition": "A definition is gone in the merge though neither side removed it.",
    "orphaned-patch": "An edit of head changes or uses what target has no more.",
    "contract-broken": "Something that the fork contract keeps is gone in the merge, or overrides nothing any more.",
    "contract-moved": "Something that the fork contract names stands elsewhere in the merge.",
    "broken-test": "A test that passes on its own side fails in the merge.",
    "flaky-test": "A test answers differently on the same tree, so it says nothing about the merge.",
}
"""Rule -> its description."""
