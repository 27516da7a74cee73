//! Real children, tried for what they must not do. They run the program that cargo builds beside the
//! tests.

use std::path::{Path, PathBuf};
use std::time::Duration;

use cg_graph_store::{GraphRequest, GraphResponse, Limits, SnapshotFiles};
use cg_index::{IndexJob, IndexOutcome, Phase, Role};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::error::end_of_worker;
use super::protocol::Isolation;
use super::*;

fn launcher() -> Launcher {
    let test = std::env::current_exe().expect("a test program");
    let program = test.parent().and_then(Path::parent).expect("a target folder").join("codegraph");
    assert!(program.exists(), "build the program first: cargo build -p codegraph");
    let libraries = crate::environment::Environment::read().path("LD_LIBRARY_PATH").map(Into::into);
    Launcher::of(program, libraries, Isolation::Required)
}

fn job(source: &Path, output: &Path) -> IndexJob {
    IndexJob {
        source: source.to_owned(),
        output: output.to_owned(),
        known_files: None,
        next_file_key: 1,
        memory_bytes: 512 << 20,
        threads: 2,
        file_time_ms: 10_000,
        file_max_bytes: 1 << 20,
        extensions_dir: None,
        base: None,
    }
}

/// A folder with a small repository and its snapshot.
async fn indexed() -> (tempfile::TempDir, IndexOutcome, SnapshotFiles) {
    let folder = tempfile::tempdir().expect("a folder");
    let (source, output) = (folder.path().join("source"), folder.path().join("output"));
    std::fs::create_dir_all(&source).expect("a source folder");
    std::fs::create_dir_all(&output).expect("an output folder");
    std::fs::write(
        source.join("a.c"),
        "void g(void) {}\nvoid f(void) { g(); }\nint main(void) { f(); g(); }\n",
    )
    .expect("a source file");
    let mut phases = Vec::new();
    let outcome = IndexWorker::new(launcher())
        .run(&job(&source, &output), |step| phases.push(step.phase), CancellationToken::new())
        .await
        .expect("indexed");
    assert!(phases.contains(&Phase::Walk) && phases.contains(&Phase::Link), "{phases:?}");
    let file =
        |role| outcome.files.iter().find(|file| file.role == role).map(|file| file.path.clone());
    let files = SnapshotFiles {
        graph: file(Role::Graph).expect("a graph"),
        search: file(Role::Search),
        vectors: None,
        base: None,
    };
    (folder, outcome, files)
}

fn pool(children: usize) -> QueryPool {
    let options = PoolOptions {
        children,
        wait: Duration::from_secs(60),
        memory_bytes: 256 << 20,
        threads: 1,
        extensions_dir: None,
    };
    QueryPool::new(launcher(), options)
}

fn query(text: &str, time_ms: u64) -> GraphRequest {
    GraphRequest::Query { text: text.into(), limits: Limits { time_ms, ..Limits::default() } }
}

async fn rows(pool: &QueryPool, files: &SnapshotFiles, text: &str) -> Vec<Vec<Value>> {
    match pool.ask(files, query(text, 20_000)).await {
        Ok(GraphResponse::Table(table)) => table.rows,
        other => panic!("{text}: {other:?}"),
    }
}

#[tokio::test]
async fn nothing_gets_out_of_the_sandbox() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = folder.path().join("codegraph.db");
    std::fs::write(&store, "secret").expect("a file");
    let report =
        probe(&launcher(), &[store, PathBuf::from("/etc/hostname")]).await.expect("a report");
    let failed: Vec<_> = report.checks.iter().filter(|check| !check.held).collect();
    assert!(failed.is_empty(), "{failed:#?}");
    assert!(report.checks.len() >= 12, "{report:#?}");
}

#[tokio::test]
async fn a_match_answers_as_a_join_written_by_hand() {
    let (_folder, outcome, files) = indexed().await;
    assert_eq!(outcome.summary.methods, 3);
    let pool = pool(1);
    let by_match = "SELECT a, b FROM GRAPH_TABLE (cpg MATCH (m:METHOD)-[:CALL]->(n:METHOD) \
                    COLUMNS (m.NAME AS a, n.NAME AS b)) ORDER BY a, b";
    let expected =
        [["f", "g"], ["main", "f"], ["main", "g"]].map(|row| row.map(|name| json!(name)).to_vec());
    assert_eq!(rows(&pool, &files, by_match).await, expected);
    let by_call = "SELECT c FROM GRAPH_TABLE (cpg MATCH (m:METHOD WHERE m.NAME = 'main')-[:CONTAINS]->(c:CALL)\
                   -[:CALL]->(n:METHOD) COLUMNS (n.NAME AS c)) ORDER BY c";
    assert_eq!(
        rows(&pool, &files, by_call).await,
        [[json!("f")], [json!("g")]].map(|row| row.to_vec())
    );
}

#[tokio::test]
async fn an_endless_query_ends_at_its_limit_and_the_next_one_works() {
    let (_folder, _, files) = indexed().await;
    let pool = pool(1);
    let endless =
        "SELECT count(*) FROM range(1000000) a, range(1000000) b WHERE a.range * b.range % 7 = 3";
    let error = pool.ask(&files, query(endless, 200)).await.expect_err("stopped");
    assert_eq!(error.code(), "time_limit");
    assert_eq!(rows(&pool, &files, "SELECT 1").await, [[json!(1)]].map(|row| row.to_vec()));
}

