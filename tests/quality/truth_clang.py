"""Truth for C and C++, from clang: `truth_clang.py FOLDER [CLANG ARGUMENT...]` prints definitions and calls as JSON lines.

Each source file of FOLDER is a translation unit. A call's state is `project`, `external`, `implicit` (the compiler wrote
it: conversions, operators, constructors of variables) or `unknown` (a function pointer, a name that depends on a template
parameter). Calls in the bodies of macros are left out; `skip` rows are the lines that the preprocessor took out and the
macros themselves, of which no definition is known. Offsets are bytes. A call of a virtual method goes to that method; those that override it are `also` right.
"""
import collections
import ctypes
import glob
import json
import multiprocessing
import pathlib
import re
import sys

from clang import cindex
from clang.cindex import CursorKind as Kind

ENDINGS = {".c": "c", ".cc": "c++", ".cpp": "c++", ".cxx": "c++"}
FUNCTIONS = {Kind.FUNCTION_DECL, Kind.CXX_METHOD, Kind.CONSTRUCTOR, Kind.DESTRUCTOR, Kind.CONVERSION_FUNCTION,
             Kind.FUNCTION_TEMPLATE}
RECORD_MACROS, KEEP_GOING = 1, 0x200


class Ranges(ctypes.Structure):
    _fields_ = [("count", ctypes.c_uint), ("ranges", ctypes.POINTER(cindex.SourceRange))]


def spelled(location):
    """Where the text of a place stands, also within the arguments of a macro: (file, line, byte)."""
    file, line, column, offset = cindex.c_object_p(), ctypes.c_uint(), ctypes.c_uint(), ctypes.c_uint()
    cindex.conf.lib.clang_getSpellingLocation(
        location, ctypes.byref(file), ctypes.byref(line), ctypes.byref(column), ctypes.byref(offset))
    return (cindex.File(file).name if file else None), line.value, offset.value


class Unit:
    """What one translation unit tells."""

    def __init__(self, root, path, arguments):
        self.root, self.rows, self.texts = str(root), [], {}
        self.places, self.overriders, self.macros = {}, collections.defaultdict(set), []
        unit = cindex.Index.create().parse(str(path), [f"-x{ENDINGS[path.suffix]}", *arguments], options=RECORD_MACROS | KEEP_GOING)
        for problem in unit.diagnostics:
            if problem.severity >= cindex.Diagnostic.Error:
                print(problem, file=sys.stderr)
        self.skipped(unit)
        top = [c for c in unit.cursor.get_children() if self.within(c)]
        for cursor in top:
            if cursor.kind == Kind.MACRO_DEFINITION:
                file, start, end = cursor.location.file.name, cursor.extent.start.offset, cursor.extent.end.offset
                self.macros.append((file, start, end))
                self.rows.append({"kind": "skip", "file": self.name(file), "line": cursor.location.line, "start": start,
                                  "end": end + 1, "name": cursor.spelling})
        for cursor in top:
            if cursor.kind not in (Kind.MACRO_DEFINITION, Kind.MACRO_INSTANTIATION, Kind.INCLUSION_DIRECTIVE):
                self.walk(cursor)

    def within(self, cursor):
        file = cursor.location.file
        return file is not None and file.name.startswith(self.root + "/")

    def name(self, file):
        return file[len(self.root) + 1:]

    def text(self, file, start, end):
        if file not in self.texts:
            self.texts[file] = pathlib.Path(file).read_bytes()
        return self.texts[file][start:end]

    def skipped(self, unit):
        get = cindex.conf.lib.clang_getAllSkippedRanges
        get.restype = ctypes.POINTER(Ranges)
        found = get(unit).contents
        for at in range(found.count):
            file, line, start = spelled(found.ranges[at].start)
            if file and file.startswith(self.root + "/"):
                self.rows.append({"kind": "skip", "file": self.name(file), "line": line, "start": start,
                                  "end": spelled(found.ranges[at].end)[2], "name": ""})

    def walk(self, top):
        stack = [top]
        while stack:
            cursor = stack.pop()
            if cursor.kind in FUNCTIONS and cursor.is_definition():
                self.definition(cursor)
            elif cursor.kind == Kind.CALL_EXPR:
                self.call(cursor)
            stack += cursor.get_children()

    def definition(self, cursor):
        (file, line, start), (last, _, end) = spelled(cursor.extent.start), spelled(cursor.extent.end)
        if file != last or self.in_macro(file, start) or self.text(file, end - 1, end) not in (b"}", b")"):
            return
        self.places[cursor.get_usr()] = (self.name(file), end)
        self.rows.append({"kind": "def", "file": self.name(file), "line": line, "start": start, "end": end,
                          "name": cursor.spelling.split("<")[0]})
        base, seen = [cursor], set()
        while base:
            for above in overridden(base.pop()):
                if above.get_usr() not in seen:
                    seen.add(above.get_usr())
                    self.overriders[above.get_usr()].add(cursor.get_usr())
                    base.append(above)

    def in_macro(self, file, offset):
        return any(f == file and start <= offset < end for f, start, end in self.macros)

    def call(self, cursor):
        (file, line, start), (last, _, end) = spelled(cursor.extent.start), spelled(cursor.extent.end)
        if not file or not file.startswith(self.root + "/") or file != last or end <= start or self.in_macro(file, start):
            return
        text = self.text(file, start, end)
        target = cursor.referenced
        name = cursor.spelling.split("<")[0]
        if re.fullmatch(r"\w+", name) and not re.search(rb"\b" + name.encode() + rb"\b", text):
            return  # a macro wrote the call
        row = {"kind": "call", "file": self.name(file), "line": line, "start": start, "end": end, "name": name,
               "state": "unknown", "usr": ""}
        if not text.endswith((b")", b"}")):
            row["state"] = "implicit"
        elif target is not None and target.kind in FUNCTIONS:
            general = cindex.conf.lib.clang_getSpecializedCursorTemplate(target)
            target = general if general is not None and general.kind in FUNCTIONS else target
            plain = target.kind != Kind.CONSTRUCTOR or text.split(b"(")[0].split(b"{")[0].strip().split(b"::")[-1].split(b"<")[0] == name.encode()
            if name.startswith("operator") or not plain:
                row["state"] = "implicit"
            else:
                row.update(state="named", usr=target.get_usr(), virtual=target.is_virtual_method())
        self.rows.append(row)


