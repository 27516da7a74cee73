//! An ingest that was cut off goes on where it stopped: what lies on the disk is neither read nor written again.

use std::fs;
use std::path::{Path, PathBuf};

use cg_bundle_format::{CHUNK_SIZE, Digest, Encoding};
use codegraph_install::host::SystemHost;
use codegraph_install::host::faulty::{Fault, FaultyHost};

use crate::fixture::{Bundle, CHUNK, Recipe, bundle, noise, tree};
use crate::run::{at, faulty, install_line, on};

/// Chunks that wait at most for a flush: what a kill costs.
const WINDOW: usize = 8;

fn large() -> Recipe {
    Recipe { model_bytes: 40 * 4096, ..Recipe::default() }
}

fn partial(root: &Path, bundle: &Bundle, path: &str) -> PathBuf {
    let digest = Digest::of(&bundle.contents[path]).hex();
    at(root, "/opt/codegraph/store/blobs/sha256").join(format!("{digest}.partial"))
}

/// Kills an installation at the first step whose log line is chosen.
fn killed(
    fault: Fault,
    line: &[String],
    clean: &[String],
    chosen: impl Fn(&String) -> bool,
) -> FaultyHost<SystemHost> {
    let probe = faulty(Fault::Death, 0);
    on(&probe, clean).unwrap();
    let stop = probe.log().iter().position(chosen).unwrap() as u64 + 1;
    let host = faulty(fault, stop);
    on(&host, line).unwrap_err();
    host
}

/// The 31st chunk of the model, the largest blob.
fn at_chunk_31(step: &String) -> bool {
    step == "write 4096 bytes at 122880"
}

fn chunk_writes(log: &[String]) -> usize {
    log.iter().filter(|step| step.starts_with("write 4096 bytes at ")).count()
}

#[test]
fn finished_chunks_are_not_written_again() {
    let folder = tempfile::tempdir().unwrap();
    let bundle = bundle(&folder.path().join("media"), &large());
    let line = install_line(&folder.path().join("host"), &bundle);
    let whole = faulty(Fault::Death, 0);
    on(&whole, &install_line(&folder.path().join("clean"), &bundle)).unwrap();
    let clean = install_line(&folder.path().join("again"), &bundle);
    for fault in [Fault::Death, Fault::PowerLoss] {
        let first = killed(fault, &line, &clean, at_chunk_31);
        let second = faulty(fault, 0);
        on(&second, &line).unwrap();
        let twice =
            chunk_writes(&first.log()) + chunk_writes(&second.log()) - chunk_writes(&whole.log());
        assert!((1..=WINDOW).contains(&twice), "{twice} chunks were written twice");
        fs::remove_dir_all(folder.path().join("host")).unwrap();
        fs::remove_dir_all(folder.path().join("again")).unwrap();
    }
}

/// The kept part of a blob is not read: a byte that is changed in it stays changed, and one that is changed
/// in the part that was not flushed does not.
#[test]
fn what_the_journal_promises_is_not_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let bundle = bundle(&folder.path().join("media"), &large());
    let root = folder.path().join("host");
    let line = install_line(&root, &bundle);
    let clean = install_line(&folder.path().join("clean"), &bundle);
    killed(Fault::Death, &line, &clean, at_chunk_31);
    let model = "models/tiny/model.gguf";
    let file = partial(&root, &bundle, model);
    let mut bytes = fs::read(&file).unwrap();
    assert_eq!(bytes[..8192], bundle.contents[model][..8192]);
    bytes[4096] ^= 1;
    bytes[29 * 4096] ^= 1;
    fs::write(&file, bytes).unwrap();
    on(&faulty(Fault::Death, 0), &line).unwrap();
    let stored = fs::read(file.with_extension("")).unwrap();
    let differs: Vec<usize> = (0..stored.len())
        .filter(|index| stored[*index] != bundle.contents[model][*index])
        .collect();
    assert_eq!(differs, [4096]);
}

#[test]
fn a_partial_file_that_is_gone_or_shorter_than_the_journal_says_is_made_anew() {
    for keep in [None, Some(5 * 4096 + 7)] {
        let folder = tempfile::tempdir().unwrap();
        let bundle = bundle(&folder.path().join("media"), &large());
        let root = folder.path().join("host");
        let line = install_line(&root, &bundle);
        let clean = install_line(&folder.path().join("clean"), &bundle);
        killed(Fault::Death, &line, &clean, at_chunk_31);
        let model = "models/tiny/model.gguf";
        let file = partial(&root, &bundle, model);
        match keep {
            None => fs::remove_file(&file).unwrap(),
            Some(length) => {
                fs::OpenOptions::new().write(true).open(&file).unwrap().set_len(length).unwrap();
            }
        }
        on(&faulty(Fault::Death, 0), &line).unwrap();
        assert_eq!(fs::read(file.with_extension("")).unwrap(), bundle.contents[model]);
        assert!(!tree(&root).keys().any(|name| name.ends_with(".partial")));
    }
}

/// A compressed blob of five independent frames: after a kill in the middle it goes on where a frame ended.
#[test]
fn a_compressed_blob_goes_on_in_the_middle() {
    const FRAME: usize = cg_bundle_format::FRAME_SIZE;
    let folder = tempfile::tempdir().unwrap();
    // Compresses by a half, so that its chunks of 4 KiB are many.
    let text: Vec<u8> = noise(4 * FRAME + 4096, 9).into_iter().map(|byte| byte & 0x0f).collect();
    let recipe = Recipe {
        packed: Some(Box::leak(text.into_boxed_slice())),
        volume_size: 5 << 20,
        ..Recipe::default()
    };
    let bundle = bundle(&folder.path().join("media"), &recipe);
    let library = "lib/libduckdb.so";
    let digest = Digest::of(&bundle.contents[library]);
    let blob = bundle.manifest.blobs.iter().find(|blob| blob.digest == digest).unwrap();
    assert!(blob.encoding == Encoding::Zstd && blob.chunk_count() > 1000 && CHUNK < CHUNK_SIZE);
    let root = folder.path().join("host");
    let line = install_line(&root, &bundle);
    let clean = install_line(&folder.path().join("clean"), &bundle);
    // In the middle of the fourth frame.
    let middle = |step: &String| {
        let place = step.strip_prefix("write ").and_then(|words| words.split_once(" bytes at "));
        place.is_some_and(|(bytes, offset)| {
            bytes.parse::<usize>().unwrap() > 65_536
                && offset.parse::<usize>().unwrap() > 3 * FRAME + FRAME / 4
        })
    };
    let first = killed(Fault::PowerLoss, &line, &clean, middle);
    let written = |log: &[String]| -> usize {
        let opened = log.iter().position(|step| step.contains(&digest.hex())).unwrap();
        let steps = log[opened + 1..].iter().take_while(|step| !step.starts_with("open"));
        let writes = steps.filter_map(|step| step.strip_prefix("write ")?.split(' ').next());
        writes.map(|bytes| bytes.parse::<usize>().unwrap()).filter(|bytes| *bytes > 4096).sum()
    };
    let again = faulty(Fault::Death, 0);
    on(&again, &line).unwrap();
    assert!(written(&first.log()) > 3 * FRAME);
    let twice = written(&again.log());
    assert!(twice > FRAME / 4 && twice <= FRAME + 4096, "{twice} bytes");
    let stored = at(&root, "/opt/codegraph/current").join(library);
    assert_eq!(fs::read(stored).unwrap(), bundle.contents[library]);
}
