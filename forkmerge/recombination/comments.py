"""What becomes of comments when the code that they speak of is deleted.

Who deletes code means its comments too.  So where one side deletes what the other changed in comments and layout alone
(which of two quotes, and the order of the letters before them, are layout), the deletion keeps both edits: nothing is
left that the other edit could apply to.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from forkmerge.errors import ForkmergeError
from forkmerge.recombination.alleles import best_kept
from forkmerge.recombination.options import measure
from forkmerge.syntax.parsing import MAX_BYTES
from forkmerge.syntax.profiles import for_path
from forkmerge.syntax.tokens import tokens

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forkmerge.model.hunk import Hunk
    from forkmerge.recombination.values import Locus

_TEXT = re.compile(rb"([A-Za-z]{0,2})(\"\"\"|'''|\"|')([^\"']*)\2", re.DOTALL)


def same_code(path: str, old: bytes, new: bytes) -> bool:
    """Return whether two versions of a file, or of a part of it, differ in comments and layout alone.

    False where the language is not known, and where there is nothing but comments.
    """
    profile = for_path(path, old)
    if profile is None or max(len(old), len(new)) > MAX_BYTES:
        return False
    try:
        here, there = ([_plain(t.text) for t in tokens(profile, data) if not t.comment] for data in (old, new))
    except ForkmergeError:
        return False
    return bool(here) and here == there


def _plain(token: bytes) -> bytes:
    """Return a token; a text with one kind of quotes, and the letters before it in one order."""
    found = _TEXT.fullmatch(token)
    if found is None:
        return token
    quotes = found[2].replace(b'"', b"'")
    return bytes(sorted(found[1].lower())) + quotes + found[3] + quotes


def credited(locus: Locus, hunks: Sequence[Hunk]) -> Locus:
    """Return ``locus`` with alleles that delete credited with the other side's edits of comments alone."""
    alleles = list(locus.alleles)
    for slot, hunk in enumerate(hunks):
        if not hunk.base.strip() or bool(hunk.ours.strip()) == bool(hunk.theirs.strip()):
            continue
        ours_deletes = not hunk.ours.strip()
        edited = hunk.theirs if ours_deletes else hunk.ours
        if edited == hunk.base or not same_code(locus.path, hunk.base, edited):
            continue
        for index, allele in enumerate(alleles):
            content = allele.contents[slot]
            if not isinstance(content, bytes) or content.strip():
                continue
            k = measure(hunk, content)
            if ours_deletes:
                alleles[index] = replace(allele, kept_theirs=allele.kept_theirs + k.theirs_total - k.theirs)
            else:
                alleles[index] = replace(allele, kept_ours=allele.kept_ours + k.ours_total - k.ours)
    if tuple(alleles) == locus.alleles:
        return locus
    default = best_kept(alleles, locus.ours, locus.theirs) if locus.has_conflict else locus.default
    return replace(locus, alleles=tuple(alleles), default=default)
