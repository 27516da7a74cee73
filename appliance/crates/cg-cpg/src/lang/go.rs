//! Go front end: syntax tree to graph nodes, before the passes.
//!
//! # Names
//!
//! A file's package is its folder (`internal/net/http`); in the repository's root it is the name of the package
//! clause, and an external test package (`package http_test`) has `_test` behind the folder. Full names follow
//! it: `internal/net/http.Serve`, `internal/net/http.Server.Close` (pointer or value receiver alike), closures
//! `internal/net/http.Serve.<closure1>`, types inside of functions `internal/net/http.Serve.T`; generics are
//! stripped. The NAMESPACE_BLOCK of the file carries the name of the package clause and the package, the
//! top-level METHOD is `internal/net/http.<global>`. A package may have several `init`.
//!
//! # What becomes of what
//!
//! - Methods stand beside functions; the receiver is the parameter with index 0. Unnamed parameters are `_`.
//! - TYPE_DECL: `signature` is `struct`, `interface`, `type` (another type's own name) or `alias`;
//!   `type_full_name` the embedded types joined by `|`, or the type that it is made of. Embedded fields are MEMBERs
//!   too, with the type's name. Interfaces are ABSTRACT, their methods METHODs without a BLOCK. PUBLIC is what
//!   begins with a capital. The tag of a field is an ANNOTATION `tag`.
//! - METHOD_RETURN: the type as written, `(A, B)` for several results. Named results are LOCALs; a bare `return`
//!   returns them.
//! - One IMPORT a name; without a name of its own the last part of the path is taken. `_` and `.` are names, `.`
//!   a WILDCARD; cgo's `C` is an import like any other.
//! - Variables and constants of the package are LOCALs of the file's BLOCK, constants FINAL. Assignment of several
//!   values is one assignment of tuples; where all names are new and there is a value for each, one for each.
//! - CALL: of a package's function `pkg.F` it has STATIC_DISPATCH and `pkg.F` as `signature`; of a method the object
//!   as argument 0; of a function value the value as receiver with index -1. `go f()` marks the CALL ASYNC.
//!   Conversions are casts, `new` and `make` are `<operator>.alloc` with the type, `panic(x)` is a THROW.
//! - Composite literals: `structInitializer` (the `signature` of an argument is its field), `arrayInitializer`,
//!   `dictLiteral` (keys and values in turn). Types that Go lets one leave out are filled in.
//! - `defer f()` in the body itself: a TRY whose FINALLY is the call and whose body is the rest of the function.
//!   Deeper: a FINALLY of the whole function holds the call in an IF without condition.
//! - `for` without clauses is a WHILE; `range` asks an iterator. `switch` on a value or type and `select` are SWITCHes
//!   with a BREAK at the end of each case (none where it says `fallthrough`); `switch` without a value is a chain
//!   of IFs in a BLOCK labelled `<switch>`. An `if` or `switch` with a statement before it stands in a BLOCK.
//! - A label is a JUMP_TARGET and, of a loop, its JUMP_LABEL; a `switch` or `select` with one stands in a labelled
//!   BLOCK.
//! - Build constraints are ANNOTATIONs `go:build` of the file's BLOCK, a generated file has one named `generated`.

mod assignment;
mod call;
mod declaration;
mod expression;
mod function;
mod instance;
mod kind;
mod literal;
mod lower;
mod package;
mod selection;
mod statement;
mod types;

pub(crate) use lower::lower;

#[cfg(test)]
mod tests;
