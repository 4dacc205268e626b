//! The world of this module's tests: a fresh database of either engine with an item, a folder of files, and
//! a clock that stands still.

use crate::attach::prepare::{self, Prepared};
use crate::attach::{self, NewFile};
use crate::blobs::{BlobName, Blobs, Folder, Received, wait};
use crate::content::Claims;
use crate::file::{File, Record};
use crate::files::{Files, Settings};
use crate::name::FileName;
use crate::show::Item;
use db::{Engine, MigrationSet};
use std::io::Write;
use web::Failure;

const SETS: &[MigrationSet] = &[catalog::MIGRATIONS, crate::MIGRATIONS];

/// What one may have when a test does not say.
pub(crate) const QUOTA: i64 = 1 << 30;

pub(crate) struct World {
    base: testkit::World,
    pub(crate) files: Files,
    pub(crate) item: Item,
    _dir: tempfile::TempDir,
}

impl std::ops::Deref for World {
    type Target = testkit::World;

    fn deref(&self) -> &testkit::World {
        &self.base
    }
}

/// A fresh world with an item.
pub(crate) fn world(engine: Engine) -> World {
    let world = testkit::World::new(engine, SETS);
    let new = catalog::NewItem {
        sku: "LAMP".to_owned(),
        name: "Lamp".to_owned(),
        base_unit: "each".to_owned(),
        ..catalog::NewItem::default()
    };
    let id = world.run(move |tx, ctx| catalog::create_item(tx, ctx, &new)).unwrap().id.get();
    let dir = tempfile::tempdir().unwrap();
    let files = Files::new(Settings::new(Blobs::in_folder(Folder::new(dir.path()))));
    World { base: world, files, item: Item { id, sku: "LAMP".to_owned() }, _dir: dir }
}

impl World {
    /// A file that was received and looked at.
    pub(crate) fn ready(&self, name: &str, bytes: &[u8]) -> (NewFile, Vec<Received>) {
        let mut incoming = self.files.blobs().receive().unwrap();
        incoming.write_all(bytes).unwrap();
        let received = incoming.finish();
        let media = prepare::look(&received, Claims::of(name, None)).unwrap();
        let (prepared, puts) = prepare::prepare(self.files.blobs(), received, media).unwrap();
        (
            NewFile {
                name: FileName::parse(name).unwrap(),
                caption: String::new(),
                prepared,
                names: Vec::new(),
            },
            puts,
        )
    }

    /// Says that its bytes are wanted.
    pub(crate) fn want(&self, new: &mut NewFile) -> Option<Vec<BlobName>> {
        let (item, wanted) = (self.item.clone(), new.clone());
        let names = self.run(move |tx, ctx| attach::want(tx, ctx, item.record(), &wanted, QUOTA)).unwrap();
        new.names = names.clone().unwrap_or_default();
        names
    }

    /// Gives its bytes their names.
    pub(crate) fn put(&self, names: &[BlobName], puts: Vec<Received>) {
        for received in puts {
            let name = names.iter().find(|name| name.hash == received.hash).unwrap();
            wait(self.files.blobs().put(*name, received)).unwrap();
        }
    }

    /// Attaches a file whose bytes are there.
    pub(crate) fn attach_ready(&self, new: &NewFile) -> Result<File, Failure> {
        let (item, new) = (self.item.clone(), new.clone());
        self.run(move |tx, ctx| attach::attach(tx, ctx, item.record(), &new, QUOTA))
    }

    /// The whole way.
    pub(crate) fn attach(&self, name: &str, bytes: &[u8]) -> Result<File, Failure> {
        let (mut new, puts) = self.ready(name, bytes);
        if let Some(names) = self.want(&mut new) {
            self.put(&names, puts);
        }
        self.attach_ready(&new)
    }

    /// Removes a file.
    pub(crate) fn remove(&self, file: &File) {
        let (item, id) = (self.item.clone(), file.id);
        let at = move |tx: &mut db::Tx<'_>, ctx: &domain::Ctx| {
            crate::change::remove(tx, ctx, (item.record(), id, web::IfMatch::Any))
        };
        self.run(at).unwrap();
    }

    /// The files of the item.
    pub(crate) fn all(&self) -> Vec<File> {
        self.read(|conn| crate::store::of_record(conn, self.record()))
    }

    pub(crate) fn record(&self) -> Record<'_> {
        self.item.record()
    }

    /// Whether the bytes of a file and its thumbnails can be read.
    pub(crate) fn is_whole(&self, prepared: &Prepared) -> bool {
        prepared.blobs().iter().all(|(hash, bytes)| {
            let bytes = &u64::try_from(*bytes).unwrap();
            let name = self.read(|conn| crate::store_blobs::name(conn, hash));
            let blobs = self.files.blobs();
            name.is_some_and(|name| blobs.fetch(&name, *bytes, &mut std::io::sink()).is_ok())
        })
    }
}

pub(crate) use testkit::on_both_engines;
