#!/usr/bin/env python3
"""Truth for Rust, from rustc: `truth_rust.py FOLDER TARGET [CARGO ARGUMENT...]` prints definitions and calls as JSON lines.

The library of the package in FOLDER is compiled with its default features; its typed bodies (THIR) tell what each call
written in the source means, its items (HIR) which type has which trait. A call's state is `project`, `external`,
`unknown` (a function value, or more than one fitting implementation). Offsets are bytes.
"""
import collections
import json
import os
import pathlib
import re
import subprocess
import sys

SPAN = re.compile(r"span: (?:Some\()?(.+?):(\d+):(\d+): (\d+):(\d+) \(#(\d+)\)")
DEF = re.compile(r"DefId\((\d+):\d+ ~ \w+\[[0-9a-f]+\](.*?)\)(?=[,:) ]|$)")
ROOT, TARGET, SETTING = pathlib.Path(sys.argv[1]).resolve(), sys.argv[2], sys.argv[3:]


def compiler(what):
    """The lines of one of rustc's printed views of the library."""
    command = ["cargo", "rustc", "--lib", "--quiet", "--target-dir", TARGET, *SETTING, "--", f"-Zunpretty={what}"]
    run = subprocess.Popen(command, cwd=ROOT, text=True, stdout=subprocess.PIPE,
                           env={**os.environ, "RUSTC_BOOTSTRAP": "1", "RUSTFLAGS": "--cap-lints=allow"})
    yield from run.stdout
    if run.wait():
        sys.exit(f"rustc failed on {ROOT}")


class Texts:
    """Places as byte offsets."""

    def __init__(self):
        self.files = {}

    def offset(self, file, line, column):
        if file not in self.files:
            text = (ROOT / file).read_text().splitlines(keepends=True)
            starts = [0]
            for one in text:
                starts.append(starts[-1] + len(one.encode()))
            self.files[file] = (text, starts)
        text, starts = self.files[file]
        before = text[line - 1][:column - 1] if line <= len(text) else ""
        return starts[line - 1] + len(before.encode())

    def span(self, match):
        """(file, start, end, line) of a span that the source itself holds, else None."""
        file, l1, c1, l2, c2, expansion = match.groups()
        if expansion != "0" or not (ROOT / file).is_file() or file.startswith("/"):
            return None
        return file, self.offset(file, int(l1), int(c1)), self.offset(file, int(l2), int(c2)), int(l1)

    def cut(self, file, start, end):
        return (ROOT / file).read_bytes()[start:end].decode()


def indent(line):
    return len(line) - len(line.lstrip(" "))


def self_name(text):
    """The last segment of a type's name; references, lifetimes and generic arguments are dropped."""
    text = re.sub(r"^(?:&(?:'\{?\w+\}? )?(?:mut )?|\*const |\*mut )+", "", text.strip())
    return "[]" if text.startswith("[") else re.split(r"[<\s(]", text, maxsplit=1)[0].split("::")[-1]


def items(texts):
    """Spans of functions by their path, implementations by path: (trait's path, name of the type), paths of local traits."""
    spans, impls, traits = {}, {}, set()
    owner, want, impl = None, None, {}
    for line in compiler("hir-tree"):
        if line.startswith("DefId("):
            owner, want = DEF.match(line), None
            owner = owner.group(2) if owner else None
            impl = {}
            continue
        depth, text = indent(line), line.strip()
        if depth == 16 and text.startswith("span:") and owner not in spans:
            place = SPAN.search(text)
            if place and texts.span(place):
                spans[owner] = texts.span(place)
        elif depth == 16 and text in ("kind: Trait(", "kind: Trait {"):
            traits.add(owner)
        elif depth == 24 and text.startswith("of_trait: Some("):
            want = "trait"
        elif want == "trait" and (found := DEF.search(text)) and "trait" not in impl:
            impl["trait"], want = (found.group(1) == "0", found.group(2)), None
        elif depth == 24 and text.startswith("self_ty: Ty {"):
            want = "type"
        elif want == "type" and (place := SPAN.search(text)):
            found = texts.span(place)
            if found and "trait" in impl:
                impls[owner] = (*impl["trait"], self_name(texts.cut(*found[:3])))
            want = None
    return spans, impls, traits


