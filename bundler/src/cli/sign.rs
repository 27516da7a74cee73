//! Arguments of the commands that sign outside of a build.

use std::path::PathBuf;

use clap::{ArgGroup, Args, Subcommand};

use crate::cli::Trust;
use crate::keys::passphrase::PassphraseArgs;

#[derive(Debug, Subcommand)]
pub(crate) enum SignCommand {
    /// Sign a request where the key is, or bring the signatures back to where the bundle is.
    Sign(Sign),
    /// The customer's signature of a release that the site has looked through; the volumes stay as they are.
    /// The installer finds `*.countersig.json` beside the volumes.
    Countersign(Countersign),
    /// Permit one host to go back from one release to another, once.
    Permit(Permit),
    /// Sign release.json for the program `minisign`.
    Minisign(Minisign),
}

#[derive(Debug, Args)]
#[command(group(ArgGroup::new("way").required(true).args(["request", "response"])))]
pub(crate) struct Sign {
    /// A request: of `build --unsigned`, `root create`, `root rotate`, `countersign --request-out`, `permit --request-out`.
    #[arg(long, value_name = "FILE", requires = "key", requires = "out")]
    pub(crate) request: Option<PathBuf>,
    /// A private key that signs the request. Can be repeated.
    #[arg(long, value_name = "FILE", conflicts_with = "response")]
    pub(crate) key: Vec<PathBuf>,
    /// Where the response goes; signatures are added to a response that is there.
    #[arg(long, value_name = "FILE", conflicts_with = "response")]
    pub(crate) out: Option<PathBuf>,
    /// A response. Repeat it where several people signed.
    #[arg(long, value_name = "FILE", requires = "to")]
    pub(crate) response: Vec<PathBuf>,
    /// Where the signatures belong: the folder of the unsigned volumes, the key folder of the root, or the file
    /// of the countersignature or permit.
    #[arg(long, value_name = "PATH")]
    pub(crate) to: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) passphrases: PassphraseArgs,
}

/// Keys that sign here, or a request for keys in another room.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("what").required(true).args(["key", "request_out"])))]
pub(crate) struct Signing {
    /// A private key that signs: the customer's own, or a release key for a permit. Can be repeated.
    #[arg(long, value_name = "FILE", requires = "out")]
    pub(crate) key: Vec<PathBuf>,
    /// Where what was signed goes.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Write a request instead, for keys in another room.
    #[arg(long, value_name = "FILE")]
    pub(crate) request_out: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) passphrases: PassphraseArgs,
}

#[derive(Debug, Args)]
pub(crate) struct Countersign {
    /// Volumes, or folders that hold them. One volume is enough.
    #[arg(required = true)]
    pub(crate) volumes: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) trust: Trust,
    #[command(flatten)]
    pub(crate) signing: Signing,
}

#[derive(Debug, Args)]
pub(crate) struct Permit {
    /// The host, as `codegraph-install status` shows it.
    #[arg(long, value_name = "ID")]
    pub(crate) host: String,
    /// Where the host is: its release line and the counter that it remembers.
    #[arg(long, value_name = "LINE=COUNTER")]
    pub(crate) from: String,
    /// The bundle that it may go back to: one of its volumes is enough.
    #[arg(long, value_name = "VOLUME")]
    pub(crate) to: PathBuf,
    #[command(flatten)]
    pub(crate) trust: Trust,
    /// Why, for the audit.
    #[arg(long, default_value = "")]
    pub(crate) reason: String,
    #[command(flatten)]
    pub(crate) signing: Signing,
}

#[derive(Debug, Args)]
pub(crate) struct Minisign {
    /// Volumes, or folders that hold them. One volume is enough.
    #[arg(required = true)]
    pub(crate) volumes: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) trust: Trust,
    /// The minisign secret key (`key generate --role minisign`, or one made by `minisign -G`).
    #[arg(long, value_name = "FILE")]
    pub(crate) key: PathBuf,
    /// Folder for `release.json` and `release.json.minisig`.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    #[command(flatten)]
    pub(crate) passphrases: PassphraseArgs,
}
