//! What the event of a posting says beside the posting: what can be sold of each item at each site that it
//! touched, as it left them. So whoever follows the feed knows what is available, and asks nothing.
//!
//! Not here: the answer of whoever posted. The numbers of a site are those of all of it, and are told to
//! those who reach all of it; the feed leaves them out for who reaches some of the sites of an event.

use crate::names::Names;
use crate::run::json;
use domain::ledger::{Posted, SiteKey, Vault};
use domain::{Delta, Instant};
use serde::Serialize;
use serde_json::value::RawValue;

/// The numbers of an item at a site.
#[derive(Serialize)]
struct LevelTold<'a> {
    sku: &'a str,
    site: &'a str,
    sellable: Delta,
    reserved: Delta,
    allocated: Delta,
    available: Delta,
}

/// The numbers that a posting leaves, by item and site; `None` when it touched no site. A recount moves
/// nothing, so it says what it counted.
pub(crate) fn of(
    names: &Names,
    vault: &Vault,
    posted: &Posted,
    recounted: Option<SiteKey>,
) -> Option<Box<RawValue>> {
    let ends = posted.movements.iter().flat_map(|movement| {
        let site = |location| names.location_facts.get(&location).map(|facts| facts.site);
        let sites = [site(movement.from.location), site(movement.to.location)].into_iter().flatten();
        sites.map(|site| SiteKey { item: movement.item, site })
    });
    let claims = posted.claims.iter().map(|entry| SiteKey { item: entry.item, site: entry.site });
    let mut keys: Vec<SiteKey> =
        ends.chain(claims).chain(recounted).filter(|key| key.site.is_some()).collect();
    keys.sort_unstable();
    keys.dedup();
    let levels = keys.iter().filter_map(|key| level(names, vault, *key, posted.recorded_at));
    let levels: Vec<LevelTold<'_>> = levels.collect();
    (!levels.is_empty()).then(|| json(&levels))
}

/// Only what the posting changed: the instants of a guard's changes rise, so the feed tells its numbers in the
/// order in which they were.
fn level<'n>(names: &'n Names, vault: &Vault, key: SiteKey, at: Instant) -> Option<LevelTold<'n>> {
    let stock = vault.site(key).ok().filter(|stock| stock.at == at)?;
    Some(LevelTold {
        sku: &names.item_facts.get(&key.item)?.sku,
        site: &names.site_facts.get(&key.site)?.code,
        sellable: Delta(stock.sellable),
        reserved: Delta(stock.reserved),
        allocated: Delta(stock.allocated),
        available: Delta(stock.available()),
    })
}

/// The payload of an event: an answer, with the numbers as its last member. The answer is written already,
/// and is not written again for them.
pub(crate) fn told(answer: Box<RawValue>, levels: Option<&RawValue>) -> String {
    let text = Box::<str>::from(answer).into_string();
    match (levels, text.strip_suffix('}')) {
        (Some(levels), Some(open)) => format!(r#"{open},"levels":{levels}}}"#),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::told;
    use serde_json::value::RawValue;

    #[test]
    fn the_numbers_are_the_last_member_of_an_answer() {
        let raw = |text: &str| RawValue::from_string(text.to_owned()).unwrap();
        assert_eq!(told(raw(r#"{"id":1}"#), Some(&raw("[2]"))), r#"{"id":1,"levels":[2]}"#);
        assert_eq!(told(raw(r#"{"id":1}"#), None), r#"{"id":1}"#);
        assert_eq!(told(raw("null"), Some(&raw("[2]"))), "null");
    }
}
