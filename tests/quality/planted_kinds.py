"""The kinds of collisions that are planted: what the changer and the user do, and the decoys that look like them.

Each kind takes a site (a function that is called with plain values) and returns a ``Plant`` or None where it does not
apply.  The changer edits the definition and adapts everything that is there, as people do; the user adds code that
relies on the definition as it was.  In a decoy the change leaves what the user relies on.  Whether a plant is what it is
meant to be is not decided here: both sides and the merge are run.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from quality.planted_code import Span, called, edited, own_nodes, replaced, returns, with_argument

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterable

    from quality.planted_code import Program
    from quality.planted_sites import Site

Edits: TypeAlias = "dict[str, bytes]"
_PLAIN_NAMES = frozenset(n for kind in (str, bytes, list, dict, set, int, object) for n in dir(kind))
_SHORTEST = 5
_MOST_USES = 40


@dataclass(frozen=True, slots=True)
class Plant:
    """What both do: the changer's files, and of either the expression whose value its own test asserts.

    ``unit`` is what the changer's edit is known by, at ``path``.  The user adds a function whose body is ``body``
    (``{head}`` is where it goes: the names it needs from the changer's module are ``needs``), or edits ``files`` itself
    at ``user_unit``.  ``changer`` and ``user`` are (path to import from, name, expression); "" for the user: a call of
    what it adds.
    """

    kind: str
    decoy: bool
    path: str
    unit: str
    files: Edits
    changer: tuple[str, str, str]
    needs: tuple[str, ...] = ()
    body: str = ""
    added: str = ""
    user_files: Edits | None = None
    user_unit: str = ""
    user_path: str = ""
    user: tuple[str, str, str] | None = None


Kind: TypeAlias = "Callable[[Program, Site, random.Random, bool], Plant | None]"


def rename(program: Program, site: Site, rng: random.Random, decoy: bool) -> Plant | None:
    """A function is renamed everywhere, and called by its old name; decoy: the old name stays as an alias."""
    name, node = site.defined.short, site.defined.node
    if not (site.answer.plain and _unique(program, name) and 2 <= program.count(name) <= _MOST_USES):
        return None
    new = rng.choice(("resolved_{}", "{}_of", "{}_now", "plain_{}")).format(name.lstrip("_"))
    new = f"_{new}" if name.startswith("_") else new
    files = program.renamed(name, new)
    if decoy:
        data = program.files[site.defined.path]
        end = program.lines(site.defined.path, node)[1]
        word = re.compile(rb"\b%b\b" % name.encode())
        alias = b" " * node.col_offset + f"{name} = {new}\n".encode()
        blank = b"\n" if node.col_offset else b"\n\n"
        parts = [word.sub(new.encode(), part) for part in (data[:end], data[end:])]
        files[site.defined.path] = parts[0] + blank + alias + parts[1]
    unit = site.defined.name.removesuffix(name) + new
    changer = (site.defined.path, site.top if site.defined.owner else new, site.call(program, name=new))
    return _used(program, site, Plant("rename", decoy, site.defined.path, unit, files, changer))


def signature(program: Program, site: Site, rng: random.Random, decoy: bool) -> Plant | None:
    """A function gets a parameter that every call has to give, or another name for one; decoy: it may be left out."""
    name, node, path = site.defined.short, site.defined.node, site.defined.path
    if not site.answer.plain or not _unique(program, name):
        return None
    shift = int(site.defined.owner is not None)
    named = [a.arg for a in (*node.args.args[shift:], *node.args.kwonlyargs)]
    variant = rng.choice(("required", "renamed")) if named and not decoy else "required"
    args = _copied(node.args)
    spans: list[tuple[str, Span]] = []
    if variant == "required":
        args.kwonlyargs.append(ast.arg("purpose"))
        args.kw_defaults.append(ast.Constant("usual") if decoy else None)
        if not decoy:
            spans += [with_argument(program, p, c, 'purpose="usual"') for p, c in program.calls(name)]
        body = site.call(program)
        tested = site.call(program, more='purpose="usual"')
    else:
        old = rng.choice(named)
        new = f"{old}_given"
        for arg in (*args.args, *args.kwonlyargs):
            arg.arg = new if arg.arg == old else arg.arg
        spans += [_word(program, path, n, new) for n in ast.walk(node) if isinstance(n, ast.Name) and n.id == old]
        if any(isinstance(n, ast.FunctionDef | ast.Lambda) for part in node.body for n in ast.walk(part)):
            return None
        for p, call in program.calls(name):
            spans += [(p, _keyword(program, p, k, new)) for k in call.keywords if k.arg == old]
        value = site.args.get(old)
        if value is None:
            return None
        body = site.call(program, leave=_from(node, old, shift), more=_rest(site, old, shift, old))
        tested = site.call(program, leave=_from(node, old, shift), more=_rest(site, old, shift, new))
    start, end = program.signature(path, node)
    spans.append((path, (start, end, ast.unparse(args).encode())))
    plant = Plant("signature", decoy, path, site.defined.name, edited(program, spans), (path, site.top, tested))
    return _used(program, site, plant, body)


def default(program: Program, site: Site, rng: random.Random, decoy: bool) -> Plant | None:
    """A default changes, and all calls that were there say what they mean; decoy: so does the new one."""
    name, node, path = site.defined.short, site.defined.node, site.defined.path
    if not site.answer.plain or not _unique(program, name):
        return None
    known = [*zip(reversed(node.args.args), reversed(node.args.defaults), strict=False)]
    known += [(a, d) for a, d in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True) if d is not None]
    open_to = [(a.arg, d) for a, d in known if site.args.get(a.arg) == ast.unparse(d) and _other(d)]
    if not open_to:
        return None
    arg, value = rng.choice(open_to)
    old = ast.unparse(value)
    spans: list[tuple[str, Span]] = [(path, (*program.span(path, value), _other(value).encode()))]
    shift = int(site.defined.owner is not None)
    index = next((i - shift for i, a in enumerate(node.args.args) if a.arg == arg), 99)
    for p, call in program.calls(name):
        if len(call.args) <= index and all(k.arg not in (arg, None) for k in call.keywords):
            spans.append(with_argument(program, p, call, f"{arg}={old}"))
    call = site.call(program)
    plant = Plant("default", decoy, path, site.defined.name, edited(program, spans), (path, site.top, call))
    return _used(program, site, plant, site.call(program, more=f"{arg}={old}") if decoy else call)


def returned(program: Program, site: Site, rng: random.Random, decoy: bool) -> Plant | None:
    """A function returns its answer in another shape, and all calls are adapted; decoy: by way of a variable."""
    name, node, path = site.defined.short, site.defined.node, site.defined.path
    found = returns(node)
    if not (site.answer.plain and _unique(program, name) and found) or node.decorator_list:
        return None
    before, after, taken = rng.choice((("(", ", True)", "[0]"), ("[", "]", "[0]"), ('{"value": ', "}", '["value"]')))
    spans: list[tuple[str, Span]] = []
    for statement in found:
        value = statement.value
        assert value is not None
        start, end = program.span(path, value)
        if decoy:
            blanks = " " * statement.col_offset
            if program.files[path][program.at(path, statement.lineno, 0) : program.span(path, statement)[0]].strip():
                return None
            spans.append((path, (program.span(path, statement)[0], start, b"answer = (")))
            spans.append((path, (end, end, f")\n{blanks}return answer".encode())))
        else:
            spans += [(path, (start, start, before.encode())), (path, (end, end, after.encode()))]
    if not decoy:
        for p, call in program.calls(name):
            end = program.span(p, call)[1]
            spans.append((p, (end, end, taken.encode())))
    files = {p: _inserted(program, p, [s for q, s in spans if q == p]) for p in {q for q, _ in spans}}
    plant = Plant("return", decoy, path, site.defined.name, files, (path, site.top, site.call(program)))
    return _used(program, site, plant)


def constant(program: Program, site: Site, rng: random.Random, decoy: bool) -> Plant | None:
    """A constant is written out where it is used, or renamed; decoy: the user has another one of the module."""
    path = site.defined.path
    known = [
        n
        for n in program.tree(path).body
        if isinstance(n, ast.Assign) and len(n.targets) == 1 and isinstance(n.targets[0], ast.Name)
        if isinstance(n.value, ast.Constant | ast.Tuple | ast.List | ast.Dict | ast.Set) and _literal(n.value)
    ]
    known = [n for n in known if isinstance(n.targets[0], ast.Name) and not n.targets[0].id.startswith("__")]
    if len(known) < 1 + int(decoy):
        return None
    node, *others = rng.sample(known, len(known))
    name = getattr(node.targets[0], "id", "")
    other = getattr(others[0].targets[0], "id", "") if others else ""
    uses = [n for n in ast.walk(program.tree(path)) if isinstance(n, ast.Name) and n.id == name]
    if len(name) < _SHORTEST or program.definitions(name) != 1 or len(ast.unparse(node.value)) > 300:
        return None
    inner = program.count(name) == len(uses)
    if rng.random() < 0.5 and inner and 1 < len(uses) <= 6:
        spans = [(path, (*program.span(path, n), ast.unparse(node.value).encode())) for n in uses[1:]]
        start, end = program.lines(path, node)
        files = edited(program, [*spans, (path, (start, end, b""))])
        tested, unit = "None", name
    elif program.count(name) <= _MOST_USES:
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
    if owner is None or not site.answer.plain or not _unique(program, name) or program.count(name) > _MOST_USES:
        return None
    users = [m for m in owner.body if isinstance(m, ast.FunctionDef) and m.name != name and _calls_self(m, name)]
    if not users or site.defined.node.decorator_list:
        return None
    value = _other(ast.parse(site.answer.text, mode="eval").body)
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


def raised(program: Program, site: Site, rng: random.Random, decoy: bool) -> Plant | None:
    """A function raises another exception, and the handlers are adapted; decoy: a special kind of the old one."""
    name, node, path = site.defined.short, site.defined.node, site.defined.path
    if site.answer.kind != "raises" or not _unique(program, name):
        return None
    old = site.answer.text
    raises = [n for n in own_nodes(node) if isinstance(n, ast.Raise) and _raises(n) == old]
    if not raises or not hasattr(__import__("builtins"), old):
        return None
    choices = [e for e in ("LookupError", "ArithmeticError", "RuntimeError", "TypeError", "OSError") if _apart(e, old)]
    new = "NotUsable" if decoy else rng.choice(choices)
    spans: list[tuple[str, Span]] = []
    for statement in raises:
        exc = statement.exc
        target = exc.func if isinstance(exc, ast.Call) else exc
        assert target is not None
        spans.append(_word(program, path, target, new))
    if decoy:
        first = site.defined.owner or node
        at = program.at(path, min([first.lineno, *(d.lineno for d in first.decorator_list)]), 0)
        text = f'class NotUsable({old}):\n    """What can\'t be used."""\n\n\n'.encode()
        spans.append((path, (at, at, text)))
    else:
        spans += _handlers(program, name, old, new)
    body = f"try:\n        return {site.call(program)}\n    except {old}:\n        return 'nothing'"
    tested = site.call(program)
    plant = Plant("exception", decoy, path, site.defined.name, edited(program, spans), (path, site.top, tested))
    return _used(program, site, plant, body)


def invariant(program: Program, site: Site, rng: random.Random, decoy: bool) -> Plant | None:
    """Both sides add an entry with the next free value to one table; decoy: with different values."""
    path = site.defined.path
    tables = []
    for statement in program.tree(path).body:
        target = statement.targets[0] if isinstance(statement, ast.Assign) else getattr(statement, "target", None)
        value = getattr(statement, "value", None)
        if isinstance(target, ast.Name) and isinstance(value, ast.Dict) and len(value.values) >= 6 and _literal(value):
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


def flag(program: Program, site: Site, rng: random.Random, decoy: bool) -> Plant | None:
    """A flag means the opposite, and all calls are adapted; decoy: the new call leaves it to its default."""
    name, node, path = site.defined.short, site.defined.node, site.defined.path
    if not site.answer.plain or not _unique(program, name):
        return None
    known = [*zip(reversed(node.args.args), reversed(node.args.defaults), strict=False)]
    known += [(a, d) for a, d in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True) if d is not None]
    flags = [(a.arg, d) for a, d in known if isinstance(d, ast.Constant) and isinstance(d.value, bool)]
    flags = [(a, d) for a, d in flags if site.args.get(a) in ("True", "False")]
    if not flags:
        return None
    arg, value = rng.choice(flags)
    assert isinstance(value, ast.Constant)
    inner = [n for part in node.body for n in ast.walk(part) if isinstance(n, ast.Name) and n.id == arg]
    if not inner or any(not isinstance(n.ctx, ast.Load) for n in inner):
        return None
    spans: list[tuple[str, Span]] = [(path, (*program.span(path, value), str(not value.value).encode()))]
    spans += [_word(program, path, n, f"(not {arg})") for n in inner]
    shift = int(site.defined.owner is not None)
    index = next((i - shift for i, a in enumerate(node.args.args) if a.arg == arg), 99)
    for p, call in program.calls(name):
        given = [k.value for k in call.keywords if k.arg == arg] + (call.args[index : index + 1])
        spans += [(p, (*program.span(p, g), _negated(program, p, g))) for g in given]
    positions = [a.arg for a in node.args.args[index + shift :]] if index != 99 else []
    old = site.call(program, leave=(arg, *positions), more=f"{arg}={site.args[arg]}")
    new = site.call(program, leave=(arg, *positions), more=f"{arg}={site.args[arg] != 'True'}")
    plain_call = site.call(program, leave=(arg, *positions))
    files = edited(program, spans)
    plant = Plant("flag", decoy, path, site.defined.name, files, (path, site.top, new))
    return _used(program, site, plant, plain_call if decoy else old)


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


