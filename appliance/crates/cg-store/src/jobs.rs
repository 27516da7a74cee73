//! Table `jobs`: the queue of index jobs; it survives a restart.

use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use crate::error::StoreError;
use crate::store::{Store, Tx};

/// Where a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobState {
    /// Waits.
    Queued,
    /// Is being worked on.
    Running,
    /// Published a snapshot.
    Done,
    /// Ended with an error.
    Failed,
    /// Was cancelled.
    Cancelled,
}

impl JobState {
    /// Its name in the table and in answers.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether nothing more will happen.
    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Cancelled)
    }

    fn parse(name: &str) -> Result<Self, StoreError> {
        [Self::Queued, Self::Running, Self::Done, Self::Failed, Self::Cancelled]
            .into_iter()
            .find(|state| state.name() == name)
            .ok_or_else(|| StoreError::Content { what: "job state", value: name.to_owned() })
    }
}

/// A job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Id.
    pub id: String,
    /// Project.
    pub project_id: String,
    /// Where it stands.
    pub state: JobState,
    /// How often it was started.
    pub attempts: u32,
    /// Why it failed.
    pub error: Option<String>,
    /// What it published.
    pub snapshot_id: Option<String>,
    /// Who asked for it (user name).
    pub requested_by: String,
    /// When it was asked for.
    pub created_at: i64,
    /// When it was started last.
    pub started_at: Option<i64>,
    /// When it ended.
    pub finished_at: Option<i64>,
}

/// A job to be queued.
#[derive(Clone, Debug)]
pub struct NewJob {
    /// Id.
    pub id: String,
    /// Project.
    pub project_id: String,
    /// User name.
    pub requested_by: String,
}

fn job(row: &SqliteRow) -> Result<Job, StoreError> {
    Ok(Job {
        id: row.try_get("id")?,
        project_id: row.try_get("project_id")?,
        state: JobState::parse(row.try_get("state")?)?,
        attempts: row.try_get("attempts")?,
        error: row.try_get("error")?,
        snapshot_id: row.try_get("snapshot_id")?,
        requested_by: row.try_get("requested_by")?,
        created_at: row.try_get("created_at")?,
        started_at: row.try_get("started_at")?,
        finished_at: row.try_get("finished_at")?,
    })
}

impl Store {
    /// A job by id.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is none.
    pub async fn job(&self, id: &str) -> Result<Job, StoreError> {
        let row = sqlx::query("SELECT * FROM jobs WHERE id = ?").bind(id);
        let row = row.fetch_optional(self.pool()).await?;
        job(&row.ok_or_else(|| StoreError::NotFound { what: "job", name: id.to_owned() })?)
    }

    /// Jobs with ids before `before` (all when empty), newest first. Ids grow with time.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn jobs(&self, before: &str, limit: u32) -> Result<Vec<Job>, StoreError> {
        let rows =
            sqlx::query("SELECT * FROM jobs WHERE ?1 = '' OR id < ?1 ORDER BY id DESC LIMIT ?2")
                .bind(before)
                .bind(limit)
                .fetch_all(self.pool())
                .await?;
        rows.iter().map(job).collect()
    }

    /// Jobs waiting.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn count_queued(&self) -> Result<u32, StoreError> {
        let count = sqlx::query_scalar("SELECT count(*) FROM jobs WHERE state = 'queued'");
        Ok(count.fetch_one(self.pool()).await?)
    }
}

impl Tx {
    /// Queues a job. A project that has a waiting job gets that one back instead of a second.
    ///
    /// # Errors
    /// [`StoreError::QueueFull`] when `limit` jobs wait already.
    pub async fn queue_job(
        &mut self,
        new: &NewJob,
        limit: u32,
        now: i64,
    ) -> Result<Job, StoreError> {
        let waiting = sqlx::query("SELECT * FROM jobs WHERE project_id = ? AND state = 'queued'")
            .bind(&new.project_id)
            .fetch_optional(self.connection())
            .await?;
        if let Some(row) = waiting {
            return job(&row);
        }
        let queued: u32 = sqlx::query_scalar("SELECT count(*) FROM jobs WHERE state = 'queued'")
            .fetch_one(self.connection())
            .await?;
        if queued >= limit {
            return Err(StoreError::QueueFull { limit });
        }
        let row = sqlx::query(
            "INSERT INTO jobs (id, project_id, state, requested_by, created_at)
             VALUES (?, ?, 'queued', ?, ?) RETURNING *",
        )
        .bind(&new.id)
        .bind(&new.project_id)
        .bind(&new.requested_by)
        .bind(now)
        .fetch_one(self.connection())
        .await?;
        job(&row)
    }

