//! Create items: one by the API, thousands at a time for imports, all of a call or none.

pub(crate) mod api;
pub(crate) mod decide;
#[cfg(test)]
mod tests;

use crate::item::{Item, NewItem};
use crate::limits::Told;
use crate::rulebook::Rulebook;
use crate::rules::Indexed;
use crate::{code, record, search, store, store_codes, store_values};
use db::{Conn, DbError, Tx};
use domain::{Code, Ctx, ItemId, Problem};
use rustc_hash::{FxHashMap, FxHashSet};
use web::Failure;

/// The most items of one call.
pub const ITEMS_PER_CALL_MAX: usize = 10_000;

/// Creates one item. Pointers of a refusal begin at the item.
pub fn create_item(tx: &mut Tx<'_>, ctx: &Ctx, command: &NewItem) -> Result<Item, Failure> {
    create_told(tx, ctx, Told::ALL, command)
}

/// The same for somebody who may not see all items.
pub(crate) fn create_told(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    told: Told<'_>,
    command: &NewItem,
) -> Result<Item, Failure> {
    let items = create(tx, ctx, (told, std::slice::from_ref(command)), |_| String::new())?;
    items.into_iter().next().ok_or_else(|| Failure::fault("an item was created and is not there"))
}

/// Creates many items, all or none, with a few statements for all of them. Pointers of a refusal
/// begin with the index of the item: `/17/sku`.
pub fn create_items(tx: &mut Tx<'_>, ctx: &Ctx, commands: &[NewItem]) -> Result<Vec<Item>, Failure> {
    create(tx, ctx, (Told::ALL, commands), |index| format!("/{index}"))
}

/// Creates each of many items or says why not, with a few statements for all of them. Pointers of a refusal
/// begin at its item.
///
/// # Errors
/// `too_many`, and failures of the store; an item that another caller creates at the same moment ends the
/// call.
pub fn create_each(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    commands: &[NewItem],
) -> Result<Vec<Result<Item, Problem>>, Failure> {
    let (book, mut planned) = plan(tx, ctx, Told::ALL, commands)?;
    write(tx, ctx, &book, planned.iter_mut().filter_map(|item| item.as_mut().ok()).collect())?;
    Ok(planned)
}

