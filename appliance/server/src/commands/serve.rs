//! `codegraph serve`: the server, from start to graceful end.

use std::io::Write;
use std::net::TcpListener;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use actix_web::web;
use cg_audit::{Action, Event, Outcome};
use sd_notify::NotifyState;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::context::Context;
use crate::http::app;
use crate::installer_audit::InstallerAudit;
use crate::jobs::embedder;
use crate::state::State;
use crate::{audit_log, clock, exit, logging, startup};

/// How often old sessions are removed.
const HOUSEKEEPING: Duration = Duration::from_secs(60 * 60);
/// How long ended sessions are kept, in milliseconds.
const KEEP_SESSIONS_MS: i64 = 7 * 24 * 60 * 60 * 1_000;
/// How often a store that is closed for writing is looked at.
const LOOK: Duration = Duration::from_millis(500);
/// How often audit events are linked without being called: a command may have written some.
const SEQUENCE: Duration = Duration::from_secs(10);

/// Arguments.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

pub(crate) async fn run(context: &Context, _args: Args) -> anyhow::Result<ExitCode> {
    logging::init(&context.settings.log);
    let started = startup::start(context).await?;
    let state = web::Data::from(Arc::clone(&started.state));
    let api = &state.settings.api;
    let host = if api.host == "localhost" { "127.0.0.1" } else { &api.host };
    let listener = bind(&format_address(host, api.port))?;
    let address = listener.local_addr()?;
    let server = app::server(state.clone(), listener)?;
    let metrics_listen = state.settings.metrics.listen.clone();
    let metrics = if metrics_listen.is_empty() {
        None
    } else {
        let listener = bind(&metrics_listen)?;
        tracing::info!(address = %listener.local_addr()?, "metrics listener");
        Some(app::metrics_server(state.clone(), listener)?)
    };

    let (mut terminate, mut interrupt) =
        (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let mut background = Vec::new();
    if state.store.is_closed() {
        tracing::warn!("a release is being switched: closed for writing until it is proven");
        background.push(tokio::spawn(open_later(Arc::clone(&started.state), address.to_string())));
    } else {
        startup::open(&state, &address.to_string()).await?;
        background.extend(state.jobs.start());
    }
    background.push(tokio::spawn(embedder::run(Arc::clone(&started.state), started.published)));
    let installer = InstallerAudit::find(&context.environment);
    background.push(tokio::spawn(link_audit(Arc::clone(&started.state), installer)));
    background.push(tokio::spawn(housekeeping(Arc::clone(&started.state))));
    background.push(tokio::spawn(watchdog(Arc::clone(&started.state))));

    let handle = server.handle();
    let serving = tokio::spawn(server);
    let metrics_handle = metrics.as_ref().map(actix_web::dev::Server::handle);
    let serving_metrics = metrics.map(tokio::spawn);
    // The one line on stdout; whoever starts the server on port 0 reads the port here.
    let mut out = std::io::stdout();
    let _ = writeln!(out, "listening on http://{address}").and_then(|()| out.flush());
    tracing::info!(%address, data = %state.data.root().display(), "ready");
    notify(&[NotifyState::Ready]);

    first_signal(&mut terminate, &mut interrupt).await;
    tracing::info!("stopping: no new requests, those that run may end");
    notify(&[NotifyState::Stopping]);
    state.stopping.begin();
    let limit = Duration::from_secs(state.settings.api.shutdown_seconds);
    let graceful = async {
        handle.stop(true).await;
        for task in background {
            let _ = task.await;
        }
    };
    tokio::select! {
        _ = tokio::time::timeout(limit, graceful) => {}
        () = first_signal(&mut terminate, &mut interrupt) => tracing::warn!("asked twice: ends now"),
    }
    handle.stop(false).await;
    if let Some(handle) = metrics_handle {
        handle.stop(false).await;
    }
    let _ = serving.await;
    if let Some(serving) = serving_metrics {
        let _ = serving.await;
    }
    state.queries.close();
    state.models.stop().await;
    if !state.store.is_closed() {
        let event = Event::new(Action::ServerStop, Outcome::Success, "system");
        audit_log::record_alone(&state.store, &event).await?;
        audit_log::sequence(&state.store).await?;
    }
    state.store.close().await;
    drop(started.lock);
    tracing::info!("stopped");
    Ok(ExitCode::SUCCESS)
}

fn format_address(host: &str, port: u16) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

fn bind(address: &str) -> anyhow::Result<TcpListener> {
    let failed = |error| {
        exit::user(format!("cannot listen on {address}: {error}; choose another address or port"))
    };
    let listener = TcpListener::bind(address).map_err(failed)?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

async fn first_signal(terminate: &mut Signal, interrupt: &mut Signal) {
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}

/// Waits until the store is open for writing, then does what a start writes, and takes up the jobs.
async fn open_later(state: Arc<State>, address: String) {
    while !state.stopping.is_set() {
        if !state.store.is_closed() {
            match startup::open(&state, &address).await {
                Ok(()) => break,
                Err(error) => {
                    tracing::error!(error = format!("{error:#}"), "cannot open for writing")
                }
            }
        }
        tokio::select! {
            () = state.stopping.wait() => return,
            () = tokio::time::sleep(LOOK) => {}
        }
    }
    tracing::info!("open for writing");
    for runner in state.jobs.start() {
        let _ = runner.await;
    }
}

/// Gives audit events their numbers and links soon after they are committed; takes those of the installer.
async fn link_audit(state: Arc<State>, mut installer: Option<InstallerAudit>) {
    while !state.stopping.is_set() {
        if let (Some(installer), false) = (&mut installer, state.store.is_closed())
            && let Err(error) = installer.take(&state.store).await
        {
            tracing::error!(%error, "the installer's audit events cannot be taken");
        }
        match state.store.has_unlinked_audit().await {
            Ok(false) => {}
            Ok(true) if state.store.is_closed() => {}
            Ok(true) => match audit_log::sequence(&state.store).await {
                Ok(linked) => {
                    state.metrics.audit_events.inc_by(linked as u64);
                }
                Err(error) => tracing::error!(%error, "audit events cannot be linked"),
            },
            Err(error) => tracing::error!(%error, "audit events cannot be read"),
        }
        tokio::select! {
            () = state.stopping.wait() => {}
            () = state.audit_wake.notified() => {}
            () = tokio::time::sleep(SEQUENCE) => {}
        }
    }
}

async fn housekeeping(state: Arc<State>) {
    while !state.stopping.is_set() {
        if !state.store.is_closed()
            && let Err(error) = forget_sessions(&state).await
        {
            tracing::warn!(%error, "old sessions cannot be removed");
        }
        tokio::select! {
            () = state.stopping.wait() => {}
            () = tokio::time::sleep(HOUSEKEEPING) => {}
        }
    }
}

async fn forget_sessions(state: &State) -> Result<(), cg_store::StoreError> {
    let mut tx = state.store.write().await?;
    tx.forget_sessions(clock::now_ms() - KEEP_SESSIONS_MS).await?;
    tx.commit().await
}

/// Tells systemd that the server lives, as long as its store answers.
async fn watchdog(state: Arc<State>) {
    let Some(limit) = sd_notify::watchdog_enabled() else { return };
    while !state.stopping.is_set() {
        if state.store.ping().await.is_ok() {
            notify(&[NotifyState::Watchdog]);
        }
        tokio::select! {
            () = state.stopping.wait() => {}
            () = tokio::time::sleep(limit / 3) => {}
        }
    }
}

fn notify(state: &[NotifyState]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::warn!(%error, "systemd cannot be told");
    }
}
