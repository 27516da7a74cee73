//! The section `llm.local` of the appliance's configuration, command line first. The whole file is
//! validated by `codegraph`; here only these keys are read.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::cli::Serve;
use crate::exit;

/// Largest configuration that is read, in bytes.
const MAX_BYTES: u64 = 1 << 20;

/// How to run the models.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Settings {
    pub(crate) model_path: Option<PathBuf>,
    /// 0 = the model's own.
    pub(crate) context_tokens: u32,
    pub(crate) batch_tokens: u32,
    pub(crate) threads: u32,
    /// `u32::MAX` = all.
    pub(crate) gpu_layers: u32,
    pub(crate) slots: u32,
    pub(crate) queue: u32,
}

#[derive(Default, Deserialize)]
struct File {
    #[serde(default)]
    llm: Llm,
}

#[derive(Default, Deserialize)]
struct Llm {
    #[serde(default)]
    local: Local,
}

#[derive(Default, Deserialize)]
struct Local {
    model_path: Option<Scalar>,
    n_ctx: Option<Scalar>,
    n_batch: Option<Scalar>,
    n_threads: Option<Scalar>,
    n_gpu_layers: Option<Scalar>,
    slots: Option<Scalar>,
    queue: Option<Scalar>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Scalar {
    Integer(i64),
    Text(String),
}

/// Facts that settings are completed with.
pub(crate) struct Machine<'a> {
    /// Processors of the machine.
    pub(crate) processors: u32,
    /// Looks up an environment variable.
    pub(crate) variable: &'a dyn Fn(&str) -> Option<String>,
}

/// Reads the file, if one is given, and puts the command line above it.
pub(crate) fn load(args: &Serve, machine: &Machine<'_>) -> anyhow::Result<Settings> {
    let text = match &args.config {
        Some(path) => read(path)?,
        None => String::new(),
    };
    merge(&text, args, machine).map_err(|why| {
        let shown = args.config.as_deref().unwrap_or(Path::new("the command line"));
        exit::user(format!("{}: {why}", shown.display()))
    })
}

/// Pure part of [`load`].
pub(crate) fn merge(text: &str, args: &Serve, machine: &Machine<'_>) -> Result<Settings, String> {
    let file: File = match text.trim() {
        "" => File::default(),
        _ => serde_saphyr::from_str(text).map_err(|e| e.without_snippet().to_string())?,
    };
    let local = file.llm.local;
    let number = |name: &str, given: Option<i64>, value: Option<Scalar>, default: i64| {
        let value = match (given, value) {
            (Some(given), _) => given,
            (None, None) => default,
            (None, Some(Scalar::Integer(n))) => n,
            (None, Some(Scalar::Text(text))) => {
                let text = expand(&text, machine.variable)?;
                text.trim()
                    .parse()
                    .map_err(|_| format!("llm.local.{name} = {text:?} is no number"))?
            }
        };
        let least = if name == "n_gpu_layers" { -1 } else { 0 };
        if (least..=i64::from(i32::MAX)).contains(&value) {
            return Ok(value);
        }
        Err(format!("llm.local.{name} = {value} is out of range"))
    };
    let gpu_layers =
        number("n_gpu_layers", args.n_gpu_layers.map(i64::from), local.n_gpu_layers, -1)?;
    let natural = |name: &str, given: Option<u32>, value, default| {
        number(name, given.map(i64::from), value, default)
            .map(|n| u32::try_from(n).unwrap_or(u32::MAX))
    };
    let slots = natural("slots", args.slots, local.slots, 2)?;
    let model_path = match (&args.model_path, local.model_path) {
        (Some(path), _) => Some(path.clone()),
        (None, Some(Scalar::Text(text))) => Some(PathBuf::from(expand(&text, machine.variable)?)),
        (None, Some(Scalar::Integer(n))) => Some(PathBuf::from(n.to_string())),
        (None, None) => None,
    };
    Ok(Settings {
        model_path: model_path.filter(|path| !path.as_os_str().is_empty()),
        context_tokens: natural("n_ctx", args.n_ctx, local.n_ctx, 8192)?,
        // The engine needs room for every slot's token in a step.
        batch_tokens: natural("n_batch", args.n_batch, local.n_batch, 512)?
            .clamp(slots.clamp(32, 8192), 8192),
        threads: match natural("n_threads", args.n_threads, local.n_threads, 0)? {
            0 => machine.processors.max(1),
            n => n,
        },
        gpu_layers: u32::try_from(gpu_layers).unwrap_or(u32::MAX),
        slots,
        queue: natural("queue", args.queue, local.queue, 8)?.min(1_000),
    })
}

/// `${NAME}` and `${NAME:-default}`, as in the rest of the configuration.
fn expand(text: &str, variable: &dyn Fn(&str) -> Option<String>) -> Result<String, String> {
    let mut result = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        result.push_str(before);
        let (body, after) =
            after.split_once('}').ok_or_else(|| format!("`}}` is missing in {text:?}"))?;
        let (name, default) = match body.split_once(":-") {
            Some((name, default)) => (name, Some(default)),
            None => (body, None),
        };
        match (variable(name).filter(|value| !value.is_empty()), default) {
            (Some(value), _) => result.push_str(&value),
            (None, Some(default)) => result.push_str(default),
            (None, None) => return Err(format!("variable {name} is not set")),
        }
        rest = after;
    }
    result.push_str(rest);
    Ok(result)
}

fn read(path: &Path) -> anyhow::Result<String> {
    let failed = |why: String| exit::user(format!("cannot read {}: {why}", path.display()));
    let size = std::fs::metadata(path).map_err(|e| failed(e.to_string()))?.len();
    if size > MAX_BYTES {
        return Err(failed(format!("it has {size} bytes, at most {MAX_BYTES} are read")));
    }
    std::fs::read_to_string(path).map_err(|e| failed(e.to_string()))
}