def _used(program: Program, site: Site, plant: Plant, body: str = "") -> Plant:
    """Return the plant with a user that makes the call ``body`` (as it is now, unless it is given)."""
    text = body or site.call(program)
    return Plant(
        plant.kind, plant.decoy, plant.path, plant.unit, plant.files, plant.changer, (site.top,), text,
        user_path=plant.path,
    )  # fmt: skip


def _unique(program: Program, name: str) -> bool:
    """Return whether everything called ``name`` is this one function."""
    if len(name) < _SHORTEST or name in _PLAIN_NAMES or name.startswith("__"):
        return False
    defined = sum(d.short == name for d in program.functions())
    return defined == 1 and program.definitions(name) == 1


def _copied(args: ast.arguments) -> ast.arguments:
    found = ast.parse(f"def f({ast.unparse(args)}): pass").body[0]
    assert isinstance(found, ast.FunctionDef)
    return found.args


def _word(program: Program, path: str, node: ast.AST, new: str) -> tuple[str, Span]:
    return path, (*program.span(path, node), new.encode())


def _keyword(program: Program, path: str, keyword: ast.keyword, new: str) -> Span:
    start = program.span(path, keyword)[0]
    return start, start + len((keyword.arg or "").encode()), new.encode()


def _from(node: ast.FunctionDef, arg: str, shift: int) -> tuple[str, ...]:
    """Return ``arg`` and the positional parameters behind it: they are given by name."""
    names = [a.arg for a in node.args.args[shift:]]
    return tuple(names[names.index(arg) :]) if arg in names else (arg,)


