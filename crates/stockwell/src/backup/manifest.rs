//! Which bytes of files a backup needs, as it says them near its beginning: so that they are known without reading
//! all of its rows.

use domain::hex;
use files::{BlobName, Kept};
use sha2::{Digest as _, Sha256};

/// Hash, generation and length.
const ENTRY: usize = 32 + 8 + 8;

/// As it stands in a backup.
pub(super) fn encode(files: &[Kept]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(files.len().saturating_mul(ENTRY));
    for kept in files {
        bytes.extend_from_slice(&kept.name.hash);
        bytes.extend_from_slice(&kept.name.generation.to_le_bytes());
        bytes.extend_from_slice(&kept.bytes.to_le_bytes());
    }
    bytes
}

/// What the head of the backup says of it.
pub(super) fn hash(bytes: &[u8]) -> String {
    hex::digits(&<[u8; 32]>::from(Sha256::digest(bytes)))
}

/// The files that it names; `None` when that is no list of them.
pub(super) fn decode(bytes: &[u8]) -> Option<Vec<Kept>> {
    let entries = bytes.chunks_exact(ENTRY);
    if !entries.remainder().is_empty() {
        return None;
    }
    entries.map(entry).collect()
}

fn entry(bytes: &[u8]) -> Option<Kept> {
    let (hash, rest) = bytes.split_first_chunk::<32>()?;
    let (generation, rest) = rest.split_first_chunk::<8>()?;
    let (length, _) = rest.split_first_chunk::<8>()?;
    let name = BlobName { hash: *hash, generation: i64::from_le_bytes(*generation) };
    let bytes = i64::from_le_bytes(*length);
    (bytes > 0).then_some(Kept { name, bytes, referred: true })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_nothing_else() {
        let kept = |byte: u8, generation, bytes| Kept {
            name: BlobName { hash: [byte; 32], generation },
            bytes,
            referred: true,
        };
        let files = [kept(1, 0, 1), kept(2, i64::MAX, 26_214_400), kept(255, 3, 7)];
        let bytes = encode(&files);
        assert_eq!((bytes.len(), decode(&bytes).unwrap()), (144, files.to_vec()));
        assert_eq!(decode(&[]).unwrap(), []);
        for length in [1, 47, 49, 143] {
            assert_eq!(decode(&bytes[..length]), None, "{length}");
        }
        assert_eq!(decode(&encode(&[kept(1, 0, 0)])), None, "no file is empty");
    }
}