fn create(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    (told, commands): (Told<'_>, &[NewItem]),
    place: impl Fn(usize) -> String,
) -> Result<Vec<Item>, Failure> {
    let (book, planned) = plan(tx, ctx, told, commands)?;
    let items = planned
        .into_iter()
        .enumerate()
        .map(|(index, item)| item.map_err(|problem| problem.under(&place(index))));
    let mut items: Vec<Item> = items.collect::<Result<_, _>>()?;
    write(tx, ctx, &book, items.iter_mut().collect())?;
    Ok(items)
}

/// What each item will be, or why it cannot be.
type Planned = Vec<Result<Item, Problem>>;

/// Plans items by the rules that hold, and among what is there.
fn plan(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    told: Told<'_>,
    commands: &[NewItem],
) -> Result<(Rulebook, Planned), Failure> {
    if commands.len() > ITEMS_PER_CALL_MAX {
        let detail = format!("one call creates at most {ITEMS_PER_CALL_MAX} items, not {}", commands.len());
        return Err(Problem::new(Code::TooMany, detail).into());
    }
    let mut planned: Planned = commands.iter().map(|command| decide::plan(command, ctx.now)).collect();
    let book = Rulebook::open(tx, planned.iter().filter_map(|item| item.as_ref().ok()))?;
    for planned in &mut planned {
        if let Ok(item) = planned {
            let ruled = book.category(item).and_then(|category| {
                item.category_id = category;
                book.check(&item.attributes, category, "/attributes")
            });
            if let Err(problem) = ruled {
                *planned = Err(problem);
            }
        }
    }
    refuse_taken(tx, told, commands, &mut planned)?;
    Ok((book, planned))
}

/// Stores new items, with all that hangs on them.
fn write(tx: &mut Tx<'_>, ctx: &Ctx, book: &Rulebook, mut items: Vec<&mut Item>) -> Result<(), Failure> {
    let count = i64::try_from(items.len()).unwrap_or(i64::MAX);
    let first = db::ids::take(tx, "catalog.item", count)?;
    for (id, item) in (first..).zip(&mut items) {
        item.id = ItemId(id);
    }
    let items: Vec<&Item> = items.into_iter().map(|item| &*item).collect();
    store::insert(tx, &items).map_err(taken_meanwhile)?;
    let units = items.iter().flat_map(|item| item.units.iter().map(|unit| (item.id, unit)));
    store_codes::insert_units(tx, units)?;
    let barcodes = items.iter().flat_map(|item| item.barcodes.iter().map(|barcode| (item.id, barcode)));
    store_codes::insert_barcodes(tx, barcodes).map_err(taken_meanwhile)?;
    let values: Vec<(ItemId, Indexed)> = items
        .iter()
        .flat_map(|item| {
            book.indexed(&item.attributes, item.category_id).into_iter().map(|value| (item.id, value))
        })
        .collect();
    store_values::insert(tx, values.iter())?;
    search::learn(tx, items.iter().copied())?;
    let created = record::Change {
        action: "catalog.item.create",
        event: "catalog.item_created",
        fields: &[],
        moved_from: None,
    };
    for item in items {
        record::change(tx, ctx, item, &created)?;
    }
    Ok(())
}

/// Refuses SKUs and barcodes that exist, or stand twice in the call.
fn refuse_taken(
    tx: &mut Tx<'_>,
    told: Told<'_>,
    commands: &[NewItem],
    planned: &mut Planned,
) -> Result<(), Failure> {
    let skus: Vec<&str> =
        planned.iter().map(|item| item.as_ref().map_or("", |item| item.sku.as_str())).collect();
    let others = crate::facts_by_sku(tx, &skus)?;
    // in the order of the command, which its pointers count in
    let keys: Vec<Vec<String>> = commands
        .iter()
        .map(|command| command.barcodes.iter().filter_map(|new| code::barcode_key(&new.code)).collect())
        .collect();
    let owners: FxHashMap<String, store_codes::Owner> =
        store_codes::owners(tx, keys.iter().flatten().map(String::as_str))?.into_iter().collect();
    let mut seen_skus = FxHashSet::default();
    let mut seen_codes: FxHashMap<String, &str> = FxHashMap::default();
    for (((planned, other), keys), command) in planned.iter_mut().zip(others).zip(keys).zip(commands) {
        let Ok(item) = planned else { continue };
        let sku_key = code::sku_key(&item.sku);
        let taken = |pointer: String, detail| Some(Problem::at(Code::CodeTaken, pointer, detail));
        let refused = if seen_skus.contains(&sku_key) {
            taken("/sku".to_owned(), format!("the SKU `{}` stands twice in the call", item.sku))
        } else if let Some(other) = other {
            let detail = format!("the SKU `{}` exists already; choose another one", other.sku);
            taken("/sku".to_owned(), detail)
        } else {
            let first = keys
                .iter()
                .enumerate()
                .find(|(_, key)| owners.contains_key(*key) || seen_codes.contains_key(*key));
            match first.map(|(at, key)| (at, format!("/barcodes/{at}/code"), key, owners.get(key))) {
                Some((_, pointer, _, Some(owner))) => Some(barcode_taken(tx, told, owner, pointer)?),
                Some((at, pointer, key, None)) => {
                    let typed = command.barcodes.get(at).map_or(key.as_str(), |new| new.code.as_str());
                    let with = seen_codes.get(key).copied().unwrap_or_default();
                    let detail =
                        format!("the barcode `{typed}` stands twice: the item `{with}` comes with it too");
                    taken(pointer, detail)
                }
                None => None,
            }
        };
        if let Some(problem) = refused {
            *planned = Err(problem);
        } else {
            seen_skus.insert(sku_key);
            seen_codes.extend(keys.into_iter().map(|key| (key, command.sku.as_str())));
        }
    }
    Ok(())
}

/// A barcode that another item has, or this one.
pub(crate) fn barcode_taken(
    conn: &mut Conn<'_>,
    told: Told<'_>,
    owner: &store_codes::Owner,
    pointer: String,
) -> Result<Problem, DbError> {
    let store_codes::Owner { code, sku } = owner;
    let detail = if told.names(conn, sku)? {
        format!("the barcode `{code}` belongs to the item `{sku}`; remove it there first")
    } else {
        format!(
            "the barcode `{code}` belongs to an item of a category that you do not see; ask those who keep it"
        )
    };
    Ok(Problem::at(Code::CodeTaken, pointer, detail))
}

/// Somebody else took the SKU or the barcode between the question and the insert.
pub(crate) fn taken_meanwhile(error: DbError) -> Failure {
    if error.is_unique(store::SKU_INDEX) {
        Problem::new(Code::CodeTaken, "the SKU was taken a moment ago; read the item again").into()
    } else if error.is_unique(store_codes::BARCODE_KEY) {
        Problem::new(Code::CodeTaken, "the barcode was taken a moment ago; look it up again").into()
    } else {
        error.into()
    }
}
