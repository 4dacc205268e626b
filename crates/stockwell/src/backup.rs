//! Backups: all rows of a database in one file, the same for either engine, checked before it has its name.
//!
//! What a file holds: a head (who made it of what, the steps of its schema, the digest of the ledger), the files that it
//! needs beside it, the tables with their rows, an end that counts them, and the SHA-256 of all that. It is compressed, and sealed where there is a key.
//! All of it is read in one snapshot, which holds up nobody.
//!
//! Invariant: nothing is made of a file that was not read to its end before and found whole.

pub(crate) mod keep;
mod manifest;
pub(crate) mod pieces;
pub(crate) mod scheduled;
mod seal;
pub(crate) mod sweep;

use crate::carry;
use crate::exit::Stop;
use crate::progress::Progress;
use crate::{store_backup, wiring};
use db::copy::{self, Chunk, Column, Part, Relation};
use db::{Applied, Db, DbError, MigrationSet};
use domain::hex;
use files::Kept;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use insight::digest::{self, Anchor};
pub(crate) use seal::Key;
use seal::{MAGIC, Opener, Sealer};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::Path;

/// What a file begins with that is not sealed, inside of the compression.
const NAME: &[u8; 16] = b"stockwell.back.2";
/// What a part is, in its first byte.
const END: u8 = 0;
const TABLE: u8 = 1;
const ROWS: u8 = 2;
/// The longest head, table or part: what says to be longer was made by nobody.
const BYTES_MAX: usize = 1 << 30;

/// What is said of a packed file of somebody else.
const STRANGE: &str = "it is no backup of this program";

/// Who made it, and of what.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Head {
    /// When, as a text.
    pub(crate) at: String,
    /// The version of the program.
    pub(crate) program: String,
    /// How many lanes beside the first hold something.
    pub(crate) lanes_besides: i64,
    pub(crate) postings: i64,
    movements: i64,
    heads: String,
    /// The hash of the state that the postings lead to, in hexadecimal digits.
    pub(crate) state_hash: String,
    n: i64,
    steps: Vec<Step>,
    /// How many pieces of files it needs, how many bytes they are, and the SHA-256 of their list.
    pub(crate) files: u64,
    pub(crate) file_bytes: i64,
    files_hash: String,
}

/// A step of the schema.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Step {
    set: String,
    number: i64,
    name: String,
    checksum: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct Table {
    name: String,
    /// Each with whether the engine kept it as JSON.
    columns: Vec<(String, bool)>,
}

/// What was read to its end and found whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Whole {
    pub(crate) tables: u64,
    pub(crate) rows: u64,
}

impl Head {
    /// The digest that was made in the same snapshot.
    pub(crate) fn anchor(&self) -> Anchor {
        Anchor {
            heads: self.heads.clone(),
            postings: self.postings,
            movements: self.movements,
            state_hash: hex::read(&self.state_hash),
            n: self.n,
        }
    }

    /// The steps of the schema that it is of.
    pub(crate) fn steps(&self) -> Result<Vec<Applied>, Stop> {
        let step = |step: &Step| {
            let checksum =
                hex::read(&step.checksum).ok_or_else(|| Stop::cannot_run("its head is damaged"))?;
            Ok(Applied { set: step.set.clone(), number: step.number, name: step.name.clone(), checksum })
        };
        self.steps.iter().map(step).collect()
    }
}

/// Hashes what goes through, on the way out and on the way in.
struct Hashed<T> {
    inner: T,
    hash: Sha256,
}

impl<W: Write> Write for Hashed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.inner.write(bytes)?;
        self.hash.update(bytes.get(..count).unwrap_or(bytes));
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl<R: Read> Hashed<R> {
    fn take(&mut self, count: usize) -> Result<Vec<u8>, Stop> {
        let mut bytes = Vec::new();
        let most = u64::try_from(count).unwrap_or(u64::MAX);
        self.inner.by_ref().take(most).read_to_end(&mut bytes).map_err(|error| unreadable(&error))?;
        if bytes.len() < count {
            return Err(Stop::cannot_run("it is cut off"));
        }
        self.hash.update(&bytes);
        Ok(bytes)
    }

    fn take_sized(&mut self) -> Result<Vec<u8>, Stop> {
        let length = self.take(4)?.try_into().map(u32::from_le_bytes);
        let length = length.ok().and_then(|length| usize::try_from(length).ok());
        match length {
            Some(length) if length <= BYTES_MAX => self.take(length),
            _ => Err(Stop::cannot_run("it is damaged")),
        }
    }

    fn take_json<T: serde::de::DeserializeOwned>(&mut self) -> Result<T, Stop> {
        let bytes = self.take_sized()?;
        serde_json::from_slice(&bytes).map_err(|_| Stop::cannot_run("it is damaged, or of a newer release"))
    }
}

fn unreadable(error: &io::Error) -> Stop {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => Stop::cannot_run("it is cut off"),
        _ => Stop::cannot_run(format!("it cannot be read: {error}")),
    }
}

