//! Why somebody is not let in. Messages are for logs; clients get less.

/// Failures of this crate.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum AuthError {
    /// The password is too short or too long.
    #[error("the password has {found} characters; allowed are {min} to {max}")]
    PasswordLength {
        /// What it has.
        found: usize,
        /// The least.
        min: usize,
        /// The most.
        max: usize,
    },
    /// A password hash in the store is not readable.
    #[error("the stored password hash is not readable: {0}")]
    Hash(String),
    /// The access token is not one of ours, or was changed.
    #[error("access token refused: {0}")]
    Token(&'static str),
    /// The access token is over.
    #[error("access token has expired")]
    Expired,
    /// The signing key is too short.
    #[error("the key for access tokens has {0} bytes; it needs 32 or more")]
    KeyLength(usize),
}