def overridden(cursor):
    if cursor.kind not in (Kind.CXX_METHOD, Kind.DESTRUCTOR):
        return []
    found, count = ctypes.POINTER(cindex.Cursor)(), ctypes.c_uint()
    get = cindex.conf.lib.clang_getOverriddenCursors
    get.argtypes = [cindex.Cursor, ctypes.POINTER(ctypes.POINTER(cindex.Cursor)), ctypes.POINTER(ctypes.c_uint)]
    get.restype = None
    get(cursor, ctypes.byref(found), ctypes.byref(count))
    made = [cindex.Cursor.from_result(copy(found[at]), None, (cursor,)) for at in range(count.value)]
    return [c for c in made if c is not None]


def copy(cursor):
    same = cindex.Cursor()
    ctypes.memmove(ctypes.byref(same), ctypes.byref(cursor), ctypes.sizeof(cindex.Cursor))
    return same


def look(work):
    unit = Unit(*work)
    return unit.rows, unit.places, dict(unit.overriders)


def main():
    root = pathlib.Path(sys.argv[1]).resolve()
    headers = sorted(glob.glob("/usr/lib/llvm-*/lib/clang/*/include"))
    arguments = [f"-I{root}", *sys.argv[2:], *(["-isystem", headers[-1]] if headers else []), "-w"]
    files = [p for p in sorted(root.rglob("*")) if p.suffix in ENDINGS]
    rows, places, overriders = {}, collections.defaultdict(set), collections.defaultdict(set)
    with multiprocessing.Pool() as pool:
        for found, at, above in pool.imap(look, [(root, p, arguments) for p in files]):
            for row in found:  # a header's rows come from each unit that includes it: the one that knows most stays
                key = (row["kind"], row["file"], row["start"], row["end"])
                if key not in rows or rows[key].get("state") in ("unknown", "implicit"):
                    rows[key] = row
            for usr, place in at.items():
                places[usr].add(place)
            for usr, below in above.items():
                overriders[usr] |= below
    for row in rows.values():
        if row["kind"] == "call":
            usr = row.pop("usr")
            row["to"] = sorted(places.get(usr, ()))
            row["also"] = sorted({p for below in overriders.get(usr, ()) for p in places[below]}) if row.pop("virtual", False) else []
            if row["state"] == "named":
                row["state"] = "project" if row["to"] or row["also"] else "external"
        print(json.dumps(row))


main()
