//! Passwords: argon2id with 19 MiB, two passes, one lane. Hashing takes tens of milliseconds and
//! 19 MiB; the caller bounds how many run at the same time.

use argon2::password_hash::{PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use rand::{Rng, RngCore};
use zeroize::Zeroizing;

use crate::error::AuthError;

/// Least length of a new password.
pub const MIN_PASSWORD_CHARS: usize = 12;
/// Greatest length of a password; longer ones are refused before hashing.
pub const MAX_PASSWORD_CHARS: usize = 256;

/// Memory in KiB, passes, lanes: the floor that OWASP names for argon2id.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// Letters and digits that cannot be taken for one another.
const ALPHABET: &[u8] = b"abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";

/// A password in clear; wiped when dropped, never printed.
pub struct Password(Zeroizing<String>);

impl Password {
    /// A presented password.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// A password that somebody wants to have from now on.
    ///
    /// # Errors
    /// When it is too short or too long.
    pub fn chosen(text: String) -> Result<Self, AuthError> {
        let password = Self::new(text);
        let found = password.0.chars().count();
        if !(MIN_PASSWORD_CHARS..=MAX_PASSWORD_CHARS).contains(&found) {
            let (min, max) = (MIN_PASSWORD_CHARS, MAX_PASSWORD_CHARS);
            return Err(AuthError::PasswordLength { found, min, max });
        }
        Ok(password)
    }

    /// The password itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Hashes it with a new salt. Slow on purpose.
    #[must_use]
    pub fn hash(&self) -> PasswordHash {
        let mut salt = [0_u8; 16];
        rand::rng().fill_bytes(&mut salt);
        let salt = SaltString::encode_b64(&salt).expect("16 bytes are a good salt");
        let hash = hasher().hash_password(self.0.as_bytes(), &salt);
        PasswordHash(hash.expect("length and parameters are within bounds").to_string())
    }
}

/// A password's hash, as PHC string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// From the store.
    #[must_use]
    pub fn stored(text: String) -> Self {
        Self(text)
    }

    /// A hash that no password has, for users that do not exist: checking it takes as long as
    /// checking a real one.
    #[must_use]
    pub fn of_nobody() -> Self {
        Self(NOBODY.to_owned())
    }

    /// For the store.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the password fits. Slow on purpose.
    ///
    /// # Errors
    /// When the hash is not readable.
    pub fn fits(&self, password: &Password) -> Result<bool, AuthError> {
        if password.0.chars().count() > MAX_PASSWORD_CHARS {
            return Ok(false);
        }
        let parsed = argon2::PasswordHash::new(&self.0)
            .map_err(|error| AuthError::Hash(error.to_string()))?;
        Ok(hasher().verify_password(password.0.as_bytes(), &parsed).is_ok())
    }
}

/// Salt and digest of zeros under today's parameters.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

fn hasher() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None);
    let params = params.expect("the parameters are within argon2's bounds");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// A random password of 24 letters and digits (about 138 bits).
#[must_use]
pub fn random_password() -> Password {
    let mut rng = rand::rng();
    let letters = (0..24).map(|_| char::from(ALPHABET[rng.random_range(0..ALPHABET.len())]));
    Password::new(letters.collect())
}
