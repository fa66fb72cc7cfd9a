"""Runs the steps of a composite action as a runner of GitHub Actions would, as far as ``action.yml`` needs it.

Expressions are literals, contexts (``inputs.x``), ``==``, ``!=``, ``&&``, ``||`` and ``always()``.  Steps that use
other actions are noted with their ``with`` and not run.
"""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}", re.DOTALL)


@dataclass(slots=True)
class Job:
    """What came of the steps: the exit code of the first that failed, outputs, the log and the summary."""

    code: int = 0
    log: str = ""
    summary: str = ""
    outputs: dict[str, str] = field(default_factory=dict)
    ran: list[str] = field(default_factory=list)
    used: dict[str, dict[str, str]] = field(default_factory=dict)


def evaluate(text: str, contexts: Mapping[str, Any], *, failed: bool = False) -> Any:
    """Return the value of an expression."""
    for operator in ("||", "&&", "!=", "=="):
        parts = [p.strip() for p in text.split(operator)]
        if len(parts) == 1:
            continue
        values = [evaluate(p, contexts, failed=failed) for p in parts]
        if operator == "||":
            return next((v for v in values if v), values[-1])
        if operator == "&&":
            return next((v for v in values if not v), values[-1])
        return (values[0] == values[1]) is (operator == "==")
    if text == "always()":
        return True
    if text.startswith("'"):
        assert text.endswith("'"), text
        return text[1:-1]
    assert re.fullmatch(r"[\w.-]+", text), f"not understood: {text}"
    value: Any = contexts
    for part in text.split("."):
        value = value.get(part, "") if isinstance(value, dict) else ""
    return value


def filled(text: str, contexts: Mapping[str, Any]) -> str:
    """Return ``text`` with its expressions replaced by their values."""
    return _EXPRESSION.sub(lambda found: str(evaluate(found[1], contexts)), text)


def run_action(
    action: Path,
    folder: Path,
    scratch: Path,
    event: Mapping[str, Any],
    given: Mapping[str, str],
    env: Mapping[str, str],
) -> Job:
    """Run ``action`` in the repository ``folder`` for an event, with the inputs ``given``."""
    told = yaml.safe_load(action.read_text(encoding="utf-8"))
    unknown = set(given) - set(told["inputs"])
    assert not unknown, f"no such inputs: {unknown}"
    steps: dict[str, Any] = {}
    contexts = {
        "inputs": {name: given.get(name, value["default"]) for name, value in told["inputs"].items()},
        "github": {"run_id": "7", "run_attempt": "1", "sha": "", **event},
        "runner": {"os": "Linux", "arch": "X64"},
        "steps": steps,
    }
    job = Job()
    scratch.mkdir(parents=True)
    for number, step in enumerate(told["runs"]["steps"]):
        condition = _EXPRESSION.fullmatch(str(step.get("if", "${{ 'yes' }}")))
        assert condition, step
        if not evaluate(condition[1], contexts) or (job.code and "always()" not in condition[1]):
            continue
        job.ran.append(step["name"])
        if "uses" in step:
            job.used[step["uses"].partition("@")[0]] = {k: filled(v, contexts) for k, v in step["with"].items()}
            continue
        assert step["shell"] == "bash"
        assert "${{" not in step["run"], "values go in by the environment, never into the script"
        files = {name: scratch / f"{number}-{name.lower()}" for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
        for path in files.values():
            path.touch()
        script = scratch / f"{number}.sh"
        script.write_text(step["run"], encoding="utf-8")
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],
            cwd=folder,
            env={
                **env,
                **{name: filled(str(value), contexts) for name, value in step.get("env", {}).items()},
                **{name: str(path) for name, path in files.items()},
                "RUNNER_TEMP": str(scratch),
                "GITHUB_ACTION_PATH": str(action.parent),
                "CI": "true",
            },
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
        )
        job.code = job.code or done.returncode
        job.log += done.stdout
        job.summary += files["GITHUB_STEP_SUMMARY"].read_text()
        lines = files["GITHUB_OUTPUT"].read_text().splitlines()
        steps[step.get("id", str(number))] = {"outputs": dict(line.split("=", 1) for line in lines)}
    job.outputs = {name: filled(value["value"], contexts) for name, value in told["outputs"].items()}
    return job
