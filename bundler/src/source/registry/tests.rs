//! Against Debian's `docker-registry`; skopeo pushes the images and reads what was pulled.

#![allow(clippy::unwrap_used, reason = "a test ends where something is not as it must be")]

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::credentials::Credentials;
use super::resolved::{ImageRequest, ResolvedImage};
use super::{Registry, pull, resolve};
use crate::cache::Cache;
use crate::error::Error;
use crate::net::Net;
use crate::progress::Silent;
use crate::test_servers::{Answer, Auth, Layout, Proxy, Server, Web, openssl, skopeo};

const MIB: usize = 1 << 20;

/// A registry with three images: `one` and `two` share a layer, `many` is there for two processors.
struct Fixture {
    server: Server,
    proxy: Proxy,
    layout: Layout,
    cache: Cache,
}

impl Fixture {
    fn new(auth: &Auth, layer: usize) -> Self {
        let server = Server::start(auth);
        let mut layout = Layout::new(&server.path("layout"));
        let (shared, own) = (layout.layer(1, layer), layout.layer(2, layer));
        let one = layout.image("amd64", &[shared.clone(), own.clone()]);
        let two = layout.image("amd64", &[shared, layout.layer(3, layer)]);
        let arm = layout.image("arm64", &[layout.layer(4, layer)]);
        let many = layout.index(&[arm, layout.image("amd64", &[own])]);
        for (entry, name) in [(one, "one"), (two, "two"), (many, "many")] {
            layout.name(entry, name);
            server.push(&layout.folder, name, &format!("team/{name}:1"));
        }
        let cache = Cache::open(Some(&server.path("cache"))).unwrap();
        Self { proxy: Proxy::before(server.port), server, layout, cache }
    }

    fn registry(&self) -> Registry {
        let text = fs::read_to_string(self.server.path("auth.json")).unwrap();
        let text = text.replace(&self.server.port.to_string(), &self.proxy.port.to_string());
        let file = self.server.path("proxy-auth.json");
        fs::write(&file, text).unwrap();
        let net = Net::open(Some(&self.server.ca())).unwrap();
        Registry::with(&net, Credentials::read([file]).unwrap()).unwrap()
    }

    fn request(&self, name: &str) -> ImageRequest {
        ImageRequest {
            reference: format!("127.0.0.1:{}/team/{name}", self.proxy.port),
            platform: "linux/amd64".to_owned(),
            cosign_key: None,
            insecure_http_loopback: false,
        }
    }

    fn resolve(&self, registry: &Registry, name: &str) -> Result<ResolvedImage, Error> {
        resolve(registry, &self.request(name), &self.cache, &Silent)
    }

    fn all(&self, registry: &Registry) -> Vec<ResolvedImage> {
        let names = ["one:1", "two:1", "many:1"];
        names.iter().map(|name| self.resolve(registry, name).unwrap()).collect()
    }

    /// What skopeo makes of a pulled image: the same digest, each blob checked by it.
    fn reread(&self, image: &ResolvedImage) -> String {
        let folder = self.server.path("again");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("oci-layout"), "{\"imageLayoutVersion\":\"1.0.0\"}").unwrap();
        let blobs = folder.join("blobs");
        let _ = std::os::unix::fs::symlink(self.cache.folder().join("blobs"), &blobs);
        let entry = json!({"mediaType": image.media_type, "digest": image.digest, "size": image.size,
            "annotations": {"org.opencontainers.image.ref.name": "x"}});
        let index = json!({"schemaVersion": 2, "manifests": [entry]});
        fs::write(folder.join("index.json"), index.to_string()).unwrap();
        let out = self.server.path(&format!("dir-{}", image.digest.hex()));
        skopeo(&[
            "copy",
            &format!("oci:{}:x", folder.display()),
            &format!("dir:{}", out.display()),
        ]);
        let digest = skopeo(&["manifest-digest", out.join("manifest.json").to_str().unwrap()]);
        String::from_utf8(digest).unwrap().trim().to_owned()
    }
}

/// Bytes of all blobs, each counted once.
fn total(images: &[ResolvedImage]) -> u64 {
    let mut blobs: Vec<_> =
        images.iter().flat_map(|image| &image.blobs).map(|blob| (blob.digest, blob.size)).collect();
    blobs.sort();
    blobs.dedup();
    blobs.iter().map(|blob| blob.1).sum()
}

