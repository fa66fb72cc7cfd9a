"""The environment of the tests: variables, what of the user's machine they may read, what is put into their clone.

``discover`` looks once at the user's checkout and environment; the result is a value.  ``Environment.command`` then
makes the sandboxed command for one candidate.  Where a backend shows the candidate at the path of the user's own
checkout nothing has to be rewritten; where it can't, paths in variables are, and editable installs are led to the
candidate through PYTHONPATH.
"""

from __future__ import annotations

import contextlib
import glob
import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from forkmerge.execution import toolchains
from forkmerge.execution.provisions import Provision, provisions, put
from forkmerge.sandbox.command import Command, Limits, Mount, inside

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from forkmerge.sandbox.backend import Backend

INSIDE = "/tmp/.forkmerge/env"  # noqa: S108 - a path inside the sandbox, on a file system of its own
BUILT = "FORKMERGE_CARGO_TARGET"
"""The variable that names where a run sees what the user's own cargo has built."""

PASSED = frozenset(
    {
        "PATH", "VIRTUAL_ENV", "CONDA_PREFIX", "CONDA_DEFAULT_ENV", "LANG", "LANGUAGE", "TZ", "PYTHONPATH",
        "PYTHONUTF8", "PYTHONIOENCODING", "PYTHONWARNINGS", "NODE_PATH", "NODE_OPTIONS", "JAVA_HOME", "MAVEN_HOME",
        "M2_HOME", "GRADLE_HOME", "GOROOT", "GOPATH", "GOFLAGS", "GOTOOLCHAIN", "GOMODCACHE", "GOCACHE", "CARGO_HOME",
        "RUSTUP_HOME", "RUSTUP_TOOLCHAIN", "RUSTFLAGS", "PYENV_ROOT", "PYENV_VERSION", "NVM_DIR", "NVM_BIN",
        "RBENV_ROOT", "GEM_PATH", "GEM_HOME", "LD_LIBRARY_PATH", "CC", "CXX", "CFLAGS", "CXXFLAGS", "LDFLAGS",
        "PKG_CONFIG_PATH", "NIX_SSL_CERT_FILE", "LOCALE_ARCHIVE", "PYTEST_ADDOPTS",
    }
)  # fmt: skip
FIXED = (
    ("TERM", "dumb"), ("NO_COLOR", "1"), ("PYTHONHASHSEED", "0"), ("PYTHONDONTWRITEBYTECODE", "1"),
    ("CARGO_NET_OFFLINE", "true"), ("PIP_NO_INDEX", "1"), ("PIP_DISABLE_PIP_VERSION_CHECK", "1"),
    ("npm_config_offline", "true"), ("npm_config_update_notifier", "false"), ("USER", "forkmerge"),
    ("LOGNAME", "forkmerge"),
)  # fmt: skip
_EDITABLE = re.compile(r"""['"](/[^'"\n]+)['"]""")


@dataclass(frozen=True, slots=True)
class Environment:
    """What the runs of one checkout have in common; every path as on the host.

    ``variables`` are as the user has them (paths into the checkout are those of the checkout); ``found`` is put into
    each candidate; ``shown`` are folders to be read; ``editable`` are folders of the checkout (relative) that editable
    installs point to; ``hidden`` is never readable.
    """

    checkout: str
    variables: tuple[tuple[str, str], ...] = ()
    found: tuple[Provision, ...] = ()
    shown: tuple[str, ...] = ()
    editable: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()

    def prepare(self, candidate: str, backend: Backend, *, below: str = "") -> None:
        """Put environment folders (symlinks) and small generated files into ``candidate``, which lies on ``below``."""
        put(candidate, self.found, self._sources(backend), below=below)

    def command(  # noqa: PLR0913 - the parts of one run, each named
        self,
        argv: tuple[str, ...],
        *,
        candidate: str,
        backend: Backend,
        below: str = "",
        user: tuple[int, int] | None = None,
        env: tuple[tuple[str, str], ...] = (),
        limits: Limits = Limits(),  # noqa: B008 - a frozen value
        support: str | None = None,
        events: str | None = None,
        directory: str = "",
        network: bool = False,
    ) -> Command:
        """Return the command that runs ``argv`` in ``candidate``; ``env`` is added last, its paths already right.

        PYTHONPATH in ``env`` goes before that of the user.  ``support`` is shown at its own path.
        """
        bare = Command((), candidate, self.checkout)
        place = backend.place(bare)
        variables = {key: moved(value, self.checkout, place) for key, value in self.variables}
        added = dict(env)
        python_path = [added.pop("PYTHONPATH", "")]
        if not backend.maps_paths:
            python_path += [os.path.normpath(os.path.join(place, folder)) for folder in self.editable]
        python_path.append(variables.pop("PYTHONPATH", ""))
        joined = os.pathsep.join(filter(None, python_path))
        merged = {**variables, **added, **({"PYTHONPATH": joined} if joined else {})}
        sources = self._sources(backend)
        for each in self.found:
            if each.kind == "build":
                merged[BUILT] = sources[each.path]
        mounts = [Mount(path, path) for path in self.shown]
        for path, target in sources.items():
            source = next(each.source for each in self.found if each.path == path)
            mounts.append(Mount(source, target))
        if support is not None:
            mounts.append(Mount(support, support))
        return Command(
            tuple(moved(word, self.checkout, place) for word in argv),
            candidate,
            self.checkout,
            cwd=directory,
            env=tuple(merged.items()),
            limits=limits,
            readonly=tuple(mounts),
            events=events,
            hidden=self.hidden,
            network=network,
            below=below,
            user=user,
        )

    def _sources(self, backend: Backend) -> dict[str, str]:
        """Return where a run sees each environment folder: relative path -> target of the symlink.

        The folder keeps its name: what lies in ``node_modules`` finds its neighbours by it.
        """
        folders = [each for each in self.found if each.kind in ("environment", "build")]
        if backend.maps_paths:
            return {
                each.path: f"{INSIDE}/{number}/{os.path.basename(each.path)}" for number, each in enumerate(folders)
            }
        return {each.path: each.source for each in folders}


