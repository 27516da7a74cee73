//! Vectors as clients see them.

use serde_json::json;

use crate::harness::{SMALL, Server, generation};

#[test]
fn vectors_come_in_order_and_with_token_counts() {
    let server = Server::start(SMALL);
    let body = json!({"model": "all-minilm-l6-v2", "input": ["one", "two words here", "one"]});
    let answer = server.post("/v1/embeddings", &body).json();
    let vector = |i: usize| answer["data"][i]["embedding"].as_array().unwrap().clone();
    assert_eq!(vector(0).len(), 384);
    assert_eq!(vector(0), vector(2));
    assert_ne!(vector(0), vector(1));
    // Each text has a begin and an end token: 3 + 5 + 3.
    assert_eq!(answer["usage"]["prompt_tokens"], 11);
    for wrong in [json!([]), json!([""]), json!(vec!["x"; 300]), json!("x".repeat(70_000))] {
        assert_eq!(server.post("/v1/embeddings", &json!({"input": wrong})).status, 400);
    }
}

#[test]
fn it_works_with_only_one_of_the_models() {
    let folder = tempfile::tempdir().unwrap();
    let lock = folder.path().join("models.lock");
    let all = std::fs::read_to_string(generation().join("models.lock")).unwrap();
    let all: serde_json::Value = serde_json::from_str(&all).unwrap();
    let mut entry = all["models"][1].clone();
    entry["path"] = json!(generation().join(entry["path"].as_str().unwrap()));
    std::fs::write(&lock, json!({"models": [entry]}).to_string()).unwrap();
    let server = Server::start_with(&lock, SMALL);
    assert_eq!(server.post("/v1/embeddings", &json!({"input": "x"})).status, 200);
    let chat = json!({"messages": [{"role": "user", "content": "x"}]});
    assert_eq!(server.post("/v1/chat/completions", &chat).status, 404);
    assert_eq!(server.get("/v1/models").json()["data"].as_array().unwrap().len(), 1);
}
