//! Certificates, judged by stock OpenSSL: what is made here, and what a site brings.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::fixture::{Recipe, bundle};
use codegraph_install::host::faulty::Fault;

use crate::run::{at, faulty, install_line, json, line, on, program, talk};

/// Runs `openssl`, as if on `day` where one is given.
fn openssl(folder: &Path, day: Option<&str>, arguments: &[&str]) -> Output {
    let mut command = match day {
        None => Command::new("openssl"),
        Some(day) => {
            let mut command = Command::new("faketime");
            command.args([day, "openssl"]);
            command
        }
    };
    command.args(arguments).current_dir(folder).output().unwrap()
}

fn must(folder: &Path, arguments: &[&str]) -> String {
    let output = openssl(folder, None, arguments);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let talk = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {text}{talk}");
    text
}

struct Site {
    folder: tempfile::TempDir,
}

impl Site {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn root(&self) -> PathBuf {
        self.path().join("host")
    }

    fn server(&self) -> PathBuf {
        at(&self.root(), "/etc/codegraph/tls/server.crt")
    }

    fn key(&self) -> PathBuf {
        at(&self.root(), "/etc/codegraph/credentials/tls.key")
    }

    fn authority(&self) -> PathBuf {
        at(&self.root(), "/etc/codegraph/tls/ca.crt")
    }

    fn install(&self, more: &[&str]) -> Output {
        let media = self.path().join("media");
        let bundle = bundle(&media, &Recipe::default());
        let mut line = install_line(&self.root(), &bundle);
        line.extend(more.iter().map(|option| (*option).to_owned()));
        program(&line)
    }

    fn run(&self, arguments: &[&str]) -> Output {
        program(&line(&self.root(), arguments))
    }

    /// OpenSSL's word on the server's certificate: chain, purpose, pair of keys.
    fn is_good(&self) {
        let (server, authority) = (text(&self.server()), text(&self.authority()));
        let chain = ["verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", &authority];
        must(self.path(), &[&chain[..], &[&server]].concat());
        let of_certificate = must(self.path(), &["x509", "-in", &server, "-noout", "-pubkey"]);
        let of_key = must(self.path(), &["pkey", "-in", &text(&self.key()), "-pubout"]);
        assert_eq!(of_certificate, of_key);
    }

    fn checks(&self, option: &str, name: &str) -> bool {
        let server = text(&self.server());
        let said = must(self.path(), &["x509", "-in", &server, "-noout", option, name]);
        said.contains("does match")
    }

    /// An authority of the site, and a server's certificate signed by it, made by OpenSSL.
    fn makes(&self, name: &str, kind: &[&str], day: Option<&str>) {
        let run = |arguments: &[&str]| {
            let output = openssl(self.path(), day, arguments);
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        };
        let (key, ca) = (format!("{name}.key"), format!("{name}-ca.pem"));
        let (ca_key, request) = (format!("{name}-ca.key"), format!("{name}.csr"));
        let new = [
            "req",
            "-x509",
            "-nodes",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-384",
            "-addext",
            "keyUsage=critical,keyCertSign",
        ];
        run(&[
            &new[..],
            &[
                "-subj",
                &format!("/O=Site/CN={name} authority"),
                "-days",
                "30",
                "-keyout",
                &ca_key,
                "-out",
                &ca,
            ],
        ]
        .concat());
        run(&[
            &["req", "-new", "-nodes"],
            kind,
            &[
                "-subj",
                "/CN=graph.site.example",
                "-addext",
                "subjectAltName=DNS:graph.site.example",
                "-keyout",
                &key,
                "-out",
                &request,
            ],
        ]
        .concat());
        run(&[
            "x509",
            "-req",
            "-in",
            &request,
            "-CA",
            &ca,
            "-CAkey",
            &ca_key,
            "-CAcreateserial",
            "-days",
            "20",
            "-copy_extensions",
            "copy",
            "-out",
            &format!("{name}.pem"),
        ]);
    }

    fn file(&self, name: &str) -> String {
        self.path().join(name).display().to_string()
    }

    fn imports(&self, certificate: &str, key: &str, authority: &str) -> Output {
        self.run(&[
            "certificates",
            "import",
            "--cert",
            &self.file(certificate),
            "--key",
            &self.file(key),
            "--ca",
            &self.file(authority),
        ])
    }
}

fn text(path: &Path) -> String {
    path.display().to_string()
}

fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::MetadataExt as _;
    fs::metadata(path).unwrap().mode() & 0o7777
}

const RSA: [&str; 2] = ["-newkey", "rsa:2048"];
const P256: [&str; 4] = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"];

