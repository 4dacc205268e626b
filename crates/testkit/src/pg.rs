//! A PostgreSQL for each run of the tests, and in it a database for each test. Nothing has to be
//! set up: the first test process starts the server, the end of the run removes it.

use db::cluster::{Server, shared};
use db::{Db, DbError, MigrationSet, Settings};
use std::fmt::Write as _;

/// A migrated database of its own, removed when it is dropped.
#[derive(Debug)]
pub struct Database {
    server: Server,
    /// Where it is.
    pub url: String,
}

impl Database {
    /// A new database with the tables of these modules, copied from a template that the first test
    /// with the same migrations makes.
    pub fn new(sets: &[MigrationSet]) -> Result<Database, DbError> {
        let server = shared(std::os::unix::process::parent_id())?;
        let template = name(sets);
        server.template(&template, |url| {
            let db = Db::open(&Settings::new(url), sets)?;
            db.migrate()?;
            db.close();
            Ok(())
        })?;
        let url = server.database_from(&template)?;
        Ok(Database { server, url })
    }

    /// A new database that holds nothing.
    pub fn empty() -> Result<Database, DbError> {
        let server = shared(std::os::unix::process::parent_id())?;
        let url = server.database_from("template0")?;
        Ok(Database { server, url })
    }

    /// The server it is on.
    pub fn server(&self) -> &Server {
        &self.server
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // it goes away with the server at the latest
        drop(self.server.drop_database(&self.url));
    }
}

/// The same migrations, the same name.
fn name(sets: &[MigrationSet]) -> String {
    let mut name = "template".to_owned();
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for step in sets.iter().flat_map(|set| set.migrations) {
        for byte in step.text.bytes() {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    write!(name, "_{hash:016x}").unwrap_or_default();
    name
}
