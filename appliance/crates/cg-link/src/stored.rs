//! Facts as bytes, so that the next run need not analyse a file that has not changed.

use rayon::prelude::*;

use crate::facts::{Expr, ExprId, FileFacts, Slot, SymbolId, Text};

/// The bytes are not facts that this version wrote.
#[derive(Debug, thiserror::Error)]
#[error("these bytes are not the facts of a file")]
pub struct DamagedFacts;

/// The facts of a file as bytes (postcard: numbers of variable length).
pub fn facts_to_bytes(facts: &FileFacts) -> Vec<u8> {
    postcard::to_allocvec(facts).expect("facts hold numbers and texts only")
}

/// Facts from the bytes that [`facts_to_bytes`] gave.
///
/// # Errors
/// When they are not, or when a number in them stands for nothing.
pub fn facts_from_bytes(bytes: &[u8]) -> Result<FileFacts, DamagedFacts> {
    let facts: FileFacts = postcard::from_bytes(bytes).map_err(|_| DamagedFacts)?;
    if Bounds::of(&facts).hold(&facts) { Ok(facts) } else { Err(DamagedFacts) }
}

/// The facts of many files, decoded in parallel, in the same order.
///
/// # Errors
/// When one of them is damaged.
pub fn all_facts_from_bytes(files: &[&[u8]]) -> Result<Vec<FileFacts>, DamagedFacts> {
    files.par_iter().map(|bytes| facts_from_bytes(bytes)).collect()
}

/// How many strings, symbols, expressions and calls there are to refer to.
struct Bounds {
    strings: usize,
    symbols: usize,
    exprs: usize,
    calls: usize,
}

impl Bounds {
    fn of(facts: &FileFacts) -> Self {
        Self {
            strings: facts.strings.len(),
            symbols: facts.symbols.len(),
            exprs: facts.exprs.len(),
            calls: facts.calls.len(),
        }
    }

    fn hold(&self, facts: &FileFacts) -> bool {
        let text = |id: Text| (id.0 as usize) < self.strings;
        let symbol = |id: SymbolId| (id.0 as usize) < self.symbols;
        let expr = |id: ExprId| (id.0 as usize) < self.exprs;
        let operand = |one: (usize, &Expr)| match *one.1 {
            Expr::Unknown | Expr::Receiver | Expr::Super => true,
            Expr::Name(id) | Expr::Path(id) | Expr::Typed(id) => text(id),
            // Operands stand before their users, so that no expression is its own operand.
            Expr::Field(base, id) => (base.0 as usize) < one.0 && text(id),
            Expr::Call(base) | Expr::Inner(base) | Expr::Key(base) | Expr::Item(base, _) => {
                (base.0 as usize) < one.0
            }
            Expr::Declared(id) | Expr::Parameter(id, _) => symbol(id),
        };
        !facts.symbols.is_empty()
            && !facts.exprs.is_empty()
            && !facts.strings.is_empty()
            && facts.symbols.iter().all(|one| {
                text(one.name)
                    && text(one.type_text)
                    && text(one.signature)
                    && text(one.decorator)
                    && symbol(one.parent)
                    && expr(one.value)
            })
            && facts
                .imports
                .iter()
                .all(|one| symbol(one.scope) && text(one.name) && text(one.entity))
            && facts.exprs.iter().enumerate().all(operand)
            && facts.calls.iter().all(|one| {
                let (first, end) = one.operands;
                symbol(one.scope) && text(one.name) && expr(one.callee) && first <= end
            })
            && facts.operands.iter().all(|one| expr(*one))
            && facts.arguments.iter().all(|one| (one.call as usize) < self.calls && expr(one.value))
            && facts.stores.iter().all(|one| {
                let slot = match one.slot {
                    Slot::Field(id) => text(id),
                    Slot::Position(_) => true,
                };
                slot && symbol(one.scope) && expr(one.base) && expr(one.value)
            })
            && facts.uses.iter().all(|one| symbol(one.scope) && text(one.name))
    }
}

/// The vocabulary knows no serialization; here its numbers are written as what they are.
macro_rules! as_number {
    ($name:ident, $type:ty, $number:ty, $to:expr, $from:expr) => {
        pub(crate) mod $name {
            use serde::{Deserialize, Deserializer, Serialize, Serializer};

            pub(crate) fn serialize<S: Serializer>(
                value: &$type,
                to: S,
            ) -> Result<S::Ok, S::Error> {
                let number: fn(&$type) -> $number = $to;
                number(value).serialize(to)
            }

            pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
                from: D,
            ) -> Result<$type, D::Error> {
                let value: fn($number) -> Option<$type> = $from;
                value(<$number>::deserialize(from)?)
                    .ok_or_else(|| serde::de::Error::custom("a number that stands for nothing"))
            }
        }
    };
}

as_number!(as_key, cg_types::FileKey, u32, |key| key.0, |number| Some(cg_types::FileKey(number)));
as_number!(as_node, cg_types::NodeIndex, u32, |node| node.0, |number| Some(cg_types::NodeIndex(
    number
)));
as_number!(as_modifiers, cg_types::Modifiers, u16, |set| set.0, |number| Some(
    cg_types::Modifiers(number)
));
as_number!(as_language, cg_types::Language, u8, |language| *language as u8, |number| {
    cg_types::Language::ALL.iter().copied().find(|one| *one as u8 == number)
});
