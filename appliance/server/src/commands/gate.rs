//! `codegraph gate`: proves that this installation works, by real work: a built-in sample is
//! indexed by an index worker and asked through a query worker, the model says a few words, and,
//! with `--url`, the running server says that it is ready. Leaves nothing behind.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use cg_graph_store::{GraphRequest, GraphResponse, Limits, SnapshotFiles};
use cg_index::{IndexJob, Role};
use cg_llm_client::{ChatEvent, ChatRequest, Message, Role as Speaker};
use cg_net::{Endpoint, Http, HttpOptions};
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use crate::context::Context;
use crate::generation::Generation;
use crate::model_server::ModelServer;
use crate::state::Stopping;
use crate::worker::{IndexWorker, Launcher};
use crate::{clock, exit, startup};

/// Source files in three languages, each with one method that calls another.
const SAMPLE: [(&str, &str, &str, &str); 3] = [
    ("greet.c", include_str!("../gate_sample/greet.c"), "gate_greet", "gate_length"),
    ("greet.py", include_str!("../gate_sample/greet.py"), "gate_salute", "gate_polish"),
    ("greet.rs", include_str!("../gate_sample/greet.rs"), "gate_welcome", "gate_frame"),
];
/// Methods in the sample.
const METHODS: u64 = 6;
/// How long the model server may take to load its models: an emulated processor is slow.
const MODEL_START: Duration = Duration::from_secs(180);
/// How long the model may take for its few words.
const MODEL_ANSWER: Duration = Duration::from_secs(600);
/// Words that the model may write.
const MODEL_TOKENS: u32 = 8;
/// How long a server that is starting may take until it is ready.
const SERVER_START: Duration = Duration::from_secs(90);
/// How often something that is starting is looked at.
const LOOK: Duration = Duration::from_millis(500);

/// Arguments.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Address of a running server that must be ready too.
    #[arg(long, value_name = "URL")]
    url: Option<String>,
}

/// One check.
#[derive(Serialize)]
struct Check {
    name: &'static str,
    good: bool,
    detail: String,
    elapsed_ms: u64,
}

pub(crate) async fn run(context: &Context, args: Args) -> anyhow::Result<ExitCode> {
    let mut checks = Vec::new();
    note(&mut checks, "settings", async {
        startup::check_settings(&context.settings).map(|()| "can be started with".to_owned())
    })
    .await;
    let folder = scratch(context)?;
    let _guard = Scratch(folder.clone());
    let launcher = startup::launcher(context)?;
    let mut snapshot = None;
    note(&mut checks, "index", async {
        let (files, detail) = index(context, &launcher, &folder).await?;
        snapshot = Some(files);
        Ok(detail)
    })
    .await;
    if let Some(files) = &snapshot {
        note(&mut checks, "query", query(context, &launcher, files)).await;
    }
    if has_chat_model(context.generation.as_ref()) {
        // A model server of its own listens in the gate's folder, not beside that of a server.
        note(&mut checks, "model", model(&context.with_data(folder.clone()))).await;
    }
    if let Some(url) = &args.url {
        note(&mut checks, "server", server(context, url)).await;
    }
    let good = checks.iter().all(|check| check.good);
    context.output.report(&serde_json::json!({ "good": good, "checks": checks }), |_| {
        let line = |check: &Check| {
            let mark = if check.good { "good" } else { "BAD " };
            format!("{mark}  {}: {} ({} ms)\n", check.name, check.detail, check.elapsed_ms)
        };
        checks.iter().map(line).collect()
    })?;
    Ok(ExitCode::from(if good { 0 } else { exit::USER }))
}

async fn note(
    checks: &mut Vec<Check>,
    name: &'static str,
    check: impl Future<Output = anyhow::Result<String>>,
) {
    let started = Instant::now();
    let (good, detail) = match check.await {
        Ok(detail) => (true, detail),
        Err(error) => (false, format!("{error:#}")),
    };
    let elapsed_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    checks.push(Check { name, good, detail, elapsed_ms });
}

