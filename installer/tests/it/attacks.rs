//! Attacks on a whole host: hostile media, a clock that lies, a medium that fails. Refused, or survived; and
//! nothing outside the installer's own folders is written.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::fixture::{Bundle, Recipe, bundle, tree};
use crate::run::{at, install_line, json, line, program, talk};
use crate::ustar::{file, link, plain_header};

/// The real program, started by other words (`faketime …`, `env …`).
pub(crate) fn behind(words: &[&str], line: &[String]) -> Output {
    Command::new(words[0])
        .args(&words[1..])
        .arg(env!("CARGO_BIN_EXE_codegraph-install"))
        .args(&line[1..])
        .output()
        .unwrap_or_else(|error| panic!("{}: {error} (see scripts/deps.sh)", words[0]))
}

/// A host folder, a bundle, and files beside them that nobody may touch.
fn scene(recipe: &Recipe) -> (tempfile::TempDir, PathBuf, Bundle) {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("beside")).unwrap();
    fs::write(folder.path().join("beside/victim"), "untouched").unwrap();
    let root = folder.path().join("host");
    fs::create_dir_all(&root).unwrap();
    let bundle = bundle(&folder.path().join("media"), recipe);
    (folder, root, bundle)
}

/// Where the entry with this name begins in a volume.
fn find(volume: &[u8], name: &str) -> usize {
    let mut at = 0;
    loop {
        if volume[at..].starts_with(name.as_bytes()) {
            return at;
        }
        let size = std::str::from_utf8(&volume[at + 124..at + 135]).unwrap();
        let size = usize::from_str_radix(size, 8).unwrap();
        at += 512 + size.next_multiple_of(512);
    }
}

#[test]
fn hostile_entries_are_refused_and_write_nowhere() {
    let (folder, root, bundle) = scene(&Recipe::default());
    let victim = folder.path().join("beside/victim").display().to_string();
    let blob = bundle.manifest.blobs[1].digest.hex();
    let pax = |record: &str| {
        let record = format!("{} {record}\n", record.len() + 2 + 2);
        let mut bytes = plain_header("x", record.len() as u64, b'x');
        bytes.extend(record.as_bytes());
        bytes.resize(bytes.len().next_multiple_of(512), 0);
        bytes
    };
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("absolute", file("/etc/cron.d/evil", b"evil")),
        ("climbing", file("../../beside/victim", b"evil")),
        ("drive", file("C:\\evil", b"evil")),
        ("link", link(b'2', "out", "/")),
        (
            "link then file through it",
            [link(b'2', "out", "../beside"), file("out/victim", b"evil")].concat(),
        ),
        (
            "link in the place of a chunk",
            link(b'2', &format!("blobs/sha256/{blob}/00000000"), &victim),
        ),
        ("hard link out", link(b'1', "hard", &victim)),
        (
            "link, then a folder of the same name",
            [link(b'2', "out", "../beside"), plain_header("out", 0, b'5')].concat(),
        ),
        ("character device", plain_header("dev", 0, b'3')),
        ("block device", plain_header("dev", 0, b'4')),
        ("pipe", plain_header("pipe", 0, b'6')),
        ("sparse", plain_header("sparse", 0, b'S')),
        ("long name", [plain_header("././@LongLink", 300, b'L'), vec![b'a'; 512]].concat()),
        ("PAX path", [pax("path=../beside/victim"), file("x", b"evil")].concat()),
        ("PAX size", [pax("size=1"), file("x", &[0; 600])].concat()),
        ("release.json again", file("release.json", b"{}")),
        ("case twin", file("Release.json", b"{}")),
        ("second archive", vec![0; 1024]),
    ];
    let last = bundle.volumes.last().unwrap();
    let good = fs::read(last).unwrap();
    let before = tree(folder.path());
    for (what, entry) in cases {
        for place in ["blobs/", "index"] {
            let at = find(&good, place);
            fs::write(last, [&good[..at], &entry, &good[at..]].concat()).unwrap();
            for words in [&["verify"][..], &["install"]] {
                let fingerprint = bundle.fingerprint.hex();
                let mut line =
                    line(&root, &[words, &["--root-fingerprint", &fingerprint]].concat());
                line.extend(bundle.volumes.iter().map(|volume| volume.display().to_string()));
                let output = program(&line);
                assert_eq!(
                    output.status.code(),
                    Some(3),
                    "{what} before {place}: {}",
                    talk(&output)
                );
            }
        }
    }
    fs::write(last, good).unwrap();
    assert_eq!(tree(folder.path()), before, "nothing was written, inside or outside");
}

