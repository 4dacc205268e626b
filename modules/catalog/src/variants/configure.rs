//! Configured at order time: which combinations there are is asked, and the SKU of one is given, which is made
//! when it is not there.

use super::decide::{Combination, Planned, excludes, impossible, refuse_impossible};
use super::{held, make};
use crate::families::{self, Family};
use crate::item::Item;
use crate::options::OptionSet;
use crate::{find, store_variants};
use db::{Conn, Tx};
use domain::{Code, Ctx, Problem};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;
use web::Failure;

/// What was chosen.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Chosen {
    /// A value of every option, by code.
    pub options: BTreeMap<String, String>,
}

/// What a choice comes to.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Configured {
    /// The family.
    pub family: String,
    /// Whether variants of it are made when one is ordered.
    pub configurable: bool,
    /// The options of which nothing was chosen yet.
    pub missing: Vec<String>,
    /// What was chosen goes together.
    pub valid: bool,
    /// Why it does not.
    pub why: Option<String>,
    /// Of a complete and valid choice, the SKU that it has, or would have.
    pub sku: Option<String>,
    /// The item is there.
    pub made: bool,
    /// The values of each option.
    pub choices: Vec<OptionChoices>,
}

/// The values of an option.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct OptionChoices {
    /// The option.
    pub option: String,
    /// What people call it.
    pub name: String,
    /// Its values in use, in order.
    pub values: Vec<ValueChoice>,
}

/// A value that can be chosen.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct ValueChoice {
    /// Its code.
    pub code: String,
    /// What people call it.
    pub name: String,
    /// It goes together with what was chosen of the other options.
    pub possible: bool,
}

/// What a choice, which may not be complete, comes to.
pub fn configured(
    conn: &mut Conn<'_>,
    family: &str,
    chosen: &BTreeMap<String, String>,
) -> Result<Configured, Failure> {
    let family = families::addressed(conn, family)?;
    let codes = family.options.iter().map(|set| set.code.as_str());
    let missing: Vec<String> = codes.filter(|code| !chosen.contains_key(*code)).map(str::to_owned).collect();
    let mut answer = Configured {
        family: family.code.clone(),
        configurable: family.configurable,
        missing,
        valid: !family.excluded.iter().any(|exclusion| excludes(exclusion, chosen)),
        why: None,
        sku: None,
        made: false,
        choices: family.options.iter().map(|set| choices(&family, set, chosen)).collect(),
    };
    if !answer.missing.is_empty() {
        // a value that there is not, and an option that there is not, are told at once
        super::decide::read_some(&family, chosen, "?options")?;
        if !answer.valid {
            answer.why = Some(format!("`{}` excludes that", family.code));
        }
        return Ok(answer);
    }
    let combination = Combination::read(&family, chosen, "?options")?;
    let present = store_variants::present(conn, family.id, &[combination.key()])?.into_values().next();
    answer.made = present.is_some();
    answer.why = match &present {
        Some((sku, true)) => Some(format!("`{sku}` is archived")),
        Some((_, false)) => None,
        None if family.archived => Some(format!("the family `{}` is archived", family.code)),
        None => impossible(&family, &combination),
    };
    answer.valid = answer.why.is_none();
    if answer.valid {
        let would_be = || super::decide::new_item(&family, &combination, None).sku;
        answer.sku = Some(present.map_or_else(would_be, |(sku, _)| sku));
    }
    Ok(answer)
}

fn choices(family: &Family, set: &OptionSet, chosen: &BTreeMap<String, String>) -> OptionChoices {
    let values = set.values.iter().filter(|value| !value.archived).map(|value| {
        let mut with = chosen.clone();
        with.insert(set.code.as_str().to_owned(), value.code.as_str().to_owned());
        ValueChoice {
            code: value.code.as_str().to_owned(),
            name: value.name.clone(),
            possible: !family.excluded.iter().any(|exclusion| excludes(exclusion, &with)),
        }
    });
    OptionChoices { option: set.code.as_str().to_owned(), name: set.name.clone(), values: values.collect() }
}

/// The item of a choice, made when it is not there; and whether it was. Asked twice, it gives the same.
pub fn configure(tx: &mut Tx<'_>, ctx: &Ctx, family: &str, chosen: &Chosen) -> Result<(Item, bool), Failure> {
    let family = held(tx, family)?;
    if !family.configurable {
        let detail = format!(
            "variants of `{}` are not made when one is ordered; it is not `configurable`",
            family.code
        );
        return Err(Problem::new(Code::InvalidValue, detail).into());
    }
    let combination = Combination::read(&family, &chosen.options, "/options")?;
    let present = store_variants::present(tx, family.id, &[combination.key()])?.into_values().next();
    let (sku, made) = match present {
        Some((sku, true)) => {
            let detail = format!("`{sku}` is archived; restore it first, or choose something else");
            return Err(Problem::at(Code::InvalidValue, "/options", detail).into());
        }
        Some((sku, false)) => (sku, false),
        None => {
            refuse_impossible(&family, &combination, "/options")?;
            let planned = Planned { combination, own: None, pointer: "/options".to_owned() };
            let made = make(tx, ctx, &family, &[planned])?;
            let sku = made.into_iter().next().map(|variant| variant.sku);
            (sku.ok_or_else(|| Failure::fault("a variant was made and is not there"))?, true)
        }
    };
    let item = find::item(tx, &sku)?.ok_or_else(|| Failure::fault("a variant is no item"))?;
    Ok((item, made))
}
