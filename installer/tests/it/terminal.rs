//! What hostile media say reaches a person's terminal as text, never as commands to the terminal.

use std::fs;

use crate::fixture::{Recipe, bundle};
use crate::run::{line, program, talk};

#[test]
fn no_medium_steers_a_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("host");
    fs::create_dir_all(&root).unwrap();
    let bundle = bundle(&folder.path().join("media"), &Recipe::default());
    let fingerprint = bundle.fingerprint.hex();
    let run = |command: &str| {
        let mut line = line(&root, &[command, "--root-fingerprint", &fingerprint]);
        line.push(folder.path().join("media").display().to_string());
        let output = program(&line);
        let stdout = String::from_utf8(output.stdout.clone()).unwrap();
        (output.status.code(), stdout + &talk(&output))
    };
    let steering = ['\x1b', '\u{9b}', '\u{202e}'];
    // Names of files are shown as they are told, and told as text.
    for volume in &bundle.volumes {
        let name = volume.file_name().unwrap().to_string_lossy().into_owned();
        fs::rename(volume, volume.with_file_name(format!("\x1b[2J\u{9b}31m\u{202e}{name}")))
            .unwrap();
    }
    let (code, text) = run("verify");
    assert_eq!((code, text.find(steering)), (Some(0), None), "{text:?}");
    // A field of the label, which is read before anything is proven; the name is as long as the right one.
    for volume in fs::read_dir(folder.path().join("media")).unwrap() {
        let volume = volume.unwrap().path();
        let mut bytes = fs::read(&volume).unwrap();
        let at = bytes.windows(8).position(|bytes| bytes == b"\"number\"").unwrap();
        bytes[at..at + 8].copy_from_slice(b"\"\\u001b\"");
        fs::write(&volume, bytes).unwrap();
    }
    for command in ["verify", "plan", "install"] {
        let (code, text) = run(command);
        assert_eq!((code, text.find(steering)), (Some(3), None), "{command}: {text:?}");
        assert!(text.contains("\\u001b"), "{text}");
    }
}
