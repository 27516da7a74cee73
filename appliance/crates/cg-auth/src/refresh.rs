//! Opaque refresh tokens: 256 random bits, known to the store by their hash only.

use rand::RngCore;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// A new token, on its way to its owner.
pub struct RefreshToken {
    text: Zeroizing<String>,
}

impl RefreshToken {
    /// Makes one.
    #[must_use]
    pub fn random() -> Self {
        let mut bytes = Zeroizing::new([0_u8; 32]);
        rand::rng().fill_bytes(bytes.as_mut());
        Self { text: Zeroizing::new(format!("cgr_{}", hex::encode(bytes.as_ref()))) }
    }

    /// The token itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.text
    }

    /// What the store keeps.
    #[must_use]
    pub fn hash(&self) -> String {
        hash_token(&self.text)
    }
}

/// Hash of a presented token. A fast hash will do: the token has 256 random bits.
#[must_use]
pub fn hash_token(token: &str) -> String {
    hex::encode(Sha256::digest(token.as_bytes()))
}