#[test]
fn images_are_pulled_once_each_and_skopeo_reads_them() {
    let fixture = Fixture::new(&Auth::Basic, MIB);
    let registry = fixture.registry();
    let images = fixture.all(&registry);
    pull(&registry, &images, &fixture.cache, &Silent).unwrap();
    for image in &images {
        assert_eq!(fixture.reread(image), image.digest.to_string());
    }
    let blobs: std::collections::BTreeSet<_> =
        images.iter().flat_map(|image| &image.blobs[1..]).map(|blob| blob.digest).collect();
    assert_eq!(fixture.server.blob_requests().len(), blobs.len(), "each blob is asked for once");
    // Digests as skopeo tells them of the registry itself.
    let name = format!("docker://127.0.0.1:{}/team/one:1", fixture.server.port);
    let (ca, auth) = (fixture.server.path("ca"), fixture.server.path("auth.json"));
    let said = skopeo(&[
        "inspect",
        "--cert-dir",
        ca.to_str().unwrap(),
        "--authfile",
        auth.to_str().unwrap(),
        "--format",
        "{{.Digest}}",
        &name,
    ]);
    assert_eq!(String::from_utf8(said).unwrap().trim(), images[0].digest.to_string());
    assert_eq!(images[2].platform, "linux/amd64");
    assert!(images[2].index.is_some() && images[0].index.is_none());

    let before = fixture.proxy.received();
    pull(&registry, &images, &fixture.cache, &Silent).unwrap();
    assert_eq!(fixture.proxy.received(), before, "a second pull asks for nothing");
}

#[test]
fn a_registry_that_is_killed_and_comes_back_loses_nothing() {
    let fixture = Fixture::new(&Auth::Basic, 12 * MIB);
    let registry = fixture.registry();
    let images = fixture.all(&registry);
    let (start, bytes) = (fixture.proxy.received(), total(&images));
    let killer = fixture.server.killer();
    let (dead, killed) = std::sync::mpsc::channel();
    fixture.proxy.after(10 * MIB as u64, move || {
        killer();
        dead.send(()).unwrap();
    });
    std::thread::scope(|scope| {
        let pulling = scope.spawn(|| pull(&registry, &images, &fixture.cache, &Silent));
        killed.recv().unwrap();
        fixture.server.run();
        pulling.join().unwrap().unwrap();
    });
    let received = fixture.proxy.received() - start;
    // TLS takes a part in a thousand; a record that was cut short comes again on each connection.
    assert!(received < bytes + bytes / 50 + 6 * 64 * 1024, "{received} of {bytes} bytes");
    for image in &images {
        assert_eq!(fixture.reread(image), image.digest.to_string());
    }
}

#[test]
fn a_registry_that_stays_away_ends_the_run_and_the_next_one_goes_on() {
    let fixture = Fixture::new(&Auth::None, 12 * MIB);
    let registry = fixture.registry();
    let images = fixture.all(&registry);
    let (start, bytes) = (fixture.proxy.received(), total(&images));
    let killer = fixture.server.killer();
    fixture.proxy.after(10 * MIB as u64, killer);
    let error = pull(&registry, &images, &fixture.cache, &Silent).unwrap_err();
    assert_eq!(error.exit_code(), 2);
    assert!(error.to_string().contains("run the same command again"), "{error}");
    assert!(error.to_string().contains("team/"), "{error}");
    fixture.server.run();
    let again = fixture.registry();
    pull(&again, &images, &fixture.cache, &Silent).unwrap();
    let received = fixture.proxy.received() - start;
    assert!(received < bytes + bytes / 50 + 6 * 64 * 1024, "{received} of {bytes} bytes");
    assert_eq!(fixture.reread(&images[0]), images[0].digest.to_string());
}

