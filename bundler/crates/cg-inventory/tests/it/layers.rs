//! Layer over layer, after the OCI image specification ("Whiteouts", "Opaque Whiteout"); and how layers are packed.

use std::io::Write;

use cg_inventory::*;

use crate::fixture::*;

const A: &[u8] = b"Package: a\nVersion: 1\n";
const B: &[u8] = b"Package: b\nVersion: 1\n";

fn status_d(name: &str) -> String {
    format!("var/lib/dpkg/status.d/{name}")
}

#[test]
fn a_later_layer_replaces_a_file() {
    let status = "var/lib/dpkg/status";
    let found = read(&[layer(&[Part::File(status, A)]), layer(&[Part::File(status, B)])]);
    assert_eq!(names(&found), ["b"]);
}

#[test]
fn whiteouts_take_away_what_lies_below_and_nothing_of_their_own_layer() {
    let below = layer(&[Part::File(&status_d("a"), A), Part::File(&status_d("b"), B)]);
    let cases: [(&str, &[&str]); 7] = [
        ("var/lib/dpkg/status.d/.wh.a", &["b"]),
        ("./var/lib/dpkg/.wh.status.d", &[]),
        ("var/.wh.lib", &[]),
        (".wh.var", &[]),
        ("var/lib/dpkg/status.d/.wh..wh..opq", &[]),
        ("var/lib/.wh..wh..opq", &[]),
        ("var/lib/dpkg/status.d/.wh.absent", &["a", "b"]),
    ];
    for (whiteout, expected) in cases {
        let found = read(&[below.clone(), layer(&[Part::File(whiteout, b"")])]);
        assert_eq!(names(&found), expected, "{whiteout}");
        // What the same layer brings stays, whether it stands before or behind the whiteout.
        let own = b"Package: own\nVersion: 1\n";
        for order in [
            [Part::File(whiteout, b""), Part::File(&status_d("a"), own)],
            [Part::File(&status_d("a"), own), Part::File(whiteout, b"")],
        ] {
            let found = read(&[below.clone(), layer(&order)]);
            assert!(names(&found).contains(&"own"), "{whiteout}");
            assert!(!names(&found).contains(&"a"), "{whiteout}");
        }
    }
}

#[test]
fn a_file_or_a_link_in_the_place_of_a_folder_hides_it() {
    let below = layer(&[Part::File(&status_d("a"), A)]);
    for part in [
        Part::File("var/lib/dpkg/status.d", b""),
        Part::Symlink("var/lib/dpkg/status.d", "/elsewhere"),
        Part::Symlink("var/lib", "/elsewhere"),
    ] {
        assert!(read(&[below.clone(), layer(&[part])]).packages.is_empty());
    }
    let kept = read(&[below, layer(&[Part::Folder("var/lib/dpkg/status.d/")])]);
    assert_eq!(names(&kept), ["a"]);
}

#[test]
fn a_name_that_only_begins_alike_is_another_one() {
    let below = layer(&[Part::File(&status_d("a"), A)]);
    let found = read(&[below, layer(&[Part::File("var/lib/dpkg/.wh.status", b"")])]);
    assert_eq!(names(&found), ["a"]);
}

#[test]
fn gzip_zstd_plain_and_several_gzip_members_are_read() {
    let plain = layer(&[Part::File("var/lib/dpkg/status", A)]);
    let gzip = |bytes: &[u8]| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    };
    let members = [gzip(&plain[..700]), gzip(&plain[700..])].concat();
    let zstd = zstd::encode_all(plain.as_slice(), 3).unwrap();
    for packed in [plain.clone(), gzip(&plain), members, zstd] {
        assert_eq!(names(&read(&[packed])), ["a"]);
    }
}

#[test]
fn names_longer_than_a_tar_field_are_read_whole() {
    let folder = tempfile::tempdir().unwrap();
    let long = format!("usr/share/doc/{}/copyright", "x".repeat(150));
    std::fs::create_dir_all(folder.path().join(&long).parent().unwrap()).unwrap();
    std::fs::write(folder.path().join(&long), "/usr/share/common-licenses/BSD").unwrap();
    let status = format!("Package: {}\nVersion: 1\n", "x".repeat(150));
    std::fs::create_dir_all(folder.path().join("var/lib/dpkg")).unwrap();
    std::fs::write(folder.path().join("var/lib/dpkg/status"), status).unwrap();
    for form in ["gnu", "pax", "ustar"] {
        let form_option = format!("--format={form}");
        let line = ["tar", "-cf", "l.tar", &form_option, "usr", "var"];
        // ustar splits at a slash, which a part of 150 bytes does not allow.
        if form == "ustar" {
            continue;
        }
        tool(folder.path(), &line);
        let found = read(&[std::fs::read(folder.path().join("l.tar")).unwrap()]);
        assert_eq!(found.packages[0].licences, ["BSD"], "{form}");
    }
    // A path of more than 100 bytes whose parts are short: the prefix field of ustar.
    let deep = format!("{}/var/lib/dpkg/status", "y/".repeat(60));
    std::fs::create_dir_all(folder.path().join(&deep).parent().unwrap()).unwrap();
    std::fs::write(folder.path().join(&deep), "Package: never\n").unwrap();
    tool(folder.path(), &["tar", "-cf", "l.tar", "--format=ustar", "y", "var"]);
    let found = read(&[std::fs::read(folder.path().join("l.tar")).unwrap()]);
    assert_eq!(found.packages.len(), 1, "a database elsewhere is none");
}

#[test]
fn without_a_database_there_are_no_packages_and_no_notes() {
    assert_eq!(read(&[layer(&[Part::File("bin/program", b"x")])]), Inventory::default());
}
