//! The commands that work on the data folder without a server, as a user types them.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

struct Site {
    folder: tempfile::TempDir,
}

impl Site {
    /// A folder with a small repository and an empty data folder.
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let source = folder.path().join("repo");
        std::fs::create_dir(&source).unwrap();
        std::fs::write(
            source.join("a.py"),
            "def считать(x):\n    return helper(x)\n\ndef helper(x):\n    return x\n\nсчитать(1)\n",
        )
        .unwrap();
        std::fs::write(source.join("b.c"), "void g(void) {}\nvoid f(void) { g(); }\n").unwrap();
        Self { folder }
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_codegraph"));
        command.env_remove("CODEGRAPH_CONFIG").current_dir(self.folder.path());
        command.arg("--data").arg(self.folder.path().join("data")).args(arguments);
        command.output().unwrap()
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let output = self.run(&[arguments, &["--json"]].concat());
        assert!(
            output.status.success(),
            "{arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// The sentence of a command that is the user's error.
    fn refused(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert!(output.stdout.is_empty());
        String::from_utf8(output.stderr).unwrap()
    }
}

#[test]
fn a_folder_is_indexed_and_asked() {
    let site = Site::new();
    let report = site.json(&["index", "repo"]);
    assert_eq!(report["project"], "repo");
    assert_eq!(report["summary"]["methods"], 4);
    let callers = site.json(&["callers", "helper"]);
    assert_eq!(callers[0]["method"]["name"], "считать");
    assert_eq!(callers[0]["confidence"], "proven");
    assert_eq!(site.json(&["callees", "f"])[0]["method"]["name"], "g");
    let place = &site.json(&["definition", "g"])[0];
    assert_eq!((place["path"].as_str(), place["line"].as_u64()), (Some("b.c"), Some(1)));
    assert_eq!(site.json(&["references", "helper"])[0]["line"], 2);
    assert_eq!(site.json(&["search", "считать"])[0]["place"]["name"], "считать");
    let sql = "SELECT a, b FROM GRAPH_TABLE (cpg MATCH (m:METHOD)-[:CALL]->(n:METHOD) \
               COLUMNS (m.NAME AS a, n.NAME AS b)) WHERE a = 'f'";
    let table = site.json(&["query", sql]);
    assert_eq!(table["rows"], serde_json::json!([["f", "g"]]));
    let text = String::from_utf8(site.run(&["query", "SELECT 'имя' AS слово"]).stdout).unwrap();
    assert!(text.starts_with("слово\n─────\nимя\n1 row,"), "{text}");
}

#[test]
fn a_run_after_an_edit_analyses_what_was_edited() {
    let site = Site::new();
    let repo = site.folder.path().join("repo");
    for n in 0..20 {
        std::fs::write(repo.join(format!("u{n}.c")), format!("int u{n}(int a) {{ return a; }}\n"))
            .unwrap();
    }
    assert_eq!(site.json(&["index", "repo"])["files_reused"], 0);
    std::fs::write(repo.join("b.c"), "void f(void) { u7(1); }\n").unwrap();
    std::fs::remove_file(repo.join("u8.c")).unwrap();
    let second = site.json(&["index", "repo"]);
    assert_eq!(second["files_reused"], 20);
    assert_eq!(site.json(&["callers", "u7"])[0]["method"]["name"], "f");
    assert_eq!(site.json(&["callees", "f"])[0]["method"]["path"], "u7.c");
    assert_eq!(site.json(&["search", "u8"]), serde_json::json!([]));
    assert_eq!(site.json(&["definition", "g"]), serde_json::json!([]));
    // Over the same base again, over none, and where the base is gone.
    assert_eq!(site.json(&["index", "repo"])["summary"], second["summary"]);
    assert_eq!(site.json(&["index", "repo", "--full"])["files_reused"], 0);
    assert_eq!(site.json(&["index", "repo"])["files_reused"], 21);
    let graphs = site.folder.path().join("data/graphs");
    for entry in std::fs::read_dir(graphs).unwrap() {
        for file in std::fs::read_dir(entry.unwrap().path()).unwrap() {
            let path = file.unwrap().path();
            if path.to_str().unwrap().ends_with(".facts.bin") {
                std::fs::remove_file(path).unwrap();
            }
        }
    }
    let clean = site.json(&["index", "repo"]);
    assert_eq!((&clean["files_reused"], &clean["summary"]), (&0.into(), &second["summary"]));
}

#[test]
fn a_second_run_makes_a_new_snapshot_with_the_same_keys() {
    let site = Site::new();
    let first = site.json(&["index", "repo"]);
    let ids = |site: &Site| {
        site.json(&["query", "SELECT id, full_name FROM nodes_method ORDER BY 2, 1"])["rows"]
            .clone()
    };
    let before = ids(&site);
    let second = site.json(&["index", "repo"]);
    assert_ne!(first["snapshot"], second["snapshot"]);
    assert_eq!(ids(&site), before, "the same files keep their keys");
}

#[test]
fn errors_are_sentences() {
    let site = Site::new();
    assert!(site.refused(&["callers", "x"]).contains("codegraph index"));
    assert!(site.refused(&["index", "nowhere"]).contains("nowhere"));
    site.json(&["index", "repo"]);
    assert!(
        site.refused(&["query", "SELECT 1", "--project", "other"]).contains("no project `other`")
    );
    assert!(site.refused(&["query", "DROP TABLE method"]).contains("refused"));
    let wrong = "FROM GRAPH_TABLE (cpg MATCH (m:METHODS) COLUMNS (1 AS one))";
    assert!(site.refused(&["query", wrong]).contains("1:32: no node label `METHODS`"));
    assert!(site.refused(&["callers", "no_such_method"]).contains("no method \"no_such_method\""));
    let nothing = site.run(&["definition", "no_such_method"]);
    assert!(nothing.status.success() && nothing.stdout.is_empty());
    assert!(String::from_utf8(nothing.stderr).unwrap().contains("no_such_method"));
}

#[test]
fn an_empty_folder_is_a_project_too() {
    let site = Site::new();
    let empty = site.folder.path().join("empty");
    std::fs::create_dir(&empty).unwrap();
    assert_eq!(site.json(&["index", "empty"])["summary"]["methods"], 0);
    assert!(
        !Path::new(&empty).join("graph.duckdb").exists(),
        "the source folder is not written to"
    );
}

/// `git` in a repository, as its committer would call it.
fn git(repo: &Path, arguments: &[&str]) {
    let settings = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "init.defaultBranch=main"];
    let output =
        Command::new("git").current_dir(repo).args(settings).args(arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn names(list: &Value) -> Vec<String> {
    let text = |item: &Value, key: &str| item[key].as_str().unwrap_or_default().to_owned();
    let line = |item: &Value| {
        format!("{} {} {}", text(item, "path"), text(item, "full_name"), text(item, "callee"))
    };
    list.as_array().unwrap().iter().map(|item| line(item).trim().to_owned()).collect()
}

#[test]
fn two_git_revisions_are_indexed_and_compared() {
    let site = Site::new();
    let repo = site.folder.path().join("repo");
    // Enough that one edited file is a small part: then the rows of the others are used again.
    for n in 0..20 {
        let text = format!("int u{n}(int a) {{ return a; }}\n");
        std::fs::write(repo.join(format!("u{n}.c")), text).unwrap();
    }
    git(&repo, &["init", "-q"]);
    git(&repo, &["add", "."]);
    git(&repo, &["commit", "-q", "-m", "one"]);
    git(&repo, &["tag", "one"]);
    std::fs::write(
        repo.join("b.c"),
        "struct p { int x; };\nvoid g(int a) {}\nvoid h(void) { g(1); }\n",
    )
    .unwrap();
    git(&repo, &["commit", "-q", "-a", "-m", "two"]);
    // What lies in the work tree is not what was committed.
    std::fs::write(repo.join("b.c"), "void other(void) {}\n").unwrap();

    let one = site.json(&["index", "repo", "--rev", "one"]);
    let two = site.json(&["index", "repo", "--rev", "main"]);
    assert_eq!(two["files_reused"], 21, "all but b.c");
    assert_ne!(one["summary"]["revision"], two["summary"]["revision"]);
    assert_eq!(std::fs::read_to_string(repo.join("b.c")).unwrap(), "void other(void) {}\n");
    assert_eq!(site.json(&["definition", "h"])[0]["line"], 3);

    let difference = site.json(&["graph", "diff", "one", "main"]);
    let kind = |n: usize| &difference["changes"][n];
    assert_eq!(kind(0)["what"], "methods");
    assert_eq!(names(&kind(0)["added"]), ["b.c h"]);
    assert_eq!(names(&kind(0)["removed"]), ["b.c f"]);
    assert_eq!(names(&kind(0)["changed"]), ["b.c g"]);
    assert_eq!(names(&kind(1)["added"]), ["b.c p"]);
    assert_eq!(names(&kind(3)["added"]), ["b.c h g"]);
    assert_eq!(names(&kind(3)["removed"]), ["b.c f g"]);
    let same = site.json(&["graph", "diff", "main", "current"]);
    assert!(
        same["changes"].as_array().unwrap().iter().all(|kind| names(&kind["changed"]).is_empty())
    );
    assert_eq!(site.json(&["graph", "snapshots"]).as_array().unwrap().len(), 2);

    let refused = site.refused(&["index", "repo", "--rev", "nowhere"]);
    assert!(refused.contains("no revision `nowhere`"), "{refused}");
    let refused = site.refused(&["graph", "diff", "nothing"]);
    assert!(refused.contains("no snapshot `nothing`"), "{refused}");
}
