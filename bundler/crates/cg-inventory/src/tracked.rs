//! Which files of an image tell about packages. Everything else is passed over unread.

/// Folders in which rpm keeps its database.
pub(crate) const RPM_FOLDERS: [&str; 3] = ["var/lib/rpm", "usr/lib/sysimage/rpm", "usr/share/rpm"];
/// Its files, one for each kind of database.
pub(crate) const RPM_FILES: [&str; 3] = ["rpmdb.sqlite", "Packages.db", "Packages"];
/// What SQLite has not merged into its file yet.
pub(crate) const RPM_WAL: &str = "rpmdb.sqlite-wal";
pub(crate) const DPKG_STATUS: &str = "var/lib/dpkg/status";
/// One file for each package, in images without a package manager.
pub(crate) const DPKG_STATUS_FOLDER: &str = "var/lib/dpkg/status.d/";
pub(crate) const APK: [&str; 2] = ["lib/apk/db/installed", "usr/lib/apk/db/installed"];
pub(crate) const OS_RELEASE: [&str; 2] = ["etc/os-release", "usr/lib/os-release"];
pub(crate) const DOC: &str = "usr/share/doc/";

/// Names of packages are short; longer paths are made to fill the memory.
const MOST_PATH: usize = 512;

/// Why a file is of interest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Interest {
    /// Kept whole.
    Database,
    /// Kept whole, plain text.
    List,
    /// Read for its licences and forgotten.
    Copyright,
    /// Read for the package that it describes and forgotten.
    Pypi,
    /// The same.
    Npm,
}

/// Whether a file at this path is of interest.
pub(crate) fn interest(path: &str) -> Option<Interest> {
    if path.len() > MOST_PATH {
        return None;
    }
    if let Some(rest) = path.strip_prefix(DOC) {
        let (package, file) = rest.split_once('/')?;
        return (!package.is_empty() && file == "copyright").then_some(Interest::Copyright);
    }
    let rpm = || {
        let (folder, file) = path.rsplit_once('/')?;
        let known = RPM_FILES.contains(&file) || file == RPM_WAL;
        (known && RPM_FOLDERS.contains(&folder)).then_some(())
    };
    let below = |name: &str| !name.contains('/') && !name.ends_with(".md5sums");
    let list = path == DPKG_STATUS
        || path.strip_prefix(DPKG_STATUS_FOLDER).is_some_and(below)
        || APK.contains(&path)
        || OS_RELEASE.contains(&path);
    if list {
        return Some(Interest::List);
    }
    rpm().map(|()| Interest::Database).or_else(|| language(path))
}

/// Descriptions of packages that a language's own packager installed.
fn language(path: &str) -> Option<Interest> {
    let (folder, file) = path.rsplit_once('/')?;
    let is_python = match file {
        "METADATA" => folder.ends_with(".dist-info"),
        "PKG-INFO" => folder.ends_with(".egg-info"),
        _ => file.ends_with(".egg-info"),
    };
    if is_python {
        return Some(Interest::Pypi);
    }
    // `node_modules/NAME` or `node_modules/@SCOPE/NAME`; a package.json deeper inside of a package describes no package.
    let (above, name) = folder.rsplit_once('/').filter(|_| file == "package.json")?;
    let above = match above.rsplit_once('/') {
        Some((above, scope)) if scope.starts_with('@') => above,
        _ => above,
    };
    let is_package = above == "node_modules" || above.ends_with("/node_modules");
    (is_package && !name.starts_with('.')).then_some(Interest::Npm)
}

/// The package whose documentation folder this is.
pub(crate) fn doc_folder(path: &str) -> Option<&str> {
    let name = path.strip_prefix(DOC).filter(|_| path.len() <= MOST_PATH)?;
    (!name.is_empty() && !name.contains('/')).then_some(name)
}

/// A path without `.` and empty parts; `None` for one that climbs.
pub(crate) fn normal(name: &str) -> Option<String> {
    let mut path = String::with_capacity(name.len());
    for part in name.split('/').filter(|part| !part.is_empty() && *part != ".") {
        if part == ".." {
            return None;
        }
        if !path.is_empty() {
            path.push('/');
        }
        path.push_str(part);
    }
    Some(path)
}
