//! Tables `snapshots` and `sealed_files`: what was published.

use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use crate::error::StoreError;
use crate::store::{Store, Tx};

/// One published state of a project's graph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// Id.
    pub id: String,
    /// Project.
    pub project_id: String,
    /// Counts, as JSON.
    pub summary: String,
    /// When it was published.
    pub created_at: i64,
    /// Its files.
    pub files: Vec<SealedFile>,
}

/// A file that never changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedFile {
    /// `graph`, `search`, `vectors`, `facts`; the same with `base_` in front are files of another snapshot
    /// that this one is an overlay over.
    pub role: String,
    /// Name within the project's folder.
    pub file: String,
    /// BLAKE3 of its bytes, hexadecimal.
    pub blake3: String,
    /// Its size.
    pub bytes: i64,
}

/// A snapshot to be published.
#[derive(Clone, Debug)]
pub struct Publication {
    /// Id of the snapshot.
    pub id: String,
    /// Project.
    pub project_id: String,
    /// Counts, as JSON.
    pub summary: String,
    /// Its files; they must lie in their place already.
    pub files: Vec<SealedFile>,
    /// The next file key that the index run started from.
    pub started_from_key: u32,
    /// The next file key after the run.
    pub next_file_key: u32,
    /// File keys given in the run.
    pub new_keys: Vec<(String, u32)>,
}

fn snapshot(row: &SqliteRow) -> Result<Snapshot, sqlx::Error> {
    Ok(Snapshot {
        id: row.try_get("id")?,
        project_id: row.try_get("project_id")?,
        summary: row.try_get("summary")?,
        created_at: row.try_get("created_at")?,
        files: Vec::new(),
    })
}

impl Store {
    /// A snapshot with its files.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is none.
    pub async fn snapshot(&self, id: &str) -> Result<Snapshot, StoreError> {
        let row = sqlx::query("SELECT * FROM snapshots WHERE id = ?")
            .bind(id)
            .fetch_optional(self.pool())
            .await?;
        let missing = || StoreError::NotFound { what: "snapshot", name: id.to_owned() };
        let mut found = snapshot(&row.ok_or_else(missing)?)?;
        found.files = self.sealed_files(id).await?;
        Ok(found)
    }

    /// Snapshots of a project, newest first, with their files.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn snapshots(&self, project: &str, limit: u32) -> Result<Vec<Snapshot>, StoreError> {
        let rows = sqlx::query(
            "SELECT * FROM snapshots WHERE project_id = ? ORDER BY created_at DESC, id DESC LIMIT ?",
        )
        .bind(project)
        .bind(limit)
        .fetch_all(self.pool())
        .await?;
        let mut found = rows.iter().map(snapshot).collect::<Result<Vec<_>, _>>()?;
        for one in &mut found {
            one.files = self.sealed_files(&one.id).await?;
        }
        Ok(found)
    }

    async fn sealed_files(&self, snapshot: &str) -> Result<Vec<SealedFile>, StoreError> {
        let rows = sqlx::query("SELECT * FROM sealed_files WHERE snapshot_id = ? ORDER BY role")
            .bind(snapshot)
            .fetch_all(self.pool())
            .await?;
        let file = |row: &SqliteRow| -> Result<SealedFile, sqlx::Error> {
            Ok(SealedFile {
                role: row.try_get("role")?,
                file: row.try_get("file")?,
                blake3: row.try_get("blake3")?,
                bytes: row.try_get("bytes")?,
            })
        };
        Ok(rows.iter().map(file).collect::<Result<_, _>>()?)
    }
}

impl Tx {
    /// Publishes a snapshot and makes it the current one of its project.
    ///
    /// # Errors
    /// [`StoreError::Outdated`] when another run gave file keys meanwhile.
    pub async fn publish(&mut self, new: &Publication, now: i64) -> Result<(), StoreError> {
        let done =
            sqlx::query("UPDATE projects SET next_file_key = ? WHERE id = ? AND next_file_key = ?")
                .bind(new.next_file_key)
                .bind(&new.project_id)
                .bind(new.started_from_key)
                .execute(self.connection())
                .await?;
        if done.rows_affected() == 0 {
            return Err(StoreError::Outdated);
        }
        sqlx::query(
            "INSERT INTO snapshots (id, project_id, summary, created_at) VALUES (?, ?, ?, ?)",
        )
        .bind(&new.id)
        .bind(&new.project_id)
        .bind(&new.summary)
        .bind(now)
        .execute(self.connection())
        .await?;
        for file in &new.files {
            self.add_sealed_file(&new.id, file).await?;
        }
        for (path, key) in &new.new_keys {
            sqlx::query("INSERT INTO file_keys (project_id, path, key) VALUES (?, ?, ?)")
                .bind(&new.project_id)
                .bind(path)
                .bind(key)
                .execute(self.connection())
                .await?;
        }
        sqlx::query("UPDATE projects SET current_snapshot = ? WHERE id = ?")
            .bind(&new.id)
            .bind(&new.project_id)
            .execute(self.connection())
            .await?;
        Ok(())
    }

    /// Adds a file to a published snapshot: the sidecar with the vectors comes later.
    ///
    /// # Errors
    /// When the snapshot has a file of that role already.
    pub async fn add_sealed_file(
        &mut self,
        snapshot: &str,
        file: &SealedFile,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO sealed_files (snapshot_id, role, file, blake3, bytes) VALUES (?, ?, ?, ?, ?)",
        )
        .bind(snapshot)
        .bind(&file.role)
        .bind(&file.file)
        .bind(&file.blake3)
        .bind(file.bytes)
        .execute(self.connection())
        .await?;
        Ok(())
    }
}
