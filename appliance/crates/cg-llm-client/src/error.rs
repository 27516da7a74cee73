//! What can go wrong between us and a model server, told apart by what the caller does next.

use cg_net::NetError;

/// A failure.
#[derive(Debug, thiserror::Error)]
pub enum LlmError {
    /// Nobody answers at the address. It may come back.
    #[error("the model server does not answer: {0}")]
    Down(NetError),
    /// It answers, but its model is still loading or gone for the moment.
    #[error("the model server is not ready: {0}")]
    NotReady(String),
    /// Too much work waits there.
    #[error("the model server is busy: {message}")]
    Busy {
        /// Its own words.
        message: String,
        /// Seconds after which another attempt makes sense.
        retry_after_s: u32,
    },
    /// Prompt and answer do not fit into the model's context.
    #[error("{0}")]
    TooLong(String),
    /// It refused the request for another reason.
    #[error("the model server refused the request ({status}): {message}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// Its own words.
        message: String,
    },
    /// The answer broke off. What came before it is not the whole answer.
    #[error("the model server broke off in the middle of the answer: {0}")]
    BrokenOff(String),
    /// The answer is not in the form that the API promises.
    #[error("the model server's answer cannot be read: {0}")]
    Form(String),
}

impl LlmError {
    /// Tells apart what happened before any answer came.
    pub(crate) fn from_net(error: NetError) -> Self {
        match error {
            NetError::Form { cause, .. } => Self::Form(cause),
            NetError::TooLarge { .. } => Self::Form(error.to_string()),
            other => Self::Down(other),
        }
    }
}
