//! Chat as clients see it.

use serde_json::{Value, json};

use crate::harness::{SMALL, Server};

const CHAT: &str = "/v1/chat/completions";

fn ask(question: &str, max_tokens: u32, stream: bool) -> Value {
    json!({
        "messages": [{"role": "user", "content": question}],
        "max_tokens": max_tokens, "temperature": 0, "stream": stream,
        "stream_options": {"include_usage": true},
    })
}

#[test]
fn a_stream_and_a_whole_answer_say_the_same() {
    let server = Server::start(SMALL);
    let whole = server.post(CHAT, &ask("Name three colours.", 24, false));
    assert_eq!(whole.status, 200, "{}", whole.body);
    let whole = whole.json();
    let streamed = server.post(CHAT, &ask("Name three colours.", 24, true));
    assert!(streamed.head.contains("content-type: text/event-stream"));
    let text = whole["choices"][0]["message"]["content"].as_str().unwrap();
    assert_eq!(streamed.streamed_text(), text);
    let events = streamed.events();
    assert_eq!(events.last().unwrap(), "[DONE]");
    let usage = &events[events.len() - 2]["usage"];
    assert_eq!(usage["prompt_tokens"], whole["usage"]["prompt_tokens"]);
    assert_eq!(usage["completion_tokens"], whole["usage"]["completion_tokens"]);
    // All but one token of the prompt were still there.
    let prompt = usage["prompt_tokens"].as_u64().unwrap();
    assert_eq!(usage["prompt_tokens_details"]["cached_tokens"], prompt - 1);
    assert!(server.metric("llm_tokens_total{kind=\"completion\"}") >= 2.0);
}

#[test]
fn foreign_letters_come_through_whole() {
    let server = Server::start(SMALL);
    let body = ask("Repeat this exactly: Привет, мир! 🦀", 40, true);
    let answer = server.post(CHAT, &body);
    // Every event is valid JSON in UTF-8; no half letters were sent.
    let text = answer.streamed_text();
    assert!(!text.trim_end_matches('\u{fffd}').contains('\u{fffd}'), "{text}");
    assert_eq!(answer.events().last().unwrap(), "[DONE]");
}

#[test]
fn what_does_not_fit_or_is_not_supported_is_refused() {
    let server = Server::start(SMALL);
    let long = server.post(CHAT, &ask(&"word ".repeat(3_000), 10, true));
    assert_eq!(long.status, 400);
    let error = &long.json()["error"];
    assert_eq!(error["code"], "context_length_exceeded");
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("1024") && message.contains("10 are asked"), "{message}");
    for (name, value) in [
        ("tools", json!([{"type": "function"}])),
        ("n", json!(2)),
        ("logprobs", json!(true)),
        ("response_format", json!({"type": "json_object"})),
        ("messages", json!([])),
        ("messages", json!([{"role": "robot", "content": "x"}])),
        ("messages", json!([{"role": "user", "content": [{"type": "image_url"}]}])),
        ("temperature", json!(-1)),
        ("stop", json!(["a", "b", "c", "d", "e", "f", "g", "h", "i"])),
        ("max_tokens", json!(0)),
    ] {
        let mut body = ask("hi", 4, false);
        body[name] = value;
        let answer = server.post(CHAT, &body);
        assert_eq!(answer.status, 400, "{name}: {}", answer.body);
        assert_eq!(answer.json()["error"]["type"], "invalid_request_error");
    }
    let mut other = ask("hi", 4, false);
    other["model"] = json!("gpt-9");
    assert_eq!(server.post(CHAT, &other).status, 404);
    assert_eq!(server.get("/v1/nothing").status, 404);
}
