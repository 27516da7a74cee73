//! Vectors of a project's chunks by the hash of their text, kept beside the snapshots, so that an
//! unchanged chunk is never embedded twice. A cache: a file that cannot be read counts as empty.
//!
//! Format: `CGVEC1\0\0`, dimensions (u32, little-endian), then for each vector the 32 bytes of its
//! hash and its numbers (f32, little-endian).

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::Path;

const MAGIC: &[u8; 8] = b"CGVEC1\0\0";
/// Vectors in a cache at most (1.5 GiB at 384 dimensions).
const MAX_VECTORS: usize = 1_000_000;
/// Dimensions at most.
const MAX_DIMENSIONS: u32 = 8_192;

/// Hash of a chunk's text to its vector.
pub(crate) type Vectors = HashMap<[u8; 32], Vec<f32>>;

/// Name of the cache of a model within a project's folder. The model's name is part of it: vectors
/// of different models have nothing to do with each other.
pub(crate) fn file_name(model: &str) -> String {
    let safe = model.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' });
    format!("vectors-{}.cache", safe.take(80).collect::<String>())
}

/// Reads a cache.
pub(crate) fn read(path: &Path) -> Vectors {
    try_read(path).unwrap_or_default()
}

fn try_read(path: &Path) -> std::io::Result<Vectors> {
    let mut reader = BufReader::new(File::open(path)?);
    let mut head = [0_u8; 12];
    reader.read_exact(&mut head)?;
    let dimensions = u32::from_le_bytes([head[8], head[9], head[10], head[11]]);
    let mut vectors = Vectors::new();
    if &head[..8] != MAGIC || dimensions == 0 || dimensions > MAX_DIMENSIONS {
        return Ok(vectors);
    }
    let mut row = vec![0_u8; 32 + 4 * dimensions as usize];
    while vectors.len() < MAX_VECTORS && reader.read_exact(&mut row).is_ok() {
        let (hash, numbers) = row.split_at(32);
        let hash = hash.try_into().expect("split at 32");
        let (numbers, _) = numbers.as_chunks::<4>();
        vectors.insert(hash, numbers.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect());
    }
    Ok(vectors)
}

/// Adds vectors at the end of a cache, which is made where there is none. Damage at its end, as a
/// crash leaves it, is cut off; a cache of other dimensions is begun anew.
pub(crate) fn append(path: &Path, new: &[([u8; 32], Vec<f32>)]) -> std::io::Result<()> {
    let Some((_, first)) = new.first() else { return Ok(()) };
    let head = head(first.len())?;
    let row = 32 + 4 * first.len() as u64;
    let mut file =
        File::options().read(true).write(true).create(true).truncate(false).open(path)?;
    let mut found = [0_u8; 12];
    let length = file.metadata()?.len();
    let end = if file.read_exact(&mut found).is_ok() && found == head {
        length - (length - head.len() as u64) % row
    } else {
        0
    };
    file.set_len(end)?;
    file.seek(SeekFrom::End(0))?;
    let mut writer = BufWriter::new(file);
    if end == 0 {
        writer.write_all(&head)?;
    }
    for (hash, vector) in new.iter().filter(|(_, vector)| vector.len() == first.len()) {
        write_row(&mut writer, hash, vector)?;
    }
    writer.flush()
}

/// Writes a cache in place of the former one.
pub(crate) fn write(path: &Path, vectors: &Vectors) -> std::io::Result<()> {
    let Some(dimensions) = vectors.values().next().map(Vec::len) else { return Ok(()) };
    let draft = path.with_extension("cache.new");
    let mut writer = BufWriter::new(File::create(&draft)?);
    writer.write_all(&head(dimensions)?)?;
    for (hash, vector) in vectors.iter().filter(|(_, vector)| vector.len() == dimensions) {
        write_row(&mut writer, hash, vector)?;
    }
    writer.into_inner().map_err(std::io::Error::other)?.sync_all()?;
    std::fs::rename(&draft, path)
}

fn head(dimensions: usize) -> std::io::Result<[u8; 12]> {
    let dimensions = u32::try_from(dimensions).map_err(std::io::Error::other)?;
    let mut head = [0; 12];
    head[..8].copy_from_slice(MAGIC);
    head[8..].copy_from_slice(&dimensions.to_le_bytes());
    Ok(head)
}

fn write_row(writer: &mut impl Write, hash: &[u8; 32], vector: &[f32]) -> std::io::Result<()> {
    writer.write_all(hash)?;
    vector.iter().try_for_each(|number| writer.write_all(&number.to_le_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(file_name("all-minilm/l6 v2"));
        assert!(path.ends_with("vectors-all-minilm_l6_v2.cache"));
        let vectors: Vectors =
            (0..50_u8).map(|n| ([n; 32], vec![f32::from(n), -0.5, 1e-7])).collect();
        write(&path, &vectors).unwrap();
        assert_eq!(read(&path), vectors);
    }

    #[test]
    fn vectors_are_added_behind_what_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("c");
        let row = |n: u8| ([n; 32], vec![f32::from(n); 4]);
        append(&path, &[row(1), row(2)]).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().len(), 12 + 2 * 48);
        let torn = [std::fs::read(&path).unwrap(), vec![7; 13]].concat();
        std::fs::write(&path, torn).unwrap();
        append(&path, &[row(3)]).unwrap();
        append(&path, &[]).unwrap();
        assert_eq!(read(&path), Vectors::from([row(1), row(2), row(3)]));
        // Another model's numbers in a file of this name: begun anew.
        append(&path, &[([9; 32], vec![0.5; 3])]).unwrap();
        assert_eq!(read(&path), Vectors::from([([9; 32], vec![0.5; 3])]));
    }

    #[test]
    fn a_damaged_cache_loses_rows_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("c");
        write(&path, &Vectors::from([([1; 32], vec![1.0; 4]), ([2; 32], vec![2.0; 4])])).unwrap();
        let whole = std::fs::read(&path).unwrap();
        assert_eq!(whole.len(), 12 + 2 * 48);
        for length in 0..whole.len() {
            std::fs::write(&path, &whole[..length]).unwrap();
            assert_eq!(read(&path).len(), length.saturating_sub(12) / 48, "{length}");
        }
        std::fs::write(&path, [MAGIC.as_slice(), &[255; 400]].concat()).unwrap();
        assert!(read(&path).is_empty());
        assert!(read(&folder.path().join("absent")).is_empty());
    }
}
