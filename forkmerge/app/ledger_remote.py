"""``ledger push`` and ``fetch``: the record shared through the reference ``refs/forkmerge/ledger`` of a remote.

Idea: the reference holds a commit whose tree has segments (``fitness.ledger_share``) named by their content.  ``push``
adds a segment of what the remote lacks on top of the remote's commit, so that it is a fast-forward; who was slower
fetches, merges and pushes again.  ``fetch`` takes over what is new.

Invariants: whatever came from a remote is checked before it is used, and refused as a whole; nothing but the user's own
configuration says how a remote is reached (``git.hardening``); neither index, work tree nor branches are touched.
"""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from forkmerge.app.ledger import opened, sound
from forkmerge.errors import ForkmergeError, UnusableInput, UsageError
from forkmerge.fitness import ledger_share as share
from forkmerge.fitness.ledger_chain import START, Checkpoint, Entries, Row, merge, rootless
from forkmerge.git import command, refs, trees
from forkmerge.git.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Iterable

    from forkmerge.fitness.ledger import Ledger
    from forkmerge.fitness.ledger_rows import Taken
    from forkmerge.git.hardening import Configured

REF = "refs/forkmerge/ledger"
_INCOMING = "refs/forkmerge/incoming/"
FORMAT = b"forkmerge ledger 1\n"
PROTOCOLS = "file:git:http:https:ssh"
MOST_BYTES = 256 * 1024 * 1024
MOST_SEGMENTS = 4096
_COMPACT = 256
_ATTEMPTS = 20
_FILE = 0o100644


@dataclass(frozen=True, slots=True)
class Pushed:
    """What ``push`` did: to which ``remote``, how many entries it had not, how many can't be shared."""

    remote: str
    entries: int
    left_out: int


@dataclass(frozen=True, slots=True)
class Fetched:
    """What ``fetch`` did: from which ``remote``, and what was taken; None where the remote has no ledger."""

    remote: str
    taken: Taken | None


@dataclass(frozen=True, slots=True)
class _Shared:
    """The ledger of a remote: its commit and tree ("" if there is none), its segments, and what is in them."""

    commit: str = ""
    tree: str = ""
    segments: tuple[str, ...] = ()
    size: int = 0
    entries: Entries = Entries()  # noqa: RUF009 - frozen


def fetch(folder: str, remote: str = "") -> Fetched:
    """Take over what is new in the ledger of ``remote``; raise UnusableInput where it is not what a ledger can be."""
    with Repository.open(folder) as repo:
        name = _remote(repo, remote)
        shared = _get(repo, name)
        if not shared.commit:
            return Fetched(name, None)
        with opened(repo, make=True) as ledger:
            assert ledger is not None  # noqa: S101 - it was made
            taken = ledger.absorb(shared.entries)
        refs.set(repo, REF, shared.commit)
        return Fetched(name, taken)


def push(folder: str, remote: str = "") -> Pushed:
    """Give ``remote`` what its ledger lacks; raise UnusableInput where that can't be done or the ledger is damaged."""
    with Repository.open(folder) as repo, opened(repo) as ledger:
        name = _remote(repo, remote)
        if ledger is None:
            return Pushed(name, 0, 0)
        sound(ledger)
        shared = _get(repo, name)
        for _ in range(_ATTEMPTS):
            new, left_out = _lacking(ledger, shared.entries)
            if not new.rows and not new.checkpoints:
                if shared.commit:
                    refs.set(repo, REF, shared.commit)
                return Pushed(name, 0, left_out)
            commit = _commit(repo, shared, new)
            said = _git(
                repo, ["push", "--quiet", "--no-verify", "--recurse-submodules=no", "--", name, f"{commit}:{REF}"]
            )
            if said.code == 0:
                refs.set(repo, REF, commit)
                return Pushed(name, len(new.rows), left_out)
            now = _get(repo, name)
            if now.commit == shared.commit:
                raise _failure(said, "push", name)
            shared = now
        raise UnusableInput("others are pushing to this ledger all the time", where=name, hint="try it again")