/// Removes the gate's folder at the end.
struct Scratch(PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A fresh folder of our own, outside of the data folder: the gate may run beside a server.
fn scratch(context: &Context) -> anyhow::Result<PathBuf> {
    use std::os::unix::fs::DirBuilderExt;
    let base = context.environment.path("TMPDIR").unwrap_or_else(|| PathBuf::from("/tmp"));
    let folder = base.join(format!("codegraph-gate-{}", clock::new_id()));
    std::fs::DirBuilder::new().mode(0o700).create(&folder)?;
    Ok(folder)
}

async fn index(
    context: &Context,
    launcher: &Launcher,
    folder: &Path,
) -> anyhow::Result<(SnapshotFiles, String)> {
    let (source, output) = (folder.join("source"), folder.join("output"));
    std::fs::create_dir(&source)?;
    std::fs::create_dir(&output)?;
    for (name, text, _, _) in SAMPLE {
        std::fs::write(source.join(name), text)?;
    }
    let settings = &context.settings.index;
    let task = IndexJob {
        source,
        output,
        known_files: None,
        next_file_key: 1,
        memory_bytes: settings.memory_mb << 20,
        threads: 1,
        file_time_ms: settings.file_time_ms,
        file_max_bytes: settings.file_max_bytes,
        extensions_dir: context.generation.as_ref().and_then(Generation::extensions),
        base: None,
    };
    let worker = IndexWorker::new(launcher.clone());
    let outcome = worker.run(&task, |_| {}, CancellationToken::new()).await?;
    let methods = outcome.summary.methods;
    anyhow::ensure!(methods == METHODS, "the sample has {METHODS} methods, {methods} were found");
    let of_role =
        |role| outcome.files.iter().find(|file| file.role == role).map(|file| file.path.clone());
    let graph = of_role(Role::Graph).ok_or_else(|| anyhow::anyhow!("no graph was written"))?;
    let search = of_role(Role::Search);
    let files = SnapshotFiles { graph, search, vectors: None, base: None };
    Ok((files, format!("{methods} methods in {} files", SAMPLE.len())))
}

async fn query(
    context: &Context,
    launcher: &Launcher,
    files: &SnapshotFiles,
) -> anyhow::Result<String> {
    let pool = startup::query_pool(&context.settings, context.generation.as_ref(), launcher);
    for (_, _, caller, callee) in SAMPLE {
        let text = format!(
            "SELECT * FROM GRAPH_TABLE (cpg MATCH (a:METHOD)-[c:CALL]->(b:METHOD) \
             WHERE a.NAME = '{caller}' COLUMNS (b.NAME AS callee))"
        );
        let request = GraphRequest::Query { text, limits: Limits::default() };
        let GraphResponse::Table(table) = pool.ask(files, request).await? else {
            anyhow::bail!("the query worker answered something else than a table");
        };
        let found = table.rows.iter().any(|row| row.first().is_some_and(|name| name == callee));
        anyhow::ensure!(found, "the call from {caller} to {callee} is not in the graph");
    }
    pool.close();
    Ok(format!("{} calls found by MATCH", SAMPLE.len()))
}

fn has_chat_model(generation: Option<&Generation>) -> bool {
    let lock = generation.and_then(Generation::models_lock);
    let Some(text) = lock.and_then(|path| std::fs::read(path).ok()) else { return false };
    let lock: serde_json::Value = serde_json::from_slice(&text).unwrap_or_default();
    let models = lock["models"].as_array().map(Vec::as_slice).unwrap_or_default();
    models.iter().any(|model| model["kind"] == "chat")
}

async fn model(context: &Context) -> anyhow::Result<String> {
    let net = startup::net_policy(&context.settings)?;
    let stopping = Arc::new(Stopping::default());
    let models = ModelServer::start(context, &net, Arc::clone(&stopping));
    let answer = tokio::time::timeout(MODEL_START + MODEL_ANSWER, say(&models)).await;
    stopping.begin();
    models.stop().await;
    answer.map_err(|_| anyhow::anyhow!("the model did not answer in time"))?
}

async fn say(models: &ModelServer) -> anyhow::Result<String> {
    let deadline = Instant::now() + MODEL_START;
    let (llm, model) = loop {
        if let Some(ready) = models.chat() {
            break ready;
        }
        let status = models.describe().await;
        let why = status.last_error.unwrap_or_else(|| "no reason is known".to_owned());
        let hopeless = matches!(status.state, "absent" | "resting") || Instant::now() >= deadline;
        anyhow::ensure!(!hopeless, "the model server did not become ready: {why}");
        tokio::time::sleep(LOOK).await;
    };
    let request = ChatRequest {
        model: model.clone(),
        // Without instructions of ours, many templates put in long ones of their own.
        messages: vec![
            Message::new(Speaker::System, "Be brief."),
            Message::new(Speaker::User, "Say hello."),
        ],
        max_tokens: MODEL_TOKENS,
        temperature: 0.0,
        stop: Vec::new(),
    };
    let mut stream = llm.chat(&request).await?;
    let mut text = String::new();
    while let Some(event) = stream.next().await? {
        if let ChatEvent::Delta(piece) = event {
            text.push_str(&piece);
        }
    }
    anyhow::ensure!(!text.trim().is_empty(), "the model `{model}` said nothing");
    Ok(format!("{model} said `{}`", text.trim()))
}

async fn server(context: &Context, url: &str) -> anyhow::Result<String> {
    let net = startup::net_policy(&context.settings)?;
    let endpoint = Endpoint::parse(url).map_err(|error| exit::user(error.to_string()))?;
    let http = Http::new(&net, &endpoint, HttpOptions::default()).await?;
    let deadline = Instant::now() + SERVER_START;
    loop {
        let problem = match http.get("/api/v1/health/ready").await {
            Ok(answer) if answer.is_success() => return Ok(format!("{url} is ready")),
            Ok(answer) => format!("{url} answers {}", answer.status()),
            Err(error) => error.to_string(),
        };
        anyhow::ensure!(Instant::now() < deadline, "{problem}");
        tokio::time::sleep(LOOK).await;
    }
}