#[test]
fn openssl_believes_what_an_installation_makes() {
    let site = Site::new();
    let hostname = at(&site.root(), "/etc/hostname");
    fs::create_dir_all(hostname.parent().unwrap()).unwrap();
    fs::write(&hostname, "graph-01\n").unwrap();
    let done = site.install(&["--tls-name", "graph.site.example", "--tls-name", "10.1.2.3"]);
    assert_eq!(done.status.code(), Some(0), "{}", talk(&done));
    site.is_good();
    for name in ["graph-01", "localhost", "graph.site.example"] {
        assert!(site.checks("-checkhost", name), "{name}");
    }
    for address in ["127.0.0.1", "::1", "10.1.2.3"] {
        assert!(site.checks("-checkip", address), "{address}");
    }
    assert!(!site.checks("-checkhost", "other.example"));
    let server = text(&site.server());
    let days = |days: u64| (days * 86_400).to_string();
    let ends = |days: &str| {
        !openssl(site.path(), None, &["x509", "-in", &server, "-noout", "-checkend", days])
            .status
            .success()
    };
    assert!(!ends(&days(818)) && ends(&days(821)));
    let authority = must(
        site.path(),
        &["x509", "-in", &text(&site.authority()), "-noout", "-enddate", "-subject"],
    );
    assert!(authority.contains("9999") && authority.contains("graph-01"), "{authority}");
    let credentials = at(&site.root(), "/etc/codegraph/credentials");
    assert_eq!(mode(&credentials), 0o700);
    for name in
        ["tls.key", "tls-authority.key", "api.jwt_secret", "database.password", "metrics.token"]
    {
        assert_eq!(mode(&credentials.join(name)), 0o600, "{name}");
    }
    assert_eq!((mode(&site.server()), mode(&site.authority())), (0o644, 0o644));
    let secrets = ["api.jwt_secret", "database.password", "metrics.token"]
        .map(|name| fs::read(credentials.join(name)).unwrap());
    assert!(secrets[0] != secrets[1] && secrets[1] != secrets[2]);
    assert!(secrets.iter().all(|secret| secret.len() == 96));
}

#[test]
fn secrets_and_certificates_outlive_an_uninstall_and_the_next_installation() {
    let site = Site::new();
    assert_eq!(site.install(&[]).status.code(), Some(0));
    let all = || {
        let mut all = crate::fixture::tree(&at(&site.root(), "/etc/codegraph/credentials"));
        all.extend(crate::fixture::tree(&at(&site.root(), "/etc/codegraph/tls")));
        all
    };
    let before = all();
    assert_eq!(before.len(), 7);
    assert_eq!(site.run(&["uninstall"]).status.code(), Some(0));
    assert_eq!(all(), before);
    assert_eq!(site.install(&[]).status.code(), Some(0));
    assert_eq!(all(), before);
}

#[test]
fn a_renewal_keeps_key_authority_and_names_and_adds_names() {
    let site = Site::new();
    assert_eq!(site.install(&["--tls-name", "a.example"]).status.code(), Some(0));
    let state =
        || [site.server(), site.key(), site.authority()].map(|path| fs::read(path).unwrap());
    let first = state();
    let kept = json(&site.run(&["certificates", "renew"]));
    assert_eq!((&kept["changed"], state()), (&false.into(), first.clone()));
    let added = json(&site.run(&["certificates", "renew", "--name", "b.example"]));
    assert_eq!(added["changed"], true);
    site.is_good();
    assert!(site.checks("-checkhost", "a.example") && site.checks("-checkhost", "b.example"));
    let second = state();
    assert!(second[0] != first[0] && second[1..] == first[1..]);
    assert_eq!(json(&site.run(&["certificates", "renew", "--force"]))["changed"], true);
    assert_ne!(state()[0], second[0]);
    site.is_good();
    let wrong = site.run(&["certificates", "renew", "--name", "no name"]);
    assert_eq!(wrong.status.code(), Some(1));
    assert!(talk(&wrong).contains("neither a host's name nor an address"));
}

#[test]
fn a_site_brings_its_own_with_the_installation_and_it_is_never_changed() {
    for (name, kind) in [("rsa", &RSA[..]), ("ec", &P256)] {
        let site = Site::new();
        site.makes(name, kind, None);
        let (certificate, key, ca) = (
            site.file(&format!("{name}.pem")),
            site.file(&format!("{name}.key")),
            site.file(&format!("{name}-ca.pem")),
        );
        let done = site.install(&["--tls-cert", &certificate, "--tls-key", &key, "--tls-ca", &ca]);
        assert_eq!(done.status.code(), Some(0), "{}", talk(&done));
        site.is_good();
        assert!(site.checks("-checkhost", "graph.site.example"));
        let brought =
            || [site.server(), site.key(), site.authority()].map(|path| fs::read(path).unwrap());
        let expected = [&certificate, &key, &ca].map(|path| fs::read(path).unwrap());
        assert_eq!(brought(), expected);
        assert_eq!(mode(&site.key()), 0o600);
        // Twenty days: warned about, and not renewed.
        let shown = json(&site.run(&["certificates", "renew"]));
        assert_eq!((&shown["changed"], &shown["maker"]), (&false.into(), &"site".into()));
        assert!(shown["warnings"][0].as_str().unwrap().contains("certificates import"), "{shown}");
        let status = json(&site.run(&["status"]));
        // Whole days: twenty within the second in which it was made, then nineteen.
        let said = status["warnings"].to_string();
        assert!(
            said.contains("runs out in 19 days") || said.contains("runs out in 20 days"),
            "{said}"
        );
        assert_eq!(site.run(&["certificates", "renew", "--force"]).status.code(), Some(1));
        assert_eq!(site.run(&["uninstall"]).status.code(), Some(0));
        assert_eq!(site.install(&[]).status.code(), Some(0));
        assert_eq!(brought(), expected);
    }
}

