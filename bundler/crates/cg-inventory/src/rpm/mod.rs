//! rpm's database in its three forms: SQLite, ndb and Berkeley DB, told apart by their first bytes.

mod bdb;
mod header;
mod ndb;
mod sqlite;

use crate::Package;

/// The packages, at most `most`; and a sentence where there is more that could not be read.
pub fn packages(bytes: &[u8], most: usize) -> (Vec<Package>, Option<String>) {
    let mut found = Vec::new();
    let mut damaged = 0u64;
    let mut too_many = false;
    let mut take = |blob: &[u8]| match header::parse(blob) {
        Some(header::Parsed::Package(_)) if found.len() >= most => too_many = true,
        Some(header::Parsed::Package(package)) => found.push(package),
        Some(header::Parsed::Key) => {}
        None => damaged += 1,
    };
    let outcome = if bytes.is_empty() {
        Ok(())
    } else if sqlite::is(bytes) {
        sqlite::blobs(bytes, &mut take)
    } else if ndb::is(bytes) {
        ndb::blobs(bytes, &mut take)
    } else if let Some(order) = bdb::order(bytes) {
        bdb::blobs(bytes, order, &mut take)
    } else {
        Err("a database of rpm in a form that is not known".to_owned())
    };
    let problem = match outcome {
        Err(problem) => Some(problem),
        Ok(()) if too_many => Some(format!("more than {most} packages")),
        Ok(()) if damaged > 0 => Some(format!("{damaged} packages in it are damaged")),
        Ok(()) => None,
    };
    (found, problem)
}
