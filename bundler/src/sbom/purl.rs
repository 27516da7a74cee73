//! Package URLs: <https://github.com/package-url/purl-spec>.

use cg_inventory::{Os, Package, PackageKind};

use crate::source::ImageRef;

/// Percent-encodes everything that is not a letter, a digit or one of `. - _ ~ :`.
pub(super) fn encode(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b".-_~:".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// `?key=value&…` of those that have a value; keys come in alphabetical order.
fn qualifiers(pairs: &[(&str, &str)]) -> String {
    let pairs: Vec<String> = pairs
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(key, value)| format!("{key}={}", encode(value)))
        .collect();
    if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) }
}

/// Of a package in an image.
pub(super) fn package(package: &Package, os: Option<&Os>) -> String {
    let version = encode(&package.version);
    let (kind, usual) = match package.kind {
        // Names of Python packages are the same in any case, and with `_` for `-`.
        PackageKind::Pypi => {
            let name = package.name.to_lowercase().replace('_', "-");
            return format!("pkg:pypi/{}@{version}", encode(&name));
        }
        PackageKind::Npm => {
            let name: Vec<String> = package.name.split('/').map(encode).collect();
            return format!("pkg:npm/{}@{version}", name.join("/"));
        }
        PackageKind::Apk => ("apk", "alpine"),
        PackageKind::Deb => ("deb", "debian"),
        PackageKind::Rpm => ("rpm", "redhat"),
    };
    let vendor = os.map_or(usual, |os| os.id.as_str());
    let distro = os.map(|os| match os.version.as_str() {
        "" => os.id.clone(),
        version => format!("{}-{version}", os.id),
    });
    let epoch = if package.epoch > 0 { package.epoch.to_string() } else { String::new() };
    let qualifiers = qualifiers(&[
        ("arch", &package.arch),
        ("distro", distro.as_deref().unwrap_or_default()),
        ("epoch", &epoch),
    ]);
    let (vendor, name) = (encode(&vendor.to_lowercase()), encode(&package.name));
    format!("pkg:{kind}/{vendor}/{name}@{version}{qualifiers}")
}

/// Of an image: its name is the last part of its repository, its version the digest.
pub(super) fn image(image: &ImageRef) -> String {
    let whole = image.reference.split('@').next().unwrap_or_default();
    let (repository, tag) = match whole.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') => (repository, tag),
        _ => (whole, ""),
    };
    let name = repository.rsplit('/').next().unwrap_or_default().to_lowercase();
    let arch = image.platform.split('/').nth(1).unwrap_or_default();
    let qualifiers =
        qualifiers(&[("arch", arch), ("repository_url", &repository.to_lowercase()), ("tag", tag)]);
    format!("pkg:oci/{}@sha256%3A{}{qualifiers}", encode(&name), image.digest.hex())
}
