//! What will be written once a switch is proven, laid down before it begins: after a power loss the switch
//! is completed without the media at hand.

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::files;
use crate::host::{Host, HostPaths};
use crate::receipt::Receipt;
use crate::trust_state::TrustState;

/// Bytes of a draft: a receipt and a trust state.
const MAX_BYTES: u64 = 32 << 20;

/// Receipt and trust state of a switch that is under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// Number of the receipt.
    pub number: u64,
    /// The receipt, without what the gate will say.
    pub receipt: Receipt,
    /// What the host will trust and remember.
    pub trust: TrustState,
}

/// Lays the draft down.
pub fn write(host: &dyn Host, paths: &HostPaths, draft: &Draft) -> Result<(), Error> {
    let bytes = serde_json::to_vec(draft).expect("a draft holds only texts and numbers");
    files::replace(host, &paths.switch(), &bytes, 0o600)
}

/// The draft of the switch under way.
pub fn read(paths: &HostPaths) -> Result<Draft, Error> {
    let path = paths.switch();
    let damaged = |problem: String| Error::State {
        path: path.clone(),
        problem: format!("{problem}; `codegraph-install upgrade` with the media writes it anew"),
    };
    let bytes = files::read_bounded(&path, MAX_BYTES)?
        .ok_or_else(|| damaged("it is not there".to_owned()))?;
    serde_json::from_slice(&bytes).map_err(|error| damaged(error.to_string()))
}
