//! Tables `projects` and `file_keys`.

use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use crate::error::StoreError;
use crate::store::{Store, Tx};

/// A project: a folder of source code under a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    /// Id.
    pub id: String,
    /// Name; upper and lower case do not differ.
    pub name: String,
    /// Absolute path of the folder.
    pub path: String,
    /// Next file key to be given.
    pub next_file_key: u32,
    /// Snapshot that queries go to.
    pub current_snapshot: Option<String>,
    /// When it was made.
    pub created_at: i64,
}

/// A project to be made.
#[derive(Clone, Debug)]
pub struct NewProject {
    /// Id.
    pub id: String,
    /// Name.
    pub name: String,
    /// Absolute path of the folder.
    pub path: String,
}

fn project(row: &SqliteRow) -> Result<Project, sqlx::Error> {
    Ok(Project {
        id: row.try_get("id")?,
        name: row.try_get("name")?,
        path: row.try_get("path")?,
        next_file_key: row.try_get("next_file_key")?,
        current_snapshot: row.try_get("current_snapshot")?,
        created_at: row.try_get("created_at")?,
    })
}

impl Store {
    /// A project by id or by name.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is none.
    pub async fn project(&self, id_or_name: &str) -> Result<Project, StoreError> {
        let row =
            sqlx::query("SELECT * FROM projects WHERE id = ?1 OR name = ?1 ORDER BY id <> ?1")
                .bind(id_or_name)
                .fetch_optional(self.pool())
                .await?;
        let row = row
            .ok_or_else(|| StoreError::NotFound { what: "project", name: id_or_name.to_owned() })?;
        Ok(project(&row)?)
    }

    /// A project by the path of its folder.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn project_at(&self, path: &str) -> Result<Option<Project>, StoreError> {
        let row = sqlx::query("SELECT * FROM projects WHERE path = ? ORDER BY created_at LIMIT 1")
            .bind(path)
            .fetch_optional(self.pool())
            .await?;
        Ok(row.as_ref().map(project).transpose()?)
    }

    /// Projects in order of their names, after the name `after`.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn projects(&self, after: &str, limit: u32) -> Result<Vec<Project>, StoreError> {
        let rows = sqlx::query("SELECT * FROM projects WHERE name > ? ORDER BY name LIMIT ?")
            .bind(after)
            .bind(limit)
            .fetch_all(self.pool())
            .await?;
        Ok(rows.iter().map(project).collect::<Result<_, _>>()?)
    }

    /// All file keys of a project, in order of the paths.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn file_keys(&self, project: &str) -> Result<Vec<(String, u32)>, StoreError> {
        let rows =
            sqlx::query_as("SELECT path, key FROM file_keys WHERE project_id = ? ORDER BY path")
                .bind(project)
                .fetch_all(self.pool())
                .await?;
        Ok(rows)
    }
}

impl Tx {
    /// Makes a project.
    ///
    /// # Errors
    /// [`StoreError::Exists`] when the name is taken.
    pub async fn create_project(&mut self, new: &NewProject, now: i64) -> Result<(), StoreError> {
        let done =
            sqlx::query("INSERT INTO projects (id, name, path, created_at) VALUES (?, ?, ?, ?)")
                .bind(&new.id)
                .bind(&new.name)
                .bind(&new.path)
                .bind(now)
                .execute(self.connection())
                .await;
        match done {
            Ok(_) => Ok(()),
            Err(error) if StoreError::is_unique(&error) => {
                Err(StoreError::Exists { what: "project", name: new.name.clone() })
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Removes a project and every row of it.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is none.
    pub async fn delete_project(&mut self, id: &str) -> Result<(), StoreError> {
        sqlx::query("UPDATE projects SET current_snapshot = NULL WHERE id = ?")
            .bind(id)
            .execute(self.connection())
            .await?;
        sqlx::query("DELETE FROM jobs WHERE project_id = ?")
            .bind(id)
            .execute(self.connection())
            .await?;
        let done = sqlx::query("DELETE FROM projects WHERE id = ?")
            .bind(id)
            .execute(self.connection())
            .await?;
        if done.rows_affected() == 0 {
            return Err(StoreError::NotFound { what: "project", name: id.to_owned() });
        }
        Ok(())
    }
}
