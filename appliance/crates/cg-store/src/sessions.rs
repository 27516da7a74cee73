//! Tables `sessions` and `refresh_tokens`: opaque tokens, stored as hashes, rotated at each use.

use sqlx::Row;

use crate::error::StoreError;
use crate::store::{Store, Tx};

/// A session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Id; `sid` of its access tokens.
    pub id: String,
    /// Whose it is.
    pub user_id: String,
    /// When it ends if it is not used.
    pub expires_at: i64,
    /// When it was ended, if it was.
    pub ended_at: Option<i64>,
}

/// What a presented refresh token is worth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefreshOutcome {
    /// Good; it is used up now.
    Good(Session),
    /// Used before: somebody else has it too. The session is ended now.
    Reused(Session),
    /// Unknown, expired or of an ended session.
    Invalid,
}

impl Store {
    /// Whether the session exists and has not ended.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn session_is_live(&self, id: &str, now: i64) -> Result<bool, StoreError> {
        let found: Option<i64> = sqlx::query_scalar(
            "SELECT 1 FROM sessions JOIN users ON users.id = sessions.user_id
             WHERE sessions.id = ? AND ended_at IS NULL AND expires_at > ? AND disabled = 0",
        )
        .bind(id)
        .bind(now)
        .fetch_optional(self.pool())
        .await?;
        Ok(found.is_some())
    }
}

impl Tx {
    /// Opens a session with its first refresh token.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn open_session(
        &mut self,
        session: &Session,
        token_hash: &str,
        now: i64,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO sessions (id, user_id, created_at, expires_at) VALUES (?, ?, ?, ?)",
        )
        .bind(&session.id)
        .bind(&session.user_id)
        .bind(now)
        .bind(session.expires_at)
        .execute(self.connection())
        .await?;
        self.add_refresh_token(&session.id, token_hash, now).await
    }

    /// Adds the next refresh token of a session.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn add_refresh_token(
        &mut self,
        session: &str,
        token_hash: &str,
        now: i64,
    ) -> Result<(), StoreError> {
        sqlx::query("INSERT INTO refresh_tokens (hash, session_id, issued_at) VALUES (?, ?, ?)")
            .bind(token_hash)
            .bind(session)
            .bind(now)
            .execute(self.connection())
            .await?;
        Ok(())
    }

    /// Uses up a refresh token. The write lock makes two uses at the same time one good and one
    /// reused.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn use_refresh_token(
        &mut self,
        token_hash: &str,
        now: i64,
    ) -> Result<RefreshOutcome, StoreError> {
        let row = sqlx::query(
            "SELECT used_at, sessions.id, user_id, expires_at, ended_at
             FROM refresh_tokens JOIN sessions ON sessions.id = session_id WHERE hash = ?",
        )
        .bind(token_hash)
        .fetch_optional(self.connection())
        .await?;
        let Some(row) = row else { return Ok(RefreshOutcome::Invalid) };
        let session = Session {
            id: row.try_get("id")?,
            user_id: row.try_get("user_id")?,
            expires_at: row.try_get("expires_at")?,
            ended_at: row.try_get("ended_at")?,
        };
        if session.ended_at.is_some() || session.expires_at <= now {
            return Ok(RefreshOutcome::Invalid);
        }
        if row.try_get::<Option<i64>, _>("used_at")?.is_some() {
            self.end_session(&session.id, now).await?;
            return Ok(RefreshOutcome::Reused(session));
        }
        sqlx::query("UPDATE refresh_tokens SET used_at = ? WHERE hash = ?")
            .bind(now)
            .bind(token_hash)
            .execute(self.connection())
            .await?;
        Ok(RefreshOutcome::Good(session))
    }

    /// Moves the end of a session that is used.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn extend_session(&mut self, id: &str, expires_at: i64) -> Result<(), StoreError> {
        sqlx::query("UPDATE sessions SET expires_at = ? WHERE id = ?")
            .bind(expires_at)
            .bind(id)
            .execute(self.connection())
            .await?;
        Ok(())
    }

    /// Ends a session; its tokens are worth nothing from now on.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn end_session(&mut self, id: &str, now: i64) -> Result<(), StoreError> {
        sqlx::query("UPDATE sessions SET ended_at = ? WHERE id = ? AND ended_at IS NULL")
            .bind(now)
            .bind(id)
            .execute(self.connection())
            .await?;
        Ok(())
    }

    /// Ends every session; no token given so far is worth anything from now on.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn end_all_sessions(&mut self, now: i64) -> Result<u64, StoreError> {
        let done = sqlx::query("UPDATE sessions SET ended_at = ? WHERE ended_at IS NULL")
            .bind(now)
            .execute(self.connection())
            .await?;
        Ok(done.rows_affected())
    }

    /// Removes sessions that ended or expired before `before`.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn forget_sessions(&mut self, before: i64) -> Result<u64, StoreError> {
        let done = sqlx::query("DELETE FROM sessions WHERE ended_at < ?1 OR expires_at < ?1")
            .bind(before)
            .execute(self.connection())
            .await?;
        Ok(done.rows_affected())
    }
}
