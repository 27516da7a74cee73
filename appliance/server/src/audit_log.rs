//! The audit log of this appliance: events into the store, numbers and links after commit,
//! verification of the whole chain.

use cg_audit::{Break, BreakReason, Event, Fields, GENESIS, Head, Verifier, link};
use cg_store::{AuditRow, ChainLink, Store, StoreError, Tx};

use crate::clock;

/// Rows numbered in one transaction, and rows read at once.
const BATCH: u32 = 500;

/// Adds the event to the transaction of its action.
pub(crate) async fn record(tx: &mut Tx, event: &Event) -> Result<(), StoreError> {
    record_as(tx, clock::new_id(), clock::now_ms(), event).await
}

/// Adds an event that has its id and its time (milliseconds since 1970) from elsewhere.
pub(crate) async fn record_as(
    tx: &mut Tx,
    id: String,
    at: i64,
    event: &Event,
) -> Result<(), StoreError> {
    tx.audit(&AuditRow {
        id,
        at,
        action: event.action.name().to_owned(),
        outcome: event.outcome.name().to_owned(),
        actor: event.actor.clone(),
        target: event.target.clone(),
        address: event.address.clone(),
        request_id: event.request_id.clone(),
        detail: event.detail(),
    })
    .await
}

/// Writes an event that belongs to no other change.
pub(crate) async fn record_alone(store: &Store, event: &Event) -> Result<(), StoreError> {
    let mut tx = store.write().await?;
    record(&mut tx, event).await?;
    tx.commit().await
}

/// Numbers and links every committed event. Any process may do this at any time: the write lock
/// keeps the chain one. Gives how many were linked.
pub(crate) async fn sequence(store: &Store) -> Result<usize, StoreError> {
    let mut linked = 0;
    loop {
        let mut tx = store.write().await?;
        let (mut number, mut before) = match tx.last_link().await? {
            None => (0, GENESIS),
            Some(last) => (last.sequence, hash_of(&last)?),
        };
        let rows = tx.unchained(BATCH).await?;
        for row in &rows {
            number += 1;
            before = link(&before, number.unsigned_abs(), &fields(row));
            let new =
                ChainLink { sequence: number, event_id: row.id.clone(), hash: hex::encode(before) };
            tx.append_link(&new).await?;
        }
        tx.commit().await?;
        linked += rows.len();
        if rows.len() < BATCH as usize {
            return Ok(linked);
        }
    }
}

/// What came of a verification.
pub(crate) enum Verdict {
    /// Every row fits; where the chain ends.
    Good(Head),
    /// The first row that does not fit.
    Broken(Break),
}

/// Checks the whole chain. `noted` is an end of the chain that was written down before: if rows
/// were cut off after it or the whole chain was rewritten, only this shows it.
pub(crate) async fn verify(store: &Store, noted: Option<&Head>) -> Result<Verdict, StoreError> {
    let mut verifier = Verifier::default();
    let mut after = 0;
    let mut seen_noted = noted.is_none_or(|noted| noted.sequence == 0);
    loop {
        let rows = store.audit_after(after, BATCH).await?;
        let Some(last) = rows.last() else { break };
        after = last.link.sequence;
        for row in &rows {
            let event = row.event.as_ref().map(fields);
            let ChainLink { sequence, event_id, hash } = &row.link;
            let sequence = sequence.unsigned_abs();
            if let Err(broken) = verifier.check(sequence, event_id, hash, event.as_ref()) {
                return Ok(Verdict::Broken(broken));
            }
            if noted.is_some_and(|noted| noted == verifier.head()) {
                seen_noted = true;
            }
        }
    }
    if !seen_noted {
        let sequence = verifier.head().sequence;
        let event_id = "the end".to_owned();
        return Ok(Verdict::Broken(Break { sequence, event_id, reason: BreakReason::Truncated }));
    }
    Ok(Verdict::Good(verifier.head().clone()))
}

fn fields(row: &AuditRow) -> Fields<'_> {
    Fields {
        id: &row.id,
        at: row.at,
        action: &row.action,
        outcome: &row.outcome,
        actor: &row.actor,
        target: &row.target,
        address: &row.address,
        request_id: &row.request_id,
        detail: &row.detail,
    }
}

fn hash_of(link: &ChainLink) -> Result<[u8; 32], StoreError> {
    let bytes = hex::decode(&link.hash).ok().and_then(|bytes| bytes.try_into().ok());
    bytes.ok_or_else(|| StoreError::Content { what: "audit hash", value: link.hash.clone() })
}
