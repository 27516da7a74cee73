//! Rust front end: syntax tree to graph nodes, before the passes.
//!
//! # Names
//!
//! A file's module comes from its path: `src/a/b.rs` and `src/a/b/mod.rs` are `a::b`, with the package's folder
//! in front where there is one (`net-tools/src/a.rs` is `net_tools::a`); `lib.rs`, `main.rs` and `mod.rs` stand for
//! their folder. Full names follow it: `a::b::f`, `a::b::Type::method` (whether the impl block is of a trait
//! or not), `a::b::f::<closure1>`; generics are stripped. The NAMESPACE_BLOCK of the file carries the module's
//! name (`crate` for the root of the repository), the top-level METHOD stays `<global>`.
//!
//! # What becomes of what
//!
//! - An impl block is a TYPE_DECL of the type's name with the modifier DECLARATION, the trait in
//!   `type_full_name`, and the methods as children. Traits are ABSTRACT, their supertraits in `type_full_name`.
//! - Enum variants are MEMBERs without a type, their fields in `signature`; tuple fields are named `0`, `1`, ….
//! - `type_full_name` of parameters, returns, locals and members is the type as written, generics included;
//!   of a local without a type, what `T::new()`, `T { … }` or a literal tells.
//! - `use` trees become one IMPORT a name; `mod name;` an IMPORT of `self::name`.
//! - CALL: `name` is the last part of the path, `signature` the whole path where it has several parts. The
//!   receiver of a method call has argument index 0, a called value (closure) role `Receiver` and index -1.
//!   The `signature` of an argument is its name (fields of a struct, named arguments of a macro).
//! - A macro call is a CALL named `name!` with INLINED dispatch; its tokens are parsed as expressions (or, in
//!   braces, as a block), and where that fails the variables among them are its arguments. `macro_rules!`
//!   definitions are METHODs `name!` without a BLOCK.
//! - Patterns: each name is a LOCAL; one assignment gives the value to the name, or to a tuple of the names
//!   where the pattern takes the value apart. Names that begin with a capital are constants or variants.
//! - The last expression of a function with a return type is a RETURN.

mod call;
mod control;
mod expression;
mod function;
mod imports;
mod item;
mod kind;
mod lower;
mod macros;
mod module;
mod pattern;
mod statement;
mod types;

pub(crate) use lower::lower;

#[cfg(test)]
mod tests;