def arguments(ty):
    """The first generic argument of a printed FnDef."""
    at = ty.find(", [")
    if at < 0:
        return ""
    depth, first = 0, []
    for c in ty[at + 3:]:
        if c in "<[({":
            depth += 1
        elif c in ">])}":
            if depth == 0:
                break
            depth -= 1
        elif c == "," and depth == 0:
            break
        first.append(c)
    return "".join(first)


def bodies(texts):
    """Bodies as (path, place) and calls as (place, printed type of what is called)."""
    found, calls, spans, path, call = {}, [], {}, None, None
    for line in compiler("thir-tree"):
        if line.startswith("DefId("):
            path, call = DEF.match(line).group(2), None
            continue
        depth, text = indent(line), line.strip()
        if text.startswith("span:"):
            spans[depth] = SPAN.search(text)
            if depth == 8 and path is not None and path not in found and spans[depth]:
                found[path] = texts.span(spans[depth])
        elif text == "Call {":
            call = {"depth": depth, "place": spans.get(depth - 4)}
        elif call and depth == call["depth"] + 4 and text.startswith("ty:"):
            call["ty"] = text[4:]
        elif call and text == "from_hir_call: false":
            call = None
        elif call and depth == call["depth"] + 4 and text.startswith("fn_span:"):
            place = call["place"] and texts.span(call["place"])
            if place:
                calls.append((place, call["ty"]))
            call = None
    return found, calls


def main():
    texts = Texts()
    spans, impls, traits = items(texts)
    found, calls = bodies(texts)
    functions = {}
    for path, place in spans.items():
        last = path.rsplit("::", 1)[-1]
        body = found.get(path)
        end = body[2] if body else place[2]
        functions[path] = (place[0], end)
        if path in found and "{" not in last and texts.cut(*place[:3]).find("fn ") >= 0 and body and body[0] == place[0]:
            print(json.dumps({"kind": "def", "file": place[0], "line": place[3], "name": last, "start": place[1], "end": end}))
    methods = collections.defaultdict(dict)
    for path in functions:
        head, _, last = path.rpartition("::")
        if head in impls:
            methods[impls[head][:2] + (last,)].setdefault(impls[head][2], []).append(path)
    for place, ty in calls:
        row = {"kind": "call", "file": place[0], "line": place[3], "start": place[1], "end": place[2], "name": "",
               "state": "unknown", "to": [], "also": []}
        called = re.match(r"FnDef\(", ty) and DEF.search(ty)
        if called:
            local, path = called.group(1) == "0", called.group(2)
            head, _, row["name"] = path.rpartition("::")
            by_type = methods.get((local, head, row["name"]), {})
            of = arguments(ty)
            is_open = re.search(r"/#\d+$", of) or of.startswith(("dyn ", "Alias"))
            if "::ops::function::Fn" in path:
                row["state"] = "unknown"
            elif local and head not in traits:
                row["to"] = [functions[path]] if path in functions else []
                row["state"] = "project" if row["to"] else "external" if "{" not in row["name"] else "unknown"
            elif is_open:
                every = [functions[p] for paths in by_type.values() for p in paths]
                own = [functions[path]] if local and path in functions else []
                row["to"], row["also"] = (own, every) if own else ([], every)
                row["state"] = "project" if own else "unknown" if every else "external"
            else:
                fitting = by_type.get(self_name(of), [])
                if len(fitting) == 1:
                    row["to"], row["state"] = [functions[fitting[0]]], "project"
                elif fitting:
                    row["state"] = "unknown"
                elif local and path in found:
                    row["to"], row["state"] = [functions[path]], "project"
                else:
                    row["state"] = "unknown" if local else "external"
        print(json.dumps(row))


main()
