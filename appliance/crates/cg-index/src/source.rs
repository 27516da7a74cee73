//! One file: read, decoded, analysed, turned into rows and facts.

use std::any::Any;
use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use cg_graph_store::{FileEntry, FileRows, Note};
use cg_link::FileFacts;
use cg_types::{ContentHash, DiagnosticCode, Language, is_cpp_header};

use crate::encoding::{Quality, decode, is_binary};
use crate::keys::Keyed;
use crate::origin::origin;
use crate::walk::open;

/// A file larger than this is not even read.
pub(crate) const READ_BYTES: u64 = 256 << 20;

/// What came of a file.
pub(crate) enum Analyzed {
    /// Rows for the tables, facts for linking.
    Rows(Box<Made>),
    /// It is not part of the snapshot, and why.
    Left(Note),
}

/// What a file gives.
pub(crate) struct Made {
    /// For the tables.
    pub(crate) rows: FileRows,
    /// For linking.
    pub(crate) facts: FileFacts,
    /// The facts as bytes.
    pub(crate) stored: Vec<u8>,
    /// Of the bytes on disk.
    pub(crate) hash: ContentHash,
}

/// BLAKE3 of a file's bytes; nothing if it cannot be read or is too large to be part of a snapshot.
pub(crate) fn hash(path: &Path) -> Option<ContentHash> {
    let bytes = read(path).ok().flatten()?;
    Some(ContentHash(*blake3::hash(&bytes).as_bytes()))
}

/// Reads and analyses a file. Never fails: what goes wrong is a diagnostic.
pub(crate) fn analyze(root: &Path, file: &Keyed, limits: &cg_cpg::Limits) -> Analyzed {
    let left = |code: DiagnosticCode, message: String| {
        Analyzed::Left(Note { file: None, ..note(file, code.as_str(), message) })
    };
    let bytes = match read(&root.join(&file.file.path)) {
        Ok(Some(bytes)) => bytes,
        Ok(None) => {
            return left(
                DiagnosticCode::FileTooLarge,
                format!("larger than {READ_BYTES} bytes, left out"),
            );
        }
        Err(error) => return left(DiagnosticCode::Unreadable, error.to_string()),
    };
    if is_binary(&bytes) {
        return left(
            DiagnosticCode::Unreadable,
            "holds NUL bytes, so it is data and not text".into(),
        );
    }
    let decoded = decode(&bytes);
    let mut notes = Vec::new();
    if decoded.quality == Quality::Replaced {
        let message = format!("bytes that are not {} were replaced", decoded.encoding);
        notes.push(note(file, DiagnosticCode::InvalidEncoding.as_str(), message));
    }
    let entry = FileEntry {
        key: file.key,
        text: &decoded.text,
        hash: ContentHash(*blake3::hash(&bytes).as_bytes()),
        encoding: decoded.encoding,
        disk_bytes: bytes.len() as u64,
        origin: origin(&file.file.path, &decoded.text),
    };
    let made = catch_unwind(AssertUnwindSafe(|| {
        let language = match file.file.language {
            Language::C if file.file.path.ends_with(".h") && is_cpp_header(entry.text) => {
                Language::Cpp
            }
            language => language,
        };
        let graph = cg_cpg::analyze(&file.file.path, language, entry.text, limits);
        let facts = cg_link::facts(&graph, file.key);
        let stored = cg_link::facts_to_bytes(&facts);
        let rows = FileRows::new(&entry, &graph, &notes);
        Box::new(Made { rows, facts, stored, hash: entry.hash })
    }));
    match made {
        Ok(made) => Analyzed::Rows(made),
        // One file's defect must not take the repository along.
        Err(panic) => Analyzed::Left(Note {
            file: None,
            ..note(file, "internal_error", panic_text(panic.as_ref()))
        }),
    }
}

fn note(file: &Keyed, code: &'static str, message: String) -> Note {
    Note { file: Some(file.key), path: file.file.path.clone(), code, line: 0, message }
}

/// The file's bytes, or nothing when there are too many.
fn read(path: &Path) -> std::io::Result<Option<Vec<u8>>> {
    let file = open(path)?;
    let length = file.metadata()?.len();
    if length > READ_BYTES {
        return Ok(None);
    }
    let mut bytes = Vec::with_capacity(length as usize + 1);
    file.take(READ_BYTES + 1).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= READ_BYTES).then_some(bytes))
}

fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("analysis failed: {}", text.unwrap_or("unknown reason"))
}
