//! Items that are there become variants of a family, and stop being one. Nothing of them changes: a field follows
//! its family from then on where it says what the family gives.

use super::decide::{Combination, refuse_impossible};
use super::{VARIANTS_PER_FAMILY_MAX, VariantFields, held, held_any, made_meanwhile, variant_of};
use crate::change::{decide::touch, lock_at};
use crate::families::Family;
use crate::item::Item;
use crate::limits::Told;
use crate::store_variants::{self, Member};
use crate::{record, store};
use db::Tx;
use domain::{Code, Ctx, Problem};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;
use web::{Failure, IfMatch};

/// The family that an item becomes a variant of.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Adopt {
    /// The family, by its code.
    pub family: String,
    /// Its value of each option, by code.
    pub options: BTreeMap<String, String>,
}

/// What the history of an item says of it.
#[derive(Serialize)]
struct Membership {
    family: String,
    options: BTreeMap<String, String>,
}

/// Makes an item that is there a variant of a family. One that is this variant already stays as it is.
///
/// # Errors
/// `invalid_value` for options that the family has not or excludes, and for an item that is kept in another unit;
/// `code_taken` when another item is this variant; `in_use` when it is another variant, or was merged;
/// `limit_exceeded`.
pub fn adopt_variant(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    item: (&str, IfMatch),
    command: &Adopt,
) -> Result<(Item, VariantFields), Failure> {
    adopt_told(tx, ctx, Told::ALL, item, command)
}

/// The same for somebody who may not see all items.
pub(crate) fn adopt_told(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    told: Told<'_>,
    (sku, version): (&str, IfMatch),
    command: &Adopt,
) -> Result<(Item, VariantFields), Failure> {
    let family = held(tx, &command.family)?;
    adopt(tx, ctx, told, (sku, version), &family, command, true)
}

/// Makes an item that is there the variant that a list says it was: of a family that is archived since, or of values
/// that are archived or excluded since.
///
/// # Errors
/// As [`adopt_variant`].
pub fn bring_variant(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    sku: &str,
    command: &Adopt,
) -> Result<(Item, VariantFields), Failure> {
    let family = held_any(tx, &command.family)?;
    adopt(tx, ctx, Told::ALL, (sku, IfMatch::Any), &family, command, false)
}

fn adopt(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    told: Told<'_>,
    (sku, version): (&str, IfMatch),
    family: &Family,
    command: &Adopt,
    is_new: bool,
) -> Result<(Item, VariantFields), Failure> {
    let item = lock_at(tx, sku, version)?;
    let combination = Combination::read(family, &command.options, "/options")?;
    let key = combination.key();
    if let Some((code, there)) = store_variants::of_item(tx, item.id)? {
        if code == family.code && there == key {
            let fields = shown(tx, &item)?;
            return Ok((item, fields));
        }
        let detail = format!("`{}` is a variant of `{code}`; take it out of that family first", item.sku);
        return Err(Problem::new(Code::InUse, detail).into());
    }
    if let Some(other) = &item.merged_into {
        let detail = format!("`{}` was merged into `{other}`; make that one the variant", item.sku);
        return Err(Problem::new(Code::InUse, detail).into());
    }
    if is_new {
        refuse_impossible(family, &combination, "/options")?;
    }
    if item.base_unit.as_str() != family.defaults.base_unit {
        let detail = format!(
            "`{}` is kept in `{}`, and variants of `{}` in `{}`",
            item.sku, item.base_unit, family.code, family.defaults.base_unit
        );
        return Err(Problem::at(Code::InvalidValue, "/family", detail).into());
    }
    let present = store_variants::present(tx, family.id, std::slice::from_ref(&key))?;
    if let Some((other, _)) = present.get(&key) {
        let detail = if told.names(tx, other)? {
            format!("{} is `{other}` already", combination.said())
        } else {
            format!("{} is an item of a category that you do not see already", combination.said())
        };
        return Err(Problem::at(Code::CodeTaken, "/options", detail).into());
    }
    if store_variants::count(tx, family.id)? >= VARIANTS_PER_FAMILY_MAX {
        let detail = format!("a family has at most {VARIANTS_PER_FAMILY_MAX} variants");
        return Err(Problem::new(Code::LimitExceeded, detail).into());
    }
    let member = Member { item: item.id, combination: key };
    store_variants::insert(tx, family, &[member]).map_err(made_meanwhile)?;
    let after = Membership { family: family.code.clone(), options: combination.options() };
    let item = finish(tx, ctx, item, "catalog.item.adopt", (None, Some(after)))?;
    let fields = shown(tx, &item)?;
    Ok((item, fields))
}

/// Takes an item out of its family. It stays an item with all that it says.
///
/// # Errors
/// `not_found` for an item that is no variant.
pub fn leave_family(tx: &mut Tx<'_>, ctx: &Ctx, (sku, version): (&str, IfMatch)) -> Result<Item, Failure> {
    let Some(variant) = variant_of(tx, sku)?.map(|fields| fields.variant) else {
        return Err(Problem::not_found("family of the item", sku).into());
    };
    let family = held(tx, &variant.family)?;
    let item = lock_at(tx, sku, version)?;
    // it may have left meanwhile
    if store_variants::of_item(tx, item.id)?.is_none_or(|(code, _)| code != family.code) {
        return Err(Problem::not_found("family of the item", sku).into());
    }
    store_variants::remove(tx, item.id)?;
    let before = Membership { family: variant.family, options: variant.options };
    finish(tx, ctx, item, "catalog.item.leave_family", (Some(before), None))
}

fn shown(tx: &mut Tx<'_>, item: &Item) -> Result<VariantFields, Failure> {
    variant_of(tx, &item.sku)?.ok_or_else(|| Failure::fault("a variant is none"))
}

fn finish(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    mut item: Item,
    action: &str,
    (before, after): (Option<Membership>, Option<Membership>),
) -> Result<Item, Failure> {
    item.family = after.as_ref().map(|after| after.family.clone());
    touch(&mut item, ctx.now);
    store::update(tx, &item)?;
    record::part(tx, ctx, &item, action, "variant", (&before, &after))?;
    Ok(item)
}
