//! Servers that break off, lie, or ask to wait.

#![allow(clippy::unwrap_used, reason = "a test ends where something is not as it must be")]

use std::fs;

use cg_bundle_format::Digest;

use super::{Anonymous, Download, Small, fetch_all, small};
use crate::cache::{Cache, Size};
use crate::error::Error;
use crate::net::Net;
use crate::progress::Silent;
use crate::test_servers::{Answer, Web};

const CONTENT: &[u8] = b"0123456789abcdef";

struct Fixture {
    _folder: tempfile::TempDir,
    cache: Cache,
    net: Net,
}

impl Fixture {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::open(Some(folder.path())).unwrap();
        Self { cache, _folder: folder, net: Net::open(None).unwrap() }
    }

    fn fetch(&self, web: &Web, size: Size) -> Result<Vec<u8>, Error> {
        self.fetch_from(&format!("http://127.0.0.1:{}/file", web.port), size)
    }

    fn fetch_from(&self, url: &str, size: Size) -> Result<Vec<u8>, Error> {
        let (item, url, digest) = ("file".to_owned(), url.to_owned(), Digest::of(CONTENT));
        let download = Download { item, url, digest, size, access: &Anonymous };
        fetch_all(&self.net, &[download], &self.cache, &Silent)?;
        Ok(fs::read(self.cache.get(&digest).unwrap()).unwrap())
    }

    /// Files that are not complete, with their sizes.
    fn partial(&self) -> Vec<u64> {
        let files = fs::read_dir(self.cache.folder().join("partial")).unwrap();
        files.map(|file| file.unwrap().metadata().unwrap().len()).collect()
    }
}

fn exactly() -> Size {
    Size::Exactly(CONTENT.len() as u64)
}

fn ok(body: &[u8]) -> Answer {
    Answer { status: "200 OK", body: body.to_vec(), ..Answer::default() }
}

#[test]
fn a_download_goes_on_at_the_byte_where_it_broke_off() {
    let fixture = Fixture::new();
    let web = Web::serve(|request| match request.header("range") {
        None => Answer { length: Some(CONTENT.len()), ..ok(&CONTENT[..5]) },
        Some(range) => {
            assert_eq!(range, "bytes=5-");
            let headers = vec!["Content-Range: bytes 5-15/16".to_owned()];
            Answer { status: "206 Partial Content", headers, ..ok(&CONTENT[5..]) }
        }
    });
    assert_eq!(fixture.fetch(&web, exactly()).unwrap(), CONTENT);
    assert_eq!(web.requests().len(), 2);
    assert_eq!(fixture.fetch(&web, exactly()).unwrap(), CONTENT);
    assert_eq!(web.requests().len(), 2, "the cache has it");
    let path = fixture.cache.get(&Digest::of(CONTENT)).unwrap();
    assert!(fs::metadata(path).unwrap().permissions().readonly());
}

#[test]
fn a_server_that_cannot_go_on_is_asked_for_the_whole() {
    let fixture = Fixture::new();
    let mut first = true;
    let web = Web::serve(move |_| {
        let cut = std::mem::replace(&mut first, false);
        if cut { Answer { length: Some(16), ..ok(&CONTENT[..5]) } } else { ok(CONTENT) }
    });
    assert_eq!(fixture.fetch(&web, Size::AtMost(100)).unwrap(), CONTENT);

    let fixture = Fixture::new();
    let web = Web::serve(|request| match request.header("range") {
        Some(_) => Answer { status: "416 Range Not Satisfiable", ..Answer::default() },
        None => ok(CONTENT),
    });
    let mut partial = fixture.cache.begin(&Digest::of(CONTENT), 16).unwrap();
    partial.append(&CONTENT[..3]).unwrap();
    drop(partial);
    assert_eq!(fixture.fetch(&web, exactly()).unwrap(), CONTENT);
}

#[test]
fn what_an_earlier_run_left_damaged_is_fetched_anew_once() {
    let fixture = Fixture::new();
    let web = Web::serve(|request| match request.header("range") {
        Some(_) => Answer {
            status: "206 Partial Content",
            headers: vec!["Content-Range: bytes 3-15/16".to_owned()],
            ..ok(&CONTENT[3..])
        },
        None => ok(CONTENT),
    });
    let mut partial = fixture.cache.begin(&Digest::of(CONTENT), 16).unwrap();
    partial.append(b"xyz").unwrap();
    drop(partial);
    assert_eq!(fixture.fetch(&web, exactly()).unwrap(), CONTENT);
    assert_eq!(web.requests().len(), 2);
}

