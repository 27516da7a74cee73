//! A full disk, in words: how much is free, how much is needed, what to do.

use cg_store::{Project, Store};

use crate::data_dir::DataDir;

/// What the system and DuckDB say when no byte more fits.
const SIGNS: [&str; 3] = ["No space left on device", "os error 28", "Disk quota exceeded"];

/// A sentence to put behind `error`, or nothing when it is about something else.
pub(crate) async fn remedy(
    store: &Store,
    data: &DataDir,
    project: &Project,
    error: &str,
) -> Option<String> {
    if !SIGNS.iter().any(|sign| error.contains(sign)) {
        return None;
    }
    let root = data.root();
    let free = rustix::fs::statvfs(root).map_or(0, |stat| stat.f_bavail * stat.f_frsize);
    let snapshot = match &project.current_snapshot {
        Some(id) => store.snapshot(id).await.ok(),
        None => None,
    };
    let need = match snapshot {
        Some(snapshot) => {
            let bytes: i64 = snapshot.files.iter().map(|file| file.bytes).sum();
            format!(
                "the current snapshot takes {} MiB, and the next one needs about as much",
                bytes >> 20
            )
        }
        None => "this is the project's first snapshot".to_owned(),
    };
    Some(format!(
        "the disk of {} has {} MiB free while nothing is indexed; {need}. Nothing was changed: free space or move the data folder, then index again",
        root.display(),
        free >> 20
    ))
}
