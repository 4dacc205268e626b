//! Copies on PostgreSQL: reading rows of any table, and an empty database that takes them by `copy`, in the server's
//! own binary form.

use crate::conn::Conn;
use crate::copy::{Relation, Shape};
use crate::error::DbError;
use crate::migrate;
use crate::partitions;
use crate::pg::connection::Connection;
use crate::pg::decode::Any;
use crate::pg::encode::write;
use crate::pg::error::{LOCK_TIMEOUT, from_driver};
use crate::pg::open;
use crate::settings::Settings;
use crate::value::Value;
use bytes::{BufMut, Bytes, BytesMut};
use futures_util::{SinkExt as _, StreamExt as _};
use rustc_hash::FxHashMap;
use std::pin::{Pin, pin};
use tokio_postgres::CopyInSink;
use tokio_postgres::types::{IsNull, Type};

/// What a transfer in binary form begins with: its name, no flags, nothing more.
const HEAD: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
/// How many bytes are sent at once; one row may be longer.
const SEND: usize = 256 * 1024;

/// Calls for each row of a statement that has so many columns.
pub(crate) fn rows(
    conn: &mut Connection,
    (text, width): (&str, usize),
    each: &mut dyn FnMut(&[Value<'_>]) -> Result<(), DbError>,
) -> Result<u64, DbError> {
    conn.open_now()?;
    let Connection { client, driver, .. } = conn;
    driver.block_on(async {
        let fail = |error| from_driver(&error, "copy.rows");
        let ready = client.prepare(text).await.map_err(fail)?;
        let none: [&(dyn tokio_postgres::types::ToSql + Sync); 0] = [];
        let mut found = pin!(client.query_raw(&ready, none).await.map_err(fail)?);
        let mut count = 0_u64;
        while let Some(row) = found.next().await {
            let row = row.map_err(fail)?;
            let mut cells = Vec::with_capacity(width);
            for column in 0..width {
                let value = row.try_get::<_, Option<Any<'_>>>(column);
                let value =
                    value.map_err(|_| DbError::Column { column, wanted: "of a type that is copied" })?;
                cells.push(value.map_or(Value::Null, |value| value.0));
            }
            each(&cells)?;
            count = count.saturating_add(1);
        }
        Ok(count)
    })
}

/// What there is of anybody's: tables, views and sequences that no extension has brought.
const THINGS: &str = "select count(*)::text
    from pg_class c
    where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
      and not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'e')";

const IS_MARKED: &str = "select 'marked'
    where to_regclass('db_migration') is not null";

/// Takes everything away that a copy has made; in the transaction of the next.
const EMPTY: &str = "do $$
    declare
      thing record;
    begin
      for thing in
        select c.relname
        from pg_class c
        where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
          and not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'e')
      loop
        execute format('drop table %I cascade', thing.relname);
      end loop;
      for thing in
        select c.relname
        from pg_class c
        where c.relnamespace = current_schema()::regnamespace and c.relkind = 'v'
          and not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'e')
      loop
        execute format('drop view if exists %I cascade', thing.relname);
      end loop;
      for thing in
        select p.oid::regprocedure as name
        from pg_proc p
        where p.pronamespace = current_schema()::regnamespace
          and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e')
      loop
        execute format('drop function %s', thing.name);
      end loop;
    end $$";

/// The indexes that hold no constraint, but for those of partitions, which come with their table's.
const INDEXES: &str = "select i.indexrelid::regclass::text || ' ' || pg_get_indexdef(i.indexrelid)
    from pg_index i
    join pg_class c on c.oid = i.indexrelid
    where c.relnamespace = current_schema()::regnamespace and not c.relispartition
      and not exists (select from pg_constraint k where k.conindid = i.indexrelid)
    order by 1";

/// The tables that are in partitions, each with the column that they go by.
const PARTITIONED: &str = "select p.partrelid::regclass::text || ' ' || a.attname
    from pg_partitioned_table p
    join pg_class c on c.oid = p.partrelid
    join pg_attribute a on a.attrelid = p.partrelid and a.attnum = p.partattrs[0]
    where c.relnamespace = current_schema()::regnamespace";

/// A database that takes rows in.
pub(crate) struct Load {
    conn: Connection,
    /// What makes the indexes that hold no constraint.
    indexes: Vec<String>,
    /// The column that the partitions of a table go by.
    keys: FxHashMap<String, String>,
    table: Option<Table>,
}

