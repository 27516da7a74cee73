//! The hash chain. With the domain prefixes of RFC 6962:
//! leaf = SHA-256(0x00 ‖ fields), link = SHA-256(0x01 ‖ link before ‖ leaf).
//! `fields` is the sequence number (8 bytes, big-endian) and then each field as length (4 bytes,
//! big-endian) and bytes, in the order of [`Fields`]. The link before the first one is
//! [`GENESIS`].

use sha2::{Digest, Sha256};

/// The link before the first.
pub const GENESIS: [u8; 32] = [0; 32];

/// What of an event is hashed.
#[derive(Clone, Copy, Debug)]
pub struct Fields<'a> {
    /// Id.
    pub id: &'a str,
    /// Milliseconds since 1970.
    pub at: i64,
    /// Action.
    pub action: &'a str,
    /// Outcome.
    pub outcome: &'a str,
    /// Actor.
    pub actor: &'a str,
    /// Target.
    pub target: &'a str,
    /// Address.
    pub address: &'a str,
    /// Request id.
    pub request_id: &'a str,
    /// Detail.
    pub detail: &'a str,
}

/// Hash of the link of one event.
#[must_use]
pub fn link(before: &[u8; 32], sequence: u64, fields: &Fields<'_>) -> [u8; 32] {
    let mut leaf = Sha256::new();
    leaf.update([0x00]);
    leaf.update(sequence.to_be_bytes());
    let at = fields.at.to_string();
    for field in [
        fields.id,
        &at,
        fields.action,
        fields.outcome,
        fields.actor,
        fields.target,
        fields.address,
        fields.request_id,
        fields.detail,
    ] {
        let length = u32::try_from(field.len()).expect("fields are cut to some hundred bytes");
        leaf.update(length.to_be_bytes());
        leaf.update(field.as_bytes());
    }
    let mut node = Sha256::new();
    node.update([0x01]);
    node.update(before);
    node.update(leaf.finalize());
    node.finalize().into()
}

/// Where a chain ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Number of the last event; 0 = none.
    pub sequence: u64,
    /// Its link.
    pub hash: [u8; 32],
}

/// The first row that does not fit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("audit row {sequence} (event {event_id}) does not fit: {reason}")]
pub struct Break {
    /// Number of the row.
    pub sequence: u64,
    /// Its event.
    pub event_id: String,
    /// What is wrong.
    pub reason: BreakReason,
}

/// What can be wrong with a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BreakReason {
    /// A number is left out or comes twice.
    #[error("the numbers do not follow each other; rows were removed or moved")]
    Gap,
    /// The event is not there.
    #[error("its event was removed")]
    Removed,
    /// Event or link were changed, or rows changed places.
    #[error("its hash is not that of the event and the row before; something was changed or moved")]
    Changed,
    /// The chain is shorter than it was known to be.
    #[error(
        "the chain ends here or differs from what was noted; the rows after it were removed or all was rewritten"
    )]
    Truncated,
}

/// Checks a chain row by row.
#[derive(Clone, Debug)]
pub struct Verifier {
    head: Head,
}

impl Default for Verifier {
    fn default() -> Self {
        Self { head: Head { sequence: 0, hash: GENESIS } }
    }
}

impl Verifier {
    /// Takes the next row: its number, its event's id, its hash (hexadecimal), its event.
    ///
    /// # Errors
    /// The break, if the row does not fit.
    pub fn check(
        &mut self,
        sequence: u64,
        event_id: &str,
        hash: &str,
        event: Option<&Fields<'_>>,
    ) -> Result<(), Break> {
        let fail = |reason| Err(Break { sequence, event_id: event_id.to_owned(), reason });
        if sequence != self.head.sequence + 1 {
            return fail(BreakReason::Gap);
        }
        let Some(event) = event else { return fail(BreakReason::Removed) };
        let expected = link(&self.head.hash, sequence, event);
        if event.id != event_id || hex::encode(expected) != hash {
            return fail(BreakReason::Changed);
        }
        self.head = Head { sequence, hash: expected };
        Ok(())
    }

    /// Where the rows taken so far end.
    #[must_use]
    pub fn head(&self) -> &Head {
        &self.head
    }
}
