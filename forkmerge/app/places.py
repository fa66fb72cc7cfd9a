"""Where loci stand in an offspring, and whose edits it leaves out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forkmerge.recombination.offspring import segments
from forkmerge.report.values import DroppedEdit

if TYPE_CHECKING:
    from forkmerge.app.found import Found
    from forkmerge.git.repository import Repository
    from forkmerge.recombination.values import Genome, Locus, LocusMap

_SHOWN = 80
_SIDES = ("base", "ours", "theirs")


def line_of(loci: LocusMap, genome: Genome, index: int) -> int:
    """Return the line (from 1) at which a locus begins in the offspring, 0 for an entry as a whole."""
    locus = loci.loci[index]
    return _lines(loci, genome, locus.file).get(locus.slots[0], 0)


def lines_of(loci: LocusMap, genome: Genome) -> tuple[int, ...]:
    """Return ``line_of`` of every locus; each file is gone through once."""
    lines = [_lines(loci, genome, file) for file in range(len(loci.files))]
    return tuple(lines[locus.file].get(locus.slots[0], 0) for locus in loci.loci)


def _lines(loci: LocusMap, genome: Genome, file: int) -> dict[int, int]:
    """Return the line at which each hunk of a file begins in the offspring."""
    out: dict[int, int] = {}
    line = 1
    for segment in segments(loci, genome, file):
        if isinstance(segment, bytes):
            line += segment.count(b"\n")
        else:
            number, content = segment
            out[number] = line
            line += content.count(b"\n")
    return out


def dropped_edits(found: Found, locus: Locus, chosen: int) -> tuple[DroppedEdit, ...]:
    """Return the edits of each side that the chosen allele leaves out, with the last commit that made them."""
    allele = locus.alleles[chosen]
    out = []
    for side, kept, whole in (
        ("ours", allele.kept_ours, locus.edit_ours),
        ("theirs", allele.kept_theirs, locus.edit_theirs),
    ):
        if kept >= whole:
            continue
        source = found.scene.merge.paths[locus.file].sources[_SIDES.index(side)] or locus.path
        commit, author = _last_commit(found.repo, found, side, source)
        text = _text(locus.alleles[locus.ours if side == "ours" else locus.theirs].contents)
        out.append(DroppedEdit(side, locus.path, 0, text, commit, author, f"{whole - kept} of {whole} changed tokens"))
    return tuple(out)


def _text(contents: tuple[object, ...]) -> str:
    for content in contents:
        if isinstance(content, bytes) and content.strip():
            return content.strip().splitlines()[0].decode("utf-8", "replace")[:_SHOWN]
    return ""


def _last_commit(repo: Repository, found: Found, side: str, path: str) -> tuple[str, str]:
    scenario = found.scene.scenario
    tip = (scenario.ours if side == "ours" else scenario.theirs).commit
    if tip is None:
        return "", ""
    if (side, path) in found.last_commits:
        return found.last_commits[side, path]
    limits = [f"^{b}" for b in scenario.bases]
    said = repo.run(["log", "-1", "--format=%h%x00%an", tip, *limits, "--", path], check=False).stdout
    commit, _, author = said.decode("utf-8", "replace").strip().partition("\0")
    found.last_commits[side, path] = commit, author
    return commit, author