    /// Whether a job of the project waits or runs.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn has_open_job(&mut self, project: &str) -> Result<bool, StoreError> {
        let found: Option<i64> = sqlx::query_scalar(
            "SELECT 1 FROM jobs WHERE project_id = ? AND state IN ('queued', 'running') LIMIT 1",
        )
        .bind(project)
        .fetch_optional(self.connection())
        .await?;
        Ok(found.is_some())
    }

    /// Takes the oldest waiting job of a project that has none running, and marks it running.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn claim_job(&mut self, now: i64) -> Result<Option<Job>, StoreError> {
        let row = sqlx::query(
            "UPDATE jobs SET state = 'running', started_at = ?, attempts = attempts + 1
             WHERE id = (SELECT id FROM jobs AS waiting WHERE state = 'queued' AND NOT EXISTS
                 (SELECT 1 FROM jobs AS other WHERE other.project_id = waiting.project_id
                  AND other.state = 'running')
                 ORDER BY created_at, id LIMIT 1)
             RETURNING *",
        )
        .bind(now)
        .fetch_optional(self.connection())
        .await?;
        row.as_ref().map(job).transpose()
    }

    /// Ends a running job as done, with what it published.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn job_done(&mut self, id: &str, snapshot: &str, now: i64) -> Result<(), StoreError> {
        sqlx::query(
            "UPDATE jobs SET state = 'done', snapshot_id = ?, finished_at = ? WHERE id = ?",
        )
        .bind(snapshot)
        .bind(now)
        .bind(id)
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// Ends a job as failed.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn job_failed(&mut self, id: &str, error: &str, now: i64) -> Result<(), StoreError> {
        sqlx::query("UPDATE jobs SET state = 'failed', error = ?, finished_at = ? WHERE id = ?")
            .bind(error)
            .bind(now)
            .bind(id)
            .execute(self.connection())
            .await?;
        Ok(())
    }

    /// Ends a job as cancelled, unless it has ended already; tells whether it did.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn job_cancelled(&mut self, id: &str, now: i64) -> Result<bool, StoreError> {
        let done = sqlx::query(
            "UPDATE jobs SET state = 'cancelled', finished_at = ?
             WHERE id = ? AND state IN ('queued', 'running')",
        )
        .bind(now)
        .bind(id)
        .execute(self.connection())
        .await?;
        Ok(done.rows_affected() > 0)
    }

    /// Puts jobs that a dead server left running back into the queue; those that were started
    /// `max_attempts` times already fail, so that a job which kills the server cannot do so for
    /// ever. Gives the ids that were queued again and those that failed.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn requeue_running(
        &mut self,
        max_attempts: u32,
        now: i64,
    ) -> Result<(Vec<String>, Vec<String>), StoreError> {
        let failed = sqlx::query_scalar(
            "UPDATE jobs SET state = 'failed', finished_at = ?,
                 error = 'the server stopped each time while this job ran; see its log'
             WHERE state = 'running' AND attempts >= ? RETURNING id",
        )
        .bind(now)
        .bind(max_attempts)
        .fetch_all(self.connection())
        .await?;
        let queued = sqlx::query_scalar(
            "UPDATE jobs SET state = 'queued', started_at = NULL WHERE state = 'running' RETURNING id",
        )
        .fetch_all(self.connection())
        .await?;
        Ok((queued, failed))
    }

    /// Puts one running job back into the queue: the server is stopping. The attempt does not
    /// count.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn requeue_job(&mut self, id: &str) -> Result<(), StoreError> {
        sqlx::query(
            "UPDATE jobs SET state = 'queued', started_at = NULL, attempts = max(attempts - 1, 0)
             WHERE id = ? AND state = 'running'",
        )
        .bind(id)
        .execute(self.connection())
        .await?;
        Ok(())
    }
}
