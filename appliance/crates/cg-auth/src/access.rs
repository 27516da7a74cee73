//! Access tokens: short-lived JWTs with one algorithm, HS256, and a key that only this server has.

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use serde::{Deserialize, Serialize};

use crate::error::AuthError;
use crate::permission::Role;

/// `iss` of our tokens.
pub const ISSUER: &str = "codegraph";
/// `aud` of our tokens.
pub const AUDIENCE: &str = "codegraph-api";
/// `typ` of our tokens (RFC 9068).
const TYPE: &str = "at+jwt";
/// Longest token that is looked at, in bytes.
const MAX_BYTES: usize = 4_096;
/// How far clocks may differ, in seconds.
const LEEWAY: i64 = 5;

/// Signs and checks access tokens.
pub struct AccessKey {
    sign: EncodingKey,
    check: DecodingKey,
}

/// What a new token says.
#[derive(Clone, Debug)]
pub struct NewAccess {
    /// User id.
    pub user: String,
    /// User name.
    pub name: String,
    /// Role.
    pub role: Role,
    /// Session id.
    pub session: String,
    /// Whether nothing but changing the password is allowed.
    pub must_change: bool,
    /// Seconds since 1970.
    pub now: i64,
    /// Life in seconds.
    pub life: i64,
}

/// What a token that was checked says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessClaims {
    /// Issuer.
    pub iss: String,
    /// Audience.
    pub aud: String,
    /// User id.
    pub sub: String,
    /// User name.
    pub name: String,
    /// Role.
    pub role: Role,
    /// Session id.
    pub sid: String,
    /// Whether nothing but changing the password is allowed.
    #[serde(default)]
    pub must_change: bool,
    /// Issued at, seconds since 1970.
    pub iat: i64,
    /// Not before.
    pub nbf: i64,
    /// Expires.
    pub exp: i64,
}

impl AccessKey {
    /// A key from its bytes.
    ///
    /// # Errors
    /// When there are fewer than 32.
    pub fn new(secret: &[u8]) -> Result<Self, AuthError> {
        if secret.len() < 32 {
            return Err(AuthError::KeyLength(secret.len()));
        }
        Ok(Self { sign: EncodingKey::from_secret(secret), check: DecodingKey::from_secret(secret) })
    }

    /// Makes a token.
    ///
    /// # Errors
    /// When it cannot be encoded.
    pub fn issue(&self, new: NewAccess) -> Result<String, AuthError> {
        let mut header = Header::new(Algorithm::HS256);
        header.typ = Some(TYPE.to_owned());
        let claims = AccessClaims {
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            sub: new.user,
            name: new.name,
            role: new.role,
            sid: new.session,
            must_change: new.must_change,
            iat: new.now,
            nbf: new.now,
            exp: new.now + new.life,
        };
        encode(&header, &claims, &self.sign).map_err(|_| AuthError::Token("cannot be made"))
    }

    /// Checks a token. `now` in seconds since 1970.
    ///
    /// # Errors
    /// When it is not ours, was changed, or its time is not now.
    pub fn check(&self, token: &str, now: i64) -> Result<AccessClaims, AuthError> {
        if token.len() > MAX_BYTES {
            return Err(AuthError::Token("too long"));
        }
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_audience(&[AUDIENCE]);
        validation.set_issuer(&[ISSUER]);
        validation.set_required_spec_claims(&["exp", "nbf", "aud", "iss", "sub"]);
        // The clock comes in as an argument; the types of the claims make the rest strict.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        let data = decode::<AccessClaims>(token, &self.check, &validation)
            .map_err(|_| AuthError::Token("not signed by this server, or not for it"))?;
        if data.header.typ.as_deref() != Some(TYPE) {
            return Err(AuthError::Token("of another type"));
        }
        let claims = data.claims;
        if claims.nbf > now.saturating_add(LEEWAY) || claims.iat > now.saturating_add(LEEWAY) {
            return Err(AuthError::Token("not valid yet"));
        }
        if claims.exp <= now {
            return Err(AuthError::Expired);
        }
        Ok(claims)
    }
}