def _lacking(ledger: Ledger, shared: Entries) -> tuple[Entries, int]:
    """Return the entries of ``ledger`` that ``shared`` lacks, and how many can't be shared."""
    there = {row.hash for row in shared.rows} | {START}
    marks = {mark.hash for mark in shared.checkpoints}
    signed = frozenset(mark for mark in ledger.checkpoints() if mark.hash not in marks and not _problem(mark))
    rows = ledger.rows(without=there)
    linked = there | {mark.last for mark in (*shared.checkpoints, *signed)}
    fit = []
    for row in sorted(rows, key=lambda r: (r.chain, r.seq)):
        if row.prev in linked and not _problem(row):  # what follows an entry that can't be shared can't be either
            linked.add(row.hash)
            fit.append(row)
    return Entries(frozenset(fit), signed), len(rows) - len(fit)


def _problem(entry: Row | Checkpoint) -> str:
    try:
        return share.problem_of(entry)
    except ValueError as error:
        return str(error)


def _commit(repo: Repository, shared: _Shared, new: Entries) -> str:
    """Return a commit on top of that of the remote, with segments of ``new`` added to its tree."""
    entries, tree, size = new, shared.tree, shared.size
    if len(shared.segments) >= _COMPACT:  # many small segments are written anew as a few
        entries, tree, size = merge(shared.entries, new), "", 0
    changes: dict[str, trees.Change] = {} if tree else {"format": (_FILE, FORMAT)}
    for name, content in share.write((*entries.rows, *entries.checkpoints)):
        changes[f"segments/{name}"] = (_FILE, content)
        size += len(content)
    if size > MOST_BYTES:
        raise UnusableInput(
            f"the shared ledger would be larger than {MOST_BYTES >> 20} MiB",
            hint="forkmerge ledger prune makes it small",
        )
    tree = trees.write(repo, tree or repo.empty_tree, changes)
    parents = (shared.commit,) if shared.commit else ()
    return trees.commit(repo, tree, parents, "Ledger of test runs\n", author=trees.FORKMERGE, committer=trees.FORKMERGE)


def _get(repo: Repository, remote: str) -> _Shared:
    """Return the ledger of ``remote``, checked; empty where it has none."""
    _sweep(repo)
    ref = f"{_INCOMING}{os.getpid()}-{secrets.token_hex(8)}"
    options = ["--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", "--no-prune", "--no-auto-maintenance"]
    said = _git(repo, ["fetch", "--quiet", *options, "--no-filter", "--refmap=", "--", remote, f"+{REF}:{ref}"])
    try:
        if said.code:
            if b"couldn't find remote ref" in said.stderr:
                return _Shared()
            raise _failure(said, "fetch", remote)
        commit = refs.get(repo, ref)
        if commit is None:
            return _Shared()
        try:
            return _checked(repo, commit)
        except ForkmergeError as error:
            raise share.Refused(
                error.message,
                where=f"{remote} {REF}{f' {error.where}' if error.where else ''}",
                hint="nothing was taken over; if nobody needs it, git push REMOTE :refs/forkmerge/ledger removes it",
            ) from error
    finally:
        with suppress(ForkmergeError):
            refs.delete(repo, ref)


def _sweep(repo: Repository) -> None:
    """Take away the references that processes have left which were killed while they fetched."""
    for ref in refs.list(repo, _INCOMING):
        pid = ref.removeprefix(_INCOMING).partition("-")[0]
        if pid.isdecimal():
            with suppress(OSError, ForkmergeError, OverflowError):
                try:
                    os.kill(int(pid), 0)
                except ProcessLookupError:
                    refs.delete(repo, ref)


