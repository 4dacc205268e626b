//! Variants follow their family: what it gives has changed, and so does each field that says what it gave.
//! Everybody who calls this holds the rules alone.

use super::VARIANTS_PER_FAMILY_MAX;
use super::decide::{Combination, followed, new_item};
use crate::change::{changed_from, decide::touch};
use crate::families::{self, Family};
use crate::item::Item;
use crate::options::OptionSet;
use crate::recheck::{self, Broken};
use crate::rulebook::Rulebook;
use crate::store_variants::{self, Member};
use crate::{create, find, search, store, store_families};
use db::Tx;
use domain::{Code, Ctx, ItemId, Problem};
use web::Failure;

/// How many variants are looked at together.
const VARIANTS_PER_STEP: i64 = 500;

/// The most variants that change their names with a value.
pub(crate) const RENAMED_MAX: usize = 2 * VARIANTS_PER_FAMILY_MAX;

/// Lets the variants of a family follow it.
pub(crate) fn follow(tx: &mut Tx<'_>, ctx: &Ctx, before: &Family, after: &Family) -> Result<(), Failure> {
    let gives = |family: &Family| {
        (family.name.clone(), family.name_pattern.clone(), family.defaults.clone(), family.options.clone())
    };
    if gives(before) == gives(after) {
        return Ok(());
    }
    let mut broken = Broken::default();
    let mut last = ItemId(0);
    loop {
        let members = store_variants::members(tx, after.id, last, VARIANTS_PER_STEP)?;
        let Some(end) = members.last() else { break };
        last = end.item;
        let mut moved: Vec<Moved> = Vec::new();
        for member in &members {
            moved.extend(follow_one(tx, ctx, member, before, after)?);
        }
        let book = Rulebook::open(tx, moved.iter().map(|moved| &moved.after))?;
        let mut values = Vec::new();
        for Moved { after: item, .. } in &mut moved {
            item.category_id = book.category(item).map_err(|problem| problem.under("/defaults"))?;
            if let Err(problem) = book.check(&item.attributes, item.category_id, "") {
                broken.count(&item.sku, &problem.errors, "/defaults");
            }
            let indexed = book.indexed(&item.attributes, item.category_id);
            values.extend(indexed.into_iter().map(|value| (item.id, value)));
        }
        recheck::rewrite(tx, moved.iter().map(|moved| moved.after.id), &values)?;
        for Moved { before, after: item, fields } in &moved {
            store::update(tx, item)?;
            if fields.contains(&"name") || fields.contains(&"attributes") {
                search::learn_again(tx, item)?;
            }
            changed_from(tx, ctx, (before, item), "catalog.item.follow", fields)?;
        }
    }
    Ok(broken.refuse()?)
}

/// A variant that has followed.
struct Moved {
    before: Item,
    after: Item,
    fields: Vec<&'static str>,
}

/// A variant after it has followed, when that changes something.
fn follow_one(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    member: &Member,
    before: &Family,
    after: &Family,
) -> Result<Option<Moved>, Failure> {
    let given = |family: &Family| {
        let combination = Combination::of_key(family, &member.combination)
            .ok_or_else(|| Failure::fault("a variant has options that its family has not"))?;
        Ok::<_, Failure>(create::decide::plan(&new_item(family, &combination, None), ctx.now)?)
    };
    let (before, after) = (given(before)?, given(after)?);
    if before == after {
        return Ok(None);
    }
    let Some(item) = store::lock_by_id(tx, member.item)? else { return Ok(None) };
    let item = find::complete(tx, item)?;
    let (mut moved, fields) = followed(&item, &before, &after)?;
    if fields.is_empty() {
        return Ok(None);
    }
    touch(&mut moved, ctx.now);
    Ok(Some(Moved { before: item, after: moved, fields }))
}

/// The families of an option set with a value that gets another name, each as it was and as it will be.
pub(crate) fn before_rename(
    tx: &mut Tx<'_>,
    before: &OptionSet,
    after: &OptionSet,
) -> Result<Vec<(Family, Family)>, Failure> {
    let renamed = before.values.iter().zip(&after.values).find(|(was, is)| was.name != is.name);
    let Some((value, _)) = renamed else { return Ok(Vec::new()) };
    let count = store_variants::having(tx, before.id, &value.code.folded())?;
    if count > RENAMED_MAX {
        let detail = format!(
            "{count} variants have the value `{}`, and at most {RENAMED_MAX} are named anew at once",
            value.code
        );
        return Err(Problem::at(Code::LimitExceeded, "/name", detail).into());
    }
    let found = store_families::with_option(tx, before.id)?;
    let families = families::complete(tx, found)?.into_iter();
    Ok(families
        .map(|family| {
            let mut renamed = family.clone();
            for set in renamed.options.iter_mut().filter(|set| set.id == after.id) {
                set.values.clone_from(&after.values);
            }
            (family, renamed)
        })
        .collect())
}

/// Lets variants follow the name of a value.
pub(crate) fn follow_renamed(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    families: Vec<(Family, Family)>,
) -> Result<(), Failure> {
    for (before, after) in families {
        follow(tx, ctx, &before, &after)?;
    }
    Ok(())
}
