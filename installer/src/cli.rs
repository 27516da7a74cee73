//! The command line as data. What a command does lies in `commands/<name>.rs`.

use std::path::PathBuf;

use cg_bundle_format::Digest;
use clap::{Args, Parser, Subcommand};

use crate::plan::KEEP;
use crate::preflight::Profile;
use crate::trust_policy::Claims;
use crate::trust_state::Said;

/// Verifies a CodeGraph bundle and installs it on a host that has no network.
#[derive(Debug, Parser)]
#[command(name = "codegraph-install", version, max_term_width = 100)]
#[command(
    after_help = "Exit codes: 0 done, 1 you must act, 2 unexpected, 3 verification failed, 4 this host does not fit, 5 more media are needed."
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
    /// Read the machine's facts below DIR instead of from this machine: a copy of its /proc, /sys, /run, /lib.
    #[arg(long, global = true, value_name = "DIR", hide = true)]
    pub machine: Option<PathBuf>,
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
    /// Hold this host, and a bundle where one is named, against everything that is needed; change nothing.
    #[command(
        after_help = "Examples:\n  codegraph-install preflight\n  codegraph-install preflight --profile production\n  codegraph-install preflight /media/usb --root-fingerprint 3f1c… --json\n\nExit code 4 when the host does not fit."
    )]
    Preflight(PreflightArgs),
    /// Verify, store, switch, start, and let the new release prove that it works.
    #[command(
        after_help = "Examples:\n  codegraph-install install /media/usb --root-fingerprint 3f1c…\n  codegraph-install install /media/a /media/b --without chat-model\n  codegraph-install install bundle/ --root /mnt/image --root-fingerprint 3f1c…\n\nAn interrupted installation goes on where it stopped: give the same command again."
    )]
    Install(InstallArgs),
    /// Replace the installed release; the former one comes back by itself if the new one does not prove that it works.
    #[command(
        after_help = "Example:\n  codegraph-install upgrade /media/usb\n\nData, configuration and secrets stay. An interrupted upgrade goes on where it stopped: give the same command again."
    )]
    Upgrade(InstallArgs),
    /// Go back to a generation that is still held, with the data as they are.
    #[command(
        after_help = "Examples:\n  codegraph-install rollback\n  codegraph-install rollback --to 3\n  codegraph-install rollback --discard-state-since 4"
    )]
    Rollback(RollbackArgs),
    /// Complete or take back a switch of generations that was cut off.
    #[command(
        after_help = "After a power loss codegraph-recover.service does this by itself, before the services start."
    )]
    Recover(RecoverArgs),
    /// Hash everything that is installed, and take what is damaged or missing from the media again.
    #[command(
        after_help = "Examples:\n  codegraph-install repair              (looks only)\n  codegraph-install repair /media/usb"
    )]
    Repair(RepairArgs),
    /// Remove generations that are not kept, and what only they need.
    #[command(after_help = "Example:\n  codegraph-install gc --keep 2 --dry-run")]
    Gc(GcArgs),
    /// What this host says of its installations, signed by its own key.
    #[command(subcommand)]
    Receipt(ReceiptCommand),
    /// The source packages that the installed release carries.
    #[command(subcommand)]
    Crates(CratesCommand),
    /// Certificates of the services.
    #[command(subcommand)]
    Certificates(CertificatesCommand),
    /// Say what is wrong with this host and the installation, each with its remedy; change nothing.
    #[command(
        after_help = "Example:\n  codegraph-install doctor\n\nExit code 1 when something is wrong."
    )]
    Doctor,
    /// Show on one page what is installed and how it is.
    #[command(after_help = "Example:\n  codegraph-install status --json")]
    Status,
    /// Remove the product; data, configuration and trust stay unless told otherwise.
    #[command(
        after_help = "Examples:\n  codegraph-install uninstall\n  codegraph-install uninstall --purge\n  codegraph-install uninstall --purge --forget-trust"
    )]
    Uninstall(UninstallArgs),
}

impl Command {
    /// Its name on the command line.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Verify(_) => "verify",
            Self::Inspect(_) => "inspect",
            Self::Plan(_) => "plan",
            Self::Preflight(_) => "preflight",
            Self::Install(_) => "install",
            Self::Upgrade(_) => "upgrade",
            Self::Rollback(_) => "rollback",
            Self::Recover(_) => "recover",
            Self::Repair(_) => "repair",
            Self::Gc(_) => "gc",
            Self::Receipt(_) => "receipt",
            Self::Crates(_) => "crates",
            Self::Certificates(_) => "certificates",
            Self::Doctor => "doctor",
            Self::Status => "status",
            Self::Uninstall(_) => "uninstall",
        }
    }
}

/// What can be done with receipts.
#[derive(Debug, Subcommand)]
pub enum ReceiptCommand {
    /// Give out the newest receipt: for the audit file, and as the base of the next delta.
    #[command(
        after_help = "Examples:\n  codegraph-install receipt export\n  codegraph-install receipt export --to /media/usb/receipt.json\n\nThe packager builds a delta with `codegraph-bundle build --base receipt.json`."
    )]
    Export {
        /// Write the receipt to FILE and its signature to FILE.sig instead of printing it.
        #[arg(long, value_name = "FILE")]
        to: Option<PathBuf>,
    },
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
    /// From where trust in it starts.
    #[command(flatten)]
    pub trust: TrustArgs,
}

