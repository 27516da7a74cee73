//! Signatures as cosign stores them: a payload as layer, the signature in an annotation, under a tag made of
//! the digest. Keys and signatures are made by openssl.

use std::fs;

use serde_json::json;

use super::layout::MANIFEST;
use super::{Layout, Server, base64, openssl};

#[derive(Clone, Copy)]
pub(crate) struct Signing<'a> {
    /// The digest that the tag is made of.
    pub(crate) covers: &'a str,
    /// The digest that the payload names.
    pub(crate) names: &'a str,
    /// `ec` or `ed`: a key of [`keys`].
    pub(crate) key: &'a str,
    /// What happens to the payload after it was signed.
    pub(crate) change: fn(String) -> String,
}

/// Makes an ECDSA P-256 key `ec` and an Ed25519 key `ed` in the server's folder.
pub(crate) fn keys(server: &Server) {
    let folder = server.folder.path();
    let kinds: [(&str, &[&str]); 2] = [
        ("ec", &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]),
        ("ed", &["-algorithm", "ed25519"]),
    ];
    for (name, algorithm) in kinds {
        let private = format!("{name}.key");
        openssl(folder, &[&["genpkey", "-out", &private][..], algorithm].concat());
        openssl(folder, &["pkey", "-in", &private, "-pubout", "-out", &format!("{name}.pub")]);
    }
}

/// Signs an image of the repository `team/one`.
pub(crate) fn sign(server: &Server, layout: &mut Layout, signing: &Signing<'_>) {
    let payload = json!({
        "critical": {
            "identity": {"docker-reference": "team/one"},
            "image": {"docker-manifest-digest": signing.names},
            "type": "cosign container image signature",
        },
        "optional": null,
    })
    .to_string();
    fs::write(server.path("payload"), &payload).unwrap();
    let key = format!("{}.key", signing.key);
    let arguments: &[&str] = if signing.key == "ed" {
        &["pkeyutl", "-sign", "-rawin", "-inkey", &key, "-in", "payload"]
    } else {
        &["dgst", "-sha256", "-sign", &key, "payload"]
    };
    let signature = openssl(server.folder.path(), arguments);
    let payload = (signing.change)(payload);
    let mut layer =
        layout.put(payload.as_bytes(), "application/vnd.dev.cosign.simplesigning.v1+json");
    layer["annotations"] = json!({"dev.cosignproject.cosign/signature": base64(&signature)});
    let config =
        json!({"os": "", "architecture": "", "rootfs": {"type": "layers", "diff_ids": []}});
    let config =
        layout.put(config.to_string().as_bytes(), "application/vnd.oci.image.config.v1+json");
    let manifest =
        json!({"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": [layer]});
    let entry = layout.put(manifest.to_string().as_bytes(), MANIFEST);
    let tag = format!("sha256-{}.sig", &signing.covers[7..]);
    layout.name(entry, &tag);
    let folder = layout.folder.clone();
    server.push(&folder, &tag, &format!("team/one:{tag}"));
}
