//! Where the programs are, and how a story runs one.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The folder of the release programs: the test itself lies in its `deps/`.
pub(crate) fn programs() -> PathBuf {
    let own = std::env::current_exe().expect("a test has a path");
    let folder =
        own.parent().and_then(Path::parent).expect("tests lie in release/deps").to_path_buf();
    assert!(
        folder.join("codegraph").exists(),
        "{} has no `codegraph`: run `make build` first",
        folder.display()
    );
    folder
}

/// The generation that `make deps` lays out: models and DuckDB extensions.
pub(crate) fn generation() -> PathBuf {
    let cache =
        std::env::var_os("CODEGRAPH_CACHE").expect("run by make: CODEGRAPH_CACHE is set there");
    let folder = PathBuf::from(cache).join("deps/generation");
    assert!(
        folder.join("models.lock").exists(),
        "{} is not there: run `make deps`",
        folder.display()
    );
    folder
}

/// `codegraph` on a data folder, with JSON output.
pub(crate) fn codegraph(data: &Path) -> Command {
    let mut command = Command::new(programs().join("codegraph"));
    command.env_clear().env("CODEGRAPH_GENERATION", generation()).env("HOME", data);
    command.arg("--data").arg(data).arg("--json").stdin(Stdio::null());
    command
}

/// Indexes a folder as project `p`.
pub(crate) fn index(data: &Path, folder: &Path) -> Output {
    codegraph(data).args(["index", "--name", "p"]).arg(folder).output().expect("codegraph starts")
}

/// Rows of a query on project `p`.
pub(crate) fn query(data: &Path, sql: &str) -> Vec<Vec<serde_json::Value>> {
    let output =
        codegraph(data).args(["query", "--project", "p", sql]).output().expect("codegraph starts");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "`{sql}` failed: {error}");
    let table: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON on stdout");
    serde_json::from_value(table["rows"].clone()).expect("rows")
}

/// The only value of a query's only row, as a number.
pub(crate) fn count(data: &Path, sql: &str) -> i64 {
    let rows = query(data, sql);
    let value = &rows[0][0];
    value
        .as_i64()
        .or_else(|| value.as_str()?.parse().ok())
        .unwrap_or_else(|| panic!("`{sql}` gave {value}"))
}
