//! JavaScript and TypeScript front end (JSX, TSX and declaration files included): syntax tree to graph
//! nodes, before the passes.
//!
//! # Names
//!
//! As in the JavaScript front end of the Code Property Graph: the top-level METHOD is `:program` with the
//! full name `src/a.ts::program`, and what is declared in it follows with colons: `src/a.ts::program:f`,
//! `…:Class:method`, `…:f:inner`. A constructor is `<init>`, what a class does when it is defined (static
//! fields, static blocks, computed values of an enum) is the METHOD `<clinit>`.
//! A function or class expression without a name of its own is named after what it is assigned to (`const f =
//! () => …`, `{ f: function () {} }`, `A.prototype.f = …` is `A:f`, `exports.f = …` is `f`), else it is
//! `<lambda>N` (`<anon-class>N`), counted from 0 in the function around it; all of them carry LAMBDA. Functions
//! in object literals follow the literal's own name: `api:get`, `<object>0:get`.
//!
//! # What becomes of what
//!
//! - `let`, `const` and `class` names live in their block, `var` and functions are hoisted; names are looked up
//!   when a scope ends. Functions, classes and imports have no LOCAL: identifiers refer to the METHOD, TYPE_DECL
//!   or IMPORT itself.
//! - A function that is no arrow has the parameter `this` with INDEX 0; arrows see the one around them.
//! - Defaults and patterns of parameters are assignments at the start of the body; a parameter that is a pattern
//!   is called `<param1>` by its number. A destructured value is kept in a LOCAL `_tmp_N` unless it is a name,
//!   and its parts are read by field accesses (`_tmp_0.a`, elements of arrays as fields `0`, `1`, …).
//! - `a = v === undefined ? d : v` is what a default becomes; `a &&= b` is `a && (a = b)`.
//! - CALL: `name` is the last part of what is called. A child with role `Receiver` and argument index 0 is the
//!   object of a method call; with index -1 it is the called expression itself. `new C(x)` is a call of
//!   `<init>` on `C` with `C` as its type, `super(x)` one of `<init>` on `super`. The `signature` of calls of
//!   `require` and `import` is the module, where that is a literal.
//! - An object literal is `<operator>.structInitializer` over assignments of FIELD_IDENTIFIERs; its functions
//!   are METHODs under it.
//! - JSX: a component is a call of it (props as argument 1, children from 2 on), an element `<operator>.jsx`.
//! - `x as T` and `<T>x` are `<operator>.cast`; `x!` and `x satisfies T` are `x`. Optional chains are plain ones.
//! - `for (x of xs)` asks an iterator before each round; `for (k in o)` likewise.
//! - IMPORT: `name` is the name bound here, `full_name` the module and, behind a colon, the name it exports
//!   (`./a:f`, `./a:default`, `./a` for all of it). Re-exports are IMPORTs with PUBLIC that bind nothing here.
//!   A variable that is initialised with `require(…)` has an IMPORT beside it.
//! - Exported declarations carry PUBLIC; `export default`, `export { a as b }` and `export =` are assignments to
//!   `exports.default`, `exports.b`, `module.exports`.
//! - Interfaces are TYPE_DECLs (ABSTRACT, signature `interface`), aliases have the signature `type`, enums `enum`;
//!   a namespace is a NAMESPACE_BLOCK with a METHOD `<body>`. Signatures without a body are METHODs with
//!   DECLARATION and without a BLOCK.
//! - The signature of a METHOD is its parameter list and return type as written, behind `get` or `set` for
//!   accessors. Types are as written.

mod binding;
mod call;
mod class;
mod doc;
mod expression;
mod flow;
mod function;
mod jsx;
mod kind;
mod lower;
mod member;
mod module;
mod name;
mod object;
mod operator;
mod parameter;
mod scope;
mod statement;
mod types;

pub(crate) use lower::lower;

#[cfg(test)]
mod tests;
