//! `kill -9` in the middle of indexing: the former snapshot stays usable, a second run completes.

use crate::harness::{codegraph, count, index};
use std::process::Stdio;

#[test]
fn indexing_killed_at_different_moments_leaves_the_former_snapshot() {
    let home = tempfile::tempdir().expect("temp folder");
    let (data, repository) = (home.path().join("data"), home.path().join("repository"));
    std::fs::create_dir(&repository).expect("folder");
    std::fs::write(repository.join("first.c"), "int first(void) { return 1; }\n").expect("file");
    assert!(index(&data, &repository).status.success());

    // Enough work that every kill below falls into the middle of it.
    for n in 0..400 {
        let body: String = (0..60)
            .map(|m| {
                format!("int f{n}_{m}(int a) {{ if (a) return f{n}_{m}(a - 1); return a; }}\n")
            })
            .collect();
        std::fs::write(repository.join(format!("more{n}.c")), body).expect("file");
    }
    // How long a whole run takes here, on a copy of the state; kills follow in every part of it:
    // reading, linking, writing, text index, publishing.
    let other = home.path().join("other");
    let began = std::time::Instant::now();
    assert!(index(&other, &repository).status.success());
    let whole = began.elapsed();
    for percent in [1, 10, 25, 40, 55, 70, 80, 88, 94, 98] {
        let mut child = codegraph(&data)
            .args(["index", "--name", "p"])
            .arg(&repository)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("codegraph starts");
        std::thread::sleep(whole * percent / 100);
        child.kill().expect("SIGKILL");
        child.wait().expect("ended");
        assert_eq!(
            count(&data, "SELECT count(*) FROM nodes_method WHERE NAME = 'first'"),
            1,
            "killed after {percent} % of {whole:?}"
        );
    }

    let output = index(&data, &repository);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(
        count(
            &data,
            "SELECT count(*) FROM nodes_method WHERE NAME LIKE 'f%\\_%' ESCAPE '\\' AND NOT IS_EXTERNAL"
        ),
        24_000
    );
}