fn put_sized(out: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
    let length = u32::try_from(bytes.len()).map_err(io::Error::other)?;
    out.write_all(&length.to_le_bytes())?;
    out.write_all(bytes)
}

fn put_json(out: &mut impl Write, value: &impl Serialize) -> io::Result<()> {
    put_sized(out, &serde_json::to_vec(value).map_err(io::Error::other)?)
}

/// Where the bytes of a file go.
enum Out {
    Plain(BufWriter<File>),
    Sealed(Box<Sealer<BufWriter<File>>>),
}

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Out::Plain(out) => out.write(bytes),
            Out::Sealed(out) => out.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Out::Plain(out) => out.flush(),
            Out::Sealed(out) => out.flush(),
        }
    }
}

/// Writes all of a database to a new file, and reads it again before it has its name. What it is of.
///
/// # Errors
/// When the file is there already, and when anything fails; nothing is left behind then.
pub(crate) fn make(
    source: &Db,
    (to, at): (&Path, &str),
    key: Option<&Key>,
    progress: &Progress,
    beside: impl FnOnce(&[Kept]) -> Result<(), Stop>,
) -> Result<(Head, Whole), Stop> {
    let mut made = None;
    store_backup::make(to, |part| {
        let file = BufWriter::new(File::options().write(true).truncate(true).open(part)?);
        let out = match key {
            None => Out::Plain(file),
            Some(key) => Out::Sealed(Box::new(Sealer::new(file, key)?)),
        };
        let (head, files, whole) = write(source, at, out, progress)?;
        let again = Backup::open(part, key)?;
        if again.files != files || again.check(progress)? != whole {
            return Err(Stop::cannot_run("the file does not say what was written to it"));
        }
        // before it has its name: a backup whose files are lacking is none
        beside(&files)?;
        made = Some((head, whole));
        Ok(())
    })?;
    made.ok_or_else(|| Stop::cannot_run("nothing was written"))
}

fn write(source: &Db, at: &str, out: Out, progress: &Progress) -> Result<(Head, Vec<Kept>, Whole), Stop> {
    let packed = GzEncoder::new(out, Compression::fast());
    let mut out = Hashed { inner: packed, hash: Sha256::new() };
    progress.waits("the digest of the ledger is made");
    let (head, files, whole) = source.read_blocking(|conn| {
        let files = files::referred(conn)?;
        let list = manifest::encode(&files);
        let head = head(conn, at, (&files, &list))?;
        out.write_all(NAME)?;
        put_json(&mut out, &head)?;
        put_sized(&mut out, &list)?;
        let shape = copy::shape(conn)?;
        let total = carry::total(conn, &shape)?;
        let mut whole = Whole { tables: 0, rows: 0 };
        copy::parts(conn, &shape, &mut |part| {
            put(&mut out, &part, &mut whole).map_err(|error| DbError::Io(error.to_string().into()))?;
            progress.counts(whole.rows, total, "rows are written");
            Ok(())
        })?;
        Ok::<_, Stop>((head, files, whole))
    })?;
    out.write_all(&[END])?;
    put_json(&mut out, &whole)?;
    let Hashed { inner: mut packed, hash } = out;
    packed.write_all(&hash.finalize())?;
    match packed.finish()? {
        Out::Plain(mut file) => file.flush()?,
        Out::Sealed(sealer) => sealer.finish()?.flush()?,
    }
    Ok((head, files, whole))
}

fn head(conn: &mut db::Conn<'_>, at: &str, (files, list): (&[Kept], &[u8])) -> Result<Head, DbError> {
    let Anchor { heads, postings, movements, state_hash, n } = digest::read(conn)?;
    let steps = copy::steps(conn)?.into_iter().map(|step| {
        let Applied { set, number, name, checksum } = step;
        Step { set, number, name, checksum: hex::digits(&checksum) }
    });
    Ok(Head {
        at: at.to_owned(),
        program: env!("CARGO_PKG_VERSION").to_owned(),
        lanes_besides: copy::lanes_besides(conn)?,
        postings,
        movements,
        heads,
        state_hash: state_hash.map_or_else(String::new, |hash| hex::digits(&hash)),
        n,
        steps: steps.collect(),
        files: u64::try_from(files.len()).unwrap_or(u64::MAX),
        file_bytes: files.iter().map(|kept| kept.bytes).sum(),
        files_hash: manifest::hash(list),
    })
}

fn put(out: &mut impl Write, part: &Part, whole: &mut Whole) -> io::Result<()> {
    match part {
        Part::Table(Relation { name, columns }) => {
            let columns = columns.iter().map(|column| (column.name.clone(), column.is_json)).collect();
            out.write_all(&[TABLE])?;
            put_json(out, &Table { name: name.clone(), columns })?;
            whole.tables += 1;
        }
        Part::Rows(Chunk { rows, bytes }) => {
            out.write_all(&[ROWS])?;
            out.write_all(&rows.to_le_bytes())?;
            put_sized(out, bytes)?;
            whole.rows += rows;
        }
    }
    Ok(())
}

