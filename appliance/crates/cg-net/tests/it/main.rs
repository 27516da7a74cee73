//! What the policy promises, tried from outside: every refusal is attacked.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::net::Ipv4Addr;
use std::time::Duration;

use cg_net::{AllowedHost, Endpoint, Http, HttpOptions, NetError, NetMode, NetPolicy};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, UnixListener};

fn options() -> HttpOptions {
    HttpOptions { connect: Duration::from_secs(5), silence: Duration::from_secs(5) }
}

async fn connect(policy: &NetPolicy, address: &str) -> Result<Http, NetError> {
    Http::new(policy, &Endpoint::parse(address)?, options()).await
}

/// Answers every connection with fixed bytes; tells the request line.
async fn serve_once(listener: TcpListener, answer: String) -> String {
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut request = vec![0; 4096];
    let read = stream.read(&mut request).await.unwrap();
    stream.write_all(answer.as_bytes()).await.unwrap();
    String::from_utf8_lossy(&request[..read]).lines().next().unwrap().to_owned()
}

async fn listener() -> (TcpListener, u16) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

#[tokio::test]
async fn isolated_refuses_every_spelling_of_an_outside_host() {
    let policy = NetPolicy::isolated();
    for address in [
        "http://example.com",
        "http://EXAMPLE.com.:80/x",
        "http://8.8.8.8",
        "http://134744072",
        "http://0x08080808/",
        "http://[2001:4860:4860::8888]:80",
        "http://[::ffff:8.8.8.8]",
        "http://169.254.169.254/latest/meta-data",
        "http://127.0.0.1.example.com",
        "http://localhost.example.com",
        "http://10.0.0.1:8000",
    ] {
        let refused = connect(&policy, address).await.unwrap_err();
        assert!(matches!(refused, NetError::Isolated { .. }), "{address}: {refused}");
    }
}

#[tokio::test]
async fn addresses_that_hide_something_are_not_addresses() {
    let policy = NetPolicy::new(NetMode::Connected, Vec::new());
    for address in [
        "https://127.0.0.1",
        "http://user:word@127.0.0.1",
        "http://127.0.0.1@example.com",
        "ftp://127.0.0.1",
        "file:///etc/passwd",
        "127.0.0.1:80",
        "",
    ] {
        let refused = connect(&policy, address).await.unwrap_err();
        assert!(matches!(refused, NetError::Address { .. }), "{address}: {refused}");
    }
}

#[tokio::test]
async fn metadata_and_unspecified_addresses_are_refused_even_when_connected() {
    let policy = NetPolicy::new(NetMode::Connected, Vec::new());
    for address in ["http://169.254.169.254", "http://[fe80::1]", "http://0.0.0.0", "http://[::]"] {
        let refused = connect(&policy, address).await.unwrap_err();
        assert!(matches!(refused, NetError::Resolved { .. }), "{address}: {refused}");
    }
}

#[tokio::test]
async fn allowed_hosts_count_with_their_port_only() {
    let allow = vec![AllowedHost::parse("10.1.2.3:8200").unwrap()];
    let policy = NetPolicy::new(NetMode::Isolated, allow);
    assert!(connect(&policy, "http://10.1.2.3:8200").await.is_ok());
    assert!(connect(&policy, "http://10.1.2.3:22").await.is_err());
    assert!(connect(&policy, "http://10.1.2.4:8200").await.is_err());
}

#[test]
fn allowed_hosts_are_plain_names() {
    for good in ["siem.local", "siem.local:514", "10.0.0.1", "[::1]:80", "[::1]"] {
        assert!(AllowedHost::parse(good).is_ok(), "{good}");
    }
    for bad in [
        "",
        "*",
        "*.local",
        "http://a",
        "a:0",
        "a:70000",
        "a/b",
        "10.0.0.0/8",
        "a b",
        "[::1",
        "::1:x",
    ] {
        assert!(AllowedHost::parse(bad).is_err(), "{bad}");
    }
}