/// From where trust in a bundle starts.
#[derive(Debug, Args)]
pub struct TrustArgs {
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
        self.trust.said()
    }

    /// Everything that the operator gave about trust.
    pub fn claims(&self) -> Claims {
        self.trust.claims()
    }
}

impl TrustArgs {
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
    /// Take the builds for the processor even where the host has a GPU that would serve.
    #[arg(long)]
    pub without_gpu: bool,
    /// Refuse a host that does not reach this row of the hardware table.
    #[arg(long, value_name = "PROFILE")]
    pub profile: Option<Profile>,
    /// What the site brings for TLS instead of what is made here.
    #[command(flatten)]
    pub tls: TlsArgs,
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

/// Certificates of the site, and names for the certificate that is made where the site brings none.
#[derive(Debug, Clone, Default, Args)]
pub struct TlsArgs {
    /// The server's certificate (PEM), with those between it and the site's authority after it.
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,
    /// Its private key (PEM, not encrypted).
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,
    /// The certificate of the site's authority (PEM).
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub tls_ca: Option<PathBuf>,
    /// A further name or address for the certificate that is made here (may be repeated).
    #[arg(long, value_name = "NAME", conflicts_with = "tls_cert")]
    pub tls_name: Vec<String>,
}

/// The host alone, or held against a bundle.
#[derive(Debug, Args)]
pub struct PreflightArgs {
    /// Volumes (`.cgb`) in any order, or folders that hold them; without them only the host is looked at.
    #[arg(value_name = "VOLUME|DIR")]
    pub volumes: Vec<PathBuf>,
    /// From where trust in the bundle starts.
    #[command(flatten)]
    pub trust: TrustArgs,
    /// Leave out an optional component (may be repeated).
    #[arg(long, value_name = "COMPONENT")]
    pub without: Vec<String>,
    /// Take the builds for the processor even where the host has a GPU that would serve.
    #[arg(long)]
    pub without_gpu: bool,
    /// The row of the hardware table that the host must reach.
    #[arg(long, value_name = "PROFILE")]
    pub profile: Option<Profile>,
}

/// What can be done with certificates.
#[derive(Debug, Subcommand)]
pub enum CertificatesCommand {
    /// Show which there are, for which names, and how long they are good.
    Show,
    /// Make anew what runs out, was lost, or lacks a name. A timer does this every day.
    #[command(
        after_help = "Examples:\n  codegraph-install certificates renew\n  codegraph-install certificates renew --name codegraph.example.org --name 10.1.2.3\n\nCertificates that the site brought are never changed; they are only warned about."
    )]
    Renew {
        /// A further name or address (may be repeated).
        #[arg(long, value_name = "NAME")]
        name: Vec<String>,
        /// Make it anew although it is good for a long time.
        #[arg(long)]
        force: bool,
    },
    /// Use a certificate of the site instead of one that was made here.
    #[command(
        after_help = "Example:\n  codegraph-install certificates import --cert server.pem --key server.key --ca site-ca.pem"
    )]
    Import {
        /// The server's certificate (PEM), with those between it and the site's authority after it.
        #[arg(long, value_name = "FILE")]
        cert: PathBuf,
        /// Its private key (PEM, not encrypted).
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
        /// The certificate of the site's authority (PEM).
        #[arg(long, value_name = "FILE")]
        ca: Option<PathBuf>,
    },
}

/// Where a rollback leads.
#[derive(Debug, Args)]
pub struct RollbackArgs {
    /// The generation [default: the newest one before that in use].
    #[arg(long, value_name = "GENERATION")]
    pub to: Option<u64>,
    /// Also go back to the state of the service before the upgrade to GENERATION: all that was written
    /// since is lost, its audit events are exported first, and all sessions end.
    #[arg(long, value_name = "GENERATION")]
    pub discard_state_since: Option<u64>,
    /// Do not let the release prove that it works. Recorded in the audit events.
    #[arg(long)]
    pub skip_gate: bool,
}

/// When it is run.
#[derive(Debug, Args)]
pub struct RecoverArgs {
    /// At boot, before the services: leave it to systemd to start them.
    #[arg(long)]
    pub boot: bool,
}

/// From where a repair takes what it needs.
#[derive(Debug, Args)]
pub struct RepairArgs {
    /// Volumes of the installed release, or folders that hold them; those with what is damaged are enough.
    #[arg(value_name = "VOLUME|DIR")]
    pub volumes: Vec<PathBuf>,
}

/// What is collected.
#[derive(Debug, Args)]
pub struct GcArgs {
    /// Generations that stay, with the one in use.
    #[arg(long, value_name = "N", default_value_t = KEEP, value_parser = at_least_one)]
    pub keep: usize,
    /// Give up an installation that was cut off: what it has stored goes too.
    #[arg(long)]
    pub abandon: bool,
    /// Only say what would be removed.
    #[arg(long)]
    pub dry_run: bool,
}

fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) | Err(_) => Err("a number from 1 on is needed".to_owned()),
        Ok(number) => Ok(number),
    }
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
