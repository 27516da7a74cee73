//! The audit log: which events there are ([`Action`]), and the hash chain that shows every change
//! ([`chain`]). Where events lie is not known here.

mod chain;
mod event;

pub use chain::{Break, BreakReason, Fields, GENESIS, Head, Verifier, link};
pub use event::{Action, Event, Outcome};
