//! What handlers share: where the bytes are, and the limits.

use crate::blobs::Blobs;
use crate::file::FILE_BYTES_MAX;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Files that are received at the same time; each may take its limit on the disk before it is known.
const UPLOADS_MAX: usize = 32;

/// What is kept where, and how much of it.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where the bytes are.
    pub blobs: Blobs,
    /// Bytes of a file at most.
    pub file_bytes_max: u64,
    /// Bytes that one principal may have attached.
    pub quota_bytes: i64,
}

impl Settings {
    /// A place, with the limits that hold when nobody says otherwise.
    pub fn new(blobs: Blobs) -> Settings {
        Settings { blobs, file_bytes_max: FILE_BYTES_MAX, quota_bytes: 10 << 30 }
    }
}

/// The files of records: cheap to clone.
#[derive(Clone, Debug)]
pub struct Files(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    settings: Settings,
    uploads: Arc<Semaphore>,
    /// One image is drawn at a time, so that the memory is that of one.
    drawing: Arc<Semaphore>,
}

impl Files {
    /// With these settings.
    pub fn new(settings: Settings) -> Files {
        Files(Arc::new(Inner {
            settings,
            uploads: Arc::new(Semaphore::new(UPLOADS_MAX)),
            drawing: Arc::new(Semaphore::new(1)),
        }))
    }

    /// Where the bytes are.
    pub fn blobs(&self) -> &Blobs {
        &self.0.settings.blobs
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.0.settings
    }

    pub(crate) fn uploads(&self) -> &Arc<Semaphore> {
        &self.0.uploads
    }

    pub(crate) fn drawing(&self) -> &Arc<Semaphore> {
        &self.0.drawing
    }
}