#[test]
fn files_laid_in_place_before_are_kept_and_half_of_them_is_refused() {
    let site = Site::new();
    site.makes("site", &RSA, None);
    for folder in ["tls", "credentials"] {
        fs::create_dir_all(at(&site.root(), "/etc/codegraph").join(folder)).unwrap();
    }
    let key = fs::read(site.file("site.key")).unwrap();
    fs::write(site.key(), &key).unwrap();
    let refused = site.install(&[]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(talk(&refused).contains("the certificate is missing"), "{}", talk(&refused));
    let certificate = fs::read(site.file("site.pem")).unwrap();
    fs::write(site.server(), &certificate).unwrap();
    let done = site.install(&[]);
    assert_eq!(done.status.code(), Some(0), "{}", talk(&done));
    assert_eq!(
        (fs::read(site.server()).unwrap(), fs::read(site.key()).unwrap()),
        (certificate, key)
    );
    assert!(!site.authority().exists(), "no authority is made beside a certificate of the site");
}

#[test]
fn what_does_not_fit_together_is_refused_and_changes_nothing() {
    let site = Site::new();
    assert_eq!(site.install(&[]).status.code(), Some(0));
    site.makes("one", &RSA, None);
    site.makes("two", &P256, None);
    site.makes("old", &P256, Some("2020-01-01 12:00:00"));
    must(
        site.path(),
        &["pkey", "-in", "one.key", "-aes256", "-passout", "pass:secret", "-out", "locked.key"],
    );
    fs::write(site.path().join("text"), "no certificate").unwrap();
    let state =
        || [site.server(), site.key(), site.authority()].map(|path| fs::read(path).unwrap());
    let before = state();
    for (certificate, key, authority, words) in [
        ("one.pem", "two.key", "one-ca.pem", "it is not the key of"),
        ("two.pem", "one.key", "two-ca.pem", "it is not the key of"),
        ("one.pem", "one.key", "two-ca.pem", "it did not issue"),
        ("old.pem", "old.key", "old-ca.pem", "it ran out on 2020-01-21"),
        ("one.pem", "locked.key", "one-ca.pem", "encrypted"),
        ("text", "one.key", "one-ca.pem", "no certificate in PEM"),
        ("one.pem", "text", "one-ca.pem", "no private key in PEM"),
        ("one.pem", "nowhere", "one-ca.pem", "is not there"),
    ] {
        let output = site.imports(certificate, key, authority);
        assert_eq!(output.status.code(), Some(1), "{certificate} {key}");
        assert!(talk(&output).contains(words), "expected {words:?} in {}", talk(&output));
        assert_eq!(state(), before);
    }
    let done = site.imports("one.pem", "one.key", "one-ca.pem");
    assert_eq!(done.status.code(), Some(0), "{}", talk(&done));
    site.is_good();
    // Removed, it is made here again.
    for path in [site.server(), site.key(), site.authority()] {
        fs::remove_file(path).unwrap();
    }
    assert_eq!(json(&site.run(&["certificates", "renew"]))["changed"], true);
    site.is_good();
}

#[test]
fn an_import_that_dies_at_any_step_is_completed_by_the_next() {
    let site = Site::new();
    site.makes("site", &P256, None);
    let import = line(
        &site.root(),
        &[
            "certificates",
            "import",
            "--cert",
            &site.file("site.pem"),
            "--key",
            &site.file("site.key"),
            "--ca",
            &site.file("site-ca.pem"),
        ],
    );
    let renew = line(&site.root(), &["certificates", "renew"]);
    for fault in [Fault::Death, Fault::DiskFull] {
        for step in 1.. {
            on(&faulty(fault, 0), &renew).unwrap();
            let before = [site.server(), site.key()].map(|path| fs::read(path).unwrap());
            let done = on(&faulty(fault, step), &import).is_ok();
            let after = [site.server(), site.key()].map(|path| fs::read(path).unwrap());
            // The key goes first; a certificate without its key is never there.
            assert!(after[0] == before[0] || after[1] != before[1], "step {step}");
            on(&faulty(fault, 0), &import).unwrap();
            site.is_good();
            assert!(!site.root().join("etc/codegraph/credentials/tls-authority.key").exists());
            let left = crate::fixture::tree(&site.root());
            assert!(!left.keys().any(|name| name.ends_with(".partial")), "step {step}: {left:?}");
            fs::remove_dir_all(site.root()).unwrap();
            if done {
                assert!(step > 20, "only {step} steps were tried");
                break;
            }
        }
    }
}
