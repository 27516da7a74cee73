//! Media that come one at a time: what is there is used, what is lacking is named and asked for.

use std::fs;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use crate::fixture::{Bundle, Recipe, bundle, tree};
use crate::run::{at, json, line, program, talk};

/// A bundle in one folder, and a slot into which its volumes are put.
struct Site {
    folder: tempfile::TempDir,
    bundle: Bundle,
}

impl Site {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let recipe = Recipe { model_bytes: 30 * 4096 + 9, ..Recipe::default() };
        let bundle = bundle(&folder.path().join("all"), &recipe);
        assert!(bundle.volumes.len() >= 3, "too few volumes for the story");
        fs::create_dir(folder.path().join("slot")).unwrap();
        Self { folder, bundle }
    }

    fn root(&self) -> PathBuf {
        self.folder.path().join("host")
    }

    fn slot(&self) -> PathBuf {
        self.folder.path().join("slot")
    }

    fn name(&self, number: usize) -> String {
        self.bundle.volumes[number - 1].file_name().unwrap().to_string_lossy().into_owned()
    }

    /// The slot holds these volumes and nothing else.
    fn insert(&self, numbers: &[usize]) {
        for entry in fs::read_dir(self.slot()).unwrap() {
            fs::remove_file(entry.unwrap().path()).unwrap();
        }
        for number in numbers {
            let volume = &self.bundle.volumes[number - 1];
            fs::copy(volume, self.slot().join(volume.file_name().unwrap())).unwrap();
        }
    }

    fn line(&self, command: &str) -> Vec<String> {
        let fingerprint = self.bundle.fingerprint.hex();
        let slot = self.slot().display().to_string();
        line(&self.root(), &[command, "--root-fingerprint", &fingerprint, &slot])
    }

    fn check_installed(&self) {
        for (path, bytes) in &self.bundle.contents {
            let file = at(&self.root(), "/opt/codegraph/current").join(path);
            assert_eq!(&fs::read(file).unwrap(), bytes, "{path}");
        }
        assert!(!tree(&self.root()).keys().any(|name| name.ends_with(".partial")));
    }
}

#[test]
fn without_a_terminal_each_run_takes_what_is_there_and_names_the_rest() {
    let site = Site::new();
    let count = site.bundle.volumes.len();
    let mut left: Vec<usize> = (1..=count).rev().collect();
    while let Some(number) = left.first().copied() {
        site.insert(&[number]);
        let output = program(&site.line("install"));
        left.remove(0);
        if output.status.code() == Some(0) {
            let receipt = json(&output)["receipt"].as_str().unwrap().to_owned();
            let receipt = at(&site.root(), "/var/lib/codegraph-install/receipts").join(receipt);
            let receipt: serde_json::Value =
                serde_json::from_slice(&fs::read(receipt).unwrap()).unwrap();
            assert_eq!(receipt["volumes"].as_array().unwrap().len(), count);
            break;
        }
        let text = talk(&output);
        assert_eq!(output.status.code(), Some(5), "{text}");
        assert!(fs::symlink_metadata(at(&site.root(), "/opt/codegraph/current")).is_err());
        // A blob that is decoded in order may need a volume once more; no other is asked for twice.
        let named: Vec<usize> =
            (1..=count).filter(|other| text.contains(&site.name(*other))).collect();
        assert!(left.iter().all(|other| named.contains(other)), "{left:?} in {text}");
        left.extend(named.iter().filter(|other| !left.contains(other)).collect::<Vec<_>>());
        assert!(named.len() < count || number == count, "{text}");
        // The same medium again brings nothing new, and asks for the same.
        let again = program(&site.line("install"));
        assert_eq!((again.status.code(), talk(&again)), (Some(5), text));
    }
    site.check_installed();
}

#[test]
fn verify_names_what_is_not_there_and_writes_nothing() {
    let site = Site::new();
    fs::create_dir_all(site.root()).unwrap();
    site.insert(&[1, 3]);
    let output = program(&site.line("verify"));
    assert_eq!(output.status.code(), Some(5), "{}", talk(&output));
    assert!(talk(&output).contains(&format!("volume 2 of {}", site.bundle.volumes.len())));
    assert!(talk(&output).contains(&site.name(2)) && !talk(&output).contains(&site.name(1)));
    assert!(tree(&site.root()).is_empty());
}

#[test]
fn a_plan_needs_one_volume_only() {
    let site = Site::new();
    site.insert(&[2]);
    let one = program(&site.line("plan"));
    assert_eq!(one.status.code(), Some(0), "{}", talk(&one));
    site.insert(&(1..=site.bundle.volumes.len()).collect::<Vec<_>>());
    assert_eq!(one.stdout, program(&site.line("plan")).stdout);
}

/// The installer on a terminal of its own.
struct Terminal {
    child: Child,
    said: Arc<Mutex<String>>,
    read: usize,
}