#[test]
fn tokens_of_a_registry_are_got_with_the_password_and_renewed() {
    let token = std::sync::Arc::new(std::sync::Mutex::new(String::new()));
    let given = std::sync::Arc::clone(&token);
    let realm = Web::serve(move |request| {
        let password =
            request.header("authorization") == Some("Basic cGFja2FnZXI6Y29ycmVjdCBob3JzZQ==");
        let body = json!({"token": *given.lock().unwrap()}).to_string();
        Answer {
            status: if password { "200 OK" } else { "401 Unauthorized" },
            body: body.into_bytes(),
            ..Answer::default()
        }
    });
    let address = format!("http://127.0.0.1:{}/token", realm.port);
    let server = Server::start(&Auth::Bearer(address));
    *token.lock().unwrap() = jwt(&server, "pull,push");
    let mut layout = Layout::new(&server.path("layout"));
    let image = layout.image("amd64", &[layout.layer(1, MIB)]);
    layout.name(image, "one");
    server.push(&layout.folder, "one", "team/one:1");
    let cache = Cache::open(Some(&server.path("cache"))).unwrap();
    let net = Net::open(Some(&server.ca())).unwrap();
    let credentials = Credentials::read([server.path("auth.json")]).unwrap();
    let registry = Registry::with(&net, credentials).unwrap();
    let request = ImageRequest {
        reference: format!("127.0.0.1:{}/team/one:1", server.port),
        platform: "linux/amd64".to_owned(),
        cosign_key: None,
        insecure_http_loopback: false,
    };
    // The first one has run out when it comes, as far as the registry is concerned.
    let good = std::mem::replace(&mut *token.lock().unwrap(), "stale".to_owned());
    let before = realm.requests().len();
    let stale = resolve(&registry, &request, &cache, &Silent).unwrap_err();
    assert!(stale.to_string().contains("credentials"), "{stale}");
    assert_eq!(realm.requests().len() - before, 2, "a token that is not taken is renewed once");
    *token.lock().unwrap() = good;
    let before = realm.requests().len();
    let image = resolve(&registry, &request, &cache, &Silent).unwrap();
    pull(&registry, std::slice::from_ref(&image), &cache, &Silent).unwrap();
    let asked = realm.requests().split_off(before);
    assert_eq!(asked.len(), 1, "one token serves the whole repository");
    assert!(
        asked[0].path.contains("repository%3Ateam%2Fone%3Apull")
            || asked[0].path.contains("repository:team/one:pull"),
        "{}",
        asked[0].path
    );

    let nobody = Registry::with(&net, Credentials::read([]).unwrap()).unwrap();
    let error = resolve(&nobody, &request, &cache, &Silent).unwrap_err();
    assert!(error.to_string().contains("login"), "{error}");
}

/// A token as the distribution project's token specification describes it, signed by openssl.
fn jwt(server: &Server, actions: &str) -> String {
    let url = |bytes: &[u8]| base64_url(bytes);
    let der = openssl(server.folder.path(), &["x509", "-in", "server.pem", "-outform", "DER"]);
    let header = json!({"typ": "JWT", "alg": "RS256", "x5c": [crate::test_servers::base64(&der)]});
    let access: Vec<Value> = vec![
        json!({"type": "repository", "name": "team/one", "actions": actions.split(',').collect::<Vec<_>>()}),
    ];
    let claims = json!({"iss": "tests", "sub": "packager", "aud": "registry", "exp": 4_000_000_000_u64, "nbf": 0, "iat": 0, "jti": "1", "access": access});
    let signed =
        format!("{}.{}", url(header.to_string().as_bytes()), url(claims.to_string().as_bytes()));
    fs::write(server.path("signed"), &signed).unwrap();
    let signature =
        openssl(server.folder.path(), &["dgst", "-sha256", "-sign", "server.key", "signed"]);
    format!("{signed}.{}", url(&signature))
}

fn base64_url(bytes: &[u8]) -> String {
    use base64::Engine;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}

#[test]
fn wrong_names_credentials_platforms_and_certificates_are_told_with_the_way_out() {
    let fixture = Fixture::new(&Auth::Basic, 1000);
    let registry = fixture.registry();
    let missing = fixture.resolve(&registry, "one:2").unwrap_err().to_string();
    assert!(missing.contains("team/one:2") && missing.contains("check name and tag"), "{missing}");
    let other = ImageRequest { platform: "linux/s390x".to_owned(), ..fixture.request("many:1") };
    let error = resolve(&registry, &other, &fixture.cache, &Silent).unwrap_err();
    assert_eq!(error.exit_code(), 3);
    assert!(error.to_string().contains("linux/arm64, linux/amd64"), "{error}");
    let single = ImageRequest { platform: "linux/arm64".to_owned(), ..fixture.request("one:1") };
    let error = resolve(&registry, &single, &fixture.cache, &Silent).unwrap_err().to_string();
    assert!(error.contains("it is for linux/amd64"), "{error}");
    let arm = ImageRequest { platform: "linux/arm64".to_owned(), ..fixture.request("many:1") };
    assert_eq!(resolve(&registry, &arm, &fixture.cache, &Silent).unwrap().platform, "linux/arm64");
    let pinned = format!("one:1@sha256:{}", "0".repeat(64));
    assert!(fixture.resolve(&registry, &pinned).is_err());

    let net = Net::open(Some(&fixture.server.ca())).unwrap();
    let text = fs::read_to_string(fixture.server.path("proxy-auth.json")).unwrap();
    let wrong = text.replace("cGFja2FnZXI6Y29ycmVjdCBob3JzZQ==", "cGFja2FnZXI6d3Jvbmc=");
    let file = fixture.server.path("wrong.json");
    fs::write(&file, wrong).unwrap();
    let wrong = Registry::with(&net, Credentials::read([file]).unwrap()).unwrap();
    let error = fixture.resolve(&wrong, "one:1").unwrap_err().to_string();
    assert!(error.contains("credentials") && error.contains("REGISTRY_AUTH_FILE"), "{error}");

    let strange = Net::open(None).unwrap();
    let strange = Registry::with(&strange, Credentials::read([]).unwrap()).unwrap();
    let error = fixture.resolve(&strange, "one:1").unwrap_err().to_string();
    assert!(
        error.contains("--ca FILE") && error.contains(&fixture.proxy.port.to_string()),
        "{error}"
    );

    let plain = ImageRequest {
        insecure_http_loopback: true,
        reference: "registry.example/a:1".to_owned(),
        ..fixture.request("one:1")
    };
    let error = resolve(&registry, &plain, &fixture.cache, &Silent).unwrap_err();
    assert_eq!(error.exit_code(), 1);
    assert!(error.to_string().contains("without TLS"), "{error}");
}

