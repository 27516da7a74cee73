//! Arguments of the commands about keys and roots.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use crate::keys::passphrase::PassphraseArgs;

#[derive(Debug, Subcommand)]
pub(crate) enum KeysCommand {
    /// Make a root and a release key for trying out.
    Keygen(Keygen),
    /// Make, import or show keys that are protected by a passphrase.
    #[command(subcommand)]
    Key(KeyCommand),
    /// Make the root of trust, or the next version of it.
    #[command(subcommand)]
    Root(RootCommand),
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
    /// Print a sheet for the paper way: groups of digits, and words for the telephone.
    #[arg(long, value_enum)]
    pub(crate) sheet: Option<SheetForm>,
    /// Write the sheet to a file.
    #[arg(long, value_name = "FILE", requires = "sheet")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SheetForm {
    /// Plain text.
    Text,
    /// One page for printing.
    Html,
}

#[derive(Debug, Subcommand)]
pub(crate) enum KeyCommand {
    /// Make a key and protect it with a passphrase.
    Generate(Generate),
    /// Take over a PKCS #8 key (`openssl genpkey -algorithm ed25519`), with or without passphrase, and protect it.
    Import(Import),
    /// Show a key's name and public half.
    Show(Show),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum KeyRole {
    /// Signs roots.
    Root,
    /// Signs releases and downgrade permits.
    Release,
    /// The customer's: signs releases that the site has looked through.
    Countersign,
    /// Signs release.json for the program `minisign`.
    Minisign,
}

/// How a new key is protected.
#[derive(Debug, Args)]
pub(crate) struct Protection {
    #[command(flatten)]
    pub(crate) passphrase: PassphraseArgs,
    /// Write the key without a passphrase: whoever reads the file can sign.
    #[arg(long, conflicts_with = "passphrase_file")]
    pub(crate) dangerous_no_passphrase: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Generate {
    /// What the key is for.
    #[arg(long, value_enum)]
    pub(crate) role: KeyRole,
    /// The file of the private key; the public half goes beside it, ending `.pub`.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    #[command(flatten)]
    pub(crate) protection: Protection,
}

#[derive(Debug, Args)]
pub(crate) struct Import {
    /// The key file.
    pub(crate) from: PathBuf,
    /// File with the passphrase of the key that is taken over, where it has one that differs from the new one.
    #[arg(long, value_name = "FILE")]
    pub(crate) from_passphrase_file: Option<PathBuf>,
    /// The file of the private key; the public half goes beside it, ending `.pub`.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    #[command(flatten)]
    pub(crate) protection: Protection,
}

#[derive(Debug, Args)]
pub(crate) struct Show {
    /// A private or public key file.
    pub(crate) key: PathBuf,
    #[command(flatten)]
    pub(crate) passphrase: PassphraseArgs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum RootCommand {
    /// Make version 1 of a root from public keys. It joins the chain when enough root keys have signed it.
    Create(RootCreate),
    /// Make the next version: other keys, thresholds or counter floors. Signed by the old and the new root keys.
    Rotate(RootRotate),
    /// Show the chain and what a waiting root still needs.
    Show(RootFolder),
    /// Drop the root that waits for signatures.
    Discard(RootFolder),
}

#[derive(Debug, Args)]
pub(crate) struct RootFolder {
    /// The key folder.
    pub(crate) folder: PathBuf,
}

/// Keys at hand that sign at once.
#[derive(Debug, Args)]
pub(crate) struct SignNow {
    /// A private root key that signs at once. Can be repeated; the others sign with `sign --request`.
    #[arg(long, value_name = "FILE")]
    pub(crate) sign_with: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) passphrases: PassphraseArgs,
}

#[derive(Debug, Args)]
pub(crate) struct RootCreate {
    /// The key folder. Made if it is not there.
    pub(crate) folder: PathBuf,
    /// What the root is for.
    #[arg(long, default_value = "codegraph")]
    pub(crate) product: String,
    /// A public root key. Repeat it: three are usual.
    #[arg(long, value_name = "FILE", required = true)]
    pub(crate) root_key: Vec<PathBuf>,
    /// How many root keys must sign the next root.
    #[arg(long, value_name = "N", default_value_t = 2)]
    pub(crate) root_threshold: u64,
    /// A public release key. Can be repeated.
    #[arg(long, value_name = "FILE", required = true)]
    pub(crate) release_key: Vec<PathBuf>,
    /// How many release keys must sign a release.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) release_threshold: u64,
    /// When it is issued, YYYY-MM-DDThh:mm:ssZ; now, unless given.
    #[arg(long, value_name = "TIME")]
    pub(crate) issued: Option<String>,
    #[command(flatten)]
    pub(crate) sign: SignNow,
}

#[derive(Debug, Args)]
pub(crate) struct RootRotate {
    /// The key folder.
    pub(crate) folder: PathBuf,
    /// A public root key that comes in.
    #[arg(long, value_name = "FILE")]
    pub(crate) add_root_key: Vec<PathBuf>,
    /// A root key that goes: its id, or its public key file.
    #[arg(long, value_name = "KEY")]
    pub(crate) remove_root_key: Vec<String>,
    /// How many root keys must sign the next root; as before, unless given.
    #[arg(long, value_name = "N")]
    pub(crate) root_threshold: Option<u64>,
    /// A public release key that comes in.
    #[arg(long, value_name = "FILE")]
    pub(crate) add_release_key: Vec<PathBuf>,
    /// A release key that goes: its id, or its public key file.
    #[arg(long, value_name = "KEY")]
    pub(crate) remove_release_key: Vec<String>,
    /// How many release keys must sign a release; as before, unless given.
    #[arg(long, value_name = "N")]
    pub(crate) release_threshold: Option<u64>,
    /// Hosts count again from here in a release line: the way back after a stolen key ran the counter up.
    #[arg(long, value_name = "LINE=COUNTER")]
    pub(crate) counter_floor: Vec<String>,
    /// When it is issued, YYYY-MM-DDThh:mm:ssZ; now, unless given.
    #[arg(long, value_name = "TIME")]
    pub(crate) issued: Option<String>,
    #[command(flatten)]
    pub(crate) sign: SignNow,
}
