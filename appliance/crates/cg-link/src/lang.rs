//! Name resolution of each language, and what they share: one evaluation with bounded work.

pub(crate) mod c;
pub(crate) mod cpp;
pub(crate) mod go;
mod go_build;
mod go_packages;
mod go_types;
pub(crate) mod java;
mod java_overloads;
mod java_types;
pub(crate) mod javascript;
pub(crate) mod python;
mod python_mro;
pub(crate) mod rust;
mod rust_modules;
pub(crate) mod rust_paths;
mod rust_types;

use std::cell::{Cell, RefCell};

use cg_types::Language;

use crate::facts::{Call, ExprId};
use crate::program::{Program, SymbolRef, Target, Value};

/// Steps of evaluation for one call or import; what needs more is left unresolved.
const FUEL: u32 = 600;
/// Depth of evaluation.
const MAX_DEPTH: u32 = 40;
/// More targets than this say nothing about a call.
pub(crate) const MAX_TARGETS: usize = 8;

/// Evaluates expressions, each with its own bounded work.
pub(crate) struct Evaluator<'p, 'a> {
    pub(crate) program: &'p Program<'a>,
    fuel: Cell<u32>,
    depth: Cell<u32>,
    /// Imports being followed, so that circles end.
    following: RefCell<Vec<(u32, u32)>>,
}

impl<'p, 'a> Evaluator<'p, 'a> {
    pub(crate) fn new(program: &'p Program<'a>) -> Self {
        Self {
            program,
            fuel: Cell::new(FUEL),
            depth: Cell::new(0),
            following: RefCell::new(Vec::new()),
        }
    }

    /// What a call leads to.
    pub(crate) fn call(&self, file: u32, call: &Call) -> Target {
        self.refuel();
        match self.program.file(file).language {
            Language::C => c::call(self, file, call),
            Language::Cpp => cpp::call(self, file, call),
            Language::Python => python::call(self, file, call),
            Language::Rust => rust::call(self, file, call),
            Language::Go => go::call(self, file, call),
            Language::Java => java::call(self, file, call),
            Language::JavaScript | Language::TypeScript => javascript::call(self, file, call),
        }
    }

    /// What an expression of a scope is.
    pub(crate) fn value(&self, scope: SymbolRef, expr: ExprId) -> Value {
        self.step(|| match self.program.file(scope.file).language {
            Language::C => Value::Unknown,
            Language::Cpp => cpp::value(self, scope, expr),
            Language::Go => go::value(self, scope, expr),
            Language::JavaScript | Language::TypeScript => javascript::value(self, scope, expr),
            Language::Python => python::value(self, scope, expr),
            Language::Rust => rust::value(self, scope, expr),
            Language::Java => java::value(self, scope, expr),
        })
    }

    /// Functions that an argument may name; for calls of parameters.
    pub(crate) fn passed(&self, scope: SymbolRef, value: ExprId) -> Vec<SymbolRef> {
        match self.program.file(scope.file).language {
            Language::C => c::passed(self.program, scope.file, value),
            Language::Java => Vec::new(),
            _ => match self.value(scope, value) {
                Value::Function(method) => vec![method],
                _ => Vec::new(),
            },
        }
    }

    /// Starts a new piece of work.
    pub(crate) fn refuel(&self) {
        self.fuel.set(FUEL);
        self.depth.set(0);
        self.following.borrow_mut().clear();
    }

    /// One step deeper; `Unknown` when the work is used up.
    pub(crate) fn step(&self, work: impl FnOnce() -> Value) -> Value {
        if self.fuel.get() == 0 || self.depth.get() >= MAX_DEPTH {
            return Value::Unknown;
        }
        self.fuel.set(self.fuel.get() - 1);
        self.depth.set(self.depth.get() + 1);
        let value = work();
        self.depth.set(self.depth.get() - 1);
        value
    }

    /// Follows an import; nothing if it is being followed already.
    pub(crate) fn follow(
        &self,
        file: u32,
        import: u32,
        work: impl FnOnce() -> Value,
    ) -> Option<Value> {
        if self.following.borrow().contains(&(file, import)) {
            return None;
        }
        self.following.borrow_mut().push((file, import));
        let value = self.step(work);
        self.following.borrow_mut().pop();
        Some(value)
    }
}