#[test]
fn a_bomb_stops_at_the_signed_size_and_leaves_no_release_behind() {
    fn is_config(blob: &cg_bundle_format::Blob) -> bool {
        blob.encoding == cg_bundle_format::Encoding::Zstd
    }
    let recipe = Recipe {
        bend: |manifest| {
            for blob in manifest.blobs.iter_mut().filter(|blob| is_config(blob)) {
                blob.size = 1000;
            }
        },
        ..Recipe::default()
    };
    let (folder, root, bundle) = scene(&recipe);
    let output = program(&install_line(&root, &bundle));
    assert_eq!(output.status.code(), Some(3), "{}", talk(&output));
    assert!(talk(&output).contains("more than the signed 1000 bytes"), "{}", talk(&output));
    assert!(fs::symlink_metadata(at(&root, "/opt/codegraph/current")).is_err());
    assert!(!at(&root, "/var/lib/codegraph-install/trust.json").exists());
    assert_eq!(fs::read_to_string(folder.path().join("beside/victim")).unwrap(), "untouched");
    let digest = bundle.manifest.blobs.iter().find(|blob| is_config(blob)).unwrap().digest.hex();
    for entry in fs::read_dir(at(&root, "/opt/codegraph/store/blobs/sha256")).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        assert_ne!(name, digest, "the blob has no final name");
        if name.starts_with(&digest) {
            assert!(entry.metadata().unwrap().len() <= 1000);
        }
    }
}

#[test]
fn a_genuine_bundle_of_another_product_is_refused() {
    let (_folder, root, other) = scene(&Recipe {
        product: "othergraph",
        bend: |manifest| manifest.product = "othergraph".to_owned(),
        ..Recipe::default()
    });
    let output = program(&install_line(&root, &other));
    assert_eq!(output.status.code(), Some(3), "{}", talk(&output));
    assert!(talk(&output).contains("othergraph"));
    assert_eq!(tree(&root), BTreeMap::new());
}

#[test]
fn the_clock_may_say_1970_or_2099() {
    let old = tempfile::tempdir().unwrap();
    let old = bundle(old.path(), &Recipe { version: "0.9.0", counter: 6, ..Recipe::default() });
    for (first, then) in [
        ("1970-01-02 03:04:05", "2099-06-15 12:00:00"),
        ("2099-06-15 12:00:00", "1970-01-02 03:04:05"),
    ] {
        let (_folder, root, bundle) = scene(&Recipe::default());
        let done = behind(&["faketime", first], &install_line(&root, &bundle));
        assert_eq!(done.status.code(), Some(0), "{first}: {}", talk(&done));
        let warned = json(&done)["plan"]["warnings"].to_string();
        let says_so = warned.contains("the clock of this host says 1970");
        assert_eq!(says_so, first.starts_with("1970"), "{warned}");
        let receipts = at(&root, "/var/lib/codegraph-install/receipts");
        let receipt = fs::read_dir(&receipts)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .find(|path| path.extension().is_some_and(|ending| ending == "json"))
            .unwrap();
        assert!(
            fs::read_to_string(receipt).unwrap().contains(&format!("\"at\": \"{}", &first[..4]))
        );
        // The other end of time: what is installed stays good, what is old stays refused.
        let state = tree(&root);
        let again = behind(&["faketime", then], &install_line(&root, &bundle));
        assert_eq!(again.status.code(), Some(0), "{then}: {}", talk(&again));
        let status = behind(&["faketime", then], &line(&root, &["status"]));
        assert_eq!(json(&status)["installed"], true);
        let trust = "var/lib/codegraph-install/trust.json";
        let state_trust = &state[trust];
        let refused = behind(&["faketime", then], &install_line(&root, &old));
        assert_ne!(refused.status.code(), Some(0), "{then}");
        assert_eq!(&tree(&root)[trust], state_trust, "{then}");
        assert_eq!(
            behind(&["faketime", then], &line(&root, &["uninstall"])).status.code(),
            Some(0)
        );
        let refused = behind(&["faketime", then], &install_line(&root, &old));
        assert_eq!(refused.status.code(), Some(3), "{then}: {}", talk(&refused));
        assert!(talk(&refused).contains("counter 6"));
    }
}

