//! Answers of servers that behave and of those that do not, byte for byte.

use cg_net::{Endpoint, NetPolicy};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixListener;

use crate::{ChatEvent, ChatRequest, FinishReason, LlmClient, LlmError, Message, Role, Usage};

/// A server that gives one answer to one request and closes.
async fn answering(bytes: &'static str) -> (LlmClient, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("s");
    let listener = UnixListener::bind(&socket).unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = vec![0; 65_536];
        let _ = stream.read(&mut request).await;
        stream.write_all(bytes.as_bytes()).await.unwrap();
    });
    let client = LlmClient::new(&NetPolicy::isolated(), &Endpoint::unix(&socket)).await.unwrap();
    (client, folder)
}

fn request() -> ChatRequest {
    ChatRequest {
        model: String::new(),
        messages: vec![Message::new(Role::User, "hi")],
        max_tokens: 9,
        temperature: 0.0,
        stop: Vec::new(),
    }
}

#[tokio::test]
async fn a_whole_stream_gives_text_reason_and_usage() {
    let (client, _folder) = answering(concat!(
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n",
        "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n",
        "data: {\"choices\":[{\"delta\":{\"content\":\"При\"}}]}\n\n: still working\n\n",
        "data: {\"choices\":[{\"delta\":{\"content\":\"вет\"},\"finish_reason\":null}]}\n\n",
        "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"length\"}]}\n\n",
        "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":2,\"prompt_tokens_details\":{\"cached_tokens\":4}}}\n\n",
        "data: [DONE]\n\n",
    ))
    .await;
    let mut stream = client.chat(&request()).await.unwrap();
    let mut events = Vec::new();
    while let Some(event) = stream.next().await.unwrap() {
        events.push(event);
    }
    let usage = Usage { prompt_tokens: 5, completion_tokens: 2, cached_tokens: 4 };
    assert_eq!(
        events,
        [
            ChatEvent::Delta("При".to_owned()),
            ChatEvent::Delta("вет".to_owned()),
            ChatEvent::Done { reason: FinishReason::Length, usage: Some(usage) },
        ]
    );
}

#[tokio::test]
async fn a_stream_that_ends_early_or_reports_a_failure_has_broken_off() {
    for bytes in [
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\ndata: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n34\r\ndata: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\ndata: {\"",
        "HTTP/1.1 200 OK\r\n\r\ndata: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\ndata: {\"error\":{\"message\":\"out of memory\"}}\n\n",
    ] {
        let (client, _folder) = answering(bytes).await;
        let mut stream = client.chat(&request()).await.unwrap();
        assert_eq!(stream.next().await.unwrap(), Some(ChatEvent::Delta("a".to_owned())));
        let error = stream.next().await.unwrap_err();
        assert!(matches!(error, LlmError::BrokenOff(_)), "{error}");
        assert_eq!(stream.next().await.unwrap(), None);
    }
}

#[tokio::test]
async fn refusals_are_told_apart_by_what_to_do_next() {
    let refused = |head: &'static str| async move {
        let (client, _folder) = answering(head).await;
        client.chat(&request()).await.unwrap_err()
    };
    let busy = "HTTP/1.1 503 X\r\nretry-after: 7\r\n\r\n{\"error\":{\"message\":\"m\",\"code\":\"overloaded\"}}";
    assert!(matches!(refused(busy).await, LlmError::Busy { retry_after_s: 7, .. }));
    let loading = "HTTP/1.1 503 X\r\ncontent-length: 2\r\n\r\n{}";
    assert!(matches!(refused(loading).await, LlmError::NotReady(_)));
    let long = "HTTP/1.1 400 X\r\n\r\n{\"error\":{\"message\":\"5000 tokens\",\"code\":\"context_length_exceeded\"}}";
    assert!(matches!(refused(long).await, LlmError::TooLong(m) if m == "5000 tokens"));
    let html = "HTTP/1.1 418 X\r\n\r\n<html>";
    assert!(matches!(refused(html).await, LlmError::Refused { status: 418, .. }));
    let nobody = Endpoint::unix("/nonexistent/socket");
    let client = LlmClient::new(&NetPolicy::isolated(), &nobody).await.unwrap();
    assert!(matches!(client.health().await, Err(LlmError::Down(_))));
}
