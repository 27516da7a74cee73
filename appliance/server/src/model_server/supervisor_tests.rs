//! The supervisor with programs that misbehave. The real one is run by the tests of the whole.

use std::sync::{Arc, Mutex};

use cg_net::{Endpoint, NetPolicy};

use super::*;
use crate::model_server::status;

/// A supervisor of a shell script in place of the model server.
async fn supervisor(folder: &Path, script: &str) -> (Supervisor, watch::Sender<bool>) {
    // Given to the shell, not started itself: another test's child may hold a fresh file open for writing.
    let file = folder.join("codegraph-llm");
    std::fs::write(&file, format!("{script}\n")).unwrap();
    let (program, arguments) = ("/bin/sh".into(), vec![file.display().to_string()]);
    let socket = folder.join("llm.sock");
    let client = LlmClient::new(&NetPolicy::isolated(), &Endpoint::unix(&socket)).await.unwrap();
    let status = status("child", "starting");
    let shared = Shared { client: None, status, known: Vec::new() };
    let (stop, stopped) = watch::channel(false);
    let plan = Plan { program, arguments, socket };
    let shared = Arc::new(Mutex::new(shared));
    (Supervisor { plan, client, shared, stopped, stopping: Arc::default() }, stop)
}

#[tokio::test]
async fn the_cause_of_an_end_is_its_last_telling_line() {
    let folder = tempfile::tempdir().unwrap();
    let script = r#"echo '{"level":"ERROR","fields":{"message":"first cause"}}' >&2
        echo 'GGML_ASSERT(x) failed' >&2
        echo '{"level":"INFO","fields":{"message":"chatter"}}' >&2
        kill -9 $$"#;
    let (mut supervisor, _stop) = supervisor(folder.path(), script).await;
    let Life::Ended { why, hopeless, .. } = supervisor.live().await else { panic!() };
    assert_eq!(why, "signal: 9 (SIGKILL): GGML_ASSERT(x) failed");
    assert!(!hopeless);
}

#[tokio::test]
async fn a_machine_that_does_not_fit_is_not_tried_again_and_again() {
    let folder = tempfile::tempdir().unwrap();
    let script = "echo 'codegraph-llm: this processor lacks AVX2' >&2; exit 4";
    let (supervisor, stop) = supervisor(folder.path(), script).await;
    let shared = supervisor.shared.clone();
    let task = tokio::spawn(supervisor.run());
    while lock(&shared).status.state != "resting" {
        tokio::task::yield_now().await;
    }
    let status = lock(&shared).status.clone();
    assert_eq!(status.restarts, 0);
    assert!(status.last_error.unwrap().contains("lacks AVX2"));
    stop.send_replace(true);
    task.await.unwrap();
}

#[tokio::test]
async fn a_child_lives_until_asked_to_end_and_inherits_no_environment() {
    let folder = tempfile::tempdir().unwrap();
    let script = format!("env > {0}/env.new; mv {0}/env.new {0}/env; cat", folder.path().display());
    let (mut supervisor, stop) = supervisor(folder.path(), &script).await;
    let seen = folder.path().join("env");
    let task = tokio::spawn(async move { supervisor.live().await });
    while !seen.exists() {
        tokio::task::yield_now().await;
    }
    stop.send_replace(true);
    assert!(matches!(task.await.unwrap(), Life::Stopped));
    let environment = std::fs::read_to_string(seen).unwrap();
    for name in ["HOME", "PATH=/root", "CODEGRAPH", "CARGO"] {
        assert!(!environment.contains(name), "{environment}");
    }
}

#[test]
fn pauses_grow_to_a_minute() {
    let seconds: Vec<u64> = (1..=9).map(|n| pause(n).as_secs()).collect();
    assert_eq!(seconds, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
}
