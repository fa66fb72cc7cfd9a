"""The kinds of collisions that are planted: those of calls, and those of constants, classes, tables and order.

Each kind takes a site (a function that is called with plain values) and returns a ``Plant`` or None where it does not
apply.  Whether a plant is what it is meant to be is not decided here: both sides and the merge are run.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from quality.planted_calls import default, flag, raised, rename, returned, signature
from quality.planted_code import called, edited, replaced
from quality.planted_plants import MOST_USES, SHORTEST, Kind, Plant, another, is_literal, is_unique

if TYPE_CHECKING:
    import random

    from quality.planted_code import Program
    from quality.planted_sites import Site


def constant(program: Program, site: Site, rng: random.Random, decoy: bool) -> Plant | None:
    """A constant is written out where it is used, or renamed; decoy: the user has another one of the module."""
    path = site.defined.path
    known = [
        n
        for n in program.tree(path).body
        if isinstance(n, ast.Assign) and len(n.targets) == 1 and isinstance(n.targets[0], ast.Name)
        if isinstance(n.value, ast.Constant | ast.Tuple | ast.List | ast.Dict | ast.Set) and is_literal(n.value)
    ]
    known = [n for n in known if isinstance(n.targets[0], ast.Name) and not n.targets[0].id.startswith("__")]
    if len(known) < 1 + int(decoy):
        return None
    node, *others = rng.sample(known, len(known))
    name = getattr(node.targets[0], "id", "")
    other = getattr(others[0].targets[0], "id", "") if others else ""
    uses = [n for n in ast.walk(program.tree(path)) if isinstance(n, ast.Name) and n.id == name]
    if len(name) < SHORTEST or program.definitions(name) != 1 or len(ast.unparse(node.value)) > 300:
        return None
    inner = program.count(name) == len(uses)
    if rng.random() < 0.5 and inner and 1 < len(uses) <= 6:
        spans = [(path, (*program.span(path, n), ast.unparse(node.value).encode())) for n in uses[1:]]
        start, end = program.lines(path, node)
        files = edited(program, [*spans, (path, (start, end, b""))])
        tested, unit = "None", name
    elif program.count(name) <= MOST_USES:
        unit = f"{name}_USED" if name.isupper() else f"{name}_used"
        files = program.renamed(name, unit)
        tested = unit
    else:
        return None
    used = other if decoy else name
    top = tested if tested != "None" else site.top
    plant = Plant("constant", decoy, path, unit, files, (path, top, tested), (used,), f"({used},)")
    return plant if not decoy or other else None


def override(program: Program, site: Site, rng: random.Random, decoy: bool) -> Plant | None:
    """A method that others of its class call is renamed, and a new class overrides it; decoy: another one is."""
    owner, name, path = site.defined.owner, site.defined.short, site.defined.path
    if owner is None or not site.answer.plain or not is_unique(program, name) or program.count(name) > MOST_USES:
        return None
    users = [m for m in owner.body if isinstance(m, ast.FunctionDef) and m.name != name and _calls_self(m, name)]
    if not users or site.defined.node.decorator_list:
        return None
    value = another(ast.parse(site.answer.text, mode="eval").body)
    if not value:
        return None
    new = f"{name}_part"
    files = program.renamed(name, new)
    over = rng.choice(users).name if decoy else name
    args = next(m.args for m in owner.body if isinstance(m, ast.FunctionDef) and m.name == over)
    body = f"class {{name}}({owner.name}):\n    def {over}({ast.unparse(args)}):\n        return {value}\n"
    calls = f"{name}={over}" if decoy else "|".join(sorted(m.name for m in users))
    changer = (path, owner.name, site.call(program, name=new))
    return Plant("override", decoy, path, f"{owner.name}.{new}", files, changer, (owner.name,), body, calls)


def invariant(program: Program, site: Site, rng: random.Random, decoy: bool) -> Plant | None:
    """Both sides add an entry with the next free value to one table; decoy: with different values."""
    path = site.defined.path
    tables = []
    for statement in program.tree(path).body:
        target = statement.targets[0] if isinstance(statement, ast.Assign) else getattr(statement, "target", None)
        value = getattr(statement, "value", None)
        if (
            isinstance(target, ast.Name)
            and isinstance(value, ast.Dict)
            and len(value.values) >= 6
            and is_literal(value)
        ):
            whole = ast.literal_eval(value)
            lines = {v.lineno for v in value.values}
            if len(set(map(repr, whole.values()))) == len(whole) and len(lines) == len(whole):
                tables.append((target.id, value, whole))
    if not tables:
        return None
    name, node, whole = rng.choice(tables)
    spots = sorted(rng.sample(range(len(node.values)), 2))
    if spots[1] - spots[0] < 4 or any(k is None for k in node.keys):
        return None
    keys, value = _fresh(list(whole)), _fresh(list(whole.values()))
    if keys is None or value is None:
        return None
    made = []
    for number, spot in enumerate(spots):
        entry = node.values[spot]
        start = program.at(path, entry.end_lineno or 0, 0)
        end = program.files[path].index(b"\n", start) + 1
        if program.text(path, entry) not in program.files[path][start:end]:
            return None
        key = node.keys[spot]
        assert key is not None
        blanks = program.files[path][program.at(path, key.lineno, 0) : program.span(path, key)[0]]
        if blanks.strip():
            return None
        text = f"{keys[number]!r}: {value[number if decoy else 0]!r},\n".encode()
        made.append({path: replaced(program.files[path], [(end, end, blanks + text)])})
    unique = f"len(set(map(repr, {name}.values()))) == len({name}) and {{key!r}} in {name}"
    tests = [(path, name, unique.format(key=keys[i])) for i in (0, 1)]
    return Plant(
        "invariant", decoy, path, name, made[0], tests[0],
        user_files=made[1], user_unit=name, user_path=path, user=tests[1],
    )  # fmt: skip


def order(program: Program, site: Site, rng: random.Random, decoy: bool) -> Plant | None:
    """An attribute is set later in ``__init__``, and used right after it was; decoy: another one is used."""
    owner, path = site.defined.owner, site.defined.path
    if owner is None:
        return None
    init = next((m for m in owner.body if isinstance(m, ast.FunctionDef) and m.name == "__init__"), None)
    if init is None:
        return None
    settings = [(s, _set_by(s)) for s in init.body]
    settings = [(s, n) for s, n in settings if n and sum(m == n for _, m in settings) == 1]
    if len(settings) < 4:
        return None
    first = rng.randrange(len(settings) - 3)
    (moved, name), (_, other) = settings[first], settings[first + 1]
    at = settings[first + 1][0]
    used = other if decoy else name
    start, end = program.lines(path, moved)
    last = program.lines(path, init.body[-1])[1]
    text = program.files[path][start:end]
    files = {path: replaced(program.files[path], [(start, end, b""), (last, last, text)])}
    blanks = " " * at.col_offset
    place = program.lines(path, at)[1]
    label = f"{used.lstrip('_')}_shown"
    line = f"{blanks}self.{label} = repr(self.{used})[:40]\n".encode()
    made = {path: replaced(program.files[path], [(place, place, line)])}
    thing = site.made(program)
    return Plant(
        "order", decoy, path, f"{owner.name}.__init__", files, (path, owner.name, f"repr({thing}.{name})[:40]"),
        user_files=made, user_unit=f"{owner.name}.__init__", user_path=path,
        user=(path, owner.name, f"{thing}.{label}"),
    )  # fmt: skip


KINDS: dict[str, Kind] = {
    "rename": rename,
    "signature": signature,
    "default": default,
    "return": returned,
    "constant": constant,
    "override": override,
    "exception": raised,
    "invariant": invariant,
    "order": order,
    "flag": flag,
}


def _calls_self(method: ast.FunctionDef, name: str) -> bool:
    return any(
        isinstance(n, ast.Call) and called(n) == name and isinstance(n.func, ast.Attribute)
        and isinstance(n.func.value, ast.Name) and n.func.value.id == "self"
        for n in ast.walk(method)
    )  # fmt: skip


def _fresh(values: list[object]) -> tuple[object, object] | None:
    """Return two values that are not there, of the kind of the others."""
    if all(type(v) is int for v in values):
        top = max(v for v in values if isinstance(v, int))
        return top + 1, top + 2
    if all(isinstance(v, str) for v in values):
        return "planted first", "planted second"
    return None


def _set_by(statement: ast.stmt) -> str:
    target = statement.targets[0] if isinstance(statement, ast.Assign) else getattr(statement, "target", None)
    if not isinstance(statement, ast.Assign | ast.AnnAssign) or statement.value is None:
        return ""
    own = isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and target.value.id == "self"
    return target.attr if own and isinstance(target, ast.Attribute) else ""
