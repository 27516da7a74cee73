//! Tables `audit_events` and `audit_chain`. What the hashes mean is not known here.

use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use crate::error::StoreError;
use crate::store::{Store, Tx};

/// An event as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRow {
    /// Id.
    pub id: String,
    /// When.
    pub at: i64,
    /// What was done; a name of the catalogue.
    pub action: String,
    /// `success`, `failure` or `denied`.
    pub outcome: String,
    /// Who.
    pub actor: String,
    /// To what.
    pub target: String,
    /// From where.
    pub address: String,
    /// In which request.
    pub request_id: String,
    /// More, as a JSON object.
    pub detail: String,
}

/// Number and hash of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainLink {
    /// Number, from 1, without gaps.
    pub sequence: i64,
    /// Id of the event.
    pub event_id: String,
    /// Hash of the link, hexadecimal.
    pub hash: String,
}

/// A link together with its event, if the event is still there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainedRow {
    /// The link.
    pub link: ChainLink,
    /// The event.
    pub event: Option<AuditRow>,
}

fn event(row: &SqliteRow) -> Result<AuditRow, sqlx::Error> {
    Ok(AuditRow {
        id: row.try_get("id")?,
        at: row.try_get("at")?,
        action: row.try_get("action")?,
        outcome: row.try_get("outcome")?,
        actor: row.try_get("actor")?,
        target: row.try_get("target")?,
        address: row.try_get("address")?,
        request_id: row.try_get("request_id")?,
        detail: row.try_get("detail")?,
    })
}

fn chained(row: &SqliteRow) -> Result<ChainedRow, sqlx::Error> {
    let link = ChainLink {
        sequence: row.try_get("sequence")?,
        event_id: row.try_get("event_id")?,
        hash: row.try_get("hash")?,
    };
    let present = row.try_get::<Option<String>, _>("id")?.is_some();
    let event = if present { Some(event(row)?) } else { None };
    Ok(ChainedRow { link, event })
}

impl Store {
    /// Links after a number, oldest first, with their events.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn audit_after(&self, after: i64, limit: u32) -> Result<Vec<ChainedRow>, StoreError> {
        let rows = sqlx::query(
            "SELECT * FROM audit_chain LEFT JOIN audit_events ON audit_events.id = event_id
             WHERE sequence > ? ORDER BY sequence LIMIT ?",
        )
        .bind(after)
        .bind(limit)
        .fetch_all(self.pool())
        .await?;
        Ok(rows.iter().map(chained).collect::<Result<_, _>>()?)
    }

    /// Links before a number, newest first, with their events.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn audit_before(
        &self,
        before: i64,
        limit: u32,
    ) -> Result<Vec<ChainedRow>, StoreError> {
        let rows = sqlx::query(
            "SELECT * FROM audit_chain LEFT JOIN audit_events ON audit_events.id = event_id
             WHERE sequence < ? ORDER BY sequence DESC LIMIT ?",
        )
        .bind(before)
        .bind(limit)
        .fetch_all(self.pool())
        .await?;
        Ok(rows.iter().map(chained).collect::<Result<_, _>>()?)
    }

    /// Whether there are events after the last one with a number.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn has_unlinked_audit(&self) -> Result<bool, StoreError> {
        let found: bool = sqlx::query_scalar(
            "SELECT coalesce((SELECT max(position) FROM audit_events), 0)
                 > coalesce((SELECT position FROM audit_chain
                     JOIN audit_events ON audit_events.id = event_id
                     ORDER BY sequence DESC LIMIT 1), 0)",
        )
        .fetch_one(self.pool())
        .await?;
        Ok(found)
    }

    /// How many events have no number yet.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn audit_unchained(&self) -> Result<i64, StoreError> {
        let count = sqlx::query_scalar(
            "SELECT count(*) FROM audit_events
             WHERE NOT EXISTS (SELECT 1 FROM audit_chain WHERE event_id = audit_events.id)",
        );
        Ok(count.fetch_one(self.pool()).await?)
    }
}

impl Tx {
    /// Adds an event to this transaction.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn audit(&mut self, row: &AuditRow) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO audit_events
                 (id, at, action, outcome, actor, target, address, request_id, detail)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(&row.id)
        .bind(row.at)
        .bind(&row.action)
        .bind(&row.outcome)
        .bind(&row.actor)
        .bind(&row.target)
        .bind(&row.address)
        .bind(&row.request_id)
        .bind(&row.detail)
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// Whether there is an event with this id.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn has_audit(&mut self, id: &str) -> Result<bool, StoreError> {
        let found = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM audit_events WHERE id = ?)");
        Ok(found.bind(id).fetch_one(self.connection()).await?)
    }

    /// The last link of the chain, if there is one.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn last_link(&mut self) -> Result<Option<ChainLink>, StoreError> {
        let row = sqlx::query("SELECT * FROM audit_chain ORDER BY sequence DESC LIMIT 1")
            .fetch_optional(self.connection())
            .await?;
        let link = |row: SqliteRow| -> Result<ChainLink, sqlx::Error> {
            Ok(ChainLink {
                sequence: row.try_get("sequence")?,
                event_id: row.try_get("event_id")?,
                hash: row.try_get("hash")?,
            })
        };
        Ok(row.map(link).transpose()?)
    }

    /// Committed events after the last one with a number, in the order in which they were written.
    /// SQLite has one writer at a time, so positions grow in the order of the commits.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn unchained(&mut self, limit: u32) -> Result<Vec<AuditRow>, StoreError> {
        let rows = sqlx::query(
            "SELECT * FROM audit_events
             WHERE position > coalesce((SELECT position FROM audit_chain
                 JOIN audit_events ON audit_events.id = event_id
                 ORDER BY sequence DESC LIMIT 1), 0)
             ORDER BY position LIMIT ?",
        )
        .bind(limit)
        .fetch_all(self.connection())
        .await?;
        Ok(rows.iter().map(event).collect::<Result<_, _>>()?)
    }

    /// Appends a link.
    ///
    /// # Errors
    /// When the number or the event is in the chain already.
    pub async fn append_link(&mut self, link: &ChainLink) -> Result<(), StoreError> {
        sqlx::query("INSERT INTO audit_chain (sequence, event_id, hash) VALUES (?, ?, ?)")
            .bind(link.sequence)
            .bind(&link.event_id)
            .bind(&link.hash)
            .execute(self.connection())
            .await?;
        Ok(())
    }
}
