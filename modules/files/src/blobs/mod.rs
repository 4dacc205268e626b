//! Where the bytes of files are. They are named by their hash: what is there under a name is right, whole
//! and never changes. Not here: which of them are wanted, which the database knows.

mod folder;
#[cfg(test)]
mod tests;

pub use folder::Folder;
pub(crate) use folder::Received;

use domain::hex;
use std::fmt;

/// The hash of the bytes of a file.
pub(crate) type Hash = [u8; 32];

/// The name of bytes. The generation tells bytes that came again from those that were being taken away
/// under the same hash meanwhile, so that nobody takes away the wrong ones.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct BlobName {
    /// SHA-256 of the bytes.
    pub(crate) hash: Hash,
    /// A number that no other bytes ever had.
    pub(crate) generation: i64,
}

impl fmt::Display for BlobName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", hex::digits(&self.hash), self.generation)
    }
}