def _rest(site: Site, arg: str, shift: int, called_now: str) -> str:
    names = _from(site.defined.node, arg, shift)
    given = [(called_now if n == arg else n, site.args[n]) for n in names if n in site.args]
    return ", ".join(f"{n}={v}" for n, v in given)


def _other(node: ast.expr) -> str:
    """Return another value of the same kind as text, "" where none is known."""
    if isinstance(node, ast.UnaryOp) or not isinstance(node, ast.Constant):
        if isinstance(node, ast.List | ast.Tuple) and node.elts:
            return ast.unparse(type(node)(elts=node.elts[:-1], ctx=ast.Load()))
        return ""
    value = node.value
    if isinstance(value, bool):
        return str(not value)
    if isinstance(value, int | float):
        return repr(value + 1)
    if isinstance(value, str | bytes):
        return repr(value + value[:0].join([type(value)()] * 0) + ("+" if isinstance(value, str) else b"+"))
    return ""


def _literal(node: ast.expr) -> bool:
    try:
        ast.literal_eval(node)
    except (ValueError, TypeError):
        return False
    return True


def _inserted(program: Program, path: str, spans: Iterable[Span]) -> bytes:
    """Return the file with texts put in, each at its place: within one another they may be."""
    data = program.files[path]
    for start, end, new in sorted(spans, key=lambda s: (s[0], s[1]), reverse=True):
        data = data[:start] + new + data[end:]
    return data