#[test]
fn media_are_only_read() {
    use std::os::unix::fs::PermissionsExt;
    let (folder, root, bundle) = scene(&Recipe::default());
    let media = folder.path().join("media");
    let set = |file_mode: u32, folder_mode: u32| {
        for volume in &bundle.volumes {
            fs::set_permissions(volume, fs::Permissions::from_mode(file_mode)).unwrap();
        }
        fs::set_permissions(&media, fs::Permissions::from_mode(folder_mode)).unwrap();
    };
    set(0o444, 0o555);
    let times = |folder: &Path| {
        let modified = |path: PathBuf| fs::metadata(path).unwrap().modified().unwrap();
        fs::read_dir(folder)
            .unwrap()
            .map(|entry| modified(entry.unwrap().path()))
            .collect::<Vec<_>>()
    };
    let before = (tree(&media), times(&media), fs::metadata(&media).unwrap().modified().unwrap());
    let done = program(&install_line(&root, &bundle));
    assert_eq!(done.status.code(), Some(0), "{}", talk(&done));
    let after = (tree(&media), times(&media), fs::metadata(&media).unwrap().modified().unwrap());
    set(0o644, 0o755);
    assert_eq!(after, before);
}

/// Makes reads of volumes fail with EIO from the given one on, as a scratched disc or a pulled-out stick does.
const FAILING_READS: &str = r#"
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>
static atomic_long count;
static int is_volume(int file) {
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path);
    return length > 4 && memcmp(path + length - 4, ".cgb", 4) == 0;
}
ssize_t pread64(int file, void *buffer, size_t size, off_t offset) {
    static ssize_t (*real)(int, void *, size_t, off_t);
    if (!real) real = (ssize_t (*)(int, void *, size_t, off_t))dlsym(RTLD_NEXT, "pread64");
    const char *from = getenv("FAIL_FROM_READ");
    if (from && is_volume(file) && ++count >= atol(from)) { errno = EIO; return -1; }
    return real(file, buffer, size, offset);
}
ssize_t pread(int file, void *buffer, size_t size, off_t offset) { return pread64(file, buffer, size, offset); }
"#;

#[test]
fn a_medium_that_fails_midway_is_named_and_the_next_run_goes_on() {
    let (folder, root, bundle) = scene(&Recipe::default());
    let source = folder.path().join("reads.c");
    let library = folder.path().join("reads.so");
    fs::write(&source, FAILING_READS).unwrap();
    let made = Command::new("cc")
        .args(["-shared", "-fPIC", "-O1", "-o"])
        .arg(&library)
        .arg(&source)
        .arg("-ldl")
        .status();
    assert!(made.unwrap().success());
    let preload = format!("LD_PRELOAD={}", library.display());
    let line = install_line(&root, &bundle);
    let (mut failed, mut payload) = (0, 0);
    for from in (1..2000).step_by(17) {
        let from = format!("FAIL_FROM_READ={from}");
        let output = behind(&["env", &preload, &from], &line);
        if output.status.success() {
            break;
        }
        failed += 1;
        let text = talk(&output);
        // Before the payload nothing can be done; a chunk is asked for again from a fresh copy of its volume.
        assert!(matches!(output.status.code(), Some(2 | 5)), "{from}: {text}");
        payload += u32::from(output.status.code() == Some(5));
        assert!(
            text.contains("media/codegraph-1.0.0") && text.contains("Input/output error"),
            "{from}: {text}"
        );
        assert!(fs::symlink_metadata(at(&root, "/opt/codegraph/current")).is_err(), "{from}");
    }
    assert!(failed > 3, "only {failed} runs failed: the medium was good");
    assert!(payload > 0, "only {payload} runs met a payload chunk");
    let done = program(&line);
    assert_eq!(done.status.code(), Some(0), "{}", talk(&done));
    for (path, bytes) in &bundle.contents {
        assert_eq!(
            &fs::read(at(&root, "/opt/codegraph/current").join(path)).unwrap(),
            bytes,
            "{path}"
        );
    }
    assert!(!tree(&root).keys().any(|name| name.ends_with(".partial")));
}
