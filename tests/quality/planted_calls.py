"""Planted collisions of calls: a function is changed with all its calls, and one call is added as it was."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from quality.planted_code import called, edited, own_nodes, returns, with_argument
from quality.planted_plants import MOST_USES, Plant, another, copied, is_unique, reworded

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable

    from quality.planted_code import Program, Span
    from quality.planted_sites import Site


def rename(program: Program, site: Site, rng: random.Random, decoy: bool) -> Plant | None:
    """A function is renamed everywhere, and called by its old name; decoy: the old name stays as an alias."""
    name, node = site.defined.short, site.defined.node
    if not (site.answer.plain and is_unique(program, name) and 2 <= program.count(name) <= MOST_USES):
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
    if not site.answer.plain or not is_unique(program, name):
        return None
    shift = int(site.defined.owner is not None)
    named = [a.arg for a in (*node.args.args[shift:], *node.args.kwonlyargs)]
    variant = rng.choice(("required", "renamed")) if named and not decoy else "required"
    args = copied(node.args)
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
        spans += [reworded(program, path, n, new) for n in ast.walk(node) if isinstance(n, ast.Name) and n.id == old]
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
    if not site.answer.plain or not is_unique(program, name):
        return None
    known = [*zip(reversed(node.args.args), reversed(node.args.defaults), strict=False)]
    known += [(a, d) for a, d in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True) if d is not None]
    open_to = [(a.arg, d) for a, d in known if site.args.get(a.arg) == ast.unparse(d) and another(d)]
    if not open_to:
        return None
    arg, value = rng.choice(open_to)
    old = ast.unparse(value)
    spans: list[tuple[str, Span]] = [(path, (*program.span(path, value), another(value).encode()))]
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
    if not (site.answer.plain and is_unique(program, name) and found) or node.decorator_list:
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


def raised(program: Program, site: Site, rng: random.Random, decoy: bool) -> Plant | None:
    """A function raises another exception, and the handlers are adapted; decoy: a special kind of the old one."""
    name, node, path = site.defined.short, site.defined.node, site.defined.path
    if site.answer.kind != "raises" or not is_unique(program, name):
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
        spans.append(reworded(program, path, target, new))
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


def flag(program: Program, site: Site, rng: random.Random, decoy: bool) -> Plant | None:
    """A flag means the opposite, and all calls are adapted; decoy: the new call leaves it to its default."""
    name, node, path = site.defined.short, site.defined.node, site.defined.path
    if not site.answer.plain or not is_unique(program, name):
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
    spans += [reworded(program, path, n, f"(not {arg})") for n in inner]
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


def _used(program: Program, site: Site, plant: Plant, body: str = "") -> Plant:
    """Return the plant with a user that makes the call ``body`` (as it is now, unless it is given)."""
    text = body or site.call(program)
    return Plant(
        plant.kind, plant.decoy, plant.path, plant.unit, plant.files, plant.changer, (site.top,), text,
        user_path=plant.path,
    )  # fmt: skip


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


def _inserted(program: Program, path: str, spans: Iterable[Span]) -> bytes:
    """Return the file with texts put in, each at its place: within one another they may be."""
    data = program.files[path]
    for start, end, new in sorted(spans, key=lambda s: (s[0], s[1]), reverse=True):
        data = data[:start] + new + data[end:]
    return data


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
                        yield reworded(program, path, handler.type, f"({old}, {new})")
            elif isinstance(node, ast.With) and name in within:
                for item in node.items:
                    call = item.context_expr
                    asserted = isinstance(call, ast.Call) and called(call) in ("raises", "assertRaises")
                    what = call.args[0] if isinstance(call, ast.Call) and asserted and call.args else None
                    if isinstance(what, ast.Name) and what.id == old:
                        yield reworded(program, path, what, new)


def _negated(program: Program, path: str, node: ast.expr) -> bytes:
    if isinstance(node, ast.Constant) and isinstance(node.value, bool):
        return str(not node.value).encode()
    return b"(not " + program.text(path, node) + b")"
