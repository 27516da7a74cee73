//! Layers made with the `tar` crate, and commands whose answers are the expected values.

use std::path::Path;
use std::process::Command;

use cg_inventory::*;

/// One entry of a layer.
pub(crate) enum Part<'a> {
    File(&'a str, &'a [u8]),
    Symlink(&'a str, &'a str),
    HardLink(&'a str, &'a str),
    Folder(&'a str),
    Device(&'a str),
}

/// The tar of a layer.
pub(crate) fn layer(parts: &[Part<'_>]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for part in parts {
        let mut header = tar::Header::new_gnu();
        header.set_mode(0o644);
        header.set_size(0);
        match part {
            Part::File(name, bytes) => {
                header.set_size(bytes.len() as u64);
                builder.append_data(&mut header, name, *bytes).unwrap();
                continue;
            }
            Part::Symlink(name, target) => {
                header.set_entry_type(tar::EntryType::Symlink);
                builder.append_link(&mut header, name, target).unwrap();
            }
            Part::HardLink(name, target) => {
                header.set_entry_type(tar::EntryType::Link);
                builder.append_link(&mut header, name, target).unwrap();
            }
            Part::Folder(name) => {
                header.set_entry_type(tar::EntryType::Directory);
                builder.append_data(&mut header, name, &[][..]).unwrap();
            }
            Part::Device(name) => {
                header.set_entry_type(tar::EntryType::Char);
                builder.append_data(&mut header, name, &[][..]).unwrap();
            }
        }
    }
    builder.into_inner().unwrap()
}

/// The inventory of these layers, which must all be readable.
pub(crate) fn read(layers: &[Vec<u8>]) -> Inventory {
    let mut rootfs = Rootfs::new(Limits::default());
    for layer in layers {
        rootfs.apply(layer.as_slice()).unwrap();
    }
    rootfs.inventory()
}

/// Names of the packages.
pub(crate) fn names(inventory: &Inventory) -> Vec<&str> {
    inventory.packages.iter().map(|package| package.name.as_str()).collect()
}

/// `name version arch` of each package, sorted.
pub(crate) fn lines(inventory: &Inventory) -> Vec<String> {
    let mut lines: Vec<String> = inventory
        .packages
        .iter()
        .map(|package| format!("{} {} {}", package.name, package.version, package.arch))
        .collect();
    lines.sort();
    lines
}

/// stdout of a command that must succeed.
pub(crate) fn tool(folder: &Path, line: &[&str]) -> String {
    let out = Command::new(line[0])
        .args(&line[1..])
        .current_dir(folder)
        .output()
        .unwrap_or_else(|error| panic!("{}: {error} (see scripts/deps.sh)", line[0]));
    assert!(out.status.success(), "{line:?}: {}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).unwrap()
}
