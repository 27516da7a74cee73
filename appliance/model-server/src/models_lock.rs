//! The list of models of a generation, written by the installer: which files, of what kind.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::exit;

/// Largest list that is read, in bytes.
const MAX_BYTES: u64 = 1 << 20;

/// The models to serve: at most one of a kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ModelsLock {
    pub(crate) chat: Option<Entry>,
    pub(crate) embedding: Option<Entry>,
}

/// One model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Name in the API.
    pub(crate) id: String,
    /// File (chat) or folder (embedding), absolute if the list's path is.
    pub(crate) path: PathBuf,
    /// Context in tokens; 0 = not said.
    pub(crate) context: u32,
    /// Languages the model was made for; empty = not said.
    pub(crate) languages: Vec<String>,
}

#[derive(Deserialize)]
struct File {
    models: Vec<FileEntry>,
}

#[derive(Deserialize)]
struct FileEntry {
    id: String,
    kind: String,
    format: String,
    path: String,
    #[serde(default)]
    context: u32,
    #[serde(default)]
    languages: Vec<String>,
}

/// Reads the list; paths in it are relative to its folder.
pub(crate) fn read(path: &Path) -> anyhow::Result<ModelsLock> {
    let failed = |why: String| exit::user(format!("cannot read {}: {why}", path.display()));
    let size = std::fs::metadata(path).map_err(|e| failed(e.to_string()))?.len();
    if size > MAX_BYTES {
        return Err(failed(format!("it has {size} bytes, at most {MAX_BYTES} are read")));
    }
    let text = std::fs::read_to_string(path).map_err(|e| failed(e.to_string()))?;
    parse(&text, path.parent().unwrap_or(Path::new(""))).map_err(failed)
}

/// Pure part of [`read`].
pub(crate) fn parse(text: &str, folder: &Path) -> Result<ModelsLock, String> {
    let file: File = serde_json::from_str(text).map_err(|e| e.to_string())?;
    let mut lock = ModelsLock::default();
    for entry in file.models {
        let place = match (entry.kind.as_str(), entry.format.as_str()) {
            ("chat", "gguf") => &mut lock.chat,
            ("embedding", "safetensors") => &mut lock.embedding,
            (kind, format) => {
                return Err(format!(
                    "model {} is a {kind} model in format {format}; this release serves chat (gguf) \
                     and embedding (safetensors)",
                    entry.id
                ));
            }
        };
        if let Some(other) = place {
            return Err(format!("two models of one kind: {} and {}; keep one", other.id, entry.id));
        }
        let path = folder.join(&entry.path);
        *place =
            Some(Entry { id: entry.id, path, context: entry.context, languages: entry.languages });
    }
    Ok(lock)
}
