NOTES = """# Quality of the graph

`make quality` writes this page. It indexes pinned releases of projects that nobody of CodeGraph wrote, asks each
language's own checker which definition every call goes to, and holds the graph's edges against that.

| language | truth from |
|---|---|
| Python | jedi 0.19.2 |
| TypeScript, JavaScript | the TypeScript compiler's checker 5.4.5 |
| Java | javac 17, its tree API |
| Go | go/types of Go 1.19 |
| C, C++ | libclang 18.1.1 |
| Rust | rustc 1.95: its typed bodies (THIR) and items (HIR) of a library with its default features |

- *Precision*: of the edges `proven` and `likely` at calls that the checker decides, those that lead to the checker's
  definition, or to one that may stand in for it at run time (an overriding method, an implementation of an interface).
- *Recall*: of the calls whose callee is in the project, those with at least one right edge that is `proven` or `likely`.
  *With possible* also takes the edges of the weakest confidence.
- *Not judged*: calls that the checker itself leaves open, such as calls of function values, and calls that its compiler
  adds. Calls that a macro's body makes are left out.
- Definitions: functions and methods with a body.

## Projects

{table}

## Edges by tier

{tiers}

## Where it falls short, and why

- **C++**: functions that a macro of the project defines (jsoncpp's and re2's tests) are no definitions, for want of a
  view of the preprocessor's. Operators (`a < b`, `a[i]`) are operators, not calls, and have no type: what is called on
  their result is left open. Templates have no instances: what depends on a parameter is left open.
- **Rust**: `#[cfg]` is not read, so functions of tests and of features that a plain build leaves out count as definitions
  too many (`macro_rules!` do so too), and of two functions called alike under opposite conditions the first is taken (regex-syntax'
  `imp`, clap's `as_str`: nearly all wrong edges). What a pattern, a closure's parameter or a loop binds has no type
  (`.any(|arg| arg.get_id() == id)`), so only the name remains.
- **Go**, recall: results of calls (`cmd.Parent().Parent()`) have no type yet.
- **C**: a function whose braces lie in two branches of a conditional is lost or misread (zlib's old-style definitions,
  redis' `config.c`), for want of a view of the preprocessor's.
- **Java**: default constructors, which the graph names and the compiler makes, count as definitions too many. Overloads
  that differ in the types of arguments that are calls themselves are the wrong edges.
- **JavaScript**: types come from doc comments and from what is assigned; elements of arrays have none (`options.find((o) =>
  o.name())`), so only the name remains, which gives a `possible` edge.
"""