/// Signs as cosign does: a payload as layer, the signature in an annotation, under a tag made of the digest.
fn sign(fixture: &mut Fixture, covers: &str, names: &str, key: &str, change: fn(String) -> String) {
    let payload = json!({"critical": {"identity": {"docker-reference": "team/one"}, "image": {"docker-manifest-digest": names}, "type": "cosign container image signature"}, "optional": null}).to_string();
    let folder = fixture.server.folder.path().to_owned();
    fs::write(folder.join("payload"), &payload).unwrap();
    let key_file = format!("{key}.key");
    let arguments: &[&str] = if key == "ed" {
        &["pkeyutl", "-sign", "-rawin", "-inkey", &key_file, "-in", "payload"]
    } else {
        &["dgst", "-sha256", "-sign", &key_file, "payload"]
    };
    let signature = openssl(&folder, arguments);
    let layout = &mut fixture.layout;
    let mut layer =
        layout.put(change(payload).as_bytes(), "application/vnd.dev.cosign.simplesigning.v1+json");
    layer["annotations"] =
        json!({"dev.cosignproject.cosign/signature": crate::test_servers::base64(&signature)});
    let config = layout.put(
        b"{\"os\":\"\",\"architecture\":\"\",\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[]}}",
        "application/vnd.oci.image.config.v1+json",
    );
    let manifest = json!({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "config": config, "layers": [layer]});
    let entry =
        layout.put(manifest.to_string().as_bytes(), "application/vnd.oci.image.manifest.v1+json");
    let tag = format!("sha256-{}.sig", &covers[7..]);
    layout.name(entry, &tag);
    let folder = layout.folder.clone();
    fixture.server.push(&folder, &tag, &format!("team/one:{tag}"));
}

fn key(folder: &Path, name: &str, algorithm: &[&str]) {
    let private = format!("{name}.key");
    openssl(folder, &[&["genpkey", "-out", &private][..], algorithm].concat());
    openssl(folder, &["pkey", "-in", &private, "-pubout", "-out", &format!("{name}.pub")]);
}

#[test]
fn a_cosign_signature_is_checked_with_the_given_key() {
    let mut fixture = Fixture::new(&Auth::Basic, 1000);
    let registry = fixture.registry();
    let folder = fixture.server.folder.path().to_owned();
    let p256 = ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"];
    key(&folder, "ec", &p256);
    key(&folder, "ed", &["-algorithm", "ed25519"]);
    let with = |fixture: &Fixture, key: &str| {
        let cosign_key = Some(folder.join(format!("{key}.pub")));
        let request = ImageRequest { cosign_key, ..fixture.request("one:1") };
        resolve(&registry, &request, &fixture.cache, &Silent)
    };
    let digest = fixture.resolve(&registry, "one:1").unwrap().digest.to_string();
    let other = fixture.resolve(&registry, "two:1").unwrap().digest.to_string();
    let unsigned = with(&fixture, "ec").unwrap_err();
    assert_eq!(unsigned.exit_code(), 3);
    assert!(unsigned.to_string().contains("no signature"), "{unsigned}");
    for name in ["ec", "ed"] {
        sign(&mut fixture, &digest, &digest, name, |payload| payload);
        let image = with(&fixture, name).unwrap();
        let der =
            openssl(&folder, &["pkey", "-pubin", "-in", &format!("{name}.pub"), "-outform", "DER"]);
        assert_eq!(image.signatures[0].key, cg_bundle_format::Digest::of(&der));
        assert!(image.checked().contains("cosign signature by key sha256:"), "{}", image.checked());
        let wrong = if name == "ec" { "ed" } else { "ec" };
        assert_eq!(with(&fixture, wrong).unwrap_err().exit_code(), 3);
    }
    sign(&mut fixture, &digest, &other, "ec", |payload| payload);
    assert!(with(&fixture, "ec").is_err(), "a good signature over another image");
    sign(&mut fixture, &digest, &other, "ec", |payload| payload.replace("team/one", "team/two"));
    assert!(with(&fixture, "ec").is_err(), "a payload that was changed");
}

