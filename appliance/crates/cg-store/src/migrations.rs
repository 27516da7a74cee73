//! The numbered steps from an empty file to today's schema. A released step is never edited.
//!
//! Steps only add, so that the release before this one runs on the schema of this one: it goes on where
//! it was after a way back. A step that takes something away comes a release later and sets
//! `PRAGMA user_version` to the number of the oldest schema whose programs can still use the file.

use std::borrow::Cow;

use sqlx::SqlSafeStr;
use sqlx::migrate::{Migrate, MigrateError, Migration, MigrationType, Migrator};

use crate::error::StoreError;
use crate::store::Store;

/// Number of the newest migration.
pub const SCHEMA_VERSION: i64 = 2;

const STEPS: &[(i64, &str, &str)] = &[
    (1, "control store", include_str!("../migrations/0001_control_store.sql")),
    (2, "shared files", include_str!("../migrations/0002_shared_files.sql")),
];

/// How far the migrations of a store are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MigrationState {
    /// Newest migration applied; 0 = none.
    pub applied: i64,
    /// Newest migration known.
    pub known: i64,
}

fn migrator() -> Migrator {
    let steps = STEPS.iter().map(|(version, name, sql)| {
        let sql = (*sql).into_sql_str();
        Migration::new(*version, Cow::Borrowed(*name), MigrationType::Simple, sql, false)
    });
    let mut migrator = Migrator::with_migrations(steps.collect());
    migrator.set_ignore_missing(true);
    migrator
}

impl Store {
    /// Brings the schema to the newest version; does nothing when it is.
    ///
    /// # Errors
    /// [`StoreError::Schema`] when a newer release wrote the file and says that this one cannot use it.
    pub async fn migrate(&self) -> Result<MigrationState, StoreError> {
        let oldest: i64 = sqlx::query_scalar("PRAGMA user_version").fetch_one(self.pool()).await?;
        if oldest > SCHEMA_VERSION {
            return Err(StoreError::Schema {
                path: self.path().to_path_buf(),
                cause: format!(
                    "it wants a program of schema {oldest} or newer, this one has schema {SCHEMA_VERSION}"
                ),
            });
        }
        migrator().run(self.pool()).await.map_err(|error| match error {
            MigrateError::Execute(error) => StoreError::Database(error),
            other => {
                StoreError::Schema { path: self.path().to_path_buf(), cause: other.to_string() }
            }
        })?;
        self.migration_state().await
    }

    /// How far the migrations are.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn migration_state(&self) -> Result<MigrationState, StoreError> {
        let mut connection = self.pool().acquire().await?;
        let table = migrator().table_name;
        let exists: Option<i64> =
            sqlx::query_scalar("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?")
                .bind(table.as_ref())
                .fetch_optional(&mut *connection)
                .await?;
        let mut applied = 0;
        if exists.is_some() {
            let done = connection.list_applied_migrations(&table).await.map_err(|error| {
                StoreError::Schema { path: self.path().to_path_buf(), cause: error.to_string() }
            })?;
            applied = done.iter().map(|step| step.version).max().unwrap_or(0);
        }
        Ok(MigrationState { applied, known: SCHEMA_VERSION })
    }
}
