//! Proves that blobs in the store are what their names say: their bytes are hashed, on all cores.

use std::collections::BTreeSet;
use std::fs::File;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use cg_bundle_format::{Blob, Digest};

use crate::error::{Context, Error};
use crate::files;
use crate::host::HostPaths;

/// Most files that are hashed at once.
const MOST_THREADS: usize = 16;

/// The blobs whose bytes have the digest that they are named by. Each is there with the right size.
pub fn prove(paths: &HostPaths, blobs: &[&Blob]) -> Result<BTreeSet<Digest>, Error> {
    // The largest first, so that no core is left alone with it at the end.
    let mut order: Vec<&Blob> = blobs.to_vec();
    order.sort_by_key(|blob| std::cmp::Reverse(blob.size));
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(MOST_THREADS);
    let next = AtomicUsize::new(0);
    let results = Mutex::new(Vec::new());
    let work = || {
        while let Some(blob) = order.get(next.fetch_add(1, Ordering::Relaxed)) {
            let result = is_proven(paths, blob);
            results.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(result);
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..threads.min(order.len()) {
            scope.spawn(work);
        }
        work();
    });
    let results = results.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    results.into_iter().filter_map(Result::transpose).collect()
}

fn is_proven(paths: &HostPaths, blob: &Blob) -> Result<Option<Digest>, Error> {
    let path = paths.blob(&blob.digest.hex());
    let file = File::open(&path).at("cannot read", &path)?;
    let found = files::hash(&file, blob.size).at("cannot read", &path)?.finish();
    Ok((found == blob.digest).then_some(blob.digest))
}
