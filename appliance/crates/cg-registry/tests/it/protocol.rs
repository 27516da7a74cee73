//! The specification's answers, byte by byte.

use crate::fixture::{INDEX, MANIFEST, Running, Store};

#[test]
fn a_client_learns_that_this_is_a_registry() {
    let running = Running::over(&Store::new());
    for path in ["/v2/", "/v2"] {
        let answer = running.get(path);
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.header("docker-distribution-api-version"), Some("registry/2.0"));
    }
}

#[test]
fn manifests_come_with_type_length_and_digest_and_head_has_all_but_the_body() {
    let (store, plain, _) = Store::filled();
    let running = Running::over(&store);
    let digest = plain.digest.to_string();
    for path in [
        "/v2/codegraph/appliance/manifests/0.1.0",
        &format!("/v2/codegraph/appliance/manifests/{digest}"),
    ] {
        let length = plain.manifest.len().to_string();
        for method in ["GET", "HEAD"] {
            let answer = running.send(method, path, &[]);
            assert_eq!(answer.status(), 200);
            assert_eq!(answer.header("content-type"), Some(MANIFEST));
            assert_eq!(answer.header("content-length"), Some(length.as_str()), "{method}");
            assert_eq!(answer.header("docker-content-digest"), Some(digest.as_str()));
            let expected: &[u8] = if method == "GET" { &plain.manifest } else { b"" };
            assert_eq!(answer.body, expected);
        }
    }
    let index = running.get("/v2/library/postgres/manifests/16");
    assert_eq!(index.header("content-type"), Some(INDEX));
}

#[test]
fn blobs_come_whole_in_parts_and_as_headers() {
    let (store, plain, _) = Store::filled();
    let running = Running::over(&store);
    let path = format!("/v2/codegraph/appliance/blobs/{}", plain.layer_digest);
    let layer = &plain.layer;
    let whole = running.get(&path);
    assert_eq!((whole.status(), &whole.body), (200, layer));
    assert_eq!(whole.header("accept-ranges"), Some("bytes"));
    let head = running.send("HEAD", &path, &[]);
    assert_eq!((head.status(), head.body.len()), (200, 0));
    assert_eq!(head.header("content-length"), Some(layer.len().to_string().as_str()));

    // Over the border of a piece of 256 KiB, to the end, and the last bytes.
    let size = layer.len();
    assert!(size > 600_000);
    for (range, from, to) in [
        ("bytes=0-0", 0, 1),
        ("bytes=262100-262200", 262_100, 262_201),
        ("bytes=300000-", 300_000, size),
        ("bytes=-1000", size - 1000, size),
    ] {
        let part = running.send("GET", &path, &[("Range", range)]);
        assert_eq!(part.status(), 206, "{range}");
        let told = format!("bytes {from}-{}/{size}", to - 1);
        assert_eq!(part.header("content-range"), Some(told.as_str()));
        assert_eq!(part.header("content-length"), Some((to - from).to_string().as_str()));
        assert!(part.body == layer[from..to], "{range}");
    }
    let outside = running.send("GET", &path, &[("Range", "bytes=99999999-")]);
    assert_eq!(outside.status(), 416);
    assert_eq!(outside.header("content-range"), Some(format!("bytes */{size}").as_str()));
    // A part of another state of the blob than the client has: there is none, so it is given all.
    let other = [("Range", "bytes=0-0"), ("If-Range", "\"other\"")];
    assert_eq!(running.send("GET", &path, &other).body.len(), size);
}

#[test]
fn what_a_client_has_is_not_sent_again() {
    let (store, plain, _) = Store::filled();
    let running = Running::over(&store);
    let tag = format!("\"{}\"", plain.digest);
    let path = "/v2/codegraph/appliance/manifests/0.1.0";
    let answer = running.send("GET", path, &[("If-None-Match", &tag)]);
    assert_eq!((answer.status(), answer.body.len()), (304, 0));
    assert_eq!(running.send("GET", path, &[("If-None-Match", "\"x\"")]).status(), 200);
}

#[test]
fn repositories_and_tags_are_listed_in_pages() {
    let mut store = Store::new();
    for number in 0..5 {
        store.image(&number.to_string(), &format!("team/app:{number}"));
    }
    store.image("other", "b/c:1");
    let running = Running::over(&store);
    let all = running.get("/v2/_catalog").json();
    assert_eq!(all["repositories"], serde_json::json!(["b/c", "team/app"]));
    let tags = |path: &str| {
        let answer = running.get(path);
        let link = answer.header("link").map(str::to_owned);
        (answer.json()["tags"].to_string(), link)
    };
    let next = |last: u8| Some(format!("</v2/team/app/tags/list?n=2&last={last}>; rel=\"next\""));
    assert_eq!(tags("/v2/team/app/tags/list?n=2"), ("[\"0\",\"1\"]".to_owned(), next(1)));
    assert_eq!(tags("/v2/team/app/tags/list?n=2&last=1"), ("[\"2\",\"3\"]".to_owned(), next(3)));
    assert_eq!(tags("/v2/team/app/tags/list?n=2&last=3"), ("[\"4\"]".to_owned(), None));
    assert_eq!(tags("/v2/team/app/tags/list?n=0"), ("[]".to_owned(), None));
    for bad in ["n=-1", "n=x", "n=10001", "n=99999999999999999999999"] {
        let answer = running.get(&format!("/v2/team/app/tags/list?{bad}"));
        assert_eq!((answer.status(), answer.code().as_str()), (400, "PAGINATION_NUMBER_INVALID"));
    }
}

#[test]
fn what_refers_to_an_image_is_found_and_filtered() {
    let mut store = Store::new();
    let image = store.image("image", "a/b:1");
    let signature = store.artifact("a/b:signature", Some(&image));
    let running = Running::over(&store);
    let path = format!("/v2/a/b/referrers/{}", image.digest);
    let all = running.get(&path);
    assert_eq!(all.header("content-type"), Some(INDEX));
    let all = all.json();
    assert_eq!(all["manifests"][0]["digest"], signature.to_string());
    assert_eq!(all["manifests"][0]["artifactType"], "application/x-test");
    assert_eq!(all["manifests"][0]["annotations"]["made"], "by hand");
    let other = running.get(&format!("{path}?artifactType=application/y"));
    assert_eq!(other.header("oci-filters-applied"), Some("artifactType"));
    assert_eq!(other.json()["manifests"], serde_json::json!([]));
}
