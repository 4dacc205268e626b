//! Variants: items that were made from the options of a family. Invariant: no two variants of a family have the
//! same options. A field *follows* its family as long as it says what the family gives; nothing is kept of
//! that, so it cannot be wrong.

mod adopt;
#[cfg(test)]
mod adopt_tests;
pub(crate) mod api;
pub(crate) mod configure;
pub(crate) mod decide;
mod follow;
#[cfg(test)]
pub(crate) mod tests;

pub use adopt::{Adopt, adopt_variant, bring_variant, leave_family};

use crate::families::Family;
use crate::item::NewItem;
use crate::rulebook::Rulebook;
use crate::store_variants::{self, Member};
use crate::{code, create, families, find, store_families, store_rules};
use db::{Conn, DbError, Tx};
use decide::{Combination, NewVariants, Planned};
use domain::{Code, Ctx, Problem};
pub(crate) use follow::{before_rename, follow, follow_renamed};
use rustc_hash::FxHashMap;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;
use web::Failure;

/// The most combinations of one call.
pub const VARIANTS_PER_CALL_MAX: usize = 1_000;
/// The most variants of a family.
pub const VARIANTS_PER_FAMILY_MAX: usize = 5_000;

/// A variant of a family.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Variant {
    /// The number of the item, which a page goes on after.
    #[serde(skip)]
    pub id: i64,
    /// The item.
    pub sku: String,
    /// What people call it.
    pub name: String,
    /// The family, by its code.
    pub family: String,
    /// Its value of each option, by code.
    pub options: BTreeMap<String, String>,
    /// Kept for its history only.
    pub archived: bool,
}

/// What making variants came to.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, ToSchema)]
pub struct MadeVariants {
    /// Those that were made.
    pub made: Vec<Variant>,
    /// How many of those asked for were there already.
    pub present: usize,
    /// How many the family excludes.
    pub excluded: usize,
}

/// Which fields of a variant are its own.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct VariantFields {
    /// The variant.
    #[serde(flatten)]
    pub variant: Variant,
    /// The fields that say something else than its family gives; of attributes each key.
    pub own: Vec<String>,
    /// The fields that are as its family gives them, and change with it.
    pub follows: Vec<String>,
}

/// Makes the variants that are asked for and are not there yet.
pub fn make_variants(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    family: &str,
    command: &NewVariants,
) -> Result<MadeVariants, Failure> {
    let family = held(tx, family)?;
    let (planned, excluded) = decide::plan(&family, command)?;
    let keys: Vec<String> = planned.iter().map(|one| one.combination.key()).collect();
    let present = store_variants::present(tx, family.id, &keys)?;
    let count = planned.len();
    let fresh: Vec<Planned<'_>> =
        planned.into_iter().filter(|one| !present.contains_key(&one.combination.key())).collect();
    let present = count - fresh.len();
    let made = make(tx, ctx, &family, &fresh)?;
    Ok(MadeVariants { made, present, excluded })
}

/// The family, held against changes and against others who make variants of it.
fn held(tx: &mut Tx<'_>, code: &str) -> Result<Family, Failure> {
    let family = held_any(tx, code)?;
    if family.archived {
        let detail = format!("the family `{}` is archived; take it back into use first", family.code);
        return Err(Problem::new(Code::InUse, detail).into());
    }
    Ok(family)
}

/// The same, in use or not.
fn held_any(tx: &mut Tx<'_>, code: &str) -> Result<Family, Failure> {
    store_rules::share(tx)?;
    let family = families::addressed(tx, code)?;
    store_families::lock(tx, family.id)?;
    Ok(family)
}

/// Makes variants of combinations that are not there, while the family is held.
fn make(tx: &mut Tx<'_>, ctx: &Ctx, family: &Family, fresh: &[Planned<'_>]) -> Result<Vec<Variant>, Failure> {
    let there = store_variants::count(tx, family.id)?;
    if there.saturating_add(fresh.len()) > VARIANTS_PER_FAMILY_MAX {
        let detail = format!(
            "a family has at most {VARIANTS_PER_FAMILY_MAX} variants; `{}` has {there}, and {} more are asked for",
            family.code,
            fresh.len()
        );
        return Err(Problem::new(Code::LimitExceeded, detail).into());
    }
    let items: Vec<NewItem> =
        fresh.iter().map(|one| decide::new_item(family, &one.combination, Some(one))).collect();
    refuse_taken(tx, &items, fresh)?;
    let items = create::create_items(tx, ctx, &items).map_err(|failure| placed(failure, fresh))?;
    let mut members = Vec::with_capacity(items.len());
    let mut variants = Vec::with_capacity(items.len());
    for (item, one) in items.iter().zip(fresh) {
        members.push(Member { item: item.id, combination: one.combination.key() });
        variants.push(Variant {
            id: item.id.get(),
            sku: item.sku.clone(),
            name: item.name.clone(),
            family: family.code.clone(),
            options: one.combination.options(),
            archived: false,
        });
    }
    store_variants::insert(tx, family, &members).map_err(made_meanwhile)?;
    Ok(variants)
}

