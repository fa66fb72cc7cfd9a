"""The configuration in layers, least to most specific: built-in, repository file, git, environment, options.

Idea: each layer is read into a ``Layer`` (values and where they come from) and the layers are laid over each other.
Invariants: an unknown key is an error; what lies inside a repository (its TOML file, its own git configuration) may
come from a stranger, so it can make the sandbox stricter and never weaker: a weaker value there is refused, unless the
user settles the same key in a place of their own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forkmerge.app.settings import KEYS, SANDBOXES, Settings, checked, field_of, unknown_key
from forkmerge.errors import UnusableInput, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from forkmerge.git.hardening import Configured

ENVIRONMENT_PREFIX = "FORKMERGE_"
RESERVED = frozenset({"PATH", "COLOR", "SANDBOXED"})
"""Variables of forkmerge that are no settings: the path for ``merge-file``, and marks for its own children."""

_STRICT_ENOUGH = SANDBOXES[: SANDBOXES.index("bubblewrap") + 1]


@dataclass(frozen=True, slots=True)
class Layer:
    """The settings that one source gives; ``trusted`` when only the user can have written them."""

    where: str
    values: Mapping[str, Any]
    trusted: bool = True


def load(
    repository: str,
    environment: Mapping[str, str],
    options: Mapping[str, Any] | None = None,
    *,
    configured: Sequence[Configured] | None = None,
) -> Settings:
    """Return the settings for work in ``repository`` (its work tree, or any folder outside of one).

    ``configured`` is git's configuration, where it has been read before.
    ``options`` are those of the command line, fields that were not given left out or None.  Raise UsageError for a key
    or a value that does not exist, or for a repository that would weaken the sandbox.
    """
    given = {field: value for field, value in (options or {}).items() if value is not None}
    layers = (
        *repository_file(Path(repository)),
        *git_layers(repository, configured),
        *environment_layer(environment),
        Layer("the command line", checked(given, "the command line")),
    )
    refuse_weaker(layers)
    settings = Settings()
    for layer in layers:
        settings = replace(settings, **layer.values)
    return settings


def repository_file(root: Path) -> tuple[Layer, ...]:
    """Return the layer of ``.forkmerge.toml`` or of ``[tool.forkmerge]`` in ``pyproject.toml``; both are an error."""
    own, project = root / ".forkmerge.toml", root / "pyproject.toml"
    table = _toml(own)
    section = (_toml(project) or {}).get("tool", {}).get("forkmerge")
    if table is not None and section is not None:
        raise UsageError(
            "two places configure forkmerge: .forkmerge.toml and [tool.forkmerge] in pyproject.toml",
            where=str(root),
            hint="keep one of them",
        )
    if table is not None:
        return (_toml_layer(table, str(own)),)
    if section is not None:
        return (_toml_layer(section, f"{project} [tool.forkmerge]"),)
    return ()


def git_layers(repository: str, configured: Sequence[Configured] | None = None) -> tuple[Layer, ...]:
    """Return the ``forkmerge.*`` values of git's configuration, one layer for each scope, the most specific last."""
    from forkmerge.app.gitconfig import among, entries  # noqa: PLC0415 - loaded when it is needed

    scopes: dict[tuple[str, bool], dict[str, Any]] = {}
    for entry in entries(repository) if configured is None else among(configured):
        where = f"git config ({entry.scope})"
        field = field_of(entry.key)
        if field is None:
            raise unknown_key(entry.key, where)
        values = scopes.setdefault((where, entry.scope not in ("local", "worktree")), {})
        value = checked({field: entry.value}, where)[field]
        values[field] = values[field] + value if isinstance(values.get(field), tuple) else value
    return tuple(Layer(where, values, trusted) for (where, trusted), values in scopes.items())


def environment_layer(environment: Mapping[str, str]) -> tuple[Layer, ...]:
    """Return the layer of the ``FORKMERGE_*`` variables."""
    values: dict[str, Any] = {}
    known = tuple(ENVIRONMENT_PREFIX + key.upper().replace("-", "_") for key in KEYS)
    for name, text in sorted(environment.items()):
        if not name.startswith(ENVIRONMENT_PREFIX) or name.removeprefix(ENVIRONMENT_PREFIX) in RESERVED:
            continue
        if name not in known:
            raise unknown_key(name, "the environment", known=known)
        field = name.removeprefix(ENVIRONMENT_PREFIX).lower()
        values |= checked({field: text}, f"the environment ({name})")
    return (Layer("the environment", values),) if values else ()


def refuse_weaker(layers: tuple[Layer, ...]) -> None:
    """Raise UsageError when the value that counts for the sandbox is a weaker one that a repository asks for."""
    for field, weaker in _WEAKER.items():
        deciding = next((layer for layer in reversed(layers) if field in layer.values), None)
        if deciding is None or deciding.trusted or not weaker(deciding.values[field]):
            continue
        key = field.replace("_", "-")
        git_key = "".join(part.title() if i else part for i, part in enumerate(key.split("-")))
        raise UsageError(
            f"{key}: what lies inside a repository can make the sandbox stricter, never weaker",
            where=deciding.where,
            hint=f"take it out there; if you want it yourself: --{key}, or git config --global forkmerge.{git_key}",
        )


_WEAKER: dict[str, Callable[[Any], bool]] = {
    "sandbox": lambda value: value not in _STRICT_ENOUGH,
    "allow_network": bool,
    "setup_network": bool,
    "pass_env": bool,
    "cluster": bool,
    "carry": lambda globs: any(glob.startswith(("/", "~")) or ".." in glob.split("/") for glob in globs),
}


def _toml(path: Path) -> dict[str, Any] | None:
    try:
        data = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise UnusableInput(f"can't be read: {error.strerror}", where=str(path)) from None
    import tomllib  # noqa: PLC0415 - most repositories have no such file

    try:
        return tomllib.loads(data.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"not valid TOML: {error}", where=str(path)) from None


def _toml_layer(table: object, where: str) -> Layer:
    if not isinstance(table, dict):
        raise UsageError("forkmerge's configuration is not a table", where=where)
    values: dict[str, Any] = {}
    for key, value in table.items():
        field = field_of(key) if key.lower() == key else None
        if field is None:
            raise unknown_key(key, where)
        values[field] = value
    return Layer(where, checked(values, where), trusted=False)
