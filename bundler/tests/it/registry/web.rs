//! A small HTTP server that answers as a test tells it, truthfully or not.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// Status line, headers, body; `length` when the header shall lie.
#[derive(Clone, Default)]
pub(crate) struct Answer {
    pub(crate) status: &'static str,
    pub(crate) headers: Vec<String>,
    pub(crate) body: Vec<u8>,
    pub(crate) length: Option<usize>,
}

/// A request: its first line and headers, lower case names.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) path: String,
    pub(crate) headers: Vec<(String, String)>,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

pub(crate) struct Web {
    pub(crate) port: u16,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Web {
    /// One connection a request. Its thread ends with the process.
    pub(crate) fn serve(mut answer: impl FnMut(&Request) -> Answer + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let requests: Arc<Mutex<Vec<Request>>> = Arc::default();
        let seen = Arc::clone(&requests);
        std::thread::spawn(move || {
            for mut stream in listener.incoming().map_while(Result::ok) {
                if let Some(request) = read(&stream) {
                    seen.lock().unwrap().push(request.clone());
                    let answer = answer(&request);
                    let length = answer.length.unwrap_or(answer.body.len());
                    let mut head = format!(
                        "HTTP/1.1 {}\r\nContent-Length: {length}\r\nConnection: close\r\n",
                        answer.status
                    );
                    for header in &answer.headers {
                        head.push_str(&format!("{header}\r\n"));
                    }
                    let _ = stream.write_all(format!("{head}\r\n").as_bytes());
                    let _ = stream.write_all(&answer.body);
                }
            }
        });
        Self { port, requests }
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }
}

fn read(stream: &TcpStream) -> Option<Request> {
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    let path = lines.next()?.split(' ').nth(1)?.to_owned();
    let headers = lines
        .take_while(|line| !line.is_empty())
        .filter_map(|line| {
            line.split_once(": ").map(|(k, v)| (k.to_ascii_lowercase(), v.to_owned()))
        })
        .collect();
    Some(Request { path, headers })
}
