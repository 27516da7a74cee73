//! dpkg, apk, os-release and copyright files.

use cg_inventory::*;

use crate::fixture::*;

const STATUS: &str = "Package: bash
Status: install ok installed
Priority: required
Installed-Size: 7164
Architecture: amd64
Version: 5.2.15-2+b7
Source: bash (5.2.15-2)
Description: GNU Bourne Again SHell
 Bash is an sh-compatible command language interpreter
 .
 Version: 9.9

Package: gone
Status: deinstall ok config-files
Architecture: all
Version: 1

Package: half
Status: install ok half-configured
Architecture: all
Version: 2:3.0~rc1-1
";

#[test]
fn the_packages_of_dpkg_are_those_that_dpkg_query_names() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("status"), STATUS).unwrap();
    let asked = tool(
        folder.path(),
        &[
            "dpkg-query",
            "--admindir=.",
            "-W",
            "-f=${db:Status-Status} ${Package} ${Version} ${Architecture} ${source:Package}\n",
        ],
    );
    let mut expected: Vec<&str> = asked
        .lines()
        .filter(|line| !line.starts_with("config-files"))
        .map(|line| line.split_once(' ').unwrap().1)
        .collect();
    expected.sort_unstable();
    let found = read(&[layer(&[Part::File("./var/lib/dpkg/status", STATUS.as_bytes())])]);
    let source = |package: &Package| {
        if package.source.is_empty() { package.name.clone() } else { package.source.clone() }
    };
    let mut lines: Vec<String> = found
        .packages
        .iter()
        .map(|p| format!("{} {} {} {}", p.name, p.version, p.arch, source(p)))
        .collect();
    lines.sort();
    assert_eq!(lines, expected);
    assert_eq!(lines.len(), 2);
    assert!(found.notes.is_empty());
}

#[test]
fn this_machines_own_dpkg_database_is_read_as_dpkg_query_reads_it() {
    let status = std::fs::read("/var/lib/dpkg/status").unwrap();
    let found = read(&[layer(&[Part::File("var/lib/dpkg/status", &status)])]);
    let asked = tool(
        std::path::Path::new("/"),
        &["dpkg-query", "-W", "-f=${db:Status-Status} ${Package} ${Version} ${Architecture}\n"],
    );
    let mut expected: Vec<&str> = asked
        .lines()
        .filter(|line| !line.starts_with("config-files") && !line.starts_with("not-installed"))
        .map(|line| line.split_once(' ').unwrap().1)
        .collect();
    expected.sort_unstable();
    assert_eq!(lines(&found), expected);
}

#[test]
fn images_without_a_package_manager_list_packages_one_by_one() {
    let found = read(&[layer(&[
        Part::File(
            "var/lib/dpkg/status.d/base",
            b"Package: base-files\nVersion: 12\nArchitecture: amd64\n",
        ),
        Part::File("var/lib/dpkg/status.d/base.md5sums", b"Package: no\n"),
        Part::File(
            "var/lib/dpkg/status.d/tz",
            b"Package: tzdata\nVersion: 2024a\nArchitecture: all\n",
        ),
    ])]);
    assert_eq!(lines(&found), ["base-files 12 amd64", "tzdata 2024a all"]);
}

#[test]
fn the_packages_of_apk() {
    let installed = b"C:Q1abc=\nP:musl\nV:1.2.5-r0\nA:x86_64\nL:MIT\no:musl\nF:lib\nR:ld-musl-x86_64.so.1\n\nC:Q1def=\nP:busybox\nV:1.36.1-r29\nA:x86_64\nL:GPL-2.0-only\no:busybox\n\n";
    for place in ["lib/apk/db/installed", "usr/lib/apk/db/installed"] {
        let found = read(&[layer(&[Part::File(place, installed)])]);
        assert_eq!(lines(&found), ["busybox 1.36.1-r29 x86_64", "musl 1.2.5-r0 x86_64"]);
        assert_eq!(found.packages[1].licences, ["MIT"]);
        assert_eq!(found.packages[1].kind, PackageKind::Apk);
    }
}

#[test]
fn licences_stand_in_copyright_files_of_both_forms_and_links_are_followed() {
    let dep5 = b"Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\nFiles: *\nCopyright: x\nLicense: GPL-2+\n\nFiles: lib/*\nLicense: Expat\n text\n\nLicense: LGPL-2.1\n not used by any file\n";
    let old = b"This is free software; see /usr/share/common-licenses/GPL-3.\n";
    let status = b"Package: a\nVersion: 1\n\nPackage: b\nVersion: 1\n\nPackage: c\nVersion: 1\n\nPackage: d\nVersion: 1\n";
    let found = read(&[layer(&[
        Part::File("var/lib/dpkg/status", status),
        Part::File("usr/share/doc/a/copyright", dep5),
        Part::File("usr/share/doc/b/copyright", old),
        Part::Symlink("usr/share/doc/c", "a"),
        Part::HardLink("usr/share/doc/d/copyright", "usr/share/doc/b/copyright"),
    ])]);
    let licences: Vec<&[String]> = found.packages.iter().map(|p| p.licences.as_slice()).collect();
    assert_eq!(licences[0], ["Expat", "GPL-2+"]);
    assert_eq!(licences[1], ["GPL-3"]);
    assert_eq!(licences[2], ["Expat", "GPL-2+"]);
    assert_eq!(licences[3], ["GPL-3"]);
}

#[test]
fn the_distribution_is_what_os_release_says() {
    let text = b"PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nVERSION_ID='12'\nID=debian\n";
    let found = read(&[layer(&[
        Part::File("usr/lib/os-release", text),
        Part::Symlink("etc/os-release", "../usr/lib/os-release"),
    ])]);
    let os = found.os.unwrap();
    assert_eq!((os.id.as_str(), os.version.as_str()), ("debian", "12"));
    assert_eq!(os.name, "Debian GNU/Linux 12 (bookworm)");
    assert!(found.notes.is_empty());
}
