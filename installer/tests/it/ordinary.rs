//! What an ordinary user gets: an answer, or one line that says which command needs root.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::fixture::{Recipe, bundle};
use crate::machine::Machine;
use crate::run::{at, install_line, json, program, talk};

/// The user `nobody` everywhere.
const NOBODY: &str = "65534";

/// A folder that everybody may enter, with a copy of the program.
struct Site {
    folder: tempfile::TempDir,
    program: PathBuf,
}

impl Site {
    /// None where the tester is no superuser: then nothing can be tried as another user.
    fn new() -> Option<Self> {
        let me = Command::new("id").arg("-u").output().unwrap();
        if me.stdout != b"0\n" {
            eprintln!("not root: nothing is tried as another user");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        open(folder.path());
        let program = folder.path().join("codegraph-install");
        fs::copy(env!("CARGO_BIN_EXE_codegraph-install"), &program).unwrap();
        Some(Self { folder, program })
    }

    fn as_nobody(&self, words: &[String]) -> Output {
        let (uid, gid) = (format!("--reuid={NOBODY}"), format!("--regid={NOBODY}"));
        Command::new("setpriv")
            .args([&uid, &gid, "--clear-groups"])
            .arg(&self.program)
            .args(words)
            .current_dir("/")
            .output()
            .unwrap()
    }
}

fn open(folder: &Path) {
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).unwrap();
}

fn words(list: &[&str]) -> Vec<String> {
    list.iter().map(|word| (*word).to_owned()).collect()
}

#[test]
fn an_ordinary_user_looks_at_a_bundle_and_at_a_host_without_an_installation() {
    let Some(site) = Site::new() else { return };
    let media = site.folder.path().join("media");
    let bundle = bundle(&media, &Recipe::default());
    let root = site.folder.path().join("host");
    fs::create_dir(&root).unwrap();
    let line = install_line(&root, &bundle)[1..].to_vec();
    for word in ["verify", "inspect", "plan", "preflight"] {
        let mut line = line.clone();
        *line.iter_mut().find(|one| *one == "install").unwrap() = word.to_owned();
        let done = site.as_nobody(&line);
        assert_eq!(done.status.code(), Some(0), "{word}: {}", talk(&done));
        json(&done);
    }
    let root = format!("--root={}", root.display());
    for word in ["status", "doctor"] {
        let done = site.as_nobody(&words(&["--json", &root, word]));
        assert_eq!(done.status.code(), Some(0), "{word}: {}", talk(&done));
        json(&done);
    }
    // Into the running system only root installs, and that is told with the host's other lines.
    let machine = Machine::fitting();
    machine.open();
    let done = site.as_nobody(&words(&["--json", &machine.option(), "preflight"]));
    assert_eq!(done.status.code(), Some(4), "{}", talk(&done));
    assert!(talk(&done).contains("needs root; use sudo"), "{}", talk(&done));
}

#[test]
fn an_ordinary_user_is_told_in_one_line_which_command_needs_root() {
    let Some(site) = Site::new() else { return };
    let media = site.folder.path().join("media");
    let bundle = bundle(&media, &Recipe::default());
    let root = site.folder.path().join("host");
    let done = program(&install_line(&root, &bundle));
    assert_eq!(done.status.code(), Some(0), "{}", talk(&done));
    let state = at(&root, "/var/lib/codegraph-install");
    let mode = fs::metadata(&state).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o700);
    let before = crate::fixture::tree(&root);
    let at_root = format!("--root={}", root.display());
    let volumes: Vec<String> = bundle.volumes.iter().map(|v| v.display().to_string()).collect();
    // These answer without the installer's own state.
    for (word, code) in [("inspect", 0), ("preflight", 0), ("doctor", 0)] {
        let mut line = words(&["--json", &at_root, word]);
        line.extend(volumes.iter().filter(|_| word == "inspect").cloned());
        let done = site.as_nobody(&line);
        assert_eq!(done.status.code(), Some(code), "{word}: {}", talk(&done));
        json(&done);
    }
    // These do not.
    let with_media = ["verify", "plan", "upgrade", "repair"];
    let alone = ["status", "rollback", "recover", "gc", "receipt", "uninstall"];
    for word in with_media.into_iter().chain(alone) {
        let mut line = words(&[&at_root, word]);
        if with_media.contains(&word) {
            line.extend(volumes.clone());
        }
        if word == "receipt" {
            line.push("export".into());
        }
        let refused = site.as_nobody(&line);
        let said = talk(&refused);
        assert_eq!(refused.status.code(), Some(1), "{word}: {said}");
        let told = format!("error: `codegraph-install {word}` needs root here (");
        assert!(said.starts_with(&told) && said.trim_end().lines().count() == 1, "{word}: {said}");
    }
    assert_eq!(crate::fixture::tree(&root), before);
}
