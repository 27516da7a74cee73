//! Under which name this host's registry serves the image of a component.

use std::path::Path;

use serde::Deserialize;

use crate::error::Error;
use crate::files;

/// The registry endpoint of this host.
const REGISTRY: &str = "127.0.0.1:5000";
/// Bytes of `images.lock`.
const MAX_LOCK: u64 = 4 << 20;

#[derive(Deserialize)]
struct ImagesLock {
    images: Vec<Locked>,
}

#[derive(Deserialize)]
struct Locked {
    reference: String,
    digest: String,
    #[serde(default)]
    component: String,
}

/// What podman pulls for `component`: by digest, from this host.
pub(super) fn of_component(generation: &Path, component: &str) -> Result<String, Error> {
    let path = generation.join("images.lock");
    let bytes = files::read_bounded(&path, MAX_LOCK)?.unwrap_or_default();
    let damaged = |problem: String| Error::State { path: path.clone(), problem };
    let lock: ImagesLock =
        serde_json::from_slice(&bytes).map_err(|error| damaged(error.to_string()))?;
    let mut of_it = lock.images.iter().filter(|image| image.component == component);
    match (of_it.next(), of_it.next()) {
        (Some(image), None) => {
            Ok(format!("{REGISTRY}/{}@{}", repository(&image.reference), image.digest))
        }
        (None, _) => Err(damaged(format!(
            "the component {component} has a quadlet and no image; the packager must give it one, or leave it out with --without {component}"
        ))),
        (Some(one), Some(other)) => Err(damaged(format!(
            "the component {component} has several images ({}, {}) and one quadlet; the packager must make components of them",
            one.reference, other.reference
        ))),
    }
}

/// `docker.io/library/postgres:16` → `library/postgres`: as the registry endpoint names it.
fn repository(reference: &str) -> &str {
    let named = reference.split('@').next().unwrap_or_default();
    let last = named.rfind('/').map_or(0, |at| at + 1);
    let path = named[last..].find(':').map_or(named, |at| &named[..last + at]);
    match path.split_once('/') {
        Some((host, rest)) if host.contains(['.', ':']) || host == "localhost" => rest,
        _ => path,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_are_pulled_from_this_host_by_digest() {
        let folder = tempfile::tempdir().unwrap();
        let write = |text: &str| std::fs::write(folder.path().join("images.lock"), text).unwrap();
        let of = |component: &str| of_component(folder.path(), component);
        write(
            r#"{"images":[{"reference":"docker.io/library/postgres:16.4","digest":"sha256:aa","component":"postgresql","size":1},
            {"reference":"registry.local:5000/mon/grafana","digest":"sha256:bb","component":"grafana"},
            {"reference":"a/b:1","digest":"sha256:cc","component":"two"},{"reference":"a/c@sha256:dd","digest":"sha256:dd","component":"two"}]}"#,
        );
        assert_eq!(of("postgresql").unwrap(), "127.0.0.1:5000/library/postgres@sha256:aa");
        assert_eq!(of("grafana").unwrap(), "127.0.0.1:5000/mon/grafana@sha256:bb");
        let said = |component| of(component).unwrap_err().to_string();
        assert!(said("openbao").contains("--without openbao"));
        assert!(said("two").contains("a/b:1, a/c@sha256:dd"));
        write("{");
        assert!(said("grafana").contains("images.lock is damaged"));
    }
}
