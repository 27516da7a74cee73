//! Python front end: syntax tree to graph nodes, before the passes.
//!
//! # Names
//!
//! A file's module is its path with dots: `pkg/mod.py` is `pkg.mod`, `pkg/__init__.py` is `pkg`. Full names
//! follow it: `pkg.mod.f`, `pkg.mod.Class.method`, `pkg.mod.f.inner`, `pkg.mod.f.<lambda1>`. The NAMESPACE_BLOCK
//! has the module's name, the top-level METHOD is `<module>` with the full name `pkg.mod.<module>`, and the
//! statements of a class body are a METHOD `<body>` (`pkg.mod.Class.<body>`) under the TYPE_DECL, made only
//! where there are statements other than definitions.
//!
//! # What becomes of what
//!
//! - A name assigned anywhere in a function is its LOCAL; in a class body, or as `self.x = …` in a method,
//!   it is a MEMBER. Names bound by `def`, `class` and `import` have no LOCAL: identifiers refer to the
//!   METHOD, TYPE_DECL or IMPORT itself.
//! - IMPORT: `name` is the name bound here (`import a.b` keeps `a.b`), `full_name` what it stands for, with
//!   the leading dots of relative imports.
//! - CALL: `name` is the last part of what is called. A child with role `Receiver` and argument index 0 is
//!   the object of a method call; with index -1 it is the called expression itself. The `signature` of an
//!   argument is its keyword (ARGUMENT_NAME), empty when positional.
//! - Parameters: INDEX 0 is `self` or `cls`; `*args` and `**kwargs` carry VARIADIC.
//! - Decorators are ANNOTATIONs of what they decorate; the decorator expressions, and defaults of parameters
//!   that are more than a literal or a name, are evaluated in the block around the definition.
//! - Comprehensions are one `<operator>.comprehension` call: bindings and conditions in order, the element
//!   last; their variables are LOCALs under it.
//! - `type_full_name` comes from annotations, from `x = T()` and from literals; when two assignments
//!   disagree it is empty.

mod call;
mod class;
mod expression;
mod flow;
mod function;
mod import;
mod kind;
mod lower;
mod matching;
mod module;
mod statement;
mod types;

pub(crate) use lower::lower;

#[cfg(test)]
mod tests;
