//! Many file graphs to one program: symbols, imports, hierarchy and call edges, each edge with the
//! kind of knowledge behind it.
//!
//! [`facts`] keeps of a file what other files may need; [`link()`] joins the facts of all files. Both
//! are pure, and their results do not depend on the number of threads.

mod extract;
mod facts;
mod lang;
mod link;
mod links;
mod program;
mod stored;

pub use extract::facts;
pub use facts::FileFacts;
pub use link::link;
pub use links::{
    CallEdge, Confidence, ExternalMethod, ImportLink, Inherits, Links, Reference, Technique, Tier,
};
pub use stored::{DamagedFacts, all_facts_from_bytes, facts_from_bytes, facts_to_bytes};
