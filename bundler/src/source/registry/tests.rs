//! Against Debian's `docker-registry`; skopeo pushes the images and reads what was pulled.

#![allow(clippy::unwrap_used, reason = "a test ends where something is not as it must be")]

use std::fs;

use serde_json::json;

use super::credentials::Credentials;
use super::resolved::{ImageRequest, ResolvedImage};
use super::{Registry, downloads, resolve};
use crate::cache::Cache;
use crate::error::Error;
use crate::fetch::fetch_all;
use crate::net::Net;
use crate::progress::Silent;
use crate::test_servers::{Auth, Layout, Proxy, Server, skopeo};

mod lies;
mod signatures;
mod tokens;

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
        resolve(registry, &self.request(name), &self.cache)
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

/// Pulls what the cache lacks.
fn pull(
    registry: &Registry,
    images: &[ResolvedImage],
    cache: &Cache,
    report: &Silent,
) -> Result<(), Error> {
    let repositories: Vec<_> =
        images.iter().map(|i| registry.repository(&i.reference, false).unwrap()).collect();
    let pairs = images.iter().zip(&repositories);
    let all: Vec<_> = pairs.flat_map(|(image, from)| downloads(image, from)).collect();
    fetch_all(&registry.net, &all, cache, report)
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
fn wrong_names_credentials_platforms_and_certificates_are_told_with_the_way_out() {
    let fixture = Fixture::new(&Auth::Basic, 1000);
    let registry = fixture.registry();
    let missing = fixture.resolve(&registry, "one:2").unwrap_err().to_string();
    assert!(missing.contains("team/one:2") && missing.contains("check name and tag"), "{missing}");
    let other = ImageRequest { platform: "linux/s390x".to_owned(), ..fixture.request("many:1") };
    let error = resolve(&registry, &other, &fixture.cache).unwrap_err();
    assert_eq!(error.exit_code(), 3);
    assert!(error.to_string().contains("linux/arm64, linux/amd64"), "{error}");
    let single = ImageRequest { platform: "linux/arm64".to_owned(), ..fixture.request("one:1") };
    let error = resolve(&registry, &single, &fixture.cache).unwrap_err().to_string();
    assert!(error.contains("it is for linux/amd64"), "{error}");
    let arm = ImageRequest { platform: "linux/arm64".to_owned(), ..fixture.request("many:1") };
    assert_eq!(resolve(&registry, &arm, &fixture.cache).unwrap().platform, "linux/arm64");
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
    let error = resolve(&registry, &plain, &fixture.cache).unwrap_err();
    assert_eq!(error.exit_code(), 1);
    assert!(error.to_string().contains("without TLS"), "{error}");
}
