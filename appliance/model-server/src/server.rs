//! `codegraph-llm serve`: the socket, the models, the end.

use std::fs::Permissions;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::{App, HttpServer, web};
use anyhow::Context;
use sd_notify::NotifyState;

use crate::cli::Serve;
use crate::metrics::Metrics;
use crate::state::{ModelState, Served, State};
use crate::{exit, loading, models_lock, routes, settings};

/// Answers that run get this long to end after SIGTERM.
const GRACE_SECONDS: u64 = 10;
/// Connections at the same time.
const MAX_CONNECTIONS: usize = 256;
/// How often the engine's thread is looked at.
const WATCH: Duration = Duration::from_millis(500);

/// Runs until SIGTERM or SIGINT.
pub(crate) fn serve(args: &Serve) -> anyhow::Result<()> {
    let filter = tracing_subscriber::EnvFilter::try_from_env("CODEGRAPH_LOG")
        .unwrap_or_else(|_| "info,llama=warn".into());
    tracing_subscriber::fmt().json().with_writer(std::io::stderr).with_env_filter(filter).init();
    let mut lock = models_lock::read(&args.models)?;
    let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let machine = settings::Machine {
        processors: u32::try_from(processors).unwrap_or(1),
        variable: &|name| std::env::var(name).ok(),
    };
    let settings = settings::load(args, &machine)?;
    if let Some(path) = settings.model_path.clone().filter(|path| path.is_file()) {
        let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
        let languages = Vec::new();
        let id = name.unwrap_or_else(|| "chat".to_owned());
        lock.chat = Some(models_lock::Entry { id, path, context: 0, languages });
    }
    if lock.chat.is_none() && lock.embedding.is_none() {
        return Err(exit::user(format!("{} names no model", args.models.display())));
    }
    // Refused before anything is opened: an illegal instruction later would say nothing.
    if lock.chat.is_some() && lock.embedding.is_none() {
        cg_llama::check_cpu()?;
    }
    let state = Arc::new(State {
        chat: Served::new(lock.chat),
        embedding: Served::new(lock.embedding),
        metrics: Metrics::new(),
    });
    let listener = listen(&args.socket)?;
    let stdin_ended = Arc::new(tokio::sync::Notify::new());
    if args.stop_with_stdin {
        watch_stdin(stdin_ended.clone())?;
    }
    let result =
        actix_web::rt::System::new().block_on(run(state, settings, listener, &stdin_ended));
    // Best effort: the next start replaces a socket that nobody listens on.
    let _ = std::fs::remove_file(&args.socket);
    result
}

async fn run(
    state: Arc<State>,
    settings: settings::Settings,
    listener: UnixListener,
    stdin_ended: &tokio::sync::Notify,
) -> anyhow::Result<()> {
    let data = web::Data::new(state.clone());
    let server =
        HttpServer::new(move || App::new().app_data(data.clone()).configure(routes::configure))
            .workers(2)
            .max_connections(MAX_CONNECTIONS)
            // A closed connection drops its handler at once, and with it the answer.
            .h1_allow_half_closed(false)
            .disable_signals()
            .shutdown_timeout(GRACE_SECONDS)
            .listen_uds(listener)
            .context("cannot listen on the socket")?
            .run();
    let handle = server.handle();
    let running = actix_web::rt::spawn(server);
    let loading = tokio::task::spawn_blocking({
        let state = state.clone();
        move || loading::load_all(&state, &settings)
    });
    let loaded = tokio::select! {
        loaded = loading => loaded.context("the thread that loads the models ended")?,
        // Stopped while loading: nothing is lost, the process simply ends.
        () = stdin_ended.notified() => return Ok(()),
        ended = running => return ended.context("the server's task ended")?.context("the server failed"),
    };
    if let Err(error) = loaded {
        handle.stop(false).await;
        return Err(error);
    }
    notify(NotifyState::Ready);
    watch(&state, &handle, stdin_ended).await
}

/// Waits for the end of the server; an engine that ended by itself ends the program, so that it is
/// started anew.
async fn watch(
    state: &State,
    handle: &ServerHandle,
    stdin_ended: &tokio::sync::Notify,
) -> anyhow::Result<()> {
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    let mut interrupt = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::interrupt())?;
    let mut fed = std::time::Instant::now();
    loop {
        tokio::select! {
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
            () = stdin_ended.notified() => break,
            () = tokio::time::sleep(WATCH) => {}
        }
        if let ModelState::Ready(chat) = state.chat.state()
            && !chat.engine.is_alive()
        {
            handle.stop(false).await;
            anyhow::bail!("the chat engine's thread has ended; see the log above");
        }
        if sd_notify::watchdog_enabled().is_some_and(|limit| fed.elapsed() > limit / 3) {
            fed = std::time::Instant::now();
            notify(NotifyState::Watchdog);
        }
    }
    notify(NotifyState::Stopping);
    handle.stop(true).await;
    Ok(())
}

/// Reads stdin to its end on a thread of its own; what comes is thrown away.
fn watch_stdin(ended: Arc<tokio::sync::Notify>) -> anyhow::Result<()> {
    std::thread::Builder::new().name("stdin".to_owned()).spawn(move || {
        // An error is an end too.
        let _ = std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink());
        ended.notify_one();
    })?;
    Ok(())
}

/// Opens the socket for its owner and group. A leftover that nobody listens on is replaced;
/// anything else at the path is refused.
fn listen(path: &Path) -> anyhow::Result<UnixListener> {
    let shown = path.display();
    if let Ok(meta) = std::fs::symlink_metadata(path) {
        if !meta.file_type().is_socket() {
            return Err(exit::user(format!("{shown} is there and is no socket; remove it")));
        }
        if UnixStream::connect(path).is_ok() {
            return Err(exit::user(format!("another model server listens on {shown} already")));
        }
        std::fs::remove_file(path).with_context(|| format!("cannot replace {shown}"))?;
    }
    let listener = UnixListener::bind(path).map_err(|e| {
        exit::user(format!("cannot listen on {shown}: {e}; does its folder exist?"))
    })?;
    std::fs::set_permissions(path, Permissions::from_mode(0o660))
        .with_context(|| format!("cannot set the rights of {shown}"))?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// Tells systemd, where it started the program; elsewhere nothing happens.
fn notify(state: NotifyState<'_>) {
    if let Err(error) = sd_notify::notify(&[state]) {
        tracing::warn!("cannot notify the service manager: {error}");
    }
}
