//! Rules of demand beyond stock: how much of each item may wait at a site. The rule of an item beats
//! that of its site; without one, nothing is promised that is not there.
//!
//! A rule is read with the guard that a reservation locks anyway, so it binds the next reservation
//! and changes nothing that was promised: who waits goes on waiting when the cap is lowered or the
//! rule is gone. What a rule means is decided by `domain::ledger`.

pub(crate) mod api;
pub(crate) mod decide;
pub(crate) mod store;
#[cfg(test)]
mod tests;

use crate::asked;
use crate::balance::minimum::can_have;
use crate::brought::Brought;
use crate::item_guard::WentOver;
use crate::record::{Change, change};
use crate::sight::Sight;
use crate::walk::{Part, part};
use catalog::ItemFacts;
use db::{Conn, DbError, Tx};
use decide::Rule;
use domain::{Ctx, Delta, ItemId, SiteId};
use places::SiteFacts;
use serde::Serialize;
use store::{Named, RuleRow};
use utoipa::ToSchema;
use web::{Caller, Failure, IfMatch, Scope};

/// How much of an item may wait at a site.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub(crate) struct BackorderRule {
    /// The site.
    pub(crate) site: String,
    /// The item, when the rule is its own; left out for the rule of the site.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sku: Option<String>,
    /// `none`, `cap`; or, of an item without a rule of its own, `as_site`.
    pub(crate) accepts: &'static str,
    /// How much may wait, in the base unit of each item; null unless `accepts` is `cap`.
    #[schema(value_type = Option<String>)]
    pub(crate) cap: Option<Delta>,
    /// How much may wait after all, by the rule itself or by that of the site; null for nothing.
    #[schema(value_type = Option<String>)]
    pub(crate) effective_cap: Option<Delta>,
    /// Counts its changes, from 1; 0 when it was never set. The `ETag`.
    pub(crate) version: i64,
}

/// Whose rule it is.
struct Subject {
    site: SiteFacts,
    item: Option<ItemFacts>,
}

impl Subject {
    /// A site within reach, and an item.
    fn read(conn: &mut Conn<'_>, scope: &Scope, site: &str, sku: Option<&str>) -> Result<Subject, Failure> {
        let Some(sku) = sku else {
            return Ok(Subject { site: asked::whole_site(conn, scope, site)?, item: None });
        };
        let (site, item) = asked::site_and_item(conn, scope, site, sku)?;
        Ok(Subject { site, item: Some(item) })
    }

    /// The item of the row; none for the rule of the site.
    fn item_id(&self) -> ItemId {
        self.item.as_ref().map_or(store::OF_SITE, |item| item.id)
    }

    /// A rule beside that of its site, which is itself for the rule of a site.
    fn beside_site(&self, conn: &mut Conn<'_>, row: &RuleRow) -> Result<BackorderRule, DbError> {
        let of_site = match self.item {
            Some(_) => store::find(conn, self.site.id, store::OF_SITE)?,
            None => Some(*row),
        };
        Ok(self.shown(Some(row), of_site.as_ref()))
    }

    fn shown(&self, row: Option<&RuleRow>, of_site: Option<&RuleRow>) -> BackorderRule {
        let unset = if self.item.is_some() { Rule::AsSite } else { Rule::Nothing };
        let rule = row.map_or(unset, |row| row.rule);
        let of_site = of_site.map_or(Rule::Nothing, |row| row.rule);
        BackorderRule {
            site: self.site.code.clone(),
            sku: self.item.as_ref().map(|item| item.sku.clone()),
            accepts: rule.word(),
            cap: rule.cap().map(Delta),
            effective_cap: rule.effective(of_site).map(Delta),
            version: row.map_or(0, |row| row.version),
        }
    }
}

/// The rule of a site within reach, or of an item there; one that was never set is at version 0.
pub(crate) fn get(
    conn: &mut Conn<'_>,
    scope: &Scope,
    (site, sku): (&str, Option<&str>),
) -> Result<BackorderRule, Failure> {
    let subject = Subject::read(conn, scope, site, sku)?;
    let row = store::find(conn, subject.site.id, subject.item_id())?;
    let of_site = store::find(conn, subject.site.id, store::OF_SITE)?;
    Ok(subject.shown(row.as_ref(), of_site.as_ref()))
}

/// Sets it.
pub(crate) fn set(
    tx: &mut Tx<'_>,
    caller: &Caller,
    (site, sku): (&str, Option<&str>),
    version: IfMatch,
    (accepts, cap): (&str, Option<&str>),
) -> Result<BackorderRule, Failure> {
    let subject = Subject::read(tx, &caller.scope, site, sku)?;
    let (site, item) = (subject.site.id, subject.item_id());
    let before = store::lock(tx, site, item)?;
    version.check(before.map_or(0, |row| row.version))?;
    let rule = Rule::read(accepts, cap, subject.item.is_some())?;
    if let Some(before) = before.filter(|before| before.rule == rule) {
        return Ok(subject.beside_site(tx, &before)?);
    }
    store(tx, &caller.ctx, &subject, before.map_or(0, |before| before.version), rule)
}