def _checked(repo: Repository, commit: str) -> _Shared:
    """Return what is in a commit; raise UnusableInput for anything but a ledger."""
    if repo.kind(commit) != "commit":
        raise share.Refused("it is not a commit")
    tree = repo.tree_of(commit)
    top = repo.folder(tree)
    segments = repo.folder(top["segments"][1]) if top.get("segments", (0, ""))[0] == 0o040000 else {}
    if set(top) != {"format", "segments"} or top["format"][0] != _FILE or not segments:
        raise share.Refused("its files are not those of a ledger")
    if repo.size(top["format"][1]) != len(FORMAT) or repo.read(top["format"][1]) != FORMAT:
        raise share.Refused("it is of an unknown format; a newer forkmerge may know it")
    if len(segments) > MOST_SEGMENTS:
        raise share.Refused(f"it has {len(segments)} segments")
    sizes = 0
    for name, (mode, oid) in segments.items():
        if mode != _FILE or not share.NAME.fullmatch(name) or repo.kind(oid) != "blob":
            raise share.Refused("a file of it is no segment", where=name)
        size = repo.size(oid)
        sizes += size
        if size > share.SEGMENT_BYTES or sizes > MOST_BYTES:
            raise share.Refused("it is too large", where=name)
    found = [entry for name, (_, oid) in segments.items() for entry in share.read(name, repo.read(oid))]
    entries = Entries(
        frozenset(e for e in found if isinstance(e, Row)), frozenset(e for e in found if isinstance(e, Checkpoint))
    )
    if rootless(entries):
        raise share.Refused("an entry of it refers to one that is nowhere")
    return _Shared(commit, tree, tuple(segments), sizes, entries)


def _remote(repo: Repository, given: str) -> str:
    """Return the remote to use: the given one, the only one, or origin; raise UsageError where that is not clear."""
    if given.startswith("-") or "::" in given or "\n" in given:
        raise UsageError(f"{given!r} is not the name or the address of a remote")
    if given:
        return given
    names = repo.run(["config", "--name-only", "--get-regexp", r"^remote\..*\.url$"], check=False).stdout
    found = {n.removeprefix("remote.").removesuffix(".url") for n in names.decode("utf-8", "replace").splitlines()}
    if len(found) == 1:
        return found.pop()
    if "origin" in found:
        return "origin"
    hint = f"name one of {', '.join(sorted(found))}" if found else "git remote add origin URL, or give the address"
    raise UsageError("which remote is not clear", hint=hint)


def _git(repo: Repository, args: list[command.Argument]) -> command.Completed:
    """Run git with the user's own ways to reach a remote: their ssh command and credential helpers, no program else."""
    configured = command.configuration(repo.worktree or repo.git_dir, repo.git_dir, repo.worktree)
    env = command.environment(git_dir=repo.git_dir, work_tree=repo.worktree)
    own = (*command.overrides(configured), *_helpers(configured), ("fetch.fsckObjects", "true"))
    command.with_configuration(env, own)
    wanted = {name: value for name, value in env.items() if name.startswith("GIT_CONFIG_")}
    wanted["GIT_ALLOW_PROTOCOL"] = PROTOCOLS
    wanted["GIT_SSH_COMMAND"] = os.environ.get("GIT_SSH_COMMAND") or _users(repo, "core.sshCommand") or "ssh"
    return repo.run(args, check=False, env=wanted)


def _helpers(configured: Iterable[Configured]) -> list[tuple[str, str]]:
    """Return the credential helpers of the user's own configuration, in their order."""
    users = (one for one in configured if one.scope in ("global", "system"))
    return [(one.key, one.value) for one in users if one.key.startswith("credential.")]


def _users(repo: Repository, key: str) -> str:
    for scope in ("--global", "--system"):
        said = repo.run(["config", scope, "--get", key], check=False).stdout.decode("utf-8", "surrogateescape")
        if said.strip():
            return said.strip()
    return ""


def _failure(said: command.Completed, what: str, remote: str) -> command.GitFailed:
    failed = command.failure(said, what)
    hint = failed.hint or f"git {what} {remote} {REF}{':' + REF if what == 'push' else ''} tells more"
    return command.GitFailed(failed.message, said, where=remote, hint=hint)
