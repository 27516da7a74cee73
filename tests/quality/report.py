"""The table of `make quality` and docs/quality.md."""
from compare import figures, merge
from projects import TARGETS
from notes import NOTES


def number(value):
    return "–" if value is None else f"{value:.3f}"


def row(name, f, target=("", "")):
    calls, definitions = f["calls"], f["definitions"]
    return (f"| {name} | {calls['project']} | {number(f['precision'])} | {target[0]} | {number(f['recall'])} | {target[1]} "
            f"| {number(f['with_possible'])} | {number(f['definition_precision'])} | {number(f['definition_recall'])} "
            f"| {definitions['truth']} | {calls['external']} | {calls['unknown'] + calls['implicit']} |")


HEAD = ("| project | calls into the project | precision | target | recall | target | recall with possible "
        "| definitions: precision | recall | definitions | external calls | not judged |\n"
        "|---|---|---|---|---|---|---|---|---|---|---|---|")


def table(results):
    """One row for each language and each project."""
    lines = [HEAD]
    for language in dict.fromkeys(p.language for p in results):
        own = {p: r for p, r in results.items() if p.language == language}
        target = tuple(f"{t:.2f}" for t in TARGETS[language])
        lines.append(row(f"**{language}**", figures(merge(own.values())), target))
        lines += [row(p.name, figures(r)) for p, r in own.items()]
    return "\n".join(lines)


def tiers(results):
    """Right and wrong edges of each language by tier and confidence."""
    lines = ["| language | tier | confidence | right | wrong | precision |", "|---|---|---|---|---|---|"]
    for language in dict.fromkeys(p.language for p in results):
        for (tier, confidence), (right, wrong) in figures(
                merge(r for p, r in results.items() if p.language == language))["tiers"].items():
            lines.append(f"| {language} | {tier} | {confidence} | {right} | {wrong} | {number(right / (right + wrong))} |")
    return "\n".join(lines)


def examples(result, count):
    """Some wrong and missing edges on the screen."""
    for call, edge, end in result["wrong"][:count]:
        print("wrong", call["file"], call["line"], call["name"], call["state"], call["to"][:2], edge["technique"],
              edge["tier"], edge["confidence"], end)
    for call, node in result["missed"][:count]:
        print("missed", call["file"], call["line"], call["name"], call["to"][:2], "" if node else "NO NODE")
    for name in ("extra_definitions", "missed_definitions"):
        for d in result[name][:count]:
            print(name, d["file"], d["line"], d["name"], d["end"])


def document(results):
    """docs/quality.md."""
    return NOTES.format(table=table(results), tiers=tiers(results))
