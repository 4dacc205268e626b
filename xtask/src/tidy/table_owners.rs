//! A module names only its own tables: `stock_balance` stands in `modules/stock` and nowhere else.
//!
//! The views `ck_*` and `v_*` are the published face: `insight`, what `exchange` exports, the binary's `verify` and
//! the test kit may read every one of them, any other crate those that it makes itself. A view may join the
//! tables of modules below its maker.

use super::layers;
use super::{Violation, at, sql_text};
use crate::tree::{File, Tree};
use std::collections::BTreeSet;

/// Who may read the published views of others.
const READERS: [&str; 4] = ["exchange", "insight", "stockwell", "testkit"];

/// One text of statements with its place.
struct Sql<'tree> {
    path: &'tree str,
    first_line: usize,
    text: &'tree str,
}

/// Names every table that a foreign crate touches.
pub(crate) fn check(tree: &Tree) -> Vec<Violation> {
    let texts = texts(tree);
    let views: BTreeSet<(&str, &str)> = texts
        .iter()
        .flat_map(|sql| sql_text::tables(sql.text).into_iter().map(|named| (owner_of_path(sql.path), named)))
        .filter(|(_, named)| named.created && is_view(named.name))
        .map(|(owner, named)| (owner, named.name))
        .collect();
    let mut found = Vec::new();
    for sql in &texts {
        let own = owner_of_path(sql.path);
        for named in sql_text::tables(sql.text) {
            let refusal = if is_view(named.name) {
                let readable = READERS.contains(&own) || views.contains(&(own, named.name));
                (!readable).then(|| format!("`{own}` reads the view `{}` of another crate", named.name))
            } else {
                refusal(own, &named)
            };
            found.extend(refusal.map(|message| at(sql.path, sql.first_line + named.line - 1, message)));
        }
    }
    found
}

fn refusal(own: &str, named: &sql_text::Named<'_>) -> Option<String> {
    let table = named.name;
    let owner = table.split_once('_').map(|(owner, _)| owner).filter(|owner| is_owner(owner));
    match owner {
        Some(owner) if owner == own => None,
        Some(owner) if named.in_view && layers::may_use(own, owner) => None,
        Some(owner) => {
            Some(format!("`{own}` names the table `{table}` of `{owner}`; call `{owner}` instead"))
        }
        None if named.created => Some(format!("the table `{table}` does not begin with `{own}_`")),
        None => None,
    }
}

/// Whether tables may begin with this word.
fn is_owner(word: &str) -> bool {
    word == "db" || layers::row(word).is_some()
}

fn is_view(name: &str) -> bool {
    name.starts_with("ck_") || name.starts_with("v_")
}

/// The crate that a path lies in.
fn owner_of_path(path: &str) -> &str {
    path.split('/').nth(1).unwrap_or(path)
}

/// Every text of statements in the product.
fn texts(tree: &Tree) -> Vec<Sql<'_>> {
    let whole =
        tree.with_extension("sql").map(|file| Sql { path: &file.path, first_line: 1, text: &file.text });
    let literals = tree.product_rust().filter(|file| sql_text::is_home(&file.path)).flat_map(literals);
    whole.chain(literals).collect()
}

fn literals(file: &File) -> impl Iterator<Item = Sql<'_>> {
    file.rust().product_literals().map(|literal| Sql {
        path: &file.path,
        first_line: literal.line,
        text: &literal.text,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(path: &str, sql: &str) -> Vec<String> {
        let is_file = path.contains("/migrations/");
        let text = if is_file { sql.to_owned() } else { format!("const A: &str = \"{sql}\";") };
        let tree = Tree::of(&[(path, &text)]);
        check(&tree).into_iter().map(|violation| violation.message).collect()
    }

    #[test]
    fn own_tables_and_published_views_pass() {
        for (path, sql) in [
            ("modules/stock/src/store.rs", "update stock_balance set on_hand = ?1"),
            (
                "modules/stock/migrations/1.sql",
                "create view v_stock as select 1 from stock_lot join catalog_item on 1",
            ),
            ("modules/stock/migrations/1.sql", "create view ck_a as select 1;\nselect 1 from ck_a"),
            ("modules/insight/src/store.rs", "select 1 from ck_balance, v_stock"),
            ("crates/db/src/outbox.rs", "insert into db_event values (?1)"),
            ("crates/stockwell/src/verify.rs", "select 1 from ck_movement"),
            ("modules/sales/src/store.rs", "with lines as (select 1) select stock_note from lines"),
        ] {
            assert_eq!(messages(path, sql), [""; 0], "{sql}");
        }
    }

    #[test]
    fn a_table_or_view_of_another_crate_is_found() {
        for (path, sql) in [
            ("modules/insight/src/store.rs", "select 1 from stock_balance"),
            ("modules/sales/src/store_lines.rs", "update stock_site set reserved = 0"),
            (
                "modules/catalog/src/store.rs",
                "select 1 from catalog_item i join stock_lot l on l.item = i.id",
            ),
            ("modules/stock/src/store.rs", "delete from db_idempotency"),
            ("modules/catalog/migrations/1.sql", "create view v_item as select 1 from stock_lot"),
            ("modules/catalog/src/store.rs", "select 1 from v_stock"),
            ("modules/catalog/migrations/1.sql", "create table item (id bigint)"),
            ("crates/db/src/outbox.rs", "select 1 from stock_posting"),
            ("crates/stockwell/src/verify.rs", "select 1 from stock_movement"),
        ] {
            assert_eq!(messages(path, sql).len(), 1, "{sql}");
        }
    }

    #[test]
    fn the_line_is_the_one_of_the_name() {
        let tree =
            Tree::of(&[("modules/sales/src/store.rs", "\nconst A: &str = \"select 1\n  from stock_site\";")]);
        assert_eq!(check(&tree)[0].line, 3);
    }
}
