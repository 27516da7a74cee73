//! The network, opened when the first thing is needed from it.

use std::cell::OnceCell;
use std::path::PathBuf;

use crate::error::Error;
use crate::net::Net;
use crate::progress::Report;

/// Handed only to commands that may use the network.
pub(crate) struct Door<'a> {
    net: OnceCell<Net>,
    ca: Option<PathBuf>,
    pub(crate) report: &'a dyn Report,
}

impl<'a> Door<'a> {
    /// `ca` is a file of further certificates to trust.
    pub(crate) fn new(ca: Option<PathBuf>, report: &'a dyn Report) -> Self {
        Self { net: OnceCell::new(), ca, report }
    }

    /// The open network.
    pub(crate) fn net(&self) -> Result<&Net, Error> {
        if let Some(net) = self.net.get() {
            return Ok(net);
        }
        let net = Net::open(self.ca.as_deref())?;
        Ok(self.net.get_or_init(|| net))
    }
}
