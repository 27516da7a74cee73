//! `codegraph status`: what is installed and what is stored. Changes nothing.

use std::process::ExitCode;

use cg_store::{FolderLock, Store, StoreError};
use serde_json::{Value, json};

use crate::clock;
use crate::context::Context;
use crate::generation::Generation;

pub(crate) async fn run(context: &Context) -> anyhow::Result<ExitCode> {
    let generation = context.generation.as_ref();
    let mut report = json!({
        "version": env!("CARGO_PKG_VERSION"),
        "generation": generation.map(|one| one.root().display().to_string()),
        "release": generation.and_then(Generation::release_summary),
        "data": context.data.root().display().to_string(),
        "server": server(context),
        "projects": [],
    });
    if context.data.store().exists() {
        let store = Store::open(&context.data.store()).await?;
        let state = store.migration_state().await?;
        report["schema"] = json!({ "applied": state.applied, "known": state.known });
        if state.applied > 0 {
            report["users"] = json!(store.count_users().await?);
            report["projects"] = projects(&store).await?;
        }
        store.close().await;
    }
    context.output.report(&report, text)?;
    Ok(ExitCode::SUCCESS)
}

/// Whether a server holds the data folder.
fn server(context: &Context) -> &'static str {
    let lock = context.data.server_lock();
    if !lock.exists() {
        return "stopped";
    }
    match FolderLock::take(&lock) {
        Ok(_) => "stopped",
        Err(StoreError::Locked { .. }) => "running",
        Err(_) => "unknown",
    }
}

async fn projects(store: &Store) -> anyhow::Result<Value> {
    let mut rows = Vec::new();
    for project in store.projects("", 1_000).await? {
        let snapshot = match &project.current_snapshot {
            Some(id) => Some(store.snapshot(id).await?),
            None => None,
        };
        let indexed = snapshot.as_ref().map(|one| clock::rfc3339(one.created_at));
        let bytes: Option<i64> =
            snapshot.as_ref().map(|one| one.files.iter().map(|file| file.bytes).sum());
        let vectors =
            snapshot.as_ref().is_some_and(|one| one.files.iter().any(|f| f.role == "vectors"));
        rows.push(json!({ "name": project.name, "path": project.path, "indexed": indexed,
            "bytes": bytes, "vectors": vectors }));
    }
    Ok(Value::Array(rows))
}

fn text(report: &Value) -> String {
    let word = |value: &Value| value.as_str().unwrap_or("none").to_owned();
    let mut text = format!(
        "codegraph {}\ngeneration: {}\ndata: {}\nserver: {}\n",
        word(&report["version"]),
        word(&report["generation"]),
        word(&report["data"]),
        word(&report["server"]),
    );
    let projects = report["projects"].as_array().map(Vec::as_slice).unwrap_or_default();
    text.push_str(&format!("projects: {}\n", projects.len()));
    for project in projects {
        let indexed = project["indexed"].as_str().unwrap_or("never");
        let (name, path) = (word(&project["name"]), word(&project["path"]));
        text.push_str(&format!("  {name}  {path}  indexed: {indexed}\n"));
    }
    text
}