def _calls_self(method: ast.FunctionDef, name: str) -> bool:
    return any(
        isinstance(n, ast.Call) and called(n) == name and isinstance(n.func, ast.Attribute)
        and isinstance(n.func.value, ast.Name) and n.func.value.id == "self"
        for n in ast.walk(method)
    )  # fmt: skip


def _raises(node: ast.Raise) -> str:
    target = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
    return target.id if isinstance(target, ast.Name) else ""


def _apart(one: str, two: str) -> bool:
    builtins = vars(__import__("builtins"))
    return not issubclass(builtins[one], builtins[two]) and not issubclass(builtins[two], builtins[one])


def _handlers(program: Program, name: str, old: str, new: str) -> Iterable[tuple[str, Span]]:
    """Yield the edits of the handlers and tests of ``old`` around calls of ``name``."""
    for path, data in program.files.items():
        if name.encode() not in data:
            continue
        for node in ast.walk(program.tree(path)):
            within = {called(c) for c in ast.walk(node) if isinstance(c, ast.Call)}
            if isinstance(node, ast.Try) and name in within:
                for handler in node.handlers:
                    if isinstance(handler.type, ast.Name) and handler.type.id == old:
                        yield _word(program, path, handler.type, f"({old}, {new})")
            elif isinstance(node, ast.With) and name in within:
                for item in node.items:
                    call = item.context_expr
                    if isinstance(call, ast.Call) and called(call) in ("raises", "assertRaises") and call.args:
                        if isinstance(call.args[0], ast.Name) and call.args[0].id == old:
                            yield _word(program, path, call.args[0], new)


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
    if isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value is not None:
        if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and target.value.id == "self":
            return target.attr
    return ""


def _negated(program: Program, path: str, node: ast.expr) -> bytes:
    if isinstance(node, ast.Constant) and isinstance(node.value, bool):
        return str(not node.value).encode()
    return b"(not " + program.text(path, node) + b")"
