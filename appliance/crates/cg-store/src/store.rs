//! The connection pool and the write transaction.

use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection, Sqlite, SqliteConnection, SqlitePool, Transaction};

use crate::error::StoreError;

/// How long a writer waits for another one.
const BUSY: Duration = Duration::from_secs(10);
/// How long a request waits for a connection.
const ACQUIRE: Duration = Duration::from_secs(10);
/// Connections at the same time.
const CONNECTIONS: u32 = 8;

/// An open control store. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    pool: SqlitePool,
    path: PathBuf,
    /// While this file is there, nothing is written.
    mark: Option<PathBuf>,
}

/// Name of the file beside the store that closes it for writing, for as long as it is there.
const CLOSED_MARK: &str = "closed-for-writing";

impl Store {
    /// Opens the file, creates it when it is not there. Migrations are not run.
    ///
    /// # Errors
    /// When the file cannot be opened or is no SQLite database.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY);
        let pool = SqlitePoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(ACQUIRE)
            .after_release(|connection, _| Box::pin(is_idle(connection)))
            .connect_with(options)
            .await
            .map_err(|error| StoreError::Open {
                path: path.to_path_buf(),
                cause: error.to_string(),
            })?;
        let mark = path.parent().map(|folder| folder.join(CLOSED_MARK));
        Ok(Self { pool, path: path.to_path_buf(), mark })
    }

    /// The same store, written to even where it is closed: for whoever closed it.
    #[must_use]
    pub fn despite_the_mark(mut self) -> Self {
        self.mark = None;
        self
    }

    /// Whether nothing may be written now.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.mark.as_ref().is_some_and(|mark| mark.exists())
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Starts a write transaction. It takes the write lock at once, so that it cannot fail half-way
    /// because another writer was quicker. Dropped without [`Tx::commit`], it leaves no trace.
    ///
    /// # Errors
    /// When the lock is not had in time, and [`StoreError::Closed`] while a release is being switched.
    pub async fn write(&self) -> Result<Tx, StoreError> {
        if let Some(mark) = self.mark.as_ref().filter(|mark| mark.exists()) {
            return Err(StoreError::Closed { mark: mark.clone() });
        }
        Ok(Tx { inner: self.pool.begin_with("BEGIN IMMEDIATE").await? })
    }

    /// Asks the database for a sign of life.
    ///
    /// # Errors
    /// When there is none.
    pub async fn ping(&self) -> Result<(), StoreError> {
        let _: i64 = sqlx::query_scalar("SELECT count(*) FROM users").fetch_one(&self.pool).await?;
        Ok(())
    }

    /// Writes everything as it is at this moment into a new file, which must not be there yet. Others
    /// may read and write meanwhile. The file is not yet on the disk for sure.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub async fn copy_to(&self, file: &Path) -> Result<(), StoreError> {
        let name = file.to_str().ok_or_else(|| StoreError::File {
            path: file.to_path_buf(),
            cause: "its name is not UTF-8".to_owned(),
        })?;
        sqlx::query("VACUUM INTO ?").bind(name).execute(self.pool()).await?;
        Ok(())
    }

    /// Reads everything and checks that it hangs together.
    ///
    /// # Errors
    /// [`StoreError::Content`] with the first thing that does not.
    pub async fn check(&self) -> Result<(), StoreError> {
        let found: String =
            sqlx::query_scalar("PRAGMA quick_check(1)").fetch_one(&self.pool).await?;
        if found == "ok" {
            return self.ping().await;
        }
        Err(StoreError::Content { what: "page", value: found })
    }

    /// Closes all connections after what they are doing now.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    pub(crate) fn pool(&self) -> &SqlitePool {
        &self.pool
    }
}

/// Whether a connection may be used again: no transaction is left on it. SQLite takes a transaction
/// back by itself when the disk is full; the driver does not notice, and such a connection would
/// refuse every further transaction.
async fn is_idle(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    // Waits for the rollback that a dropped transaction has asked for.
    connection.ping().await?;
    Ok(!connection.is_in_transaction())
}

/// A write transaction.
#[derive(Debug)]
pub struct Tx {
    inner: Transaction<'static, Sqlite>,
}

impl Tx {
    /// Makes everything done in this transaction durable.
    ///
    /// # Errors
    /// When it cannot be written; then nothing was done.
    pub async fn commit(self) -> Result<(), StoreError> {
        Ok(self.inner.commit().await?)
    }

    pub(crate) fn connection(&mut self) -> &mut SqliteConnection {
        &mut self.inner
    }
}

#[cfg(test)]
#[path = "store_tests.rs"]
mod tests;
