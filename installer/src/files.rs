//! Small durable acts on the disk: replace a file, make a folder, remove a tree without following links.

use std::fs;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use cg_bundle_format::Hasher;

use crate::error::{Context, Error};
use crate::host::Host;

/// Deepest folder that is removed with its contents; what we install is far flatter.
const MAX_DEPTH: usize = 64;
/// Bytes read at once when a file is hashed.
const HASH_STEP: usize = 1 << 20;

/// Writes `bytes` to `path` so that a reader sees the former file or the new one, never a part.
pub fn replace(host: &dyn Host, path: &Path, bytes: &[u8], mode: u32) -> Result<(), Error> {
    let partial = partial_of(path);
    let file = host.open(&partial, mode).at("cannot create", &partial)?;
    host.set_length(&file, 0).at("cannot write", &partial)?;
    host.set_mode(&partial, mode).at("cannot set the mode of", &partial)?;
    host.write_at(&file, 0, bytes).at("cannot write", &partial)?;
    host.sync_file(&file).at("cannot flush", &partial)?;
    drop(file);
    host.rename(&partial, path).at("cannot put in place", path)?;
    sync_parent(host, path)
}

/// Copies a file so that a reader sees the former one or the new one; does nothing where they are the same.
pub fn copy(host: &dyn Host, from: &Path, to: &Path, mode: u32) -> Result<(), Error> {
    let source = fs::File::open(from).at("cannot read", from)?;
    let length = source.metadata().at("cannot look at", from)?.len();
    if let Ok(there) = fs::File::open(to)
        && there.metadata().at("cannot look at", to)?.len() == length
        && hash(&there, length).at("cannot read", to)?.finish()
            == hash(&source, length).at("cannot read", from)?.finish()
    {
        return Ok(());
    }
    let partial = partial_of(to);
    let file = host.open(&partial, mode).at("cannot create", &partial)?;
    host.set_length(&file, 0).at("cannot write", &partial)?;
    host.set_mode(&partial, mode).at("cannot set the mode of", &partial)?;
    let mut buffer = vec![0; HASH_STEP];
    let mut at = 0;
    while at < length {
        let step = usize::try_from((length - at).min(HASH_STEP as u64)).unwrap_or(HASH_STEP);
        source.read_exact_at(&mut buffer[..step], at).at("cannot read", from)?;
        host.write_at(&file, at, &buffer[..step]).at("cannot write", &partial)?;
        at += step as u64;
    }
    host.sync_file(&file).at("cannot flush", &partial)?;
    drop(file);
    host.rename(&partial, to).at("cannot put in place", to)?;
    sync_parent(host, to)
}

/// Removes `path` and puts its absence on the disk.
pub fn remove_durably(host: &dyn Host, path: &Path) -> Result<(), Error> {
    if fs::symlink_metadata(path).is_err() {
        return Ok(());
    }
    remove(host, path)?;
    sync_parent(host, path)
}

/// The name under which `path` is written until it is whole.
pub fn partial_of(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(".partial");
    path.with_file_name(name)
}

/// Makes a folder and puts its name on the disk. What is missing above it is made readable by all.
pub fn make_dir(host: &dyn Host, path: &Path, mode: u32) -> Result<(), Error> {
    if path.is_dir() {
        return Ok(());
    }
    let above: Vec<&Path> =
        path.ancestors().skip(1).take_while(|p| !p.as_os_str().is_empty() && !p.is_dir()).collect();
    for folder in above.into_iter().rev() {
        host.make_dir(folder, 0o755).at("cannot create folder", folder)?;
        sync_parent(host, folder)?;
    }
    host.make_dir(path, mode).at("cannot create folder", path)?;
    sync_parent(host, path)
}

/// Puts the name of `path` on the disk.
pub fn sync_parent(host: &dyn Host, path: &Path) -> Result<(), Error> {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => {
            host.sync_dir(parent).at("cannot flush folder", parent)
        }
        _ => Ok(()),
    }
}

/// Removes `path` if it is there: a file, a link (not what it points to) or a folder with all in it.
pub fn remove(host: &dyn Host, path: &Path) -> Result<(), Error> {
    remove_at_depth(host, path, 0)
}

fn remove_at_depth(host: &dyn Host, path: &Path, depth: usize) -> Result<(), Error> {
    let kind = match fs::symlink_metadata(path) {
        Ok(state) => state.file_type(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error).at("cannot look at", path),
    };
    if !kind.is_dir() {
        return host.remove_file(path).at("cannot remove", path);
    }
    if depth > MAX_DEPTH {
        return Err(io::Error::other("folders are nested too deep")).at("cannot remove", path);
    }
    for entry in fs::read_dir(path).at("cannot list", path)? {
        let entry = entry.at("cannot list", path)?;
        remove_at_depth(host, &entry.path(), depth + 1)?;
    }
    host.remove_dir(path).at("cannot remove folder", path)
}

/// SHA-256 of a file's first `length` bytes.
pub fn hash(file: &fs::File, length: u64) -> io::Result<Hasher> {
    let mut hasher = Hasher::new();
    let mut buffer = vec![0; HASH_STEP];
    let mut at = 0;
    while at < length {
        let step = usize::try_from((length - at).min(HASH_STEP as u64)).unwrap_or(HASH_STEP);
        file.read_exact_at(&mut buffer[..step], at)?;
        hasher.update(&buffer[..step]);
        at += step as u64;
    }
    Ok(hasher)
}

/// Reads a file that must not be larger than `limit` bytes; none where it is absent.
pub fn read_bounded(path: &Path, limit: u64) -> Result<Option<Vec<u8>>, Error> {
    use std::io::Read as _;
    let file = match fs::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).at("cannot read", path),
    };
    let mut bytes = Vec::new();
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes).at("cannot read", path)?;
    if bytes.len() as u64 > limit {
        return Err(Error::State {
            path: path.to_path_buf(),
            problem: format!("it is larger than {limit} bytes"),
        });
    }
    Ok(Some(bytes))
}
