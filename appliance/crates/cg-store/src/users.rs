//! Table `users`.

use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use crate::error::StoreError;
use crate::store::{Store, Tx};

/// A user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Id.
    pub id: String,
    /// Login name; upper and lower case do not differ.
    pub name: String,
    /// Name of the role.
    pub role: String,
    /// PHC string of the password.
    pub password_hash: String,
    /// Whether the password must be changed before anything else.
    pub must_change: bool,
    /// Whether login is refused.
    pub disabled: bool,
    /// Failed logins since the last good one.
    pub failures: i64,
    /// Until when no login is tried.
    pub locked_until: i64,
    /// When it was made.
    pub created_at: i64,
}

/// A user to be made.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// Id.
    pub id: String,
    /// Login name.
    pub name: String,
    /// Name of the role.
    pub role: String,
    /// PHC string of the password.
    pub password_hash: String,
    /// Whether the password must be changed before anything else.
    pub must_change: bool,
}

fn user(row: &SqliteRow) -> Result<User, sqlx::Error> {
    Ok(User {
        id: row.try_get("id")?,
        name: row.try_get("name")?,
        role: row.try_get("role")?,
        password_hash: row.try_get("password_hash")?,
        must_change: row.try_get("must_change")?,
        disabled: row.try_get("disabled")?,
        failures: row.try_get("failures")?,
        locked_until: row.try_get("locked_until")?,
        created_at: row.try_get("created_at")?,
    })
}

impl Store {
    /// How many users there are.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn count_users(&self) -> Result<i64, StoreError> {
        Ok(sqlx::query_scalar("SELECT count(*) FROM users").fetch_one(self.pool()).await?)
    }

    /// A user by name.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn user_by_name(&self, name: &str) -> Result<Option<User>, StoreError> {
        let row = sqlx::query("SELECT * FROM users WHERE name = ?").bind(name);
        let row = row.fetch_optional(self.pool()).await?;
        Ok(row.as_ref().map(user).transpose()?)
    }

    /// A user by id.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn user(&self, id: &str) -> Result<Option<User>, StoreError> {
        let row = sqlx::query("SELECT * FROM users WHERE id = ?").bind(id);
        let row = row.fetch_optional(self.pool()).await?;
        Ok(row.as_ref().map(user).transpose()?)
    }

    /// Users in order of their names, after the name `after`.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn users(&self, after: &str, limit: u32) -> Result<Vec<User>, StoreError> {
        let rows = sqlx::query("SELECT * FROM users WHERE name > ? ORDER BY name LIMIT ?")
            .bind(after)
            .bind(limit)
            .fetch_all(self.pool())
            .await?;
        Ok(rows.iter().map(user).collect::<Result<_, _>>()?)
    }
}

impl Tx {
    /// Makes a user.
    ///
    /// # Errors
    /// [`StoreError::Exists`] when the name is taken.
    pub async fn create_user(&mut self, new: &NewUser, now: i64) -> Result<(), StoreError> {
        let done = sqlx::query(
            "INSERT INTO users (id, name, role, password_hash, must_change, created_at)
             VALUES (?, ?, ?, ?, ?, ?)",
        )
        .bind(&new.id)
        .bind(&new.name)
        .bind(&new.role)
        .bind(&new.password_hash)
        .bind(new.must_change)
        .bind(now)
        .execute(self.connection())
        .await;
        match done {
            Ok(_) => Ok(()),
            Err(error) if StoreError::is_unique(&error) => {
                Err(StoreError::Exists { what: "user", name: new.name.clone() })
            }
            Err(error) => Err(error.into()),
        }
    }

    /// How many users there are, within this transaction.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn count_users(&mut self) -> Result<i64, StoreError> {
        let count = sqlx::query_scalar("SELECT count(*) FROM users");
        Ok(count.fetch_one(self.connection()).await?)
    }

    /// Gives a user a password of the user's own choice and ends all of the user's sessions.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn set_password(&mut self, id: &str, hash: &str, now: i64) -> Result<(), StoreError> {
        sqlx::query(
            "UPDATE users SET password_hash = ?, must_change = 0, failures = 0, locked_until = 0
             WHERE id = ?",
        )
        .bind(hash)
        .bind(id)
        .execute(self.connection())
        .await?;
        sqlx::query("UPDATE sessions SET ended_at = ? WHERE user_id = ? AND ended_at IS NULL")
            .bind(now)
            .bind(id)
            .execute(self.connection())
            .await?;
        Ok(())
    }

    /// Counts a failed login and locks the user until `locked_until`.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn login_failed(&mut self, id: &str, locked_until: i64) -> Result<(), StoreError> {
        sqlx::query("UPDATE users SET failures = failures + 1, locked_until = ? WHERE id = ?")
            .bind(locked_until)
            .bind(id)
            .execute(self.connection())
            .await?;
        Ok(())
    }

    /// Forgets failed logins after a good one.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn login_succeeded(&mut self, id: &str) -> Result<(), StoreError> {
        sqlx::query("UPDATE users SET failures = 0, locked_until = 0 WHERE id = ?")
            .bind(id)
            .execute(self.connection())
            .await?;
        Ok(())
    }
}
