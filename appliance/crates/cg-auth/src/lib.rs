//! Who somebody is and what they may do: passwords, tokens, lock-out steps, the permission table.
//! Pure: clock, store and network come in as arguments or stay outside.

mod access;
mod error;
mod lockout;
mod password;
mod permission;
mod refresh;

pub use access::{AUDIENCE, AccessClaims, AccessKey, ISSUER, NewAccess};
pub use error::AuthError;
pub use lockout::wait_after;
pub use password::{
    MAX_PASSWORD_CHARS, MIN_PASSWORD_CHARS, Password, PasswordHash, random_password,
};
pub use permission::{Permission, Role};
pub use refresh::{RefreshToken, hash_token};