#[test]
fn an_image_that_is_not_what_it_says_is_refused_and_nothing_of_it_is_kept() {
    type Bend = fn(&mut Value);
    let cases: [(Bend, &str); 7] = [
        (|m| m["layers"][0]["size"] = json!(u64::MAX), "18446744073709551615 bytes"),
        (|m| m["layers"][0]["digest"] = json!("sha512:00"), "SHA-256"),
        (|m| m["layers"][0]["urls"] = json!(["https://elsewhere.example/"]), "lies elsewhere"),
        (|m| m["layers"][0]["mediaType"] = json!("application/x-sh"), "cannot be taken"),
        (
            |m| m["config"]["mediaType"] = json!("application/vnd.cncf.helm.config.v1+json"),
            "no container image",
        ),
        (|m| m["mediaType"] = json!("application/vnd.oci.image.index.v1+json"), "calls itself"),
        (|m| m["schemaVersion"] = json!(1), "schema version"),
    ];
    for (bend, word) in cases {
        let hex = "1".repeat(64);
        let mut manifest = json!({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": format!("sha256:{hex}"), "size": 2},
            "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": format!("sha256:{hex}"), "size": 2}]});
        bend(&mut manifest);
        let error = lying(manifest.to_string().into_bytes()).unwrap_err();
        assert_eq!(error.exit_code(), 3, "{word}: {error}");
        assert!(error.to_string().contains(word), "{word}: {error}");
    }
    let error = lying(vec![b' '; 5 << 20]).unwrap_err();
    assert!(
        error.exit_code() == 3 && error.to_string().contains("more than 4194304 bytes"),
        "{error}"
    );
    let error = lying(b"<html>".to_vec()).unwrap_err();
    assert_eq!(error.exit_code(), 3, "{error}");
}

/// What a registry without TLS that serves this as manifest leads to.
fn lying(manifest: Vec<u8>) -> Result<ResolvedImage, Error> {
    let web = Web::serve(move |request| {
        let headers = vec!["Content-Type: application/vnd.oci.image.manifest.v1+json".to_owned()];
        let body = if request.path.contains("/manifests/") { manifest.clone() } else { Vec::new() };
        Answer { status: "200 OK", headers, body, length: None }
    });
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::open(Some(folder.path())).unwrap();
    let net = Net::open(None).unwrap();
    let registry = Registry::with(&net, Credentials::read([]).unwrap()).unwrap();
    let request = ImageRequest {
        reference: format!("127.0.0.1:{}/a/b:1", web.port),
        platform: "linux/amd64".to_owned(),
        cosign_key: None,
        insecure_http_loopback: true,
    };
    resolve(&registry, &request, &cache, &Silent)
}

#[test]
fn a_registry_that_wants_passwords_sent_without_tls_gets_none() {
    let server = Server::start(&Auth::Bearer("http://tokens.example/token".to_owned()));
    let cache = Cache::open(Some(&server.path("cache"))).unwrap();
    let net = Net::open(Some(&server.ca())).unwrap();
    for files in [vec![server.path("auth.json")], Vec::new()] {
        let registry = Registry::with(&net, Credentials::read(files).unwrap()).unwrap();
        let request = ImageRequest {
            reference: format!("127.0.0.1:{}/team/one:1", server.port),
            platform: "linux/amd64".to_owned(),
            cosign_key: None,
            insecure_http_loopback: false,
        };
        let error = resolve(&registry, &request, &cache, &Silent).unwrap_err();
        assert_eq!(error.exit_code(), 3);
        assert!(error.to_string().contains("without TLS"), "{error}");
    }
}