/// The table that rows are of.
struct Table {
    relation: Relation,
    types: Vec<Type>,
    /// Which cell says the partition.
    key: Option<usize>,
    /// Where rows go just now: the table, or one of its partitions.
    into: String,
    sink: Option<Pin<Box<CopyInSink<Bytes>>>>,
    buffer: BytesMut,
}

impl std::fmt::Debug for Load {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Load")
    }
}

fn connect(settings: &Settings) -> Result<Connection, DbError> {
    let mut conn = Connection::own(&open::migration(&open::address(settings)?))?;
    open::check(&mut conn, settings)?;
    Ok(conn)
}

/// From here until its transaction ends, nobody else copies into the database, migrates it or releases a copy: what a
/// program has sent that was killed then may still be carried out, and what is found here is not what will be there.
fn alone(conn: &mut Connection) -> Result<(), DbError> {
    migrate::lock(&mut Conn::postgres(conn)).map_err(|error| match error {
        DbError::Retry(LOCK_TIMEOUT) => DbError::refused(
            "another program is copying into this database or migrating it: wait until it has ended",
        ),
        other => other,
    })
}

/// A text of two words or more, taken apart behind the first.
fn apart(text: &str) -> (String, String) {
    let (first, rest) = text.split_once(' ').unwrap_or((text, ""));
    (first.to_owned(), rest.to_owned())
}

impl Load {
    /// Begins in a database that holds nothing, or nothing but what a copy has left that never ended, `again`.
    pub(crate) fn begin(settings: &Settings, again: bool) -> Result<Load, DbError> {
        let mut conn = connect(settings)?;
        conn.batch("begin; set local maintenance_work_mem = '256MB'")?;
        alone(&mut conn)?;
        if conn.simple(THINGS)? != ["0"] {
            let has_schema = !conn.simple(IS_MARKED)?.is_empty();
            let is_marked = has_schema && migrate::is_marked(&mut Conn::postgres(&mut conn))?;
            match (is_marked, again) {
                (true, true) => conn.batch(EMPTY)?,
                (true, false) => return Err(migrate::has_not_ended()),
                (false, _) => {
                    return Err(DbError::refused(
                        "the target is not empty, and nothing is ever written over: give a database that holds nothing",
                    ));
                }
            }
        }
        Ok(Load { conn, indexes: Vec::new(), keys: FxHashMap::default(), table: None })
    }

