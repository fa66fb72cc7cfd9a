"""Files without a grammar whose lines mean something one by one: ignore lists, key-value files, owners of paths.

A ``LineProfile`` is read from ``grammars/lines/<name>.toml``; a text is read into *groups* (what stands under one
section header or bracket line) of *entries* (a line with the blank lines and comments right above it).

Invariant: the entries of a text, and its ``tail`` of comments that no line follows, are the text byte for byte.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

KINDS = ("set", "list", "keys")


@dataclass(frozen=True, slots=True)
class LineProfile:
    """One format.

    ``kind``: ``set`` (the order of lines means nothing, a line is its own key), ``keys`` (the same, for lines with a
    key and a value) or ``list`` (lines have keys, and a later one wins).  ``separators``: what ends a key.
    ``reversal``: a line that begins with it takes back earlier ones, so a text with one is a list.  ``options`` and
    ``directives``: lines that begin so stand where they stand, or have a second word in their key.  ``sections``,
    ``brackets``: ``[header]`` lines and ``word (`` ... ``)`` begin groups; ``ordered_sections``: their order counts.
    ``continued``: a backslash goes on in the next line.  ``folded``: keys are the same in any case, and with - for _.
    """

    name: str
    kind: str
    extensions: tuple[str, ...] = ()
    filenames: tuple[str, ...] = ()
    comments: tuple[str, ...] = ()
    separators: tuple[str, ...] = ()
    reversal: str = ""
    options: str = ""
    directives: frozenset[str] = frozenset()
    sections: bool = False
    ordered_sections: bool = False
    brackets: bool = False
    continued: bool = False
    folded: bool = False


LOOSE = "\0"
"""The key of an indented line that goes on with a value that is not in the text."""

UNORDERED = LineProfile("unordered lines", "set")
"""A file of which nothing is known but that the order of its lines means nothing."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line (or continued lines) with its ``key``; ``blanks`` and ``comments`` are the lines right above it."""

    key: str
    blanks: bytes
    comments: bytes
    line: bytes

    @property
    def said(self) -> tuple[bytes, bytes]:
        """Return what makes two entries equal: all but blanks around."""
        return self.comments, self.line.strip()

    @property
    def text(self) -> bytes:
        """Return the bytes of the file that the entry was made of."""
        return self.blanks + self.comments + self.line


@dataclass(frozen=True, slots=True)
class Group:
    """The entries under one header (None at the top), and what no entry follows."""

    header: Entry | None
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Read:
    """A text as groups, and the blanks and comments behind the last entry."""

    groups: tuple[Group, ...]
    tail: bytes

    def named(self) -> list[tuple[str, str]]:
        """Return (header, key) of every entry."""
        return [(g.header.key if g.header else "", e.key) for g in self.groups for e in g.entries]


def read(profile: LineProfile, text: bytes) -> Read:
    """Return ``text`` in groups of entries; the first group has no header."""
    groups: list[tuple[Entry | None, list[Entry]]] = [(None, [])]
    blanks = comments = b""
    signs = tuple(sign.encode() for sign in profile.comments)
    lines = iter(text.splitlines(keepends=True))
    for line in lines:
        bare = line.strip()
        if not bare and not comments:
            blanks += line
        elif not bare or (signs and bare.startswith(signs)):
            comments += line
        else:
            whole = line
            while profile.continued and whole.rstrip(b"\r\n").endswith(b"\\"):
                more = next(lines, b"")
                if not more:
                    break
                whole += more
            entry = Entry(_key(profile, whole), blanks, comments, whole)
            if profile.sections and whole[:1] in b" \t" and groups[-1][1] and not (blanks or comments):
                last = groups[-1][1][-1]  # it goes on with the value above
                groups[-1][1][-1] = replace(last, line=last.line + whole)
            elif _opens(profile, bare):
                groups.append((entry, []))
            else:
                groups[-1][1].append(entry)
            blanks = comments = b""
    return Read(tuple(Group(header, tuple(found)) for header, found in groups), blanks + comments)


def _opens(profile: LineProfile, bare: bytes) -> bool:
    if profile.sections:
        return bare.startswith(b"[") and b"]" in bare
    return profile.brackets and (bare.endswith(b"(") or bare == b")")


def _key(profile: LineProfile, line: bytes) -> str:
    text = line.decode("utf-8", "surrogateescape")
    indented = text[:1] in " \t"
    text = text.strip()
    if profile.kind == "set" or (profile.options and text.startswith(profile.options)):
        return text
    if profile.sections and indented:
        return LOOSE
    if profile.sections and text.startswith("[") and "]" in text:
        return text[: text.index("]") + 1]  # a sign that separates keys from values may stand in a name
    if profile.brackets and text.endswith(("(", ")")):
        return text
    words = text.split(None, 2)
    if words[0] in profile.directives:
        return " ".join((words[0], *(word.partition("=")[0] for word in words[1:2])))
    ends = [at for sign in profile.separators if (at := text.find("\t" if sign == "\t" else sign)) >= 0]
    if " " in profile.separators and "\t" in text:
        ends.append(text.index("\t"))
    key = text[: min(ends)].strip() if ends else text
    return key.lower().replace("_", "-").replace(".", "-") if profile.folded else key
