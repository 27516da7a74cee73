//! Revisions of a git repository, by the `git` program of the host. Nothing is fetched, no hook and no filter that
//! could reach a network is run, and neither the work tree nor the index of the repository is touched.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;

/// Settings that every call gets.
const SETTINGS: [&str; 6] = [
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "filter.lfs.smudge=cat",
    "filter.lfs.process=",
    "filter.lfs.required=false",
    "protocol.allow=never",
];

/// Why a revision cannot be had.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RevisionError {
    #[error(
        "the program `git` cannot be started: {0}; install it, or index a folder without --rev"
    )]
    NoGit(std::io::Error),
    #[error("{0} is not in a git repository")]
    NoRepository(String),
    #[error("the git repository of {folder} has no revision `{revision}`")]
    Unknown { folder: String, revision: String },
    #[error("git could not give the files of {commit}: {cause}")]
    Failed { commit: String, cause: String },
}

/// The commit that a revision (branch, tag, hash, `HEAD~3`) names, as 40 or 64 hexadecimal digits.
pub(crate) fn commit(folder: &Path, revision: &str) -> Result<String, RevisionError> {
    let shown = || folder.display().to_string();
    git(folder, &[], &["rev-parse", "--git-dir"])?
        .map_err(|_| RevisionError::NoRepository(shown()))?;
    let wanted = format!("{revision}^{{commit}}");
    git(folder, &[], &["rev-parse", "--verify", "--quiet", "--end-of-options", &wanted])?
        .map_err(|_| RevisionError::Unknown { folder: shown(), revision: revision.to_owned() })
}

/// Writes the files that a commit has in a folder of the repository into `scratch/tree`, which it makes.
pub(crate) fn check_out(folder: &Path, commit: &str, scratch: &Path) -> Result<(), RevisionError> {
    let failed = |cause: String| RevisionError::Failed { commit: commit.to_owned(), cause };
    let tree = scratch.join("tree");
    std::fs::create_dir(&tree).map_err(|error| failed(error.to_string()))?;
    let ask = |arguments: &[&str]| git(folder, &[], arguments)?.map_err(failed);
    let directory = ask(&["rev-parse", "--absolute-git-dir"])?;
    let below = ask(&["rev-parse", "--show-prefix"])?;
    let part = match below.trim_end_matches('/') {
        "" => format!("{commit}^{{tree}}"),
        below => format!("{commit}:{below}"),
    };
    let index = scratch.join("index");
    let settings: [(&str, &OsStr); 3] = [
        ("GIT_DIR", directory.as_ref()),
        ("GIT_WORK_TREE", tree.as_os_str()),
        ("GIT_INDEX_FILE", index.as_os_str()),
    ];
    for arguments in [&["read-tree", &part][..], &["checkout-index", "--all", "--quiet"]] {
        git(&tree, &settings, arguments)?.map_err(failed)?;
    }
    Ok(())
}

/// What a call of git prints; else what it complains of.
fn git(
    folder: &Path,
    environment: &[(&str, &OsStr)],
    arguments: &[&str],
) -> Result<Result<String, String>, RevisionError> {
    let mut command = Command::new("git");
    for name in
        ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_CEILING_DIRECTORIES"]
    {
        command.env_remove(name);
    }
    for setting in SETTINGS {
        command.args(["-c", setting]);
    }
    let output = command
        .args(arguments)
        .current_dir(folder)
        .env("GIT_NO_LAZY_FETCH", "1")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_OPTIONAL_LOCKS", "0")
        .envs(environment.iter().copied())
        .output()
        .map_err(RevisionError::NoGit)?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    Ok(if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) })
}
