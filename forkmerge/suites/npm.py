"""What ``npm test`` and its like really run: the scripts of ``package.json``, put in their place in the command line.

``npm run NAME``, ``yarn NAME`` and ``pnpm NAME`` become the script's own text (and those of ``preNAME`` and
``postNAME``), in a subshell with the programs of ``node_modules`` on PATH, as npm has it.  Linters between the commands
of a test script are left out: how a merge is laid out is not what its tests are asked for.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from forkmerge.suites.shell import pieces, quote

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from forkmerge.suites.shell import Piece

_DEPTH = 6
_PROGRAMS = ("npm", "yarn", "pnpm")
_OWN = frozenset(
    {"install", "add", "exec", "dlx", "ci", "i", "x", "publish", "config", "set", "workspace", "workspaces"}
)
_LINTERS = frozenset(
    {"eslint", "prettier", "standard", "xo", "tslint", "stylelint", "biome", "oxlint", "jshint", "jscs", "lint-staged"}
)
_PATH = 'export PATH="$PWD/node_modules/.bin:$FORKMERGE_ROOT/node_modules/.bin:$PATH"'
_PLACEHOLDER = "no test specified"


def scripts(data: bytes) -> dict[str, str]:
    """Return the scripts of a ``package.json``, without those that say nothing."""
    found = _table(data).get("scripts")
    if not isinstance(found, dict):
        return {}
    return {k: v.strip() for k, v in found.items() if isinstance(v, str) and v.strip() and _PLACEHOLDER not in v}


def dependencies(data: bytes) -> frozenset[str]:
    """Return the names of everything that a ``package.json`` depends on."""
    tables = [_table(data).get(key) for key in ("dependencies", "devDependencies")]
    return frozenset(name for table in tables if isinstance(table, dict) for name in table)


def expanded(
    line: str, files: Collection[str], read: Callable[[str], bytes], *, folder: str = "", depth: int = _DEPTH
) -> str:
    """Return ``line`` with the scripts that it calls in their place; what is not known stays as it is.

    ``folder`` is where the line runs, relative to the top of the project.
    """
    parts = pieces(line)
    if parts is None or depth == 0:
        return line
    out = []
    for part in parts:
        if part.words[:1] == ("cd",) and len(part.words) == 2:
            folder = "/".join(p for p in (folder, part.words[1].strip("/")) if p not in ("", "."))
        text = part.text
        called = _called(part)
        path = f"{folder}/package.json" if folder else "package.json"
        if called is not None and path in files:
            known = scripts(read(path))
            script = _script(called[0], called[1], known)
            if script:
                inner = expanded(script, files, read, folder=folder, depth=depth - 1)
                text = f" ( {_PATH} ; {inner} ) "
        out.append(text)
    return "".join(out)


def _called(part: Piece) -> tuple[str, tuple[str, ...]] | None:
    """Return the script that a command calls, and what it hands to it; None where it calls none."""
    words = part.program
    if not words or words[0] not in _PROGRAMS or len(words) == 1:
        return None
    rest = [word for word in words[1:] if word not in ("--silent", "-s", "-q", "--quiet", "run", "run-script")]
    ran = any(word in ("run", "run-script") for word in words[1:])
    if not rest or rest[0].startswith("-"):
        return None
    name = "test" if rest[0] in ("t", "tst") else rest[0]
    if name in _OWN and not ran:
        return None
    if words[0] == "npm" and not ran and name not in ("test", "start"):
        return None
    handed = rest[1:]
    return name, tuple(handed[1:] if handed[:1] == ["--"] else handed)


def _script(name: str, handed: tuple[str, ...], known: dict[str, str]) -> str:
    if name not in known:
        return ""
    own = f"{known[name]} {quote(handed)}".strip() if handed else known[name]
    parts = [known.get(f"pre{name}", ""), own, known.get(f"post{name}", "")]
    return " && ".join(text for part in parts if part and (text := _without_linters(part)))


def _without_linters(script: str) -> str:
    """Return a script without the linters that stand between ``&&``, at least what is left of it."""
    parts = pieces(script)
    if parts is None or any(p.text != "&&" for p in parts if not p.words and p.text.strip()):
        return script
    kept = [p.text.strip() for p in parts if p.words and not _lints(p)]
    return " && ".join(kept)


def _lints(part: Piece) -> bool:
    words = [
        w
        for w in part.program
        if w not in ("npx", "yarn", "pnpm", "npm", "run", "exec", "--no-install", "-s", "--silent")
    ]
    first = words[0].rpartition("/")[2] if words else ""
    return first in _LINTERS or re.match(r"^(?:lint|format|prettier|eslint)(?:$|[:-])", first) is not None


def _table(data: bytes) -> dict[str, object]:
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
