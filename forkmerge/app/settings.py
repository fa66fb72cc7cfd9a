"""The settings of forkmerge as one frozen value, and the keys they are known by.

A key is written ``pass-env`` in TOML (``pass_env`` is the same), ``forkmerge.passEnv`` in git's configuration,
``FORKMERGE_PASS_ENV`` in the environment and ``--pass-env`` on the command line.  Invariant: a ``Settings`` value holds
only what was checked; ``checked`` is the one way from outside data to it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from forkmerge.errors import UsageError
from forkmerge.merge.rules import POLICIES, Allowed, allowed_for

if TYPE_CHECKING:
    from collections.abc import Mapping

SANDBOXES = ("auto", "bubblewrap", "reduced", "none")
"""``auto`` takes the strongest backend that works here; it never means ``none``."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a run is told to do; times are seconds.

    ``test`` is the test command ("" finds it), ``results`` a glob of JUnit XML files that it writes, ``budget`` the
    number of trees to test, ``time`` the limit of the whole run (None: none), ``jobs`` parallel test runs (0: as many
    as processors), ``runs`` how often each parent's suite runs, ``test_timeout`` and ``run_timeout`` the limits of one
    test and of one run (None: from how long the parents take), ``carry`` globs of untracked files that the clones get,
    ``pass_env`` names of environment variables that tests may see, ``test_paths`` the folders and files that are tests
    ("" finds them), ``cache`` whether earlier results in the ledger count, ``coverage`` whether it is watched which
    functions each test runs, ``cluster`` the scheduler of a cluster that runs the tests ("": this machine does),
    ``setup`` the command that makes an environment where a tree asks for other dependencies ("": none is made), which
    may use the network with ``setup_network``, ``learning`` whether what
    earlier searches saw orders what is asked.
    """

    test: str = ""
    results: str = ""
    budget: int = 20
    time: float | None = None
    jobs: int = 0
    sandbox: str = "auto"
    seed: int = 0
    risk: str = "balanced"
    versions: str = "conflict"
    runs: int = 2
    test_timeout: float | None = None
    run_timeout: float | None = None
    carry: tuple[str, ...] = ()
    pass_env: tuple[str, ...] = ()
    allow_network: bool = False
    test_paths: tuple[str, ...] = ()
    cache: bool = True
    coverage: bool = True
    learning: bool = True
    cluster: str = ""
    setup: str = ""
    setup_network: bool = False

    @property
    def allowed(self) -> Allowed:
        """Return what may be decided without tests."""
        return allowed_for(self.risk, self.versions)


_FIELDS: tuple[str, ...] = Settings.__match_args__
KEYS = tuple(name.replace("_", "-") for name in _FIELDS)
"""The keys as TOML writes them."""

_LISTS = {"carry", "pass_env", "test_paths"}
_TIMES = {"time", "test_timeout", "run_timeout"}
_COUNTS = {"budget": 1, "jobs": 0, "seed": 0, "runs": 1}
_FLAGS = {"allow_network", "setup_network", "cache", "coverage", "learning"}
_CHOICES = {"sandbox": SANDBOXES, "versions": POLICIES}
_DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s?)?")
_TRUE, _FALSE = {"true", "yes", "on", "1"}, {"false", "no", "off", "0"}


def field_of(key: str) -> str | None:
    """Return the field of ``Settings`` that ``key`` names, in any of its spellings, or None."""
    folded = key.lower().replace("-", "").replace("_", "")
    return next((name for name in _FIELDS if name.replace("_", "") == folded), None)


def unknown_key(key: str, where: str, *, known: tuple[str, ...] = KEYS) -> UsageError:
    """Return the error for a key that does not exist; its hint names the nearest one that does."""
    import difflib  # noqa: PLC0415 - loaded when it is needed

    near = difflib.get_close_matches(key, known, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]!r}?" if near else f"the keys are {', '.join(known)}"
    return UsageError(f"unknown configuration key {key!r}", where=where, hint=hint)


def checked(values: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Return ``values`` (field -> TOML value or text) as values of the right type.

    Raise UsageError, with ``where`` in it, when one is not what its key takes.
    """
    return {field: _check(field, value, where) for field, value in values.items()}


def _check(field: str, value: Any, where: str) -> Any:
    key = field.replace("_", "-")
    try:
        return _convert(field, value)
    except ValueError as error:
        raise UsageError(f"{key} = {value!r}: {error}", where=where) from None


def _convert(field: str, value: Any) -> Any:
    if field in _LISTS:
        return _texts(value)
    if field in _TIMES:
        return seconds(value)
    if field in _FLAGS:
        return _flag(value)
    if field in _COUNTS:
        return _count(value, _COUNTS[field])
    if field == "risk":
        return _risk(value)
    if not isinstance(value, str):
        raise ValueError("expected text")  # noqa: TRY004 - one kind of error for one caller
    if field in _CHOICES and value not in _CHOICES[field]:
        raise ValueError(f"expected one of {', '.join(_CHOICES[field])}")
    return value


def seconds(value: Any) -> float | None:
    """Return a duration (``90``, ``"90s"``, ``"10m"``, ``"1h30m"``) in seconds, None for 0 or ``"none"``."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        number = float(value)
    elif isinstance(value, str) and value.strip() == "none":
        return None
    elif isinstance(value, str) and value.strip() and (match := _DURATION.fullmatch(value.strip().lower())):
        hours, minutes, rest = match.groups()
        number = int(hours or 0) * 3600 + int(minutes or 0) * 60 + float(rest or 0)
    else:
        raise ValueError("expected a duration such as 90s, 10m or 1h30m")
    if number < 0:
        raise ValueError("expected a duration, not a negative number")
    return number or None


def _risk(value: Any) -> str:
    word = str(value)
    allowed_for(word)
    return word


def _texts(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        return tuple(part for part in re.split(r"[,\s]+", value) if part)
    if isinstance(value, list | tuple) and all(isinstance(item, str) for item in value):
        return tuple(value)
    raise ValueError("expected a list of texts")


def _flag(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in _TRUE | _FALSE:
        return value.lower() in _TRUE
    raise ValueError("expected true or false")


def _count(value: Any, least: int) -> int:
    if isinstance(value, str) and value.strip().isdecimal():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise ValueError(f"expected a whole number, at least {least}")
    return value