#[test]
fn wrong_bytes_and_too_many_are_refused_and_not_kept() {
    let lies: [(&[u8], &str); 2] =
        [(b"0123456789abcdeF", "what came is"), (b"0123456789abcdef0", "more than 16")];
    for (body, word) in lies {
        let fixture = Fixture::new();
        let web = Web::serve(move |_| ok(body));
        let error = fixture.fetch(&web, exactly()).unwrap_err();
        assert_eq!(error.exit_code(), 3);
        assert!(error.to_string().contains(word) && error.to_string().contains("/file"), "{error}");
        assert_eq!(web.requests().len(), 1, "a lie is not asked for again");
        assert!(fixture.cache.get(&Digest::of(CONTENT)).is_none());
        assert!(fixture.partial().iter().all(|size| *size == 0));
    }
}

#[test]
fn a_busy_server_is_asked_again_and_a_final_answer_is_final() {
    let fixture = Fixture::new();
    let mut busy = 2;
    let web = Web::serve(move |_| {
        if busy == 0 {
            return ok(CONTENT);
        }
        busy -= 1;
        let headers = vec!["Retry-After: 0".to_owned()];
        Answer { status: "503 Service Unavailable", headers, ..Answer::default() }
    });
    assert_eq!(fixture.fetch(&web, exactly()).unwrap(), CONTENT);
    assert_eq!(web.requests().len(), 3);

    let fixture = Fixture::new();
    let web = Web::serve(|_| Answer { status: "404 Not Found", ..Answer::default() });
    let error = fixture.fetch(&web, exactly()).unwrap_err();
    assert!(
        error.to_string().contains("404") && error.to_string().contains("check name"),
        "{error}"
    );
    assert_eq!(web.requests().len(), 1);
}

#[test]
fn nothing_goes_out_without_tls_not_even_by_redirect() {
    let fixture = Fixture::new();
    for url in [
        "http://files.example/a",
        "ftp://127.0.0.1/a",
        "file:///etc/passwd",
        "http://127.0.0.1.example/a",
    ] {
        let error = fixture.fetch_from(url, exactly()).unwrap_err();
        assert_eq!(error.exit_code(), 1, "{url}: {error}");
    }
    let headers = || vec!["Location: http://files.example/a".to_owned()];
    let web = Web::serve(move |_| Answer {
        status: "302 Found",
        headers: headers(),
        ..Answer::default()
    });
    let error = fixture.fetch(&web, exactly()).unwrap_err();
    assert!(error.to_string().contains("without TLS"), "{error}");
    assert_eq!(web.requests().len(), 1);
}

#[test]
fn the_same_digest_is_fetched_once_and_the_first_failure_is_told() {
    let fixture = Fixture::new();
    let web = Web::serve(|request| match request.path.as_str() {
        "/file" => ok(CONTENT),
        _ => Answer { status: "403 Forbidden", ..Answer::default() },
    });
    let download = |name: &str, digest| Download {
        item: name.to_owned(),
        url: format!("http://127.0.0.1:{}/{name}", web.port),
        digest,
        size: exactly(),
        access: &Anonymous,
    };
    let good = Digest::of(CONTENT);
    let twice = [download("file", good), download("file", good)];
    fetch_all(&fixture.net, &twice, &fixture.cache, &Silent).unwrap();
    assert_eq!(web.requests().len(), 1);
    let bad = [download("secret", Digest::of(b"other"))];
    let error = fetch_all(&fixture.net, &bad, &fixture.cache, &Silent).unwrap_err();
    assert!(error.to_string().contains("secret") && error.to_string().contains("403"), "{error}");
}

#[test]
fn a_small_document_has_a_limit_and_may_be_absent() {
    let fixture = Fixture::new();
    let web = Web::serve(|request| match request.path.as_str() {
        "/there" => ok(CONTENT),
        _ => Answer { status: "404 Not Found", ..Answer::default() },
    });
    let get = |path: &str, limit| {
        let url = format!("http://127.0.0.1:{}{path}", web.port);
        let asked = Small { what: "it", url: &url, accept: "", limit, access: &Anonymous };
        small(&fixture.net, &asked)
    };
    assert_eq!(get("/there", 16).unwrap().unwrap().bytes, CONTENT);
    assert!(get("/absent", 16).unwrap().is_none());
    assert_eq!(get("/there", 15).unwrap_err().exit_code(), 3);
}

#[test]
fn a_token_goes_to_the_server_that_wants_it_and_not_where_that_one_points() {
    let fixture = Fixture::new();
    let far = Web::serve(|_| ok(CONTENT));
    let location = format!("Location: http://localhost:{}/far", far.port);
    let web = Web::serve(move |_| Answer {
        status: "307 Temporary Redirect",
        headers: vec![location.clone()],
        ..Answer::default()
    });
    let bearer = super::Bearer("secret".to_owned());
    let download = Download {
        item: "file".to_owned(),
        url: format!("http://127.0.0.1:{}/near", web.port),
        digest: Digest::of(CONTENT),
        size: exactly(),
        access: &bearer,
    };
    fetch_all(&fixture.net, &[download], &fixture.cache, &Silent).unwrap();
    assert_eq!(web.requests()[0].header("authorization"), Some("Bearer secret"));
    assert_eq!(far.requests()[0].header("authorization"), None);
}