def discover(
    checkout: str, environ: Mapping[str, str], *, argv: tuple[str, ...] = (), passed: tuple[str, ...] = ()
) -> Environment:
    """Return the environment of tests of ``checkout`` started with ``argv``; ``passed`` names variables to pass on."""
    checkout = os.path.realpath(checkout)
    found = provisions(checkout)
    program = argv[0] if argv else "python"
    home = environ.get("HOME", "")
    folders = [each.source for each in found if each.kind == "environment"]
    prefixes = set(toolchains.prefixes(program, environ, checkout))
    for folder in folders:
        prefixes.update(toolchains.venv_homes(folder))
    real_home = os.path.realpath(home) if home else ""
    hidden = [path for path in (home, real_home, checkout) if path and path != "/"]
    hidden += [os.path.join(home, name) for name in toolchains.SECRETS if home]
    return Environment(
        checkout,
        tuple(sorted(variables(environ, checkout, passed).items())),
        found,
        toolchains.outside(prefixes, home, checkout),
        tuple(editable([*folders, *sorted(prefixes)], checkout)),
        tuple(dict.fromkeys(hidden)),
    )


def variables(environ: Mapping[str, str], checkout: str, passed: tuple[str, ...] = ()) -> dict[str, str]:
    """Return the variables of the tests: those that tell where tools are and what language, those of ``passed``."""
    kept = {k: v for k, v in environ.items() if k in PASSED or k in passed or k.startswith("LC_")}
    kept = {**toolchains.homes(environ, checkout), **kept}
    kept.setdefault("PATH", "/usr/local/bin:/usr/bin:/bin")
    if not any(key in kept for key in ("LANG", "LC_ALL", "LC_CTYPE")):
        kept["LANG"] = "C.UTF-8"
    return {**kept, **{key: value for key, value in FIXED if key not in passed}}


def moved(value: str, checkout: str, place: str) -> str:
    """Return ``value`` with every path at or below ``checkout`` moved to ``place``."""
    if place == checkout or checkout not in value:
        return value
    before, after = r"""(?:(?<![^\s:;,='"(])|(?<=-[IL]))""", r"""(?=[/\s:;,'")]|$)"""
    return re.sub(f"{before}{re.escape(checkout)}{after}", lambda _: place, value)


def editable(prefixes: list[str], checkout: str) -> Iterator[str]:
    """Yield the folders of ``checkout``, relative to it, that editable installs below ``prefixes`` import from."""
    seen = set()
    for prefix in filter(None, prefixes):
        for site in sorted(glob.glob(os.path.join(glob.escape(prefix), "lib*/python3*/*-packages"))):
            for path in _editable_paths(site):
                if inside(path, checkout) and os.path.isdir(path):
                    relative = os.path.relpath(path, checkout)
                    if relative not in seen:
                        seen.add(relative)
                        yield relative


def _editable_paths(site: str) -> Iterator[str]:
    for name in sorted(os.listdir(site)):
        full = os.path.join(site, name)
        with contextlib.suppress(OSError, UnicodeDecodeError):
            if name.endswith((".pth", ".egg-link")):
                with open(full, encoding="utf-8") as file:
                    yield from (os.path.normpath(line.strip()) for line in file if line.startswith("/"))
            elif name.startswith("__editable__") and name.endswith("_finder.py"):
                with open(full, encoding="utf-8") as file:
                    # the mapping names packages (their parent is imported from) and single modules
                    yield from (os.path.dirname(os.path.normpath(path)) for path in _EDITABLE.findall(file.read()))
