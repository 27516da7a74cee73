//! `codegraph registry`: the images of the installed release for podman and Kubernetes, read-only.

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use actix_web::web;
use cg_registry::{Catalogue, Layout, Listed, Options, Registry, TlsOptions};
use clap::Subcommand;
use sd_notify::NotifyState;
use tokio::signal::unix::{SignalKind, signal};

use crate::cli::Global;
use crate::environment::Environment;
use crate::generation::Generation;
use crate::output::Output;
use crate::{exit, logging};

/// Where the store lies if this program belongs to no installation.
const STORE: &str = "/opt/codegraph/store";
/// Loopback, at the port that the quadlets name.
const ADDRESS: &str = "127.0.0.1:5000";

/// Arguments.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the images to `podman pull` and to the nodes of a cluster.
    Serve(Serve),
    /// List the images that are served.
    List(List),
}

#[derive(Debug, clap::Args)]
struct Store {
    /// OCI image layout to serve; the store of this installation by default.
    #[arg(long, value_name = "DIR", env = "CODEGRAPH_REGISTRY_LAYOUT")]
    layout: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
struct Serve {
    #[command(flatten)]
    store: Store,
    /// Address without TLS; loopback only. May be given again.
    #[arg(long, value_name = "ADDR:PORT", default_value = ADDRESS, value_delimiter = ',', env = "CODEGRAPH_REGISTRY_LISTEN")]
    listen: Vec<SocketAddr>,
    /// Address with TLS, for other machines. May be given again.
    #[arg(
        long,
        value_name = "ADDR:PORT",
        value_delimiter = ',',
        env = "CODEGRAPH_REGISTRY_TLS_LISTEN"
    )]
    tls_listen: Vec<SocketAddr>,
    /// Certificate chain (PEM); by default the systemd credential `registry.tls_cert`.
    #[arg(long, value_name = "FILE", requires = "tls_listen", env = "CODEGRAPH_REGISTRY_TLS_CERT")]
    tls_cert: Option<PathBuf>,
    /// Private key (PEM); by default the systemd credential `registry.tls_key`.
    #[arg(long, value_name = "FILE", requires = "tls_listen", env = "CODEGRAPH_REGISTRY_TLS_KEY")]
    tls_key: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
struct List {
    #[command(flatten)]
    store: Store,
    /// Exit with 1 if there is no container image.
    #[arg(long)]
    fail_if_empty: bool,
}

pub(crate) fn run(global: &Global, args: Args) -> anyhow::Result<ExitCode> {
    let environment = Environment::read();
    match args.command {
        Command::List(list) => {
            logging::init_command();
            let output = if global.json { Output::Json } else { Output::Text };
            report(output, &list, &environment)
        }
        Command::Serve(options) => {
            logging::init_service();
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(1)
                .enable_all()
                .build()?;
            runtime.block_on(serve(&options, &environment))
        }
    }
}

impl Store {
    fn layout(&self, environment: &Environment) -> Layout {
        let installed = || Generation::find(environment).and_then(|found| found.store());
        let folder = self.layout.clone().or_else(installed);
        Layout::new(&folder.unwrap_or_else(|| PathBuf::from(STORE)))
    }
}

fn report(output: Output, list: &List, environment: &Environment) -> anyhow::Result<ExitCode> {
    let catalogue = Catalogue::load(&list.store.layout(environment)).map_err(refused)?;
    let listing = catalogue.listing();
    let is_empty = listing.images.is_empty();
    output.report(&listing, |listing| {
        let line = |kind: &str, one: &Listed| {
            let state = if one.is_whole { "" } else { "  (not whole in the store)" };
            format!("{kind}  {}\n  {ADDRESS}/{}{state}\n", one.reference, one.pull)
        };
        let images = listing.images.iter().map(|one| line("image", one));
        let artifacts = listing.artifacts.iter().map(|one| line("artifact", one));
        images.chain(artifacts).collect()
    })?;
    let fails = is_empty && list.fail_if_empty;
    Ok(if fails { ExitCode::from(exit::USER) } else { ExitCode::SUCCESS })
}

async fn serve(options: &Serve, environment: &Environment) -> anyhow::Result<ExitCode> {
    let registry =
        web::Data::new(Registry::open(options.store.layout(environment)).map_err(refused)?);
    let tls = options.tls(environment)?;
    let listen = options.listen.clone();
    let bound = cg_registry::bind(registry.clone(), &Options { listen, tls }).map_err(refused)?;
    let (mut terminate, mut interrupt) =
        (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let handle = bound.server.handle();
    let serving = tokio::spawn(bound.server);
    // Whoever starts the registry on port 0 reads the port here.
    let mut out = std::io::stdout();
    for url in &bound.urls {
        let _ = writeln!(out, "listening on {url}").and_then(|()| out.flush());
    }
    let images = registry.catalogue().await.listing().images.len();
    tracing::info!(images, addresses = bound.urls.join(" "), "ready");
    notify(&[NotifyState::Ready]);
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
        () = watchdog(&registry) => {}
    }
    notify(&[NotifyState::Stopping]);
    tracing::info!("stopping: pulls that run may end");
    handle.stop(true).await;
    serving.await??;
    Ok(ExitCode::SUCCESS)
}

/// Tells systemd that the registry lives, as long as its catalogue can be had. Never ends.
async fn watchdog(registry: &Registry) {
    let Some(limit) = sd_notify::watchdog_enabled() else { return std::future::pending().await };
    loop {
        let _ = registry.catalogue().await;
        notify(&[NotifyState::Watchdog]);
        tokio::time::sleep(limit / 3).await;
    }
}

impl Serve {
    /// The TLS side, if an address is given for it.
    fn tls(&self, environment: &Environment) -> anyhow::Result<Option<TlsOptions>> {
        if self.tls_listen.is_empty() {
            return Ok(None);
        }
        let credential = |name: &str, option: &str| {
            let folder = environment.path("CREDENTIALS_DIRECTORY");
            folder.map(|folder| folder.join(name)).ok_or_else(|| {
                exit::user(format!("--tls-listen needs {option}, or the systemd credential {name}"))
            })
        };
        let given = |path: &Option<PathBuf>, name: &str, option: &str| match path {
            Some(path) => Ok(path.clone()),
            None => credential(name, option),
        };
        Ok(Some(TlsOptions {
            listen: self.tls_listen.clone(),
            certificate: given(&self.tls_cert, "registry.tls_cert", "--tls-cert")?,
            key: given(&self.tls_key, "registry.tls_key", "--tls-key")?,
        }))
    }
}

/// Everything that keeps a registry from starting is for the operator to mend.
fn refused(error: cg_registry::Error) -> anyhow::Error {
    exit::user(error.to_string())
}

fn notify(state: &[NotifyState]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::warn!(%error, "systemd cannot be told");
    }
}
