"""Truth for Python, from jedi: `truth_python.py FOLDER` prints definitions and calls as JSON lines.

A call's state is `project`, `external` or `unknown` (jedi infers nothing). Offsets are bytes.
"""
import ast
import json
import pathlib
import sys

import jedi


class Source:
    """One file with what turns lines and columns into offsets."""

    def __init__(self, root, path):
        self.path = path
        self.name = str(path.relative_to(root))
        self.data = path.read_bytes()
        self.text = self.data.decode("utf-8")
        self.starts = [0]
        for line in self.data.splitlines(keepends=True):
            self.starts.append(self.starts[-1] + len(line))
        self.tree = ast.parse(self.data)
        self.functions = {}
        for node in ast.walk(self.tree):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
                name = getattr(node, "name", "<lambda>")
                self.functions[(node.lineno, name)] = self.offset(node.end_lineno, node.end_col_offset)

    def offset(self, line, column):
        return self.starts[line - 1] + column

    def characters(self, line, column):
        """A column in bytes as a column in characters, which jedi counts."""
        begin = self.starts[line - 1]
        return len(self.data[begin : begin + column].decode("utf-8"))


def place(sources, name):
    """The definition in the project that a jedi name stands for, as [file, end]."""
    source = sources.get(str(name.module_path))
    end = source and source.functions.get((name.line, name.name))
    return [source.name, end] if end else None


def member(name, wanted):
    """What the classes behind a jedi name have under `wanted`: the first in their order of bases."""
    found = []
    for value in name._name.infer():
        cls = value.py__class__() if value.is_instance() else value
        for base in cls.py__mro__():
            own = [n for n in jedi_names(value.inference_state, base) if n.name == wanted]
            if own:
                found += own
                break
    return found


def jedi_names(state, cls):
    context = getattr(cls, "tree_node", None) and cls.as_context()
    if not context:
        return []
    return [jedi.api.classes.Name(state, n) for f in [next(iter(cls.get_filters(is_instance=False)))] for n in f.values()]


def targets(sources, script, line, column):
    """State and places of the callee whose name ends the expression at this position."""
    names = script.goto(line, column, follow_imports=True)
    if not names or any(n.type not in ("function", "class") for n in names):
        names = script.infer(line, column)
    places, known = [], False
    for name in names:
        if name.type == "function":
            candidates = [name]
        elif name.type == "class":
            candidates = member(name, "__init__")
            if str(name.module_path) in sources and not any(place(sources, c) for c in candidates):
                return "implicit", []
        elif name.type == "instance":
            candidates = member(name, "__call__")
        else:
            continue
        known = True
        places += [p for p in (place(sources, c) for c in candidates) if p]
    if not known:
        return "unknown", []
    return ("project" if places else "external"), places


def overriders(sources, scripts):
    """For each method of the project the methods of subclasses that stand in for it."""
    found = {}
    for path, source in sources.items():
        for node in ast.walk(source.tree):
            if not isinstance(node, ast.ClassDef):
                continue
            column = source.text.splitlines()[node.lineno - 1].index("class") + 6
            own = {n.name: n for n in node.body if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))}
            for name in scripts[path].goto(node.lineno, column):
                for value in name._name.infer():
                    for base in list(value.py__mro__())[1:]:
                        for inherited in jedi_names(value.inference_state, base):
                            at = place(sources, inherited)
                            if at and inherited.name in own:
                                sub = own[inherited.name]
                                found.setdefault(tuple(at), []).append(
                                    [source.name, source.functions[(sub.lineno, sub.name)]])
    return found


def callee(source, node):
    """Line, column in characters and name of what is called; None for the result of an expression."""
    function = node.func
    if isinstance(function, ast.Name):
        return function.lineno, source.characters(function.lineno, function.col_offset), function.id
    if isinstance(function, ast.Attribute):
        line, column = function.end_lineno, function.end_col_offset - len(function.attr.encode())
        return line, source.characters(line, column), function.attr
    return None


def main():
    root = pathlib.Path(sys.argv[1]).resolve()
    sources = {str(p): Source(root, p) for p in sorted(root.rglob("*.py"))}
    project = jedi.Project(root, load_unsafe_extensions=False)
    scripts = {path: jedi.Script(s.text, path=path, project=project) for path, s in sources.items()}
    for source in sources.values():
        for (line, name), end in source.functions.items():
            if name == "<lambda>":
                continue
            print(json.dumps({"kind": "def", "file": source.name, "line": line, "end": end, "name": name}))
    also = overriders(sources, scripts)
    for path, source in sources.items():
        for node in ast.walk(source.tree):
            at = isinstance(node, ast.Call) and callee(source, node)
            if not at:
                continue
            try:
                state, to = targets(sources, scripts[path], at[0], at[1])
            except Exception as error:  # jedi gives up on some code: that call has no truth
                state, to = "unknown", []
                print(f"{source.name}:{at[0]}: {error!r}", file=sys.stderr)
            print(json.dumps({
                "kind": "call", "file": source.name, "line": node.lineno, "name": at[2], "state": state,
                "start": source.offset(node.lineno, node.col_offset),
                "end": source.offset(node.end_lineno, node.end_col_offset),
                "to": to, "also": [o for t in to for o in also.get(tuple(t), [])]}))


main()
