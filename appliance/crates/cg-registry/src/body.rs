//! A part of a file as the body of an answer: read in pieces, off the threads that serve.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;

use actix_web::web;
use bytes::Bytes;
use futures_util::Stream;
use futures_util::stream::try_unfold;

/// Bytes in memory for each running answer.
const PIECE: u64 = 256 << 10;

/// `length` bytes of `file` from `start`. A file that ends earlier breaks the answer off, so that
/// the client sees that it is not whole.
pub(crate) fn part(file: File, start: u64, length: u64) -> impl Stream<Item = io::Result<Bytes>> {
    let file = Arc::new(file);
    try_unfold((file, start, length), |(file, at, left)| async move {
        if left == 0 {
            return Ok(None);
        }
        let count = left.min(PIECE);
        let source = Arc::clone(&file);
        let read = web::block(move || {
            let mut piece = vec![0; usize::try_from(count).unwrap_or(0)];
            source.read_exact_at(&mut piece, at)?;
            io::Result::Ok(Bytes::from(piece))
        });
        let piece = read.await.map_err(io::Error::other)??;
        Ok(Some((piece, (file, at + count, left - count))))
    })
}
