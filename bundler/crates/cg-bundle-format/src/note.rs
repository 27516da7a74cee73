//! The entry `FORMAT`: what a volume is, and how to check it with stock tools alone.

use crate::root::Root;

/// What the text names.
#[derive(Debug, Clone, Copy)]
pub struct NoteFacts<'a> {
    /// Product, as in the manifest.
    pub product: &'a str,
    /// Version, as in the manifest.
    pub version: &'a str,
    /// Architecture, as in the manifest.
    pub arch: &'a str,
    /// The newest root.
    pub root: &'a Root,
}

/// The text. Commands are the lines that begin with four spaces; they run in a POSIX shell.
#[must_use]
pub fn format_note(facts: &NoteFacts<'_>) -> String {
    let root = format!("root/{:05}.json", facts.root.version);
    let keys =
        facts.root.release.keys.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    TEMPLATE
        .replace("@PRODUCT@", facts.product)
        .replace("@VERSION@", facts.version)
        .replace("@ARCH@", facts.arch)
        .replace("@ROOT@", &root)
        .replace("@KEYS@", &keys)
        .replace("@THRESHOLD@", &facts.root.release.threshold.to_string())
        .replace("@PREFIX@", crate::RELEASE_PREFIX.trim_end())
}

const TEMPLATE: &str = r#"This file is one volume of a signed bundle: @PRODUCT@ @VERSION@ for @ARCH@.

It is a plain, uncompressed POSIX tar archive (bundle format 1). Every volume begins with these entries:

  FORMAT             this text
  volume.json        number of this volume; a hint, not signed
  root/NNNNN.json    which keys may sign, each version signed by the one before (NNNNN.sig.json)
  release.json       what the release consists of, every item by its SHA-256
  release.sig.json   signatures of release.json
  check/             the same signatures in the form that openssl takes
  chunks.sha256      32 bytes of SHA-256 for each chunk of each blob, in the order of release.json

Volume 1 goes on with the bill of materials, documents and the installer. Then come the chunks of the
blobs, and last an index. release.json names FORMAT too, so this text is covered by the signatures.

HOW TO CHECK IT WITH STOCK TOOLS (tar, sha256sum, OpenSSL 3; a POSIX shell in an empty folder).
Nothing of the bundle is run. Let V be the path of this volume.

1. Take out the small files.

    tar -xf "$V" FORMAT root release.json release.sig.json check chunks.sha256

2. Print the fingerprint of the root and compare it, character by character, with the one that you were
   given by another way than this medium (paper, phone, contract). If they differ, stop here.

    sha256sum @ROOT@

3. Take the release keys out of that root and check the signatures with them. At least @THRESHOLD@ of the
   keys must answer "Signature Verified Successfully". The signed text is the line
   "@PREFIX@" and a line end, followed by the exact bytes of release.json.

    printf '%s\n' '@PREFIX@' > prefix
    cmp prefix check/release.prefix
    cat prefix release.json > signed
    for K in @KEYS@; do
        [ -f "check/$K.sig" ] || continue
        echo '-----BEGIN PUBLIC KEY-----' > "$K.pem"
        grep -A2 "\"key_id\": \"$K\"" @ROOT@ | sed -n 's/.*"public_key": "\(.*\)".*/\1/p' >> "$K.pem"
        echo '-----END PUBLIC KEY-----' >> "$K.pem"
        openssl pkeyutl -verify -pubin -inkey "$K.pem" -rawin -in signed -sigfile "check/$K.sig"
    done

4. Check this text and, in volume 1, the installer: the two SHA-256 of each pair must be the same.

    sha256sum FORMAT; grep '"format_note"' release.json
    tar -xf "$V" codegraph-install 2>/dev/null && sha256sum codegraph-install
    grep -A1 '"path": "codegraph-install"' release.json

5. From here on the installer that you have just checked can check everything else:

    [ ! -f codegraph-install ] || echo "./codegraph-install verify FOLDER-OF-VOLUMES --root-fingerprint FINGERPRINT"
"#;
