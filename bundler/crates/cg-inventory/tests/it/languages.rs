//! Packages that pip and npm installed.

use std::path::Path;

use cg_inventory::*;

use crate::fixture::*;

/// Names, versions and licence expressions as Python's own library tells them of a folder.
const ASK: &str = "import importlib.metadata as m, sys
for d in m.distributions(path=[sys.argv[1]]):
    print(d.metadata['Name'], d.version, '|', d.metadata['License-Expression'] or '')";

#[test]
fn the_packages_of_pip_are_those_that_python_itself_finds() {
    let cache = std::env::var("CODEGRAPH_CACHE")
        .unwrap_or_else(|_| format!("{}/.cache/codegraph", std::env::var("HOME").unwrap()));
    let folder = Path::new(&cache).join("validator");
    let asked = tool(&folder, &["python3", "-c", ASK, "."]);
    let mut expected: Vec<&str> = asked.lines().map(str::trim_end).collect();
    expected.sort_unstable();
    assert!(expected.len() > 10, "{asked}");
    let mut builder = tar::Builder::new(Vec::new());
    builder.append_dir_all("usr/lib/python3/site-packages", &folder).unwrap();
    let found = read(&[builder.into_inner().unwrap()]);
    let of_pip = found.packages.iter().filter(|package| package.kind == PackageKind::Pypi);
    let with_expression = asked.lines().filter(|line| !line.ends_with("| ")).count();
    let mut lines: Vec<(String, String)> =
        of_pip.map(|p| (format!("{} {} |", p.name, p.version), p.licences.join(" "))).collect();
    lines.sort();
    assert_eq!(lines.len(), expected.len());
    for ((line, licence), expected) in lines.iter().zip(&expected) {
        let (name, expression) = expected.split_at(line.len());
        assert_eq!(line, name);
        assert!(!licence.is_empty(), "{line} has a licence");
        if !expression.is_empty() {
            assert_eq!(licence, expression.trim());
        }
    }
    assert!(with_expression > 0 && found.notes.is_empty(), "{:?}", found.notes);
}

#[test]
fn old_forms_of_python_metadata_are_read_and_texts_are_no_names() {
    let text = |head: &str| format!("Metadata-Version: 2.1\n{head}\n\nName: not-a-header\n");
    let long = text(
        "Name: a_b\nVersion: 1\nLicense: Copyright me\n  All of it\nClassifier: License :: OSI Approved :: MIT License\nClassifier: License :: OSI Approved\nClassifier: Topic :: X",
    );
    let unknown = text("Name: c\nVersion: 2.0rc1\nLicense: UNKNOWN");
    let short = text("name: d\nVERSION: 3\nLicense: BSD");
    let found = read(&[layer(&[
        Part::File("usr/lib/a_b.egg-info/PKG-INFO", long.as_bytes()),
        Part::File("usr/lib/c-2.egg-info", unknown.as_bytes()),
        Part::File("opt/d-3.dist-info/METADATA", short.as_bytes()),
        Part::File("opt/d-3.dist-info/RECORD", b"Name: e"),
        Part::File("opt/METADATA", b"Name: f"),
    ])]);
    let seen: Vec<_> = found
        .packages
        .iter()
        .map(|p| (p.name.as_str(), p.version.as_str(), p.licences.join(" ")))
        .collect();
    let expected = [("a_b", "1", "MIT License"), ("c", "2.0rc1", ""), ("d", "3", "BSD")];
    assert_eq!(seen, expected.map(|(name, version, licence)| (name, version, licence.to_owned())));
}

#[test]
fn packages_of_npm_stand_right_below_node_modules() {
    let json =
        |name: &str, more: &str| format!("{{\"name\": \"{name}\", \"version\": \"1.2.3\"{more}}}");
    let (plain, scoped) = (
        json("left-pad", r#", "license": "WTFPL""#),
        json("@a/b", r#", "license": {"type": "MIT", "url": "x"}"#),
    );
    let old = json("old", r#", "licenses": [{"type": "MIT"}, {"type": "Apache-2.0"}]"#);
    let fixture = json("fixture", "");
    let lower = layer(&[
        Part::File("app/node_modules/left-pad/package.json", plain.as_bytes()),
        Part::File("app/node_modules/left-pad/test/package.json", fixture.as_bytes()),
        Part::File("app/node_modules/@a/b/package.json", scoped.as_bytes()),
        Part::File("app/node_modules/@a/b/node_modules/old/package.json", old.as_bytes()),
        Part::File("app/node_modules/.package-lock.json", b"{}"),
        Part::File("app/node_modules/.cache/package.json", b"{}"),
        Part::File("app/package.json", fixture.as_bytes()),
        Part::File("node_modules/gone/package.json", fixture.as_bytes()),
        Part::Symlink("app/node_modules/linked/package.json", "../left-pad/package.json"),
    ]);
    let upper = layer(&[Part::File("node_modules/.wh.gone", b"")]);
    let found = read(&[lower, upper]);
    assert_eq!(names(&found), ["@a/b", "left-pad", "old"]);
    assert_eq!(found.packages[0].licences, ["MIT"]);
    assert_eq!(found.packages[1].licences, ["WTFPL"]);
    assert_eq!(found.packages[2].licences, ["MIT", "Apache-2.0"]);
    assert!(found.packages.iter().all(|p| p.kind == PackageKind::Npm && p.version == "1.2.3"));
    assert!(found.notes.is_empty(), "{:?}", found.notes);
}

#[test]
fn descriptions_that_cannot_be_read_are_said_and_do_no_harm() {
    let bomb = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    let escape = b"{\"name\": \"a\\u001b[2Jb\", \"version\": \"1\"}";
    let long = format!("{{\"name\": \"{}\"}}", "x".repeat(300));
    let huge = vec![b' '; (1 << 20) + 1];
    let found = read(&[layer(&[
        Part::File("node_modules/a/package.json", bomb.as_bytes()),
        Part::File("node_modules/b/package.json", escape),
        Part::File("node_modules/c/package.json", long.as_bytes()),
        Part::File("node_modules/d/package.json", &huge),
        Part::File("x.dist-info/METADATA", b"\xff\xfe"),
        Part::File("y.dist-info/METADATA", b""),
    ])]);
    assert!(found.packages.is_empty(), "{:?}", found.packages);
    let [large, nameless] = found.notes.as_slice() else { panic!("{:?}", found.notes) };
    assert!(large.contains("/node_modules/d/package.json has 1048577 bytes"), "{large}");
    assert_eq!(nameless, "/node_modules/a/package.json and 4 more files describe no package");
}
