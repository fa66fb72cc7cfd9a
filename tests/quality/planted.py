"""The benchmark of planted collisions: makes them on real code, and asks ``forkmerge check`` about each.

    python -m quality.planted make --mirrors DIR --venvs DIR --work DIR [--only PROJECT,...] [--each 1] [--seed 1]
    python -m quality.planted run --venvs DIR --work DIR [--static] [--only NAME,...] [--json OUT]

(with ``tests`` on the path; docs/how-to/measure-the-check.md tells what is planted and what the columns say.)
``make`` writes ``WORK/<project>/repo`` with three branches for each case, and ``WORK/<project>/cases.json``.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import Any

from quality.planted_kinds import KINDS
from quality.planted_make import Case, Maker
from quality.planted_sites import Place

PROGRAM = ("-m", "forkmerge.cli")
PROJECTS = Path(__file__).with_name("planted_projects.json")


def places(venvs: Path) -> list[Place]:
    """Return the projects on which is planted."""
    rows = json.loads(PROJECTS.read_text(encoding="utf-8"))
    return [
        Place(
            r["name"], r["mirror"], r["commit"], r["package"], r["root"], venvs.resolve() / r["venv"], tuple(r["tests"])
        )
        for r in rows
    ]


def make(args: argparse.Namespace) -> int:
    """Make the cases; those that are there already stay."""
    only = set(filter(None, args.only.split(",")))
    kinds = [k for k in KINDS if not args.kinds or k in args.kinds.split(",")]
    for number, place in enumerate(places(args.venvs)):
        if only and place.name not in only:
            continue
        folder = args.work.resolve() / place.name
        folder.mkdir(parents=True, exist_ok=True)
        maker = Maker.of(place, args.mirrors / place.mirror / "repo", folder / "repo")
        known = _cases(folder)
        for index, kind in enumerate(kinds):
            wanted = [(False, args.each)]
            if args.decoys and (number + index + args.seed) % 2 == 0:
                wanted.append((True, 1))
            for decoy, count in wanted:
                for case in maker.cases(kind, count, args.seed, decoy=decoy):
                    known[case.name] = case
                    print(case.name, case.units, flush=True)
                    rows = [asdict(c) for c in known.values()]
                    (folder / "cases.json").write_text(json.dumps(rows, indent=1), encoding="utf-8")
    return 0


def checked(
    place: Place, repository: Path, case: Case, program: tuple[str, ...] = PROGRAM, *, static: bool
) -> dict[str, Any]:
    """Return what ``check`` says of a case, and what it took."""
    command = [sys.executable, "-E", "-P", *program, "-q", "check", f"{case.name}/theirs"]
    command += ["--head", f"{case.name}/ours", "--format", "json"]
    if not static:
        command += [
            "--test",
            place.command,
            "--runs",
            "1",
            "--no-cache",
            "--pass-env",
            "SETUPTOOLS_SCM_PRETEND_VERSION",
        ]
    began = time.monotonic()
    done = subprocess.run(
        command, cwd=repository, env=place.environment(repository), check=False, capture_output=True, text=True
    )
    seconds = time.monotonic() - began
    try:
        report = json.loads(done.stdout)
    except ValueError:
        report = {"verdict": f"failed: {done.stderr[-300:]}", "findings": [], "tests": None}
    return {"code": done.returncode, "seconds": round(seconds, 1), "report": report}


def judged(case: Case, answer: dict[str, Any]) -> dict[str, Any]:
    """Return what is to be counted of an answer.

    ``found``: the merge is said to be broken by a test; ``named``: exactly the units of the case, in every finding of a
    broken test; ``static``: the findings that need no run, ``told``: of them those at one of the units.
    """
    report = answer["report"]
    findings = report["findings"]
    broken = [f for f in findings if f["rule"] == "broken-test"]
    wanted = {tuple(u) for u in case.units}
    places_of = [{(p["side"], p["path"], p["unit"]) for p in f["places"]} for f in broken]
    without = [f for f in findings if f["rule"] not in ("broken-test", "flaky-test")]
    told = [f for f in without if wanted & {(p["side"], p["path"], p["unit"]) for p in f["places"]}]
    tests = report.get("tests") or {}
    return {
        "case": case.name,
        "kind": case.kind,
        "decoy": case.decoy,
        "found": bool(broken),
        "named": bool(broken) and all(p == wanted for p in places_of),
        "places": [sorted(p) for p in places_of],
        "wanted": sorted(wanted),
        "static": [f"{f['severity']} {f['rule']}" for f in without],
        "told": [f"{f['severity']} {f['rule']}" for f in told],
        "evidence": [line for f in broken for line in f["evidence"]],
        "behaviour": report.get("behaviour", ""),
        "cost": tests.get("suite_equivalents", 0.0),
        "seconds": answer["seconds"],
        "code": answer["code"],
        "verdict": report["verdict"],
    }


def run(args: argparse.Namespace) -> int:
    """Ask ``check`` about the cases and print the table."""
    only = tuple(filter(None, args.only.split(",")))
    rows: list[dict[str, Any]] = []
    if args.json and args.json.exists():  # what was answered stays
        rows = [row for row in json.loads(args.json.read_text(encoding="utf-8")) if row["behaviour"]]
    known = {row["case"] for row in rows}
    for place in places(args.venvs):
        folder = args.work.resolve() / place.name
        for case in _cases(folder).values():
            if case.name in known or (only and not any(word in case.name for word in only)):
                continue
            program = (str(args.program.resolve()),) if args.program else PROGRAM
            row = judged(case, checked(place, folder / "repo", case, program, static=args.static))
            rows.append(row)
            shown = {k: v for k, v in row.items() if k not in ("wanted", "places", "kind", "decoy", "case", "evidence")}
            print(row["case"], shown, flush=True)
            if row["found"] and not row["named"]:
                print("   ", row["wanted"], "not", row["places"], *row["evidence"], sep="\n    ", flush=True)
            if args.json:
                args.json.write_text(json.dumps(rows, indent=1), encoding="utf-8")
    print(table(rows))
    return 0


def table(rows: list[dict[str, Any]]) -> str:
    """Return the counts by kind."""
    out = ["| kind | planted | found | named | cost | static | decoys | called broken | static |", "|---" * 9 + "|"]
    for kind in (*KINDS, "all"):
        mine = [r for r in rows if kind in ("all", r["kind"])]
        real, decoys = [r for r in mine if not r["decoy"]], [r for r in mine if r["decoy"]]
        cost = f"{median(r['cost'] for r in real):.2f}" if real else "-"
        cells = (
            kind, len(real), sum(r["found"] for r in real), sum(r["named"] for r in real), cost,
            sum(bool(r["told"]) for r in real), len(decoys), sum(r["found"] for r in decoys),
            sum(bool(r["static"]) for r in decoys),
        )  # fmt: skip
        out.append("| " + " | ".join(map(str, cells)) + " |")
    rules = Counter(w for r in rows for w in r["static"])
    return "\n".join([*out, "", *(f"- {n} x {w}" for w, n in rules.most_common())])


def _cases(folder: Path) -> dict[str, Case]:
    file = folder / "cases.json"
    if not file.exists():
        return {}
    found = {}
    for row in json.loads(file.read_text(encoding="utf-8")):
        row["units"] = tuple(tuple(u) for u in row["units"])
        found[row["name"]] = Case(**{**row, "own": tuple(row["own"]), "failing": tuple(row["failing"])})
    return found


def main() -> int:
    """Make or run."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    actions = parser.add_subparsers(required=True)
    for name, action in (("make", make), ("run", run)):
        sub = actions.add_parser(name)
        sub.set_defaults(action=action)
        sub.add_argument("--venvs", type=Path, required=True)
        sub.add_argument("--work", type=Path, required=True)
        sub.add_argument("--only", default="")
        if name == "make":
            sub.add_argument("--mirrors", type=Path, required=True)
            sub.add_argument("--each", type=int, default=1)
            sub.add_argument("--seed", type=int, default=1)
            sub.add_argument("--kinds", default="")
            sub.add_argument("--no-decoys", dest="decoys", action="store_false")
        else:
            sub.add_argument("--static", action="store_true")
            sub.add_argument("--program", type=Path, help="a script that starts another forkmerge")
            sub.add_argument("--json", type=Path)
    args = parser.parse_args()
    return int(args.action(args))


if __name__ == "__main__":
    sys.exit(main())
