//! A fresh database of either engine, which goes away with its value.

use crate::pg::Database;
use db::{Db, DbError, Engine, MigrationSet, Settings};

/// A migrated database that nobody else has.
#[derive(Debug)]
pub struct Store {
    /// The database.
    pub db: Db,
    /// How it was opened.
    pub settings: Settings,
    _dir: Option<tempfile::TempDir>,
    _database: Option<Database>,
}

impl Store {
    /// A database with the tables of these modules.
    ///
    /// # Errors
    /// When the engine cannot be had, which fails the test.
    pub fn new(engine: Engine, sets: &[MigrationSet]) -> Result<Store, DbError> {
        Store::with(engine, sets, |_| {})
    }

    /// The same, with other settings.
    ///
    /// # Errors
    /// As [`Store::new`].
    pub fn with(
        engine: Engine,
        sets: &[MigrationSet],
        change: impl FnOnce(&mut Settings),
    ) -> Result<Store, DbError> {
        let (mut settings, dir, database) = match engine {
            Engine::Sqlite => {
                let dir = tempfile::tempdir().map_err(|error| DbError::Io(error.to_string().into()))?;
                let url = format!("sqlite:{}", dir.path().join("t.db").display());
                (Settings::new(url), Some(dir), None)
            }
            Engine::Postgres => {
                let database = Database::new(sets)?;
                (Settings::new(&database.url), None, Some(database))
            }
        };
        change(&mut settings);
        let db = Db::open(&settings, sets)?;
        db.migrate()?;
        Ok(Store { db, settings, _dir: dir, _database: database })
    }

    /// Closes the database, so that it can be opened anew.
    pub fn closed(&self) -> Settings {
        self.db.close();
        self.settings.clone()
    }
}

/// Makes each function a test on both engines: `on_both_engines!(name, …)` for
/// `fn name(engine: Engine)`.
#[macro_export]
macro_rules! on_both_engines {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(#[test] fn $name() { super::$name(db::Engine::Sqlite); })*
        }
        mod postgres {
            $(#[test] fn $name() { super::$name(db::Engine::Postgres); })*
        }
    };
}