    pub(crate) fn conn(&mut self) -> Conn<'_> {
        Conn::postgres(&mut self.conn)
    }

    /// Empties what the schema has filled, and takes the indexes away for now.
    pub(crate) fn prepare(&mut self, shape: &Shape) -> Result<(), DbError> {
        for found in self.conn.simple(INDEXES)? {
            let (name, text) = apart(&found);
            self.conn.batch(&format!("drop index {name}"))?;
            // of a table in partitions it would be made for none of them
            self.indexes.push(text.replacen(" ON ONLY ", " ON ", 1));
        }
        for table in shape.tables.iter().rev() {
            let name = &table.name;
            if !self.conn.simple(&format!("select 'filled' from \"{name}\" limit 1"))?.is_empty() {
                self.conn.batch(&format!("delete from \"{name}\""))?;
            }
        }
        self.keys = self.conn.simple(PARTITIONED)?.iter().map(|found| apart(found)).collect();
        Ok(())
    }

    /// From now on rows are of this table.
    pub(crate) fn table(&mut self, relation: &Relation) -> Result<(), DbError> {
        self.leave()?;
        let text = format!("select {} from \"{}\"", relation.list(), relation.name);
        let Connection { client, driver, .. } = &self.conn;
        let ready =
            driver.block_on(client.prepare(&text)).map_err(|error| from_driver(&error, "copy.types"))?;
        let types = ready.columns().iter().map(|column| column.type_().clone()).collect();
        let key = self.keys.get(&relation.name);
        let key = key.and_then(|key| relation.columns.iter().position(|column| column.name == *key));
        let relation = relation.clone();
        let into = String::new();
        self.table = Some(Table { relation, types, key, into, sink: None, buffer: BytesMut::new() });
        Ok(())
    }

    pub(crate) fn row(&mut self, cells: &[Value<'_>]) -> Result<(), DbError> {
        let Some(table) = &self.table else { return Err(DbError::internal("rows of no table")) };
        let at = table.key.and_then(|key| cells.get(key));
        let partition = match at {
            Some(Value::Int(at)) => Some(partitions::of(&table.relation.name, *at)?),
            _ => None,
        };
        let into = partition.as_ref().map_or(&table.relation.name, |partition| &partition.name);
        if table.sink.is_none() || table.into != *into {
            let into = into.clone();
            self.pause()?;
            if let Some(partition) = &partition {
                partitions::make(&mut self.conn(), partition)?;
            }
            self.go_on(into)?;
        }
        let Some(table) = &mut self.table else { return Err(DbError::internal("rows of no table")) };
        put(&table.types, cells, &mut table.buffer)?;
        if table.buffer.len() >= SEND { self.send() } else { Ok(()) }
    }

    /// Begins a transfer. The table was made in this transaction, so its rows can be frozen: nobody has to look at them
    /// a second time.
    fn go_on(&mut self, into: String) -> Result<(), DbError> {
        let Some(table) = &mut self.table else { return Ok(()) };
        let text = format!("copy \"{into}\" ({}) from stdin (format binary, freeze)", table.relation.list());
        let Connection { client, driver, .. } = &self.conn;
        let sink =
            driver.block_on(client.copy_in(&text)).map_err(|error| from_driver(&error, "copy.into"))?;
        table.sink = Some(Box::pin(sink));
        table.into = into;
        table.buffer.put_slice(HEAD);
        Ok(())
    }

    fn send(&mut self) -> Result<(), DbError> {
        let Load { conn, table, .. } = self;
        let Some(Table { sink: Some(sink), buffer, .. }) = table else { return Ok(()) };
        let data = buffer.split().freeze();
        let Err(closed) = conn.driver.block_on(sink.send(data)) else { return Ok(()) };
        // what went wrong is told at the end
        let told = conn.driver.block_on(sink.as_mut().finish());
        Err(from_driver(&told.err().unwrap_or(closed), "copy.into"))
    }

    /// Ends the transfer that goes on.
    fn pause(&mut self) -> Result<(), DbError> {
        let Some(Table { sink: Some(_), buffer, .. }) = &mut self.table else { return Ok(()) };
        buffer.put_i16(-1);
        self.send()?;
        let sink = self.table.as_mut().and_then(|table| table.sink.take());
        let Some(mut sink) = sink else { return Ok(()) };
        let ended = self.conn.driver.block_on(sink.as_mut().finish());
        ended.map(|_| ()).map_err(|error| from_driver(&error, "copy.into"))
    }

    fn leave(&mut self) -> Result<(), DbError> {
        self.pause()?;
        self.table = None;
        Ok(())
    }

    /// Makes the indexes, lets the server learn what it holds, and commits.
    pub(crate) fn commit(mut self) -> Result<(), DbError> {
        let last = self.table.as_ref().map(|table| table.relation.name.clone()).unwrap_or_default();
        self.leave()
            .map_err(|error| DbError::refused(format!("a row of `{last}` cannot be taken in: {error}")))?;
        for text in &self.indexes {
            self.conn.batch(text)?;
        }
        self.conn.batch("analyze; commit")
    }
}

/// Writes a row in the server's form.
fn put(types: &[Type], cells: &[Value<'_>], out: &mut BytesMut) -> Result<(), DbError> {
    let wrong = |error: &dyn std::fmt::Display| DbError::refused(error.to_string());
    out.put_i16(i16::try_from(types.len()).map_err(|error| wrong(&error))?);
    for (ty, value) in types.iter().zip(cells) {
        let head = out.len();
        out.put_i32(-1);
        let value = match *value {
            Value::Text(text) if *ty == Type::DATE => {
                Value::Date(text.parse().map_err(|error| wrong(&error))?)
            }
            other => other,
        };
        if let IsNull::No = write(ty, value, out).map_err(|error| wrong(&error))? {
            let length = out.len().saturating_sub(head).saturating_sub(4);
            let length = i32::try_from(length).map_err(|error| wrong(&error))?;
            if let Some(mut place) = out.get_mut(head..) {
                place.put_i32(length);
            }
        }
    }
    Ok(())
}

/// Takes the mark of a copy away.
pub(crate) fn unmark(settings: &Settings) -> Result<(), DbError> {
    let mut conn = connect(settings)?;
    conn.batch("begin")?;
    alone(&mut conn)?;
    migrate::unmark(&mut Conn::postgres(&mut conn))?;
    conn.batch("commit")
}
