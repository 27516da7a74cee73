//! Keys of files, and publishing.

use std::process::{Command, Stdio};

use cg_index::{IndexError, IndexJob, index};

use crate::support::{Scratch, cells, names};

#[test]
fn keys_are_kept_and_never_given_twice() {
    let scratch = Scratch::new(&[("b.py", b"b = 1\n"), ("c.py", b"c = 1\n")]);
    let first = scratch.index();
    assert_eq!(
        std::fs::read_to_string(&first.new_files).unwrap(),
        "{\"path\":\"b.py\",\"key\":1}\n{\"path\":\"c.py\",\"key\":2}\n"
    );
    assert_eq!(first.next_file_key, 3);
    // `c.py` goes, `a.py` comes: `b.py` keeps its key, key 2 is not given again.
    std::fs::remove_file(scratch.source().join("c.py")).unwrap();
    scratch.write("a.py", b"a = 1\n");
    let job =
        IndexJob { known_files: Some(first.new_files), next_file_key: 3, ..scratch.job("second") };
    let second = index(&job, &|_| ()).unwrap();
    assert_eq!(
        cells(&second, "SELECT id >> 32, name FROM nodes_file ORDER BY id"),
        ["1|b.py", "3|a.py"]
    );
    assert_eq!(
        std::fs::read_to_string(&second.new_files).unwrap(),
        "{\"path\":\"a.py\",\"key\":3}\n"
    );
    assert_eq!(second.next_file_key, 4);
}

#[test]
fn a_wrong_list_of_keys_is_refused() {
    let scratch = Scratch::new(&[("b.py", b"b = 1\n")]);
    let list = scratch.folder.path().join("known.jsonl");
    for text in [
        "{\"path\":\"b.py\",\"key\":0}\n",
        "{\"path\":\"b.py\",\"key\":7}\n",
        "nonsense\n",
        "{\"path\":\"a\",\"key\":1}\n{\"path\":\"b\",\"key\":1}\n",
    ] {
        std::fs::write(&list, text).unwrap();
        let job =
            IndexJob { known_files: Some(list.clone()), next_file_key: 5, ..scratch.job("out") };
        assert!(matches!(index(&job, &|_| ()), Err(IndexError::KnownFiles { .. })), "{text}");
    }
    let job = IndexJob { next_file_key: 1 << 31, ..scratch.job("out") };
    assert!(matches!(index(&job, &|_| ()), Err(IndexError::KeysUsedUp)));
}

/// Runs as a child of [`a_killed_run_publishes_nothing`]; by itself it has nothing to do.
#[test]
fn child_that_indexes_until_killed() {
    let Some(job) = std::env::var_os("CG_INDEX_TEST_JOB") else { return };
    let job: IndexJob = serde_json::from_str(job.to_str().unwrap()).unwrap();
    let stop_at: u64 = std::env::var("CG_INDEX_TEST_STOP").unwrap().parse().unwrap();
    index(&job, &|progress| {
        if progress.files_done >= stop_at {
            // As if the power went: no destructor, no flush.
            rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL)
                .unwrap();
        }
    })
    .unwrap();
}

#[test]
fn a_killed_run_publishes_nothing_and_a_second_completes() {
    let files: Vec<(String, Vec<u8>)> = (0..40)
        .map(|n| {
            (
                format!("m{n}.py"),
                format!("def f{n}(x):\n    return x + {n}\n").repeat(50).into_bytes(),
            )
        })
        .collect();
    let files: Vec<(&str, &[u8])> =
        files.iter().map(|(path, text)| (path.as_str(), text.as_slice())).collect();
    let scratch = Scratch::new(&files);
    let job = scratch.job("out");
    for stop_at in [1, 20, 40] {
        let status = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "keys::child_that_indexes_until_killed"])
            .env("CG_INDEX_TEST_JOB", serde_json::to_string(&job).unwrap())
            .env("CG_INDEX_TEST_STOP", stop_at.to_string())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .unwrap();
        assert!(!status.success());
        assert!(
            !names(&job.output).iter().any(|name| name.ends_with(".duckdb")),
            "killed at {stop_at}"
        );
    }
    let outcome = index(&job, &|_| ()).unwrap();
    assert_eq!(outcome.summary.files, [("python".to_owned(), 40)]);
    assert_eq!(
        names(&job.output),
        ["facts.bin", "graph.duckdb", "new_files.jsonl", "search.duckdb"]
    );
}
