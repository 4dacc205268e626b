//! A law for every list of the product: a page begins where the page before ended.

#![expect(clippy::panic, reason = "a list that breaks the law fails the test")]

use db::{Db, Statement, whole_walks};

/// Finds the pages among some statements, which are those that are told how much to give, and asks
/// the engine how it would run each: none may read a table or an index from its beginning. Returns
/// how many there are.
pub fn pages_go_on_where_they_ended<'a>(
    db: &Db,
    statements: impl IntoIterator<Item = &'a Statement>,
) -> usize {
    let pages = statements.into_iter().filter(|statement| statement.text(db.engine()).contains(" limit ?"));
    let (mut count, mut wrong) = (0, Vec::new());
    for page in pages {
        let plan = db.plan(page).unwrap_or_else(|error| panic!("{}: {error}", page.name));
        if !whole_walks(&plan).is_empty() {
            wrong.push((page.name, plan));
        }
        count += 1;
    }
    assert!(wrong.is_empty(), "these begin at the beginning: {wrong:#?}");
    count
}