#[tokio::test]
async fn loopback_answers_in_isolated_mode() {
    let (listener, port) = listener().await;
    let answer = "HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\n{\"ok\":true}".to_owned();
    let server = tokio::spawn(serve_once(listener, answer));
    let http = connect(&NetPolicy::isolated(), &format!("http://localhost:{port}")).await.unwrap();
    let value: serde_json::Value = http.get("/health?a=1").await.unwrap().json(100).await.unwrap();
    assert_eq!(value["ok"], true);
    assert_eq!(server.await.unwrap(), "GET /health?a=1 HTTP/1.1");
}

#[tokio::test]
async fn a_redirect_is_never_followed() {
    let (target, target_port) = listener().await;
    let (first, port) = listener().await;
    let answer = format!(
        "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:{target_port}/\r\ncontent-length: 0\r\n\r\n"
    );
    let server = tokio::spawn(serve_once(first, answer));
    let http = connect(&NetPolicy::isolated(), &format!("http://127.0.0.1:{port}")).await.unwrap();
    let refused = http.get("/").await.unwrap_err();
    assert!(matches!(refused, NetError::Redirect { status: 302, .. }), "{refused}");
    server.await.unwrap();
    // Nobody came: the backlog of the target is empty.
    target.set_ttl(1).unwrap();
    let poll = std::future::poll_fn(|cx| {
        std::task::Poll::Ready(matches!(target.poll_accept(cx), std::task::Poll::Pending))
    });
    assert!(poll.await);
}

#[tokio::test]
async fn no_path_leads_to_another_host() {
    for path in
        ["//example.com/x", "/\\example.com", "@example.com", "http://example.com/", "/../.."]
    {
        let (listener, port) = listener().await;
        let answer = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n".to_owned();
        let server = tokio::spawn(serve_once(listener, answer));
        let http =
            connect(&NetPolicy::isolated(), &format!("http://127.0.0.1:{port}")).await.unwrap();
        assert_eq!(http.get(path).await.unwrap().status(), 200, "{path}");
        assert!(server.await.unwrap().starts_with("GET /"), "{path}");
    }
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_cut_off_with_an_error() {
    let (listener, port) = listener().await;
    let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{}", "x".repeat(100));
    let server = tokio::spawn(serve_once(listener, answer));
    let http = connect(&NetPolicy::isolated(), &format!("http://127.0.0.1:{port}")).await.unwrap();
    let refused = http.get("/").await.unwrap().bytes(99).await.unwrap_err();
    assert!(matches!(refused, NetError::TooLarge { limit: 99, .. }), "{refused}");
    server.await.unwrap();
}

#[tokio::test]
async fn unix_sockets_always_work() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("llm.sock");
    let listener = UnixListener::bind(&path).unwrap();
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = vec![0; 4096];
        let read = stream.read(&mut request).await.unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await.unwrap();
        String::from_utf8_lossy(&request[..read]).into_owned()
    });
    let http = Http::new(&NetPolicy::isolated(), &Endpoint::unix(&path), options()).await.unwrap();
    let body = http.post("/v1/x", &serde_json::json!({"a": 1})).await.unwrap().bytes(10).await;
    assert_eq!(&body.unwrap()[..], b"ok");
    let request = server.await.unwrap();
    assert!(request.starts_with("POST /v1/x HTTP/1.1\r\n"), "{request}");
    assert!(request.ends_with("{\"a\":1}"), "{request}");
}

#[tokio::test]
async fn a_missing_socket_is_a_connect_error_that_names_it() {
    let endpoint = Endpoint::unix("/nonexistent/llm.sock");
    let http = Http::new(&NetPolicy::isolated(), &endpoint, options()).await.unwrap();
    let error = http.get("/health").await.unwrap_err();
    assert!(matches!(error, NetError::Connect { .. }), "{error}");
    assert!(error.to_string().contains("unix:/nonexistent/llm.sock"), "{error}");
}
