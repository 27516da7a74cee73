//! The command line as data. What a command does lies in `commands/<name>.rs`.

use std::path::PathBuf;

use cg_bundle_format::Digest;
use clap::{Args, Parser, Subcommand};

use crate::trust_policy::Claims;
use crate::trust_state::Said;

/// Verifies a CodeGraph bundle and installs it on a host that has no network.
#[derive(Debug, Parser)]
#[command(name = "codegraph-install", version, max_term_width = 100)]
#[command(
    after_help = "Exit codes: 0 done, 1 you must act, 2 unexpected, 3 verification failed, 4 this host does not fit."
)]
pub struct Cli {
    /// Options of every command.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Options of every command.
#[derive(Debug, Args)]
pub struct Global {
    /// Work on the system below DIR instead of this one: files only, nothing that runs is touched.
    #[arg(long, global = true, value_name = "DIR")]
    pub root: Option<PathBuf>,
    /// Print the report as JSON on standard output; say nothing else.
    #[arg(long, global = true)]
    pub json: bool,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Check signatures and every byte of a bundle; change nothing.
    #[command(
        after_help = "Example:\n  codegraph-install verify /media/usb --root-fingerprint 3f1c…"
    )]
    Verify(BundleArgs),
    /// Show what a bundle says it is, from its first kilobytes; change nothing.
    #[command(
        after_help = "Example:\n  codegraph-install inspect /media/usb\n\nWithout a fingerprint nothing that is shown is proven, and the report says so."
    )]
    Inspect(BundleArgs),
    /// Show what `install` would do on this host; change nothing.
    #[command(
        after_help = "Example:\n  codegraph-install plan /media/usb --root-fingerprint 3f1c…"
    )]
    Plan(InstallArgs),
    /// Verify, store, switch, start, and let the new release prove that it works.
    #[command(
        after_help = "Examples:\n  codegraph-install install /media/usb --root-fingerprint 3f1c…\n  codegraph-install install /media/a /media/b --without chat-model\n  codegraph-install install bundle/ --root /mnt/image --root-fingerprint 3f1c…\n\nAn interrupted installation goes on where it stopped: give the same command again."
    )]
    Install(InstallArgs),
    /// Give out the newest receipt: for the audit file, and as the base of the next delta.
    #[command(
        after_help = "Examples:\n  codegraph-install receipt\n  codegraph-install receipt --export /media/usb/receipt.json\n\nThe packager builds a delta with `codegraph-bundle build --base receipt.json`."
    )]
    Receipt(ReceiptArgs),
    /// The source packages that the installed release carries.
    #[command(subcommand)]
    Crates(CratesCommand),
    /// Show on one page what is installed and how it is.
    #[command(after_help = "Example:\n  codegraph-install status --json")]
    Status,
    /// Remove the product; data, configuration and trust stay unless told otherwise.
    #[command(
        after_help = "Examples:\n  codegraph-install uninstall\n  codegraph-install uninstall --purge\n  codegraph-install uninstall --purge --forget-trust"
    )]
    Uninstall(UninstallArgs),
}

/// What can be done with source packages.
#[derive(Debug, Subcommand)]
pub enum CratesCommand {
    /// Write them as a cargo local registry, with the configuration that makes cargo use it.
    #[command(
        after_help = "Example:\n  codegraph-install crates export /srv/crates\n  cargo --config /srv/crates/config.toml build --offline --locked"
    )]
    Export {
        /// An empty folder, or one that is not there yet.
        #[arg(value_name = "DIR")]
        folder: PathBuf,
    },
}

/// A bundle, and from where trust in it starts.
#[derive(Debug, Args)]
pub struct BundleArgs {
    /// Volumes (`.cgb`) in any order, or folders that hold them. They may be read-only.
    #[arg(required = true, value_name = "VOLUME|DIR")]
    pub volumes: Vec<PathBuf>,
    /// SHA-256 of `root.json`, got by another way than the media (paper, phone, contract). Groups as on paper are read too.
    #[arg(long, value_name = "HEX", value_parser = Digest::from_paper, conflicts_with = "dangerous_trust_first_use")]
    pub root_fingerprint: Option<Digest>,
    /// Believe the media about itself. Recorded in the trust state and in the receipt.
    #[arg(long)]
    pub dangerous_trust_first_use: bool,
    /// A file with signatures by the keys that this host demands besides the vendor's (may be repeated).
    #[arg(long, value_name = "FILE")]
    pub countersignature: Vec<PathBuf>,
    /// The vendor's permit for this host to go back to the release in the bundle, once.
    #[arg(long, value_name = "FILE")]
    pub downgrade_permit: Option<PathBuf>,
}

impl BundleArgs {
    /// What the operator said about trust.
    pub fn said(&self) -> Said {
        match (self.root_fingerprint, self.dangerous_trust_first_use) {
            (Some(fingerprint), _) => Said::Fingerprint(fingerprint),
            (None, true) => Said::DangerousFirstUse,
            (None, false) => Said::Nothing,
        }
    }

    /// Everything that the operator gave about trust.
    pub fn claims(&self) -> Claims {
        Claims {
            said: self.said(),
            countersignatures: self.countersignature.clone(),
            permit: self.downgrade_permit.clone(),
        }
    }
}

/// A bundle and how it is to be installed.
#[derive(Debug, Args)]
pub struct InstallArgs {
    /// The bundle.
    #[command(flatten)]
    pub bundle: BundleArgs,
    /// Leave out an optional component (may be repeated).
    #[arg(long, value_name = "COMPONENT")]
    pub without: Vec<String>,
    /// Do not let the new release prove that it works. Recorded in the receipt.
    #[arg(long)]
    pub skip_gate: bool,
    /// Verify and print the plan, then stop.
    #[arg(long)]
    pub dry_run: bool,
    /// A further genuine bundle from which blobs are taken that the first one leaves out: its only volume,
    /// or the folder of its volumes (may be repeated).
    #[arg(long, value_name = "VOLUME|DIR")]
    pub top_up: Vec<PathBuf>,
    /// Where the request for a top-up is written when this host lacks what the bundle leaves out
    /// [default of install: codegraph-request-VERSION.json in the current folder].
    #[arg(long, value_name = "FILE")]
    pub request: Option<PathBuf>,
}

/// Where the receipt goes.
#[derive(Debug, Args)]
pub struct ReceiptArgs {
    /// Write the receipt to FILE and its signature to FILE.sig instead of printing it.
    #[arg(long, value_name = "FILE")]
    pub export: Option<PathBuf>,
}

/// How much is removed.
#[derive(Debug, Args)]
pub struct UninstallArgs {
    /// Remove data, configuration, secrets, users, receipts too. There is no way back.
    #[arg(long)]
    pub purge: bool,
    /// Do not ask before a purge (nobody is asked where standard input is no terminal).
    #[arg(long, requires = "purge")]
    pub yes: bool,
    /// Also forget which root and which release counters this host has accepted.
    #[arg(long, requires = "purge")]
    pub forget_trust: bool,
}