#[tokio::test]
async fn a_child_that_hangs_is_killed_and_replaced() {
    let (_folder, _, files) = indexed().await;
    let pool = pool(1);
    assert_eq!(rows(&pool, &files, "SELECT 1").await.len(), 1);
    let child = pool.children();
    let [child] = child[..] else { panic!("one child, not {child:?}") };
    let pid = rustix::process::Pid::from_raw(child as i32).expect("a process");
    rustix::process::kill_process(pid, rustix::process::Signal::STOP).expect("stopped");
    let error = pool.ask(&files, query("SELECT 2", 1)).await.expect_err("nobody answers");
    assert_eq!(error.code(), "time_limit");
    assert_eq!(rows(&pool, &files, "SELECT 3").await, [[json!(3)]].map(|row| row.to_vec()));
    assert_ne!(pool.children(), [child]);
}

#[tokio::test]
async fn large_values_do_not_take_anything_down() {
    let (_folder, _, files) = indexed().await;
    let pool = pool(1);
    for text in [
        "SELECT repeat('a', 2000000000)",
        "SELECT length(repeat('a', 2000000000))",
        "SELECT list_sum(range(900000000))",
        "SELECT repeat(repeat('a', 1000000), n::BIGINT) FROM range(100000) t(n)",
    ] {
        if let Ok(answer) = pool.ask(&files, query(text, 20_000)).await {
            let GraphResponse::Table(table) = answer else { panic!("a table") };
            assert!(serde_json::to_vec(&table).expect("JSON").len() < 16 << 20, "{text}");
        }
        assert_eq!(rows(&pool, &files, "SELECT 1").await.len(), 1, "after {text}");
    }
}

#[tokio::test]
async fn a_query_cannot_reach_files_or_settings() {
    let (folder, _, files) = indexed().await;
    let secret = folder.path().join("secret.csv");
    std::fs::write(&secret, "token\nabc\n").expect("a file");
    let pool = pool(1);
    for text in [
        format!("SELECT * FROM read_csv('{}')", secret.display()),
        format!("SELECT * FROM '{}'", secret.display()),
        "SELECT * FROM read_text('/etc/passwd')".into(),
        "SELECT getenv('PATH')".into(),
        "ATTACH '/tmp/x.db'".into(),
        format!("COPY (SELECT 1) TO '{}'", folder.path().join("out.csv").display()),
        "SET memory_limit = '100GB'".into(),
        "SELECT 1; SELECT 2".into(),
    ] {
        let error = pool.ask(&files, query(&text, 5_000)).await.expect_err("refused");
        let (error, path) = (error.to_string(), folder.path().display().to_string());
        // What the query names itself may be said again; what it does not know may not.
        assert!(!error.contains("abc"), "{text}: {error}");
        assert!(text.contains(&path) || !error.contains(&path), "{text}: {error}");
    }
    assert!(!folder.path().join("out.csv").exists());
}

#[tokio::test]
async fn more_snapshots_than_children_take_turns() {
    let (_one, _, first) = indexed().await;
    let (_two, _, second) = indexed().await;
    let pool = pool(1);
    for _ in 0..2 {
        for files in [&first, &second] {
            assert_eq!(
                rows(&pool, files, "SELECT count(*) > 0 FROM nodes_method").await,
                [[json!(true)]].map(|row| row.to_vec())
            );
            assert_eq!(pool.children().len(), 1);
        }
    }
    pool.close();
    assert!(pool.children().is_empty());
}

#[tokio::test]
async fn a_file_that_is_no_snapshot_is_an_error() {
    let folder = tempfile::tempdir().expect("a folder");
    let graph = folder.path().join("graph.duckdb");
    std::fs::write(&graph, "no database").expect("a file");
    let files = SnapshotFiles { graph, search: None, vectors: None, base: None };
    let error = pool(1).ask(&files, GraphRequest::Summary).await.expect_err("refused");
    assert_eq!(error.code(), "failed");
    let absent = SnapshotFiles {
        graph: folder.path().join("absent"),
        search: None,
        vectors: None,
        base: None,
    };
    let error = pool(1).ask(&absent, GraphRequest::Summary).await.expect_err("refused");
    assert_eq!(error.code(), "start");
}

#[tokio::test]
async fn a_cancelled_job_leaves_no_snapshot() {
    let folder = tempfile::tempdir().expect("a folder");
    let output = folder.path().join("output");
    std::fs::create_dir(&output).expect("an output folder");
    let cancel = CancellationToken::new();
    cancel.cancel();
    let error = IndexWorker::new(launcher())
        .run(&job(Path::new("/usr/include"), &output), |_| (), cancel)
        .await;
    assert_eq!(error.expect_err("cancelled"), WorkerError::Cancelled);
    assert!(!output.join("graph.duckdb").exists());
}

#[tokio::test]
async fn vectors_are_written_by_a_worker_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut writer = VectorWriter::start(&launcher(), folder.path()).await.expect("started");
    for number in 0..300_u32 {
        writer
            .write(&format!("{number:064x}"), &[number as f32, 0.5, -1.0])
            .await
            .expect("written");
    }
    let file = writer.finish().await.expect("sealed");
    assert_eq!(file.vectors, 300);
    assert_eq!(std::fs::metadata(&file.path).expect("a file").len(), file.bytes);
}

#[test]
fn the_end_of_a_worker_is_told_in_words() {
    use std::os::unix::process::ExitStatusExt;
    let status = |raw| Some(std::process::ExitStatus::from_raw(raw));
    let aborted = end_of_worker(status(6), "memory allocation of 100 bytes failed\n", 512 << 20);
    assert_eq!(aborted, WorkerError::Memory(512));
    assert_eq!(end_of_worker(status(11), "", 1), WorkerError::Crashed("signal 11".into()));
    assert_eq!(end_of_worker(status(0x100), "", 1), WorkerError::Crashed("exit code 1".into()));
    assert_eq!(aborted.code(), "memory_limit");
}