/// A file that is read.
pub(crate) struct Backup {
    from: Hashed<Box<dyn Read + Send>>,
    /// Who made it, and of what.
    pub(crate) head: Head,
    /// The files that it needs beside it.
    pub(crate) files: Vec<Kept>,
}

impl Backup {
    /// Whether a file is sealed.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(crate) fn is_sealed(file: &Path) -> io::Result<bool> {
        let mut first = Vec::new();
        File::open(file)?.take(8).read_to_end(&mut first)?;
        Ok(first == MAGIC)
    }

    /// Opens a file, and reads its head.
    ///
    /// # Errors
    /// When it is no backup, or is sealed with another key than is given.
    pub(crate) fn open(file: &Path, key: Option<&Key>) -> Result<Backup, Stop> {
        let found = Backup::open_known(file, key)?;
        found.ok_or_else(|| Stop::CannotRun(format!("`{}`: {STRANGE}", file.display())))
    }

    /// The same; none of what is packed and no backup of this program.
    ///
    /// # Errors
    /// As [`Backup::open`].
    pub(crate) fn open_known(file: &Path, key: Option<&Key>) -> Result<Option<Backup>, Stop> {
        let wrong = |stop: Stop| Stop::CannotRun(format!("`{}`: {}", file.display(), stop.sentence()));
        Backup::open_inner(file, key).map_err(wrong)
    }

    fn open_inner(file: &Path, key: Option<&Key>) -> Result<Option<Backup>, Stop> {
        let mut file = BufReader::new(File::open(file)?);
        let mut first = [0; MAGIC.len()];
        let begins = file.read(&mut first)?;
        let from: Box<dyn Read + Send> = if first == *MAGIC {
            Box::new(GzDecoder::new(Opener::new(file, key)?))
        } else {
            let first = first.get(..begins).unwrap_or_default().to_vec();
            Box::new(GzDecoder::new(io::Cursor::new(first).chain(file)))
        };
        let mut from = Hashed { inner: from, hash: Sha256::new() };
        let name = from.take(NAME.len()).map_err(|stop| match stop.sentence() {
            said if said.contains("sealed") => stop,
            _ => Stop::cannot_run("it is no backup, or damaged at its beginning"),
        })?;
        if name != NAME {
            return Ok(None);
        }
        let head: Head = from.take_json()?;
        let list = from.take_sized()?;
        let files = manifest::decode(&list).filter(|_| manifest::hash(&list) == head.files_hash);
        let files = files.ok_or_else(|| Stop::cannot_run("the list of its files is damaged"))?;
        Ok(Some(Backup { from, head, files }))
    }

    /// Reads all of it, and holds it against what it says of itself.
    ///
    /// # Errors
    /// When it is not whole.
    pub(crate) fn check(self, progress: &Progress) -> Result<Whole, Stop> {
        progress.waits("the backup is read and checked");
        self.parts(&mut |_| Ok(()))
    }

    /// Hands over its parts, in order.
    ///
    /// # Errors
    /// When it is not whole, which may be seen only at its end; and those of `each`.
    pub(crate) fn parts(mut self, each: &mut dyn FnMut(Part) -> Result<(), DbError>) -> Result<Whole, Stop> {
        let mut found = Whole { tables: 0, rows: 0 };
        loop {
            match self.from.take(1)?.first() {
                Some(&TABLE) => {
                    let Table { name, columns } = self.from.take_json()?;
                    let columns = columns.into_iter().map(|(name, is_json)| Column { name, is_json });
                    found.tables += 1;
                    each(Part::Table(Relation { name, columns: columns.collect() }))?;
                }
                Some(&ROWS) => {
                    let rows = self.from.take(8)?.try_into().map(u64::from_le_bytes);
                    let rows = rows.map_err(|_| Stop::cannot_run("it is damaged"))?;
                    let bytes = self.from.take_sized()?;
                    found.rows = found.rows.saturating_add(rows);
                    each(Part::Rows(Chunk { rows, bytes }))?;
                }
                Some(&END) => break,
                _ => return Err(Stop::cannot_run("it is damaged")),
            }
        }
        let told: Whole = self.from.take_json()?;
        let hash: [u8; 32] = self.from.hash.clone().finalize().into();
        if told != found || self.from.take(32)? != hash {
            return Err(Stop::cannot_run("it is damaged: it does not hold what it says of itself"));
        }
        // the compression has a checksum behind its end, which is looked at by whoever asks for more
        if self.from.inner.read(&mut [0]).map_err(|error| unreadable(&error))? != 0 {
            return Err(Stop::cannot_run("there is more behind its end"));
        }
        Ok(found)
    }
}

/// The modules with the steps that a backup is of.
///
/// # Errors
/// For a step that this program does not know.
pub(crate) fn steps_known(steps: &[Applied]) -> Result<Vec<MigrationSet>, Stop> {
    Ok(db::up_to(&wiring::MIGRATIONS, steps)?)
}
