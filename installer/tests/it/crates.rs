//! Source packages of an installed release become a registry that cargo itself builds from.

use std::fs;
use std::path::Path;
use std::process::Command;

use codegraph_install::crates::export;
use codegraph_install::error::Error;
use codegraph_install::host::SystemHost;

/// `sha256sum` of a file.
fn sha256(path: &Path) -> String {
    let output = Command::new("sha256sum").arg(path).output().unwrap();
    String::from_utf8(output.stdout).unwrap()[..64].to_owned()
}

/// A package as `cargo package` makes it, by tar.
fn package(folder: &Path, name: &str, version: &str, manifest: &str, source: &str) -> String {
    let top = format!("{name}-{version}");
    let work = tempfile::tempdir().unwrap();
    fs::create_dir_all(work.path().join(&top).join("src")).unwrap();
    fs::write(work.path().join(&top).join("Cargo.toml"), manifest).unwrap();
    fs::write(work.path().join(&top).join("src/lib.rs"), source).unwrap();
    let file = folder.join(format!("{top}.crate"));
    let mut done = Command::new("tar");
    done.arg("-czf").arg(&file).arg("-C").arg(work.path()).arg(&top);
    assert!(done.status().unwrap().success());
    sha256(&file)
}

/// A generation's `crates` folder: `leaf`, and `stem` that needs it.
fn crates(folder: &Path) {
    let leaf = "[package]\nname = \"leaf\"\nversion = \"1.2.3\"\nedition = \"2021\"\n";
    let stem = "[package]\nname = \"stem\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[dependencies.leaf]\nversion = \"1\"\n";
    let one = package(folder, "leaf", "1.2.3", leaf, "pub fn four() -> u32 { 4 }");
    let two = package(folder, "stem", "0.1.0", stem, "pub fn nine() -> u32 { leaf::four() + 5 }");
    let index = format!(
        "{{\"name\":\"leaf\",\"vers\":\"1.2.3\",\"deps\":[],\"cksum\":\"{one}\",\"features\":{{}},\"yanked\":false}}\n\
         {{\"name\":\"stem\",\"vers\":\"0.1.0\",\"deps\":[{{\"name\":\"leaf\",\"req\":\"1\",\"features\":[],\"optional\":false,\"default_features\":true,\"target\":null,\"kind\":\"normal\",\"package\":null}}],\"cksum\":\"{two}\",\"features\":{{}},\"yanked\":false}}\n"
    );
    fs::write(folder.join("index.jsonl"), index).unwrap();
}

#[test]
fn cargo_builds_offline_from_what_was_exported() {
    let top = tempfile::tempdir().unwrap();
    let from = top.path().join("generation/crates");
    fs::create_dir_all(&from).unwrap();
    crates(&from);
    let to = top.path().join("registry");
    let exported = export(&SystemHost, &from, &to).unwrap();
    assert_eq!(exported.packages, 2);
    assert!(to.join("index/le/af/leaf").is_file() && to.join("leaf-1.2.3.crate").is_file());

    let project = top.path().join("project");
    fs::create_dir_all(project.join("src")).unwrap();
    fs::write(
        project.join("Cargo.toml"),
        "[package]\nname = \"tree\"\nversion = \"0.0.0\"\nedition = \"2021\"\n[dependencies]\nstem = \"0.1\"\n[workspace]\n",
    )
    .unwrap();
    fs::write(project.join("src/main.rs"), "fn main() { println!(\"{}\", stem::nine()) }").unwrap();
    let run = Command::new(env!("CARGO"))
        .args(["run", "--offline", "--quiet", "--config"])
        .arg(to.join("config.toml"))
        .current_dir(&project)
        .env("CARGO_HOME", top.path().join("cargo-home"))
        .env("CARGO_TARGET_DIR", top.path().join("target"))
        .output()
        .unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    assert_eq!(run.stdout, b"9\n");
}

#[test]
fn damage_hostile_names_and_full_folders_are_refused() {
    let top = tempfile::tempdir().unwrap();
    let from = top.path().join("crates");
    fs::create_dir_all(&from).unwrap();
    let absent = export(&SystemHost, &from, &top.path().join("none"));
    assert!(matches!(absent, Err(Error::Usage(text)) if text.contains("no source packages")));
    assert!(!top.path().join("none").exists());

    crates(&from);
    let mut bytes = fs::read(from.join("leaf-1.2.3.crate")).unwrap();
    bytes[20] ^= 1;
    fs::write(from.join("leaf-1.2.3.crate"), bytes).unwrap();
    let damaged = export(&SystemHost, &from, &top.path().join("one")).unwrap_err().to_string();
    assert!(damaged.contains("leaf-1.2.3.crate") && damaged.contains("SHA-256"), "{damaged}");
    assert!(!top.path().join("one/leaf-1.2.3.crate").exists());
    assert!(!top.path().join("one/config.toml").exists());

    for name in ["../../etc/x", "a/b", "", ".."] {
        let line = format!("{{\"name\":{name:?},\"vers\":\"1.0.0\",\"cksum\":\"00\"}}\n");
        fs::write(from.join("index.jsonl"), line).unwrap();
        let folder = top.path().join("two");
        let refused = export(&SystemHost, &from, &folder).unwrap_err().to_string();
        assert!(refused.contains("is no package"), "{refused}");
        let _ = fs::remove_dir_all(folder);
    }
    let full = top.path().join("full");
    fs::create_dir_all(&full).unwrap();
    fs::write(full.join("theirs"), "x").unwrap();
    let refused = export(&SystemHost, &from, &full).unwrap_err().to_string();
    assert!(refused.contains("not empty"), "{refused}");
    assert_eq!(fs::read_dir(&full).unwrap().count(), 1);
}
