"""Holds the graph's definitions and call edges against a checker's truth."""
import collections
import json
import pathlib

UNKNOWN = ("unknown", "implicit")


class Texts:
    """Offsets of the checkers that count UTF-16 units, as bytes."""

    def __init__(self, root):
        self.root, self.maps = root, {}

    def byte(self, file, offset):
        if file not in self.maps:
            text = (self.root / file).read_bytes().decode("utf-8", "replace")
            table = None
            if not text.isascii():
                table, at = [], 0
                for c in text:
                    size = len(c.encode())
                    table += [at] * (2 if ord(c) > 0xFFFF else 1)
                    at += size
                table.append(at)
            self.maps[file] = table
        table = self.maps[file]
        return table[offset] if table else offset


def read_truth(path, root):
    """Definitions, calls and lines that the preprocessor took out; offsets as bytes."""
    rows = {"def": [], "call": [], "skip": []}
    definitions, calls, texts = rows["def"], rows["call"], None  # texts: where offsets are not bytes
    for line in pathlib.Path(path).read_text().splitlines():
        row = json.loads(line)
        if row["kind"] == "unit":
            texts = Texts(root) if row["unit"] == "utf16" else None
            continue
        rows[row["kind"]].append(row)
    if texts:
        for row in definitions + calls:
            for key in ("start", "end"):
                if key in row:
                    row[key] = texts.byte(row["file"], row[key])
            for key in ("to", "also"):
                row[key] = [[f, texts.byte(f, e)] for f, e in row.get(key, [])]
    return definitions, calls, rows["skip"]


def compare(definitions, calls, skipped, methods, checked, sites, edges):
    """Counts: definitions and, for each tier and confidence, right and wrong edges; sites found and missed.

    A call is known by its file and the bytes it spans, a definition by its file and its last byte, or else by its
    first line and name. Definitions are judged in the `checked` files: those that the checker saw. Edges to methods outside of the repository are counted apart: they claim no callee within it.
    """
    result = {"definitions": {}, "edges": collections.Counter(), "missed": [], "wrong": [],
              "edges_external": 0}
    truth = {(d["file"], d["end"]): d for d in definitions}
    heads = {(d["file"], d["line"], d["name"]): d["end"] for d in definitions}
    for m in methods:  # a comment behind the last statement may count as part of the body: then the head tells
        if (m["file"], m["end"]) not in truth:
            m["end"] = heads.get((m["file"], m["line"], m["name"]), m["end"])
    written = [m for m in methods if m["file"] in checked and not m["declaration"]]
    named = [m for m in written if m["name"] and m["name"][0] not in "<:" or m["name"] == "<init>"]
    ours = {(m["file"], m["end"]) for m in written}
    unseen = collections.defaultdict(list)
    for row in skipped:
        unseen[row["file"]].append((row["start"], row["end"]))
    extra = [m for m in named if (m["file"], m["end"]) not in truth
             and not any(start <= m["end"] <= end for start, end in unseen[m["file"]])]
    result["definitions"] = {
        "truth": len(truth), "found": len(truth.keys() & ours), "ours": len(named), "extra": len(extra)}
    result["extra_definitions"] = extra
    result["missed_definitions"] = [d for key, d in truth.items() if key not in ours]
    ends = {m["id"]: (m["file"], m["end"]) for m in methods}
    by_call = collections.defaultdict(list)
    for edge in edges:
        if edge["external"]:
            result["edges_external"] += 1
        else:
            by_call[edge["src"]].append(edge)
    by_span = {(s["file"], s["start"], s["end"]): s for s in sites}
    by_line = collections.defaultdict(list)
    for site in sites:
        by_line[(site["file"], site["line"], site["name"])].append(site)
    counts = collections.Counter()
    for call in calls:
        counts[call["state"]] += 1
        site = by_span.get((call["file"], call["start"], call["end"]))
        if not site:
            near = by_line[(call["file"], call["line"], call["name"])]
            site = near[0] if len(near) == 1 else None
        found = by_call[site["id"]] if site else []
        if site is None:
            counts["no node"] += 1
        if call["state"] in UNKNOWN:
            counts["edges not judged"] += len(found)
            continue
        right_ends = {tuple(t) for t in call["to"]}
        allowed = right_ends | {tuple(t) for t in call["also"]}
        hit = set()
        for edge in found:
            right = ends.get(edge["dst"]) in allowed
            result["edges"][(edge["tier"], edge["confidence"], right)] += 1
            if right:
                hit.add(edge["confidence"])
            elif edge["confidence"] != "possible":
                result["wrong"].append((call, edge, ends.get(edge["dst"])))
        if call["state"] == "project":
            if hit & {"proven", "likely"}:
                counts["found"] += 1
            else:
                counts["only possible"] += bool(hit)
                result["missed"].append((call, site is not None))
    result["calls"] = counts
    return result


def merge(results):
    """The sum of several projects' counts."""
    total = {"definitions": collections.Counter(), "edges": collections.Counter(), "calls": collections.Counter()}
    for result in results:
        for key in total:
            total[key].update(result[key])
    return total


def ratio(part, whole):
    return part / whole if whole else None


def figures(result):
    """Precision and recall out of the counts."""
    def precision(keep):
        right = sum(n for (t, c, ok), n in result["edges"].items() if ok and keep(t, c))
        return ratio(right, sum(n for (t, c, _), n in result["edges"].items() if keep(t, c)))

    defs, calls = result["definitions"], result["calls"]
    tiers = {}
    for key in sorted({(t, c) for t, c, _ in result["edges"]}):
        right, wrong = result["edges"][key + (True,)], result["edges"][key + (False,)]
        tiers[key] = (right, wrong)
    return {
        "precision": precision(lambda t, c: c != "possible"), "recall": ratio(calls["found"], calls["project"]),
        "with_possible": ratio(calls["found"] + calls["only possible"], calls["project"]),
        "definition_precision": ratio(defs["ours"] - defs["extra"], defs["ours"]),
        "definition_recall": ratio(defs["found"], defs["truth"]), "tiers": tiers, "calls": calls, "definitions": defs,
    }
