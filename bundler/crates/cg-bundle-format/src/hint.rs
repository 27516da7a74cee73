//! What a volume's own index says, read from the end of the file: a few kilobytes whatever the volume's
//! size. A hint for people who look at media; nothing that is installed rests on it.

use crate::index::{self, Run};
use crate::read::VolumeFile;
use crate::tar::{BLOCK, END, Header};
use crate::{Digest, Error, Part, names};

/// Largest index that is read for a hint: 169,000 runs.
const MOST_BYTES: u64 = 16 << 20;

/// Consecutive chunks of one blob in a volume, as the volume's index claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HintRun {
    /// The blob.
    pub blob: Digest,
    /// Number of the first chunk.
    pub first: u64,
    /// Number of chunks.
    pub count: u64,
}

impl VolumeFile {
    /// Reads the index from the end of the file. Front entries do not stand in it.
    ///
    /// # Errors
    /// [`Error::Refused`] when the file does not end as a volume must (as a copy that was cut off
    /// does not), or its index is not written in its one form; [`Error::Io`].
    pub fn hint(&self) -> Result<Vec<HintRun>, Error> {
        let cut = "no index at its end; the copy is not whole";
        let refused = |problem: &str| Error::refused(Part::File(self.path().to_owned()), problem);
        let tail = END + index::TRAILER_BYTES;
        let start = self.bytes().checked_sub(tail).ok_or_else(|| refused(cut))?;
        let mut end = vec![0; usize::try_from(tail).expect("about a kilobyte")];
        self.read_at(&mut end, start)?;
        let trailer = usize::try_from(index::TRAILER_BYTES).expect("32 fits");
        let at = index::parse_trailer(&end[..trailer]).ok_or_else(|| refused(cut))?;
        if end[trailer..].iter().any(|&byte| byte != 0) {
            return Err(refused(cut));
        }
        let size = (start + index::TRAILER_BYTES)
            .checked_sub(at.saturating_add(BLOCK))
            .ok_or_else(|| refused(cut))?;
        if size > MOST_BYTES {
            return Err(refused("its index is too large to be shown"));
        }
        let mut bytes = vec![0; usize::try_from(BLOCK + size).expect("bounded above")];
        self.read_at(&mut bytes, at)?;
        let (header, content) = bytes.split_at(usize::try_from(BLOCK).expect("512 fits"));
        let is_header = Header::plain(names::INDEX, size).to_block() == header;
        let runs = index::parse(content).filter(|runs| index::content(runs, at) == content);
        let runs =
            runs.filter(|_| is_header).ok_or_else(|| refused("its index is not readable"))?;
        let hint = |run: Run| HintRun { blob: run.blob, first: run.first, count: run.count };
        Ok(runs.into_iter().map(hint).collect())
    }
}
