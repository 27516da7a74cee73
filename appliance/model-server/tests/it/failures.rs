//! Overload, clients that leave, ends of the process, wrong files.

use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};

use crate::harness::{Answer, SMALL, Server, generation, read_until, run, wait_until};

const CHAT: &str = "/v1/chat/completions";

fn story(max_tokens: u32, stream: bool) -> Value {
    json!({
        "messages": [{"role": "user", "content": "Tell a very long story about the sea."}],
        "max_tokens": max_tokens, "temperature": 0, "stream": stream,
    })
}

#[test]
fn a_full_queue_refuses_and_clients_that_leave_free_their_places() {
    let server = Server::start(SMALL);
    let mut running = server.open(CHAT, &story(900, true));
    // Text has come: the only slot is taken.
    read_until(&mut running, "\"content\":\"");
    let waiting = server.open(CHAT, &story(900, false));
    wait_until("the second request waits", || server.metric("llm_queue_length") == 1.0);
    let refused = server.post(CHAT, &story(5, false));
    assert_eq!(
        (refused.status, refused.json()["error"]["code"].as_str()),
        (503, Some("overloaded"))
    );
    assert!(refused.head.contains("retry-after: "), "{}", refused.head);
    // Both leave, one in the queue and one in the middle of its stream.
    drop(waiting);
    drop(running);
    // The slot may be free before the one that waited is seen to be gone.
    wait_until("slot and queue are free", || {
        server.metric("llm_slots_busy") == 0.0 && server.metric("llm_queue_length") == 0.0
    });
    let after = server.post(CHAT, &story(5, false));
    assert_eq!(after.status, 200, "{}", after.body);
    assert!(server.metric("llm_tokens_total{kind=\"completion\"}") < 100.0);
}

#[test]
fn kill_in_mid_stream_is_no_whole_answer_and_the_next_start_takes_the_socket() {
    let mut server = Server::start(SMALL);
    let mut running = server.open(CHAT, &story(900, true));
    read_until(&mut running, "\"content\":\"");
    server.kill();
    let rest = Answer::read(running);
    assert!(!rest.body.contains("[DONE]") && !rest.head.contains("[done]"));
    assert!(server.socket().exists(), "a killed process leaves its socket");
    server.start_again();
    assert_eq!(server.post(CHAT, &story(5, false)).status, 200);
}

#[test]
fn sigterm_ends_it_cleanly_and_the_socket_is_for_the_group_only() {
    let mut server = Server::start(SMALL);
    let mode = std::fs::metadata(server.socket()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o660);
    let lock = generation().join("models.lock");
    let socket = server.socket();
    let second =
        ["serve", "--models", lock.to_str().unwrap(), "--socket", socket.to_str().unwrap()];
    let (code, said) = run(&second);
    assert_eq!(code, Some(1));
    assert!(said.contains("listens on"), "{said}");
    assert_eq!(server.terminate(), Some(0));
    assert!(!server.socket().exists());
}

#[test]
fn wrong_files_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("s.sock");
    let start = |lock: &std::path::Path, more: &[&str]| {
        let mut arguments =
            vec!["serve", "--models", lock.to_str().unwrap(), "--socket", socket.to_str().unwrap()];
        arguments.extend(more);
        run(&arguments)
    };
    let (code, said) = start(&folder.path().join("absent.lock"), &[]);
    assert!(code == Some(1) && said.contains("absent.lock"), "{said}");
    let lock = folder.path().join("models.lock");
    std::fs::write(&lock, r#"{"models":[]}"#).unwrap();
    let (code, said) = start(&lock, &[]);
    assert!(code == Some(1) && said.contains("names no model"), "{said}");
    let broken =
        json!({"models": [{"id": "m", "kind": "chat", "format": "gguf", "path": "m.gguf"}]});
    std::fs::write(&lock, broken.to_string()).unwrap();
    std::fs::write(folder.path().join("m.gguf"), b"GGUF, but no model").unwrap();
    let (code, said) = start(&lock, &[]);
    assert!(code == Some(1) && said.contains("m.gguf"), "{said}");
    let regular = folder.path().join("file");
    std::fs::write(&regular, "precious").unwrap();
    let arguments =
        ["serve", "--models", lock.to_str().unwrap(), "--socket", regular.to_str().unwrap()];
    assert_eq!(run(&arguments).0, Some(1));
    assert_eq!(std::fs::read_to_string(regular).unwrap(), "precious");
}
