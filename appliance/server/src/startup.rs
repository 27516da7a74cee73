//! From settings to a running server's parts: checks, store, keys, first administrator, workers.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use cg_audit::{Action, Event, Outcome};
use cg_auth::{AccessKey, Password, Role, random_password};
use cg_net::{AllowedHost, NetMode, NetPolicy};
use cg_store::{FolderLock, NewUser, Store};
use tokio::sync::{Notify, watch};

use crate::context::Context;
use crate::generation::Generation;
use crate::jobs::{Jobs, Parts, publish};
use crate::metrics::Metrics;
use crate::model_server::ModelServer;
use crate::settings::{Mode, Settings, Severity, review};
use crate::state::{Hashing, State, Stopping};
use crate::worker::{Isolation, Launcher, PoolOptions, QueryPool};
use crate::{audit_log, clock, exit};

/// How long a question waits for a free query worker.
const QUERY_WAIT: Duration = Duration::from_secs(10);

/// A server that is ready to listen.
pub(crate) struct Started {
    /// Its parts.
    pub(crate) state: Arc<State>,
    /// Wakes the task that adds vectors.
    pub(crate) published: Arc<Notify>,
    /// Held until the end.
    pub(crate) lock: FolderLock,
}

/// Says what the settings lead to; refuses to go on where this release cannot do what they want.
pub(crate) fn check_settings(settings: &Settings) -> anyhow::Result<()> {
    let mut refusals = Vec::new();
    for finding in review(settings) {
        match finding.severity {
            Severity::Refused => refusals.push(format!("{}: {}", finding.key, finding.message)),
            Severity::Warning => tracing::warn!(key = finding.key, "{}", finding.message),
        }
    }
    if refusals.is_empty() {
        return Ok(());
    }
    Err(exit::user(format!("cannot start with these settings: {}", refusals.join("; "))))
}

/// The policy of outgoing connections.
pub(crate) fn net_policy(settings: &Settings) -> anyhow::Result<NetPolicy> {
    let mode = match settings.deployment.mode {
        Mode::Isolated => NetMode::Isolated,
        Mode::Connected => NetMode::Connected,
    };
    let allow = settings.network.allow.iter().map(|host| AllowedHost::parse(host));
    let allow = allow.collect::<Result<_, _>>().map_err(|error| exit::user(error.to_string()))?;
    Ok(NetPolicy::new(mode, allow))
}

/// Starts worker processes as the settings say.
pub(crate) fn launcher(context: &Context) -> anyhow::Result<Launcher> {
    let isolation = if context.settings.workers.dangerous_without_landlock {
        Isolation::DangerousWithoutLandlock
    } else {
        Isolation::Required
    };
    Ok(Launcher::new(&context.environment, isolation)?)
}

/// The pool of query workers.
pub(crate) fn query_pool(
    settings: &Settings,
    generation: Option<&Generation>,
    launcher: &Launcher,
) -> QueryPool {
    let options = PoolOptions {
        children: settings.query.workers,
        wait: QUERY_WAIT,
        memory_bytes: settings.query.memory_mb << 20,
        threads: settings.query.threads,
        extensions_dir: generation.and_then(Generation::extensions),
    };
    QueryPool::new(launcher.clone(), options)
}

/// Makes everything that a server needs, up to the point where it could listen.
pub(crate) async fn start(context: &Context) -> anyhow::Result<Started> {
    check_settings(&context.settings)?;
    let settings = Arc::clone(&context.settings);
    let data = context.data.clone();
    data.create().map_err(|error| {
        exit::user(format!("cannot use the data folder {}: {error}", data.root().display()))
    })?;
    let lock = FolderLock::take(&data.server_lock())?;
    let store = Store::open(&data.store()).await?;
    let migrations = store.migrate().await?;
    tracing::info!(schema = migrations.applied, store = %data.store().display(), "store opened");
    let access = access_key(&settings, &data.token_key())?;
    let net = net_policy(&settings)?;
    let stopping = Arc::new(Stopping::default());
    let models = ModelServer::start(context, &net, Arc::clone(&stopping));
    let launcher = launcher(context)?;
    let queries = query_pool(&settings, context.generation.as_ref(), &launcher);
    let metrics = Metrics::new();
    let audit_wake = Arc::new(Notify::new());
    let published = Arc::new(Notify::new());
    let jobs = Jobs::new(Parts {
        store: store.clone(),
        data: data.clone(),
        settings: Arc::clone(&settings),
        generation: context.generation.clone(),
        launcher: launcher.clone(),
        metrics: Arc::clone(&metrics),
        stopping: Arc::clone(&stopping),
        audit_wake: Arc::clone(&audit_wake),
        published: Arc::clone(&published),
    });
    let hashing = Hashing::new(settings.auth.hash_parallel);
    let generation = context.generation.clone();
    let state = State {
        settings,
        data,
        generation,
        store,
        access,
        hashing,
        jobs,
        queries,
        launcher,
        models,
        adding_vectors: watch::Sender::new(None),
        metrics,
        audit_wake,
        stopping,
    };
    Ok(Started { state: Arc::new(state), published, lock })
}

