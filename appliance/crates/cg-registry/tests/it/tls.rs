//! The TLS address: certificates made by openssl, checked by skopeo.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::fixture::{Running, Store, good, skopeo};

#[test]
fn over_tls_the_certificate_decides_who_is_believed() {
    let (store, ..) = Store::filled();
    let folder = tempfile::tempdir().unwrap();
    let pki = folder.path();
    certificates(pki);
    let running =
        Running::with_tls(&store, pki.join("server.pem"), pki.join("server.key")).unwrap();
    assert!(running.urls[0].starts_with("https://"));
    let name = format!("docker://{}/codegraph/appliance:0.1.0", running.address());
    for (ca, is_good) in [("ca", true), ("other", false)] {
        let ca = pki.join(ca);
        let output = skopeo(&["inspect", "--raw", "--cert-dir", ca.to_str().unwrap(), &name]);
        assert_eq!(output.status.success(), is_good, "{}", String::from_utf8_lossy(&output.stderr));
    }
    let ca = pki.join("ca");
    let target = format!("oci:{}:x", pki.join("copy").display());
    good(&skopeo(&["copy", "--src-cert-dir", ca.to_str().unwrap(), &name, &target]));
    for (version, is_good) in [("-tls1_3", true), ("-tls1_2", true), ("-tls1_1", false)] {
        let output = Command::new("openssl")
            .args(["s_client", "-brief", version, "-connect", &running.address().to_string()])
            .stdin(std::process::Stdio::null())
            .output()
            .unwrap();
        assert_eq!(output.status.success(), is_good, "{version}: {output:?}");
    }
}

#[test]
fn a_certificate_that_is_none_is_named_before_anything_listens() {
    let store = Store::new();
    let folder = tempfile::tempdir().unwrap();
    let pki = folder.path();
    certificates(pki);
    fs::write(pki.join("text"), "no certificate").unwrap();
    for (certificate, key, names) in [
        ("text", "server.key", "text is no usable certificate"),
        ("absent", "server.key", "absent is no usable certificate"),
        ("server.pem", "text", "text is no usable private key"),
        // The key of another certificate.
        ("server.pem", "ca.key", "ca.key is no usable private key"),
    ] {
        let error = Running::with_tls(&store, pki.join(certificate), pki.join(key)).err().unwrap();
        assert!(error.to_string().contains(names), "{error}");
    }
}

/// `ca/ca.crt` signed `server.pem`; `other/ca.crt` did not.
fn certificates(folder: &Path) {
    fs::write(folder.join("san"), "subjectAltName=IP:127.0.0.1\nbasicConstraints=CA:FALSE\n")
        .unwrap();
    let curve = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
    for ca in ["ca", "other"] {
        fs::create_dir(folder.join(ca)).unwrap();
        openssl(
            folder,
            &format!(
                "req -x509 {curve} -subj /CN={ca} -days 3650 -keyout {ca}.key -out {ca}/ca.crt"
            ),
        );
    }
    openssl(folder, &format!("req {curve} -subj /CN=server -keyout server.key -out server.csr"));
    openssl(
        folder,
        "x509 -req -in server.csr -CA ca/ca.crt -CAkey ca.key -CAcreateserial -days 3650 -extfile san -out server.pem",
    );
}

fn openssl(folder: &Path, line: &str) {
    let output =
        Command::new("openssl").current_dir(folder).args(line.split(' ')).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