/// Somebody else made the combination between the question and the insert.
fn made_meanwhile(error: DbError) -> Failure {
    if error.is_unique(store_variants::COMBINATION_INDEX) {
        Problem::new(Code::CodeTaken, "the variant was made a moment ago; ask for it again").into()
    } else {
        error.into()
    }
}

/// Refuses SKUs that exist, or that two combinations would have: with the combination, and what to do.
fn refuse_taken(tx: &mut Tx<'_>, items: &[NewItem], fresh: &[Planned<'_>]) -> Result<(), Failure> {
    const HINT: &str = "give it a SKU of its own in `combinations`, or change the pattern of the family";
    let mut seen: FxHashMap<String, &Planned<'_>> = FxHashMap::default();
    let skus: Vec<&str> = items.iter().map(|item| item.sku.as_str()).collect();
    let found = crate::facts_by_sku(tx, &skus)?;
    for ((item, one), found) in items.iter().zip(fresh).zip(found) {
        let said = one.combination.said();
        let refused =
            |detail| Err(Problem::at(Code::CodeTaken, format!("{}/sku", one.pointer), detail).into());
        if let Some(other) = found {
            let variant = store_variants::of_item(tx, other.id)?;
            let what = variant.map_or_else(
                || format!("the item `{}`, which is no variant", other.sku),
                |(family, _)| format!("`{}`, a variant of `{family}`", other.sku),
            );
            return refused(format!("{said} would be `{}`, and that is {what}; {HINT}", item.sku));
        }
        if let Some(key) = code::sku_key(&item.sku)
            && let Some(other) = seen.insert(key, one)
        {
            let other = other.combination.said();
            return refused(format!("{said} would be `{}`, and so would {other}; {HINT}", item.sku));
        }
    }
    Ok(())
}

/// A refusal of an item among many, at the place where its combination was asked for.
fn placed(failure: Failure, fresh: &[Planned<'_>]) -> Failure {
    let Failure::Refused(mut problem) = failure else { return failure };
    for error in &mut problem.errors {
        let rest = error.pointer.trim_start_matches('/');
        let (index, field) = rest.split_once('/').unwrap_or((rest, ""));
        let one = index.parse().ok().and_then(|index: usize| fresh.get(index));
        if let Some(one) = one {
            error.pointer = format!("{}/{field}", one.pointer);
        }
    }
    Failure::Refused(problem)
}

/// Refuses a family of which no variant could be made: its defaults are read as those of an item.
pub(crate) fn try_out(tx: &mut Tx<'_>, family: &Family, ctx: &Ctx) -> Result<(), Failure> {
    let first = Combination::first(family);
    let new = decide::new_item(family, &first, None);
    code::sku(&new.sku, "/sku_pattern")?;
    crate::text::name(&new.name, "/name_pattern")?;
    let mut item = create::decide::plan(&new, ctx.now).map_err(|problem| problem.under("/defaults"))?;
    let book = Rulebook::open(tx, std::iter::once(&item))?;
    item.category_id = book.category(&item).map_err(|problem| problem.under("/defaults"))?;
    Ok(book.check(&item.attributes, item.category_id, "/defaults/attributes")?)
}

/// What an item is as a variant; `None` for one that is none.
pub fn variant_of(conn: &mut Conn<'_>, sku: &str) -> Result<Option<VariantFields>, Failure> {
    let item = find::item(conn, sku)?.ok_or_else(|| Problem::not_found("item", sku))?;
    let Some((family, combination)) = store_variants::of_item(conn, item.id)? else { return Ok(None) };
    let family = families::addressed(conn, &family)?;
    let combination = Combination::of_key(&family, &combination)
        .ok_or_else(|| Failure::fault(format!("`{}` has options that its family has not", item.sku)))?;
    let given = create::decide::plan(&decide::new_item(&family, &combination, None), item.created_at)?;
    let (own, follows) = decide::told_apart(&item, &given);
    let variant = Variant {
        id: item.id.get(),
        sku: item.sku,
        name: item.name,
        family: family.code.clone(),
        options: combination.options(),
        archived: item.archived,
    };
    Ok(Some(VariantFields { variant, own, follows }))
}

/// One page of variants in the order in which they were made.
pub(crate) fn list(conn: &mut Conn<'_>, filter: &store_variants::Filter) -> Result<Vec<Variant>, DbError> {
    let mut variants = store_variants::list(conn, filter)?;
    let ids: Vec<i64> = variants.iter().map(|variant| variant.id).collect();
    let mut places: FxHashMap<i64, &mut Variant> =
        variants.iter_mut().map(|variant| (variant.id, variant)).collect();
    for (id, option, value) in store_variants::options(conn, &ids)? {
        if let Some(variant) = places.get_mut(&id) {
            variant.options.insert(option, value);
        }
    }
    Ok(variants)
}
