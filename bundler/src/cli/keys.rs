//! Arguments of the commands about keys and roots.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum KeysCommand {
    /// Make a root and a release key.
    Keygen(Keygen),
    /// Print the fingerprint of a root: the text that goes to the site on paper.
    Fingerprint(Fingerprint),
}

#[derive(Debug, Args)]
pub(crate) struct Keygen {
    /// Make one root key and one release key that lie in a folder, for trying out. Not for production.
    #[arg(long, value_name = "DIR")]
    pub(crate) development: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Fingerprint {
    /// A key folder, a root.json, a volume, or a folder of volumes.
    pub(crate) path: PathBuf,
}
