//! Events of the installer: one JSON object a line, appended and flushed before the work goes on.
//! The file lies in the root-only folder; the server's unit shows it this one file, and the server takes each line
//! into the audit log.

use serde_json::{Value, json};

use crate::clock;
use crate::error::{Context, Error};
use crate::files;
use crate::host::{Host, HostPaths};

/// Nobody but root enters the folder; the server, another user, reads the file where its unit shows it.
const MODE: u32 = 0o644;

/// Appends an event; `facts` is a JSON object.
pub fn note(host: &dyn Host, paths: &HostPaths, event: &str, facts: Value) -> Result<(), Error> {
    use std::os::unix::fs::{FileExt as _, PermissionsExt as _};
    let path = paths.audit();
    let is_new = !path.exists();
    let file = host.open(&path, MODE).at("cannot open", &path)?;
    let known = file.metadata().at("cannot look at", &path)?;
    if known.permissions().mode() & 0o777 != MODE {
        host.set_mode(&path, MODE).at("cannot set the mode of", &path)?;
    }
    let length = known.len();
    let mut last = [b'\n'];
    if length > 0 {
        file.read_exact_at(&mut last, length - 1).at("cannot read", &path)?;
    }
    let mut line = json!({
        "at": clock::text(host.now()),
        "event": event,
        "installer": env!("CARGO_PKG_VERSION"),
    });
    if let (Some(line), Value::Object(facts)) = (line.as_object_mut(), facts) {
        line.extend(facts);
    }
    // A line that a power loss tore is ended, so that the next one stands by itself.
    let torn = if last == [b'\n'] { "" } else { "\n" };
    let text = format!("{torn}{line}\n");
    host.write_at(&file, length, text.as_bytes()).at("cannot write", &path)?;
    host.sync_file(&file).at("cannot flush", &path)?;
    if is_new {
        files::sync_parent(host, &path)?;
    }
    Ok(())
}

/// Appends an event where going on matters more than telling: on the way back from a failure.
pub fn try_note(host: &dyn Host, paths: &HostPaths, event: &str, facts: Value) {
    // The way back must not stop because the disk is full.
    let _ = note(host, paths, event, facts);
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use serde_json::json;

    use super::note;
    use crate::host::{HostPaths, SystemHost};

    #[test]
    fn a_file_of_an_earlier_release_becomes_readable_for_the_server() {
        let root = tempfile::tempdir().unwrap();
        let paths = HostPaths::new(Some(root.path()));
        std::fs::create_dir_all(paths.state()).unwrap();
        std::fs::write(paths.audit(), "{\"event\":\"old\"}\n").unwrap();
        let mode = |bits| std::fs::Permissions::from_mode(bits);
        std::fs::set_permissions(paths.audit(), mode(0o600)).unwrap();
        note(&SystemHost, &paths, "new", json!({})).unwrap();
        let known = std::fs::metadata(paths.audit()).unwrap().permissions().mode();
        assert_eq!(known & 0o777, 0o644);
        let text = std::fs::read_to_string(paths.audit()).unwrap();
        assert!(text.starts_with("{\"event\":\"old\"}\n") && text.lines().count() == 2, "{text}");
    }
}