/// Stores it, with its trace, in place of the one of a version.
fn store(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    subject: &Subject,
    current: i64,
    rule: Rule,
) -> Result<BackorderRule, Failure> {
    let (site, item) = (subject.site.id, subject.item_id());
    let row = RuleRow { site, item, rule, version: current.saturating_add(1) };
    if !store::save(tx, &row)? {
        return Err(tx.again("another process was first to set the rule").into());
    }
    let shown = subject.beside_site(tx, &row)?;
    let (action, event) = ("stock.backorder.set", "stock.backorder_rule_set");
    let id = format!("{site}/{item}");
    let target = [Some(shown.site.as_str()), shown.sku.as_deref()].into_iter().flatten().collect::<Vec<_>>();
    let sites = [site.get()];
    let made =
        Change { action, event, aggregate: "backorder_rule", id: &id, version: row.version, sites: &sites };
    let body = serde_json::json!({ "rule": serde_json::to_value(&shown)? });
    change(tx, ctx, &target.join("/"), &made, &body);
    Ok(shown)
}

/// The rules of an item that is merged into another: they go over to the sites where the other has none of its own,
/// as far as it can have them, and are withdrawn from the one that goes.
pub(crate) fn merge(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    (gone, kept): (&ItemFacts, &ItemFacts),
) -> Result<WentOver, Failure> {
    let mut went = WentOver::default();
    for row in store::of_item(tx, gone.id)? {
        let site = places::site_facts_by_id(tx, &[row.site])?.pop().flatten();
        let site = site.ok_or_else(|| Failure::fault("a rule is of no site"))?;
        let of = |item: &ItemFacts| Subject { site: site.clone(), item: Some(item.clone()) };
        let own = store::lock(tx, site.id, kept.id)?;
        let goes = own.is_none_or(|own| own.rule == Rule::AsSite)
            && row.rule.cap().is_none_or(|cap| can_have(gone, kept, cap));
        if goes {
            store(tx, ctx, &of(kept), own.map_or(0, |own| own.version), row.rule)?;
        }
        store(tx, ctx, &of(gone), row.version, Rule::AsSite)?;
        went.count(goes);
    }
    Ok(went)
}

/// Sets what an import says of it.
///
/// # Errors
/// `not_found` for a site out of reach and for an item that is not there, `invalid_value` for what is no rule.
pub fn bring(
    tx: &mut Tx<'_>,
    caller: &Caller,
    of: (&str, Option<&str>),
    said: (&str, Option<&str>),
) -> Result<Brought, Failure> {
    let before = get(tx, &caller.scope, of)?;
    let after = set(tx, caller, of, IfMatch::Any, said)?;
    Ok(Brought::of_versions(before.version, after.version))
}

/// The page of rules at sites within reach, by site and item.
pub(crate) fn list(
    conn: &mut Conn<'_>,
    scope: &Scope,
    site: Option<SiteId>,
    after: Option<(i64, i64)>,
    limit: usize,
) -> Result<Part<BackorderRule, (i64, i64)>, DbError> {
    // behind all rules of the sites before
    let begin = site.map_or(i64::MIN, |site| site.get() - 1);
    let last = site.unwrap_or(SiteId(i64::MAX));
    let mut sight = Sight::new(scope, None);
    part(limit, after, |after, most| {
        let after = after.copied().unwrap_or((begin, i64::MAX));
        let mut found = Vec::new();
        let listed_rules = store::list(conn, (SiteId(after.0), ItemId(after.1)), last, most)?;
        sight.meet(conn, listed_rules.iter().map(|named| named.row.item))?;
        for named in listed_rules {
            let RuleRow { site: at, item, .. } = named.row;
            let fits = if item == store::OF_SITE {
                sight.sees_place(conn, at.root())?
            } else {
                sight.sees(conn, item, &[at.root()])?
            };
            found.push(((at.get(), item.get()), fits.then(|| listed(named))));
        }
        Ok(found)
    })
}

fn listed(named: Named) -> BackorderRule {
    let Named { row: RuleRow { rule, version, .. }, site, sku, cap_of_site } = named;
    let of_site = cap_of_site.map_or(Rule::Nothing, Rule::UpTo);
    let (accepts, cap, effective_cap) = (rule.word(), rule.cap(), rule.effective(of_site));
    BackorderRule {
        site,
        sku,
        accepts,
        cap: cap.map(Delta),
        effective_cap: effective_cap.map(Delta),
        version,
    }
}