impl Terminal {
    fn start(line: &[String]) -> Self {
        let words: Vec<String> =
            std::iter::once(env!("CARGO_BIN_EXE_codegraph-install").to_owned())
                .chain(line[1..].iter().filter(|word| *word != "--json").cloned())
                .map(|word| format!("'{word}'"))
                .collect();
        let mut child = Command::new("script")
            .args(["-qefc", &words.join(" "), "/dev/null"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("script: {error} (see scripts/deps.sh)"));
        let mut out = child.stdout.take().unwrap();
        let said = Arc::new(Mutex::new(String::new()));
        let copy = Arc::clone(&said);
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count @ 1..) = out.read(&mut bytes) {
                copy.lock().unwrap().push_str(&String::from_utf8_lossy(&bytes[..count]));
            }
        });
        Self { child, said, read: 0 }
    }

    /// Waits until the program asks; returns what it said since the last question.
    fn question(&mut self) -> String {
        const END: &str = "then press Enter";
        loop {
            let said = self.said.lock().unwrap().clone();
            if let Some(at) = said[self.read..].find(END) {
                let text = said[self.read..self.read + at].to_owned();
                self.read += at + END.len();
                return text;
            }
            let ended = self.child.try_wait().unwrap();
            assert!(ended.is_none(), "it ended without a question: {said}");
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    }

    fn press_enter(&mut self) {
        self.child.stdin.as_mut().unwrap().write_all(b"\n").unwrap();
    }

    fn end(mut self) -> (Option<i32>, String) {
        let code = self.child.wait().unwrap().code();
        let said = self.said.lock().unwrap().clone();
        (code, said)
    }
}

/// The volume that a question asks for first.
fn asked(question: &str) -> usize {
    let at = question.rfind("volume ").unwrap() + "volume ".len();
    question[at..].split(' ').next().unwrap().parse().unwrap()
}

#[test]
fn on_a_terminal_the_next_volume_is_asked_for_until_all_were_there() {
    let site = Site::new();
    for command in ["verify", "install"] {
        site.insert(&[2]);
        let mut terminal = Terminal::start(&site.line(command));
        let mut question = terminal.question();
        assert_eq!(asked(&question), 1, "{question}");
        let head = format!("insert volume 1 of {} ({})", site.bundle.volumes.len(), site.name(1));
        assert!(question.contains(&head), "{question}");
        // Not the one that was asked for, but one that is needed too; then nothing at all; then a foreign file.
        site.insert(&[3]);
        terminal.press_enter();
        question = terminal.question();
        assert_eq!(asked(&question), 1, "{question}");
        site.insert(&[]);
        terminal.press_enter();
        assert!(terminal.question().contains("no volume of this release"));
        fs::write(site.slot().join("foreign.cgb"), "no volume").unwrap();
        terminal.press_enter();
        question = terminal.question();
        assert!(question.contains("foreign.cgb"), "{question}");
        let mut rounds = 0;
        loop {
            site.insert(&[asked(&question)]);
            terminal.press_enter();
            rounds += 1;
            assert!(rounds < 2 * site.bundle.volumes.len(), "it asks for ever: {question}");
            // Either it asks again, or it ends.
            let done = loop {
                if terminal.child.try_wait().unwrap().is_some() {
                    break true;
                }
                if terminal.said.lock().unwrap()[terminal.read..].contains("then press Enter") {
                    break false;
                }
                std::thread::sleep(std::time::Duration::from_millis(5));
            };
            if done {
                break;
            }
            question = terminal.question();
        }
        let (code, said) = terminal.end();
        assert_eq!(code, Some(0), "{said}");
    }
    site.check_installed();
}

/// Flips one byte of the model in the volume that holds its second chunk; returns the volume's number.
fn damage(site: &Site, folder: &Path) -> usize {
    let model = &site.bundle.contents["models/tiny/model.gguf"];
    let needle = &model[4096..4160];
    for number in 1..=site.bundle.volumes.len() {
        let file = folder.join(site.name(number));
        let Ok(mut bytes) = fs::read(&file) else { continue };
        if let Some(at) = bytes.windows(64).position(|window| window == needle) {
            bytes[at + 3] ^= 0x20;
            fs::write(&file, bytes).unwrap();
            return number;
        }
    }
    panic!("no volume holds the chunk");
}

#[test]
fn a_damaged_volume_is_asked_for_again_and_everything_else_is_kept() {
    let site = Site::new();
    let all: Vec<usize> = (1..=site.bundle.volumes.len()).collect();
    site.insert(&all);
    let bad = damage(&site, &site.slot());
    let mut terminal = Terminal::start(&site.line("install"));
    let question = terminal.question();
    assert!(question.contains(&format!("insert a fresh copy of volume {bad} ")), "{question}");
    assert!(question.contains("chunk 1 of blob"), "{question}");
    site.insert(&all);
    terminal.press_enter();
    let (code, said) = terminal.end();
    assert_eq!(code, Some(0), "{said}");
    site.check_installed();
}

#[test]
fn nobody_at_the_terminal_ends_it_with_what_is_lacking() {
    let site = Site::new();
    site.insert(&[1]);
    let mut terminal = Terminal::start(&site.line("install"));
    terminal.question();
    // The end of the input: a person pressed Ctrl-D.
    terminal.child.stdin.as_mut().unwrap().write_all(b"\x04").unwrap();
    let (code, said) = terminal.end();
    assert_eq!(code, Some(5), "{said}");
    assert!(said.contains("more media are needed"), "{said}");
    site.insert(&(1..=site.bundle.volumes.len()).collect::<Vec<_>>());
    assert_eq!(program(&site.line("install")).status.code(), Some(0));
    site.check_installed();
}