/// Everything that a server writes before it works. Not while the store is closed for writing.
pub(crate) async fn open(state: &State, address: &str) -> anyhow::Result<()> {
    first_administrator(&state.store, &state.settings, &state.data.initial_password()).await?;
    let removed = publish::sweep(&state.store, &state.data).await?;
    if removed > 0 {
        tracing::info!(removed, "left-overs of broken-off runs removed");
    }
    state.jobs.recover().await?;
    let event = Event::new(Action::ServerStart, Outcome::Success, "system")
        .on(address)
        .with("version", env!("CARGO_PKG_VERSION"));
    audit_log::record_alone(&state.store, &event).await?;
    state.audit_wake.notify_one();
    Ok(())
}

/// Makes the first administrator when there are no users: with the password that the settings
/// give, or with a random one in a file that only its owner can read.
async fn first_administrator(
    store: &Store,
    settings: &Settings,
    password_file: &Path,
) -> anyhow::Result<()> {
    if store.count_users().await? > 0 {
        return Ok(());
    }
    let given = settings.api.admin_password.expose().map(str::to_owned);
    let must_change = given.is_none();
    let password = match given {
        Some(text) => Password::chosen(text).map_err(|error| exit::user(error.to_string()))?,
        None => random_password(),
    };
    let name = settings.api.admin_username.clone();
    let (password, hash) = tokio::task::spawn_blocking(move || {
        let hash = password.hash();
        (password, hash)
    })
    .await?;
    let new = NewUser {
        id: clock::new_id(),
        name: name.clone(),
        role: Role::Admin.name().to_owned(),
        password_hash: hash.as_str().to_owned(),
        must_change,
    };
    let mut tx = store.write().await?;
    // Looked at again under the lock: `codegraph admin create` may have been quicker.
    if tx.count_users().await? > 0 {
        return Ok(());
    }
    if must_change {
        write_private(password_file, format!("{}\n", password.expose()).as_bytes())?;
    }
    tx.create_user(&new, clock::now_ms()).await?;
    let event = Event::new(Action::UserCreate, Outcome::Success, "system").on(name.as_str());
    audit_log::record(&mut tx, &event.with("role", Role::Admin.name())).await?;
    tx.commit().await?;
    if must_change {
        tracing::warn!(
            user = name,
            file = %password_file.display(),
            "first administrator made; the one-time password lies in the file, change it at the first login"
        );
    } else {
        tracing::info!(user = name, "first administrator made from the configuration");
    }
    Ok(())
}

/// The key of access tokens: from the settings, else made once and kept in the data folder.
fn access_key(settings: &Settings, file: &Path) -> anyhow::Result<AccessKey> {
    if let Some(secret) = settings.api.jwt_secret.expose() {
        return Ok(AccessKey::new(secret.as_bytes())?);
    }
    match std::fs::read(file) {
        Ok(bytes) => Ok(AccessKey::new(&bytes)?),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let mut bytes = zeroize::Zeroizing::new([0_u8; 48]);
            rand::RngCore::fill_bytes(&mut rand::rng(), bytes.as_mut());
            write_private(file, bytes.as_ref())?;
            Ok(AccessKey::new(bytes.as_ref())?)
        }
        Err(error) => Err(exit::user(format!("cannot read {}: {error}", file.display()))),
    }
}

/// Writes a file that only its owner can read; durable before it appears under its name.
fn write_private(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let draft = path.with_extension("new");
    let _ = std::fs::remove_file(&draft);
    let mut options = std::fs::OpenOptions::new();
    let mut file = options.write(true).create_new(true).mode(0o600).open(&draft)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&draft, path)?;
    if let Some(folder) = path.parent() {
        std::fs::File::open(folder)?.sync_all()?;
    }
    Ok(())
}
