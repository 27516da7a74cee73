//! rpm: a database that rpm itself wrote, the same headers in a hash table that Berkeley DB's own loader
//! wrote, and an ndb file put together by hand after rpm's `lib/backend/ndb/rpmpkg.c`.

use std::path::Path;

use cg_inventory::*;

use crate::fixture::*;

/// Packs two packages with rpmbuild and installs them into an SQLite database; returns its bytes and
/// what rpm says is in it.
fn made(folder: &Path) -> (Vec<u8>, Vec<String>) {
    let filler = "words that make the header longer than a page of the database. ".repeat(200);
    for (name, epoch, licence, text) in [
        ("tool-a", "Epoch: 1\n", "MIT AND GPL-2.0-or-later", filler.as_str()),
        ("tool-b", "", "Apache-2.0", "short"),
    ] {
        let spec = format!(
            "Name: {name}\n{epoch}Version: 1.2\nRelease: 3.el9\nSummary: s\nLicense: {licence}\nBuildArch: noarch\n%description\n{text}\n%files\n"
        );
        std::fs::write(folder.join(format!("{name}.spec")), spec).unwrap();
        let top = format!("_topdir {}/top", folder.display());
        tool(folder, &["rpmbuild", "--quiet", "-bb", "--define", &top, &format!("{name}.spec")]);
    }
    let path = format!("--dbpath={}/db", folder.display());
    let backend = "--define=_db_backend sqlite";
    tool(folder, &["rpm", backend, &path, "--initdb"]);
    for name in ["tool-a", "tool-b"] {
        let file = format!("top/RPMS/noarch/{name}-1.2-3.el9.noarch.rpm");
        tool(folder, &["rpm", backend, &path, "-i", "--nodeps", "--justdb", "--noscripts", &file]);
    }
    let form = "--qf=%{NAME} %{VERSION}-%{RELEASE} %{ARCH}\\n";
    let mut said: Vec<String> =
        tool(folder, &["rpm", backend, &path, "-qa", form]).lines().map(str::to_owned).collect();
    said.sort();
    (std::fs::read(folder.join("db/rpmdb.sqlite")).unwrap(), said)
}

fn checked(place: &str, database: &[u8], said: &[String]) {
    let found = read(&[layer(&[Part::File(place, database)])]);
    assert_eq!(found.notes, Vec::<String>::new(), "{place}");
    assert_eq!(lines(&found), said, "{place}");
    let a = found.packages.iter().find(|package| package.name == "tool-a").unwrap();
    assert_eq!((a.epoch, a.source.as_str()), (1, "tool-a-1.2-3.el9.src.rpm"));
    assert_eq!(a.licences, ["MIT AND GPL-2.0-or-later"]);
    assert_eq!(found.packages.len(), 2);
}

/// The blob of each row, as Python's own SQLite reads it.
fn headers(folder: &Path) -> Vec<Vec<u8>> {
    let script = "import sqlite3\nfor (b,) in sqlite3.connect('db/rpmdb.sqlite').execute('select blob from Packages'): print(b.hex())";
    tool(folder, &["python3", "-c", script])
        .lines()
        .map(|line| hex::decode(line).unwrap())
        .collect()
}

#[test]
fn all_three_forms_of_the_database_give_what_rpm_says() {
    let folder = tempfile::tempdir().unwrap();
    let (sqlite, said) = made(folder.path());
    assert_eq!(said.len(), 2);
    for place in ["var/lib/rpm/rpmdb.sqlite", "usr/lib/sysimage/rpm/rpmdb.sqlite"] {
        checked(place, &sqlite, &said);
    }
    let headers = headers(folder.path());
    checked("var/lib/rpm/Packages", &berkeley(folder.path(), &headers), &said);
    checked("usr/lib/sysimage/rpm/Packages.db", &ndb(&headers), &said);
}

/// A hash table of Berkeley DB: keys are numbers, key 0 holds a counter.
fn berkeley(folder: &Path, headers: &[Vec<u8>]) -> Vec<u8> {
    let mut dump =
        "VERSION=3\nformat=bytevalue\ntype=hash\ndb_pagesize=4096\nHEADER=END\n 00000000\n 02000000\n".to_owned();
    for (number, header) in headers.iter().enumerate() {
        dump.push_str(&format!(" {:02x}000000\n {}\n", number + 1, hex::encode(header)));
    }
    dump.push_str("DATA=END\n");
    std::fs::write(folder.join("dump"), dump).unwrap();
    tool(folder, &["db5.3_load", "-f", "dump", "Packages"]);
    std::fs::read(folder.join("Packages")).unwrap()
}

fn ndb(headers: &[Vec<u8>]) -> Vec<u8> {
    let word = |number: usize| u32::try_from(number).unwrap().to_le_bytes();
    let mut file =
        [b"RpmP".to_vec(), word(0).to_vec(), word(1).to_vec(), word(1).to_vec(), word(3).to_vec()]
            .concat();
    file.resize(32, 0);
    let mut blobs: Vec<u8> = Vec::new();
    for (number, header) in headers.iter().enumerate() {
        let place = (4096 + blobs.len()) / 16;
        let mut blob = [
            b"BlbS".to_vec(),
            word(number + 1).to_vec(),
            word(1).to_vec(),
            word(header.len()).to_vec(),
        ]
        .concat();
        blob.extend(header);
        blob.resize((blob.len() + 12).next_multiple_of(16) - 12, 0);
        blob.extend([word(0), word(header.len())].concat());
        blob.extend(b"BlbE");
        file.extend(
            [
                b"Slot".to_vec(),
                word(number + 1).to_vec(),
                word(place).to_vec(),
                word(blob.len() / 16).to_vec(),
            ]
            .concat(),
        );
        blobs.extend(blob);
    }
    // Free slots.
    while file.len() < 4096 {
        file.extend([b"Slot".to_vec(), vec![0; 12]].concat());
    }
    file.extend(blobs);
    file
}

#[test]
fn changes_that_sqlite_has_not_merged_and_unknown_forms_are_said() {
    let folder = tempfile::tempdir().unwrap();
    let (sqlite, _) = made(folder.path());
    let found = read(&[layer(&[
        Part::File("var/lib/rpm/rpmdb.sqlite", &sqlite),
        Part::File("var/lib/rpm/rpmdb.sqlite-wal", b"x"),
    ])]);
    assert!(found.notes[0].contains("not merged"), "{:?}", found.notes);
    let found =
        read(&[layer(&[Part::File("var/lib/rpm/Packages", b"some other form of database")])]);
    assert!(found.notes[0].contains("not known"), "{:?}", found.notes);
}

#[test]
fn a_database_cut_short_or_bent_anywhere_ends_in_a_note_or_in_packages_never_in_a_crash() {
    let folder = tempfile::tempdir().unwrap();
    let (sqlite, _) = made(folder.path());
    let headers = headers(folder.path());
    for good in [sqlite, berkeley(folder.path(), &headers), ndb(&headers)] {
        for part in 0..60 {
            let _ = parsers::rpm(&good[..good.len() * part / 60], 1000);
        }
        let mut state = 1u64;
        for _ in 0..3_000 {
            let mut bad = good.clone();
            for _ in 0..4 {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                // Most bytes of these files are padding; the beginning of pages is where it hurts.
                let at = (state >> 33) as usize % bad.len();
                let at = if state & 1 == 0 { at / 4096 * 4096 + at % 64 } else { at };
                let at = at.min(bad.len() - 1);
                bad[at] = (state >> 24) as u8;
            }
            let _ = parsers::rpm(&bad, 1000);
        }
    }
}
