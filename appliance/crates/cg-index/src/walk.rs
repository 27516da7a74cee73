//! Finds the files to index: those that git would track, without following links.

use std::collections::HashMap;
use std::fs::File;
use std::io::Read;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use cg_graph_store::Note;
use cg_types::{DiagnosticCode, Language};
use ignore::{DirEntry, WalkBuilder};
use rustix::fs::OFlags;

use crate::IndexError;

/// Most files of a snapshot.
const FILES: usize = 4_000_000;
/// Most folders within folders.
const DEPTH: usize = 512;
/// Bytes read to find a `#!` line.
const SHEBANG: usize = 128;
/// Folders of version control.
const SKIPPED: [&str; 5] = [".git", ".hg", ".svn", ".bzr", ".jj"];

/// A file to index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    /// Path below the root, `/` between the parts.
    pub(crate) path: String,
    pub(crate) language: Language,
    pub(crate) bytes: u64,
}

/// Walks the repository. Files come in the order of their paths.
pub(crate) fn walk(root: &Path) -> Result<(Vec<Found>, Vec<Note>), IndexError> {
    let source = |error| IndexError::Source { path: root.to_owned(), source: error };
    let root = root.canonicalize().map_err(source)?;
    std::fs::read_dir(&root).map_err(source)?;
    let mut files = Vec::new();
    let mut notes = Vec::new();
    for entry in walker(&root) {
        match entry {
            Ok(entry) => take(&root, &entry, &mut files, &mut notes),
            Err(error) => notes.push(note(
                &root,
                &error_path(&error),
                DiagnosticCode::Unreadable,
                &error.to_string(),
            )),
        }
        if files.len() > FILES {
            return Err(IndexError::TooManyFiles(FILES));
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    notes.sort_by(|a, b| (&a.path, &a.message).cmp(&(&b.path, &b.message)));
    Ok((files, notes))
}

fn walker(root: &Path) -> ignore::Walk {
    WalkBuilder::new(root)
        .follow_links(false)
        .max_depth(Some(DEPTH))
        .hidden(false)
        // What lies above the root or in the user's home does not decide what is in the repository.
        .parents(false)
        .git_global(false)
        .ignore(false)
        .git_ignore(true)
        .git_exclude(true)
        .require_git(false)
        .filter_entry(|entry| {
            !entry.file_name().to_str().is_some_and(|name| SKIPPED.contains(&name))
        })
        .build()
}

fn take(root: &Path, entry: &DirEntry, files: &mut Vec<Found>, notes: &mut Vec<Note>) {
    let Some(kind) = entry.file_type() else { return };
    if kind.is_symlink() {
        if let Some(problem) = link_problem(root, entry.path()) {
            notes.push(note(root, entry.path(), DiagnosticCode::SymlinkSkipped, problem));
        }
        return;
    }
    // Pipes, sockets and devices are no source and may never be opened.
    if !kind.is_file() {
        return;
    }
    let Some(language) = language(entry.path()) else { return };
    let Some(path) = relative(root, entry.path()) else {
        notes.push(note(
            root,
            entry.path(),
            DiagnosticCode::Unreadable,
            "the name is not valid UTF-8",
        ));
        return;
    };
    match entry.metadata() {
        Ok(metadata) => files.push(Found { path, language, bytes: metadata.len() }),
        Err(error) => {
            notes.push(note(root, entry.path(), DiagnosticCode::Unreadable, &error.to_string()))
        }
    }
}

/// By extension; without one, by the interpreter in the first line.
fn language(path: &Path) -> Option<Language> {
    if let Some(extension) = path.extension() {
        return Language::of_extension(extension.to_str()?);
    }
    let mut begin = [0; SHEBANG];
    let count = open(path).and_then(|mut file| file.read(&mut begin)).unwrap_or(0);
    let line = begin[..count].split(|b| *b == b'\n').next()?;
    Language::of_shebang(std::str::from_utf8(line).ok()?.trim_end())
}

/// Opens a regular file, never a link, and never waits on a pipe.
pub(crate) fn open(path: &Path) -> std::io::Result<File> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = File::options().read(true).custom_flags(flags.bits() as i32).open(path)?;
    if file.metadata()?.is_file() {
        return Ok(file);
    }
    Err(std::io::Error::new(std::io::ErrorKind::InvalidInput, "not a regular file"))
}

/// Why a link is worth a word. A link to something else in the repository is not: that is indexed
/// where it stands.
fn link_problem(root: &Path, link: &Path) -> Option<&'static str> {
    match link.canonicalize() {
        Err(_) => Some("the link leads nowhere or runs in a circle"),
        Ok(target) if !target.starts_with(root) => Some("the link leads out of the repository"),
        Ok(target) if link.starts_with(&target) => Some("the link leads to a folder around it"),
        Ok(_) => None,
    }
}

fn relative(root: &Path, path: &Path) -> Option<String> {
    path.strip_prefix(root).ok()?.to_str().map(str::to_owned)
}

fn note(root: &Path, path: &Path, code: DiagnosticCode, message: &str) -> Note {
    let path = path.strip_prefix(root).unwrap_or(path);
    // The message of a walk error begins with the full path, which is nobody's business.
    let message = message.replace(&format!("{}/", root.display()), "");
    Note {
        file: None,
        path: path.to_string_lossy().into_owned(),
        code: code.as_str(),
        line: 0,
        message,
    }
}

fn error_path(error: &ignore::Error) -> PathBuf {
    match error {
        ignore::Error::WithPath { path, .. } => path.clone(),
        ignore::Error::WithLineNumber { err, .. } | ignore::Error::WithDepth { err, .. } => {
            error_path(err)
        }
        ignore::Error::Loop { child, .. } => child.clone(),
        ignore::Error::Partial(errors) => errors.first().map(error_path).unwrap_or_default(),
        _ => PathBuf::new(),
    }
}

/// Files by path, for lookups.
pub(crate) fn by_path(files: &[Found]) -> HashMap<&str, usize> {
    files.iter().enumerate().map(|(at, file)| (file.path.as_str(), at)).collect()
}
