"""Progress for people: a few living lines at a terminal, at most a line for each evaluation anywhere else.

``Display`` is a context manager and a ``Progress``; it may be told things from any thread, and leaving it (also by an
interrupt) takes the living lines away, so that what stays is the record of finished evaluations.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

from rich.text import Text

from forkmerge.report import words
from forkmerge.report.events import (
    BestSoFar,
    BudgetUsed,
    EvaluationFinished,
    EvaluationStarted,
    PhaseStarted,
    Remark,
    TestFinished,
)
from forkmerge.report.values import Verdict

if TYPE_CHECKING:
    from types import TracebackType

    from rich.console import Console
    from rich.live import Live

    from forkmerge.report.events import Event

_BAR = 20


@dataclass(frozen=True, slots=True)
class Running:
    """An evaluation in progress."""

    label: str
    done: int = 0
    total: int | None = None
    failed: int = 0
    last: str = ""


@dataclass(frozen=True, slots=True)
class State:
    """What the living lines show."""

    phase: str = ""
    running: tuple[Running, ...] = ()
    best: str = ""
    used: str = ""


def advance(state: State, event: Event) -> State:
    """Return ``state`` after ``event``."""
    match event:
        case PhaseStarted(name, detail):
            return replace(state, phase=f"{name}: {detail}" if detail else name, running=())
        case EvaluationStarted(label, tests):
            return replace(state, running=(*_without(state, label), Running(label, total=tests)))
        case TestFinished(label, test, good, done, total):
            old = next((r for r in state.running if r.label == label), Running(label))
            new = Running(label, done, total or old.total, old.failed + (not good), test)
            return replace(state, running=(*_without(state, label), new))
        case EvaluationFinished(label):
            return replace(state, running=_without(state, label))
        case BudgetUsed(used, budget, left):
            rest = f", {_clock(left)} left" if left is not None else ""
            return replace(state, used=f"{used} of {budget} evaluations{rest}")
        case BestSoFar(label, lost):
            return replace(state, best=f"{label}, " + (f"loses {lost}" if lost else "loses nothing"))
        case Remark():
            return state


def record(event: Event) -> str:
    """Return the line that stays of ``event``, "" for none."""
    match event:
        case EvaluationFinished(label, verdict, kept, lost, seconds, cached, own):
            took = "from the ledger" if cached else f"{seconds:.1f} s"
            mark = {Verdict.GOOD: "ok  ", Verdict.LOSES: "lost", Verdict.BROKEN: "bad ", Verdict.UNVERIFIED: "??  "}
            tests = f"{kept} required tests kept" + (f", {lost} lost" if lost else "")
            if own:
                tests = f"{kept} {words.plural('test', kept)} pass{'es' if kept == 1 else ''}"
                tests += f", {lost} {'do' if lost != 1 else 'does'} not" if lost else ""
            return f"{mark[verdict]} {words.safe(label)}: {tests} ({took})"
        case Remark(text, warning):
            return f"warning: {words.safe(text)}" if warning else words.safe(text)
    return ""


def lines(state: State) -> Text:
    """Return the living lines, each short enough for 80 columns."""
    text = Text(f"{words.safe(state.phase)[:76]}\n", style="bold")
    for running in sorted(state.running, key=lambda r: r.label):
        text.append(f"  {words.safe(running.label)[:24]:<24} {_bar(running)}", style="cyan")
        text.append(f" {running.failed} failed\n" if running.failed else "\n", style="yellow")
        if running.last:
            text.append(f"    {words.safe(running.last)[-72:]}\n", style="dim")
    rest = " | ".join(part for part in (state.best and f"best so far: {words.safe(state.best)}", state.used) if part)
    text.append(f"  {rest}" if rest else "", style="dim")
    return text


class Display:
    """Shows events on ``console`` (stderr): living lines when it is a terminal, plain lines otherwise."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._state = State()
        self._lock = threading.Lock()
        self._live: Live | None = None

    def __enter__(self) -> Self:
        if self._console.file.isatty() and not self._console.is_dumb_terminal:
            from rich.live import Live  # noqa: PLC0415 - only for terminals

            self._live = Live(console=self._console, transient=True, refresh_per_second=8, get_renderable=self._render)
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None

    def update(self, event: Event) -> None:
        """Show ``event``."""
        with self._lock:
            self._state = advance(self._state, event)
        stays = record(event)
        if stays:
            style = "yellow" if isinstance(event, Remark) and event.warning else ""
            self._console.print(Text(stays, style=style))

    def _render(self) -> Text:
        return lines(self._state)


def _without(state: State, label: str) -> tuple[Running, ...]:
    return tuple(r for r in state.running if r.label != label)


def _bar(running: Running) -> str:
    if not running.total:
        return f"{running.done} tests"
    full = min(_BAR, _BAR * running.done // running.total)
    return f"[{'#' * full}{'.' * (_BAR - full)}] {running.done}/{running.total}"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(max(0, int(seconds)), 60)
    return f"{minutes}:{rest:02d}"
