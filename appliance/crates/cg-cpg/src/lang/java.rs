//! Java front end: syntax tree to graph nodes, before the passes.
//!
//! # Names
//!
//! The NAMESPACE_BLOCK of the file is the package. Types have their binary name: `a.b.Outer$Inner`, a local
//! class `a.b.Outer$1Local`, an anonymous one `a.b.Outer$1` (name `$1`). Methods are
//! `a.b.Outer.f:int(java.lang.String,int[])`, constructors `a.b.Outer.<init>:void(int)`, lambdas
//! `a.b.Outer.<lambda1>`, counted in the innermost type. The types in a signature are erased and resolved as far
//! as the file alone tells: its own types and type parameters, single imports, `java.lang`, and, if nothing
//! is imported on demand, the own package; else they stand as written.
//!
//! # What becomes of what
//!
//! - TYPE_DECL: `signature` is `class`, `interface`, `enum`, `record` or `@interface`; `type_full_name` has the
//!   bases without generics, resolved like those of signatures, the superclass first. An anonymous class lies
//!   in the block where it is made; the CALL of its constructor refers to it.
//! - Types of members, locals, parameters and returns stand as written, generics included; of a `var` what
//!   `new T()`, a cast or a literal tells.
//! - IMPORT: `name` is the simple name (`*` on demand), `full_name` the whole; STATIC where it is static.
//! - A METHOD whose last parameter takes any number of arguments is VARIADIC, as the parameter is.
//! - A METHOD that is not static has the parameter `this` with INDEX 0. A plain name of a field declared
//!   in the file is a field access on `this`, on `Outer.this` or on the class; so is the `this` of a plain call
//!   of a method that the types around declare, or that nobody in sight declares (then of a method that is not
//!   static only). What is not written lies at an empty span.
//! - Static initialisers, static fields with a value and enum constants are METHOD `<clinit>`. Instance
//!   initialisers are the start of `<init>` where a class has one constructor or none (one is made then);
//!   with several they are METHOD `<initializer>`, called by each constructor that does not begin with `this(…)`.
//!   A record has the constructor and the accessors that it does not write itself.
//! - `new T(x)`: a CALL `<init>` of type T; so are `this(…)` and `super(…)`, with `this` or `super` as receiver.
//!   `new T[n]` is `<operator>.alloc`, `{a, b}` an `<operator>.arrayInitializer`.
//! - CALL: the receiver has argument index 0. Calls on what looks like a type, on `super` and of constructors are
//!   STATIC_DISPATCH.
//! - A METHOD_REF of `a::f` has the receiver as child; its `full_name` is `a::f` as written.
//! - `x instanceof T t` is `x instanceof T && (t = (T) x)`; a record pattern gives its names by one assignment of
//!   the value to a tuple. The names are seen until the block ends.
//! - A `switch` with arrows or patterns is a MATCH, else a SWITCH. Where `break` or `yield` leave a MATCH, or
//!   `yield` a SWITCH, it lies in a BLOCK with a label `<switch1>` and they are BREAKs with that label; the value of `yield` is
//!   argument 1.
//! - try with resources: a TRY with a FINALLY that calls `close`, for each resource, within the TRY of the handlers.
//! - `synchronized (x) { }` is a BLOCK of that name: the expression, then the statements.
//! - The arguments of an ANNOTATION are its children with role `Argument`, their `signature` the element's name.

mod annotation;
mod body;
mod call;
mod class;
mod control;
mod expression;
mod file;
mod function;
mod initial;
mod kind;
mod lambda;
mod lower;
mod pattern;
mod record;
mod statement;
mod switch;
mod try_statement;
mod types;

pub(crate) use lower::lower;

#[cfg(test)]
mod tests;
