//! A whole database carried into another one, and both held against each other: what every table was given against
//! what is read there afterwards, and what each frozen view says on either side.

use crate::exit::Stop;
use crate::progress::Progress;
use db::copy::{self, Digest, Part, Relation, Shape, Sieve, Target, Withheld};
use db::{Conn, Db, DbError};
use serde::Serialize;
use std::sync::mpsc::{Receiver, sync_channel};

/// How many parts wait between who reads and who writes, of a quarter of a mebibyte each.
const PARTS_AHEAD: usize = 32;

/// A table or view of both sides.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Compared {
    pub(crate) name: String,
    /// How many rows the source has.
    pub(crate) rows: u64,
    /// What they say.
    pub(crate) digest: String,
    /// Whether the target has the same.
    pub(crate) is_same: bool,
}

/// What goes from the one who reads to the one who writes.
pub(crate) enum Message {
    /// So many rows will come.
    Total(u64),
    /// A table, or some of its rows.
    Part(Part),
}

/// Reads all of a database in one snapshot into a target, and commits; the tables with what each was given.
pub(crate) fn carry(
    source: &Db,
    target: Target,
    progress: &Progress,
) -> Result<Vec<(Relation, Digest)>, Stop> {
    fill(target, progress, |each| {
        source.read_blocking(|conn| {
            let shape = copy::shape(conn)?;
            each(Message::Total(total(conn, &shape)?))?;
            Ok(copy::parts(conn, &shape, &mut |part| each(Message::Part(part)))?)
        })
    })
}

/// The same but for what is withheld, into a target of the embedded engine.
pub(crate) fn carry_but(
    source: &Db,
    target: Target,
    withheld: &[&[Withheld]],
    progress: &Progress,
) -> Result<Vec<(Relation, Digest)>, Stop> {
    fill(target, progress, |each| {
        source.read_blocking(|conn| {
            let shape = copy::shape(conn)?;
            let mut sieve = Sieve::new(conn, &shape, withheld)?;
            each(Message::Total(total(conn, &shape)?))?;
            let mut pass = |part| sieve.pass(part, &mut |part| each(Message::Part(part)));
            Ok(copy::parts(conn, &shape, &mut pass)?)
        })
    })
}

/// Hands what is read on another thread to a target, and commits; the tables with what each was given.
pub(crate) fn fill(
    mut target: Target,
    progress: &Progress,
    read: impl FnOnce(&mut dyn FnMut(Message) -> Result<(), DbError>) -> Result<(), Stop> + Send,
) -> Result<Vec<(Relation, Digest)>, Stop> {
    let (sender, receiver) = sync_channel(PARTS_AHEAD);
    let (taken, read) = std::thread::scope(|scope| {
        let reader =
            scope.spawn(move || read(&mut |message| sender.send(message).map_err(|_| DbError::Closed)));
        let taken = take_in(&mut target, receiver, progress);
        (taken, reader.join())
    });
    taken?;
    read.map_err(|_| Stop::cannot_run("the reader of the source has panicked"))??;
    progress.waits("the indexes are made");
    Ok(target.commit()?)
}

/// How many rows all tables have.
pub(crate) fn total(conn: &mut Conn<'_>, shape: &Shape) -> Result<u64, DbError> {
    let mut total = 0_u64;
    for table in &shape.tables {
        total = total.saturating_add(copy::count(conn, table)?);
    }
    Ok(total)
}

fn take_in(target: &mut Target, parts: Receiver<Message>, progress: &Progress) -> Result<(), DbError> {
    let (mut total, mut done) = (0, 0_u64);
    for message in parts {
        match message {
            Message::Total(rows) => total = rows,
            Message::Part(part) => {
                target.take(&part)?;
                if let Part::Rows(chunk) = &part {
                    done = done.saturating_add(chunk.rows);
                    progress.counts(done, total, "rows are carried over");
                }
            }
        }
    }
    Ok(())
}

/// How many rows each table has.
pub(crate) fn counted(source: &Db) -> Result<Vec<(String, u64)>, Stop> {
    Ok(source.read_blocking(|conn| {
        let shape = copy::shape(conn)?;
        let tables = shape.tables.into_iter();
        tables
            .map(|table| Ok((table.name.clone(), copy::count(conn, &table)?)))
            .collect::<Result<_, DbError>>()
    })?)
}

/// What the tables of a target were given, against what is read there.
pub(crate) fn tables(target: &Db, given: &[(Relation, Digest)]) -> Result<Vec<Compared>, Stop> {
    Ok(target.read_blocking(|conn| {
        let each = given.iter().map(|(table, given)| {
            let found = copy::digest(conn, table, table)?;
            Ok(compared(&table.name, *given, found))
        });
        each.collect::<Result<_, DbError>>()
    })?)
}

/// What the frozen views of a database say, taken so that they can be held against those of another shape.
pub(crate) fn views(of: &Db, like: &Shape) -> Result<Vec<(String, Digest)>, Stop> {
    Ok(of.read_blocking(|conn| {
        let shape = copy::shape(conn)?;
        let each = shape.views.iter().map(|view| {
            let other = like.views.iter().find(|other| other.name == view.name);
            let digest = copy::digest(conn, view, other.unwrap_or(view))?;
            Ok((view.name.clone(), digest))
        });
        each.collect::<Result<_, DbError>>()
    })?)
}

/// What a database is made of.
pub(crate) fn shape(of: &Db) -> Result<Shape, Stop> {
    Ok(of.read_blocking(copy::shape)?)
}

/// The views of both sides, each with its own. One that only the target has differs as well.
pub(crate) fn paired(source: &[(String, Digest)], target: &[(String, Digest)]) -> Vec<Compared> {
    let of = |side: &[(String, Digest)], name: &str| {
        side.iter().find(|(other, _)| other == name).map(|(_, digest)| *digest)
    };
    let only_there = target.iter().filter(|(name, _)| of(source, name).is_none());
    let mut all: Vec<Compared> = source
        .iter()
        .map(|(name, said)| Compared {
            is_same: of(target, name) == Some(*said),
            ..compared(name, *said, *said)
        })
        .collect();
    all.extend(only_there.map(|(name, _)| compared(name, Digest::default(), Digest::default()).differing()));
    all
}

fn compared(name: &str, source: Digest, target: Digest) -> Compared {
    let is_same = source == target;
    Compared { name: name.to_owned(), rows: source.rows, digest: source.to_string(), is_same }
}

impl Compared {
    fn differing(self) -> Compared {
        Compared { is_same: false, ..self }
    }
}
