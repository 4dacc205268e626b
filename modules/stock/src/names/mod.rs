//! Names to facts, for a whole batch at once: SKUs, codes of locations and sites, units, lots.
//!
//! Everything is read inside of the batch's transaction. What a caller may not see is as if it
//! did not exist.

mod lots;
mod named;
mod sales;

use crate::input::{LineInput, PostInput, Request, Work};
use crate::{load, reason, store_below};
use catalog::ItemFacts;
use db::{Ask, Conn, DbError, Tx};
use domain::ledger::{Group, LotFacts};
use domain::{CategoryId, ClaimId, ItemId, LocationId, LotId, Permission, Ratio, SiteId};
pub(crate) use lots::Lineage;
use named::Named;
pub(crate) use named::outside;
use places::{LocationFacts, SiteFacts};
use rustc_hash::{FxHashMap, FxHashSet};
use sales::Sales;
pub(crate) use sales::Sold;
use web::{Principal, Reached, Within};

/// Everything the requests of a batch name.
#[derive(Debug, Default)]
pub(crate) struct Names {
    items: FxHashMap<String, ItemId>,
    pub(crate) item_facts: FxHashMap<ItemId, ItemFacts>,
    locations: FxHashMap<String, LocationId>,
    pub(crate) location_facts: FxHashMap<LocationId, LocationFacts>,
    sites: FxHashMap<String, SiteId>,
    pub(crate) site_facts: FxHashMap<SiteId, SiteFacts>,
    factors: FxHashMap<(ItemId, String), Ratio>,
    lots: FxHashMap<(ItemId, String), LotId>,
    pub(crate) lot_facts: FxHashMap<LotId, LotFacts>,
    /// Of the lots of items that are traced by serial, what they and their parents are.
    lineage: FxHashMap<LotId, Lineage>,
    /// The codes of the lots as the requests spell them.
    pub(crate) lot_codes: FxHashMap<LotId, String>,
    /// Lots that are not in the store yet. What they are is said by the first posting that is
    /// accepted and names them, so nothing is known of them here but their ids.
    new_lots: FxHashSet<LotId>,
    pub(crate) claims: FxHashMap<ClaimId, domain::ledger::Claim>,
    /// The codes of the reasons in use, when postings need them.
    pub(crate) reasons: FxHashSet<String>,
    /// The sales that returns name.
    pub(crate) sales: Sales,
    /// What the locations lie below, themselves included, when there are callers that do not see all.
    above: FxHashMap<LocationId, Vec<LocationId>>,
    /// The categories of the items, from their own upwards, when there are callers whose rights are for some.
    categories: FxHashMap<ItemId, Vec<CategoryId>>,
}

/// The lines of all postings in a request.
fn postings(request: &Request) -> &[PostInput] {
    match &request.work {
        Work::Post(post) => std::slice::from_ref(post),
        Work::Bulk(bulk) => &bulk.postings,
        _ => &[],
    }
}

fn lines<'a>(requests: &[&'a Request]) -> impl Iterator<Item = &'a LineInput> {
    requests.iter().flat_map(|request| postings(request)).flat_map(|post| &post.lines)
}

/// Whether nothing that a caller may do at all ends at a place.
fn sees_all(principal: &Principal) -> bool {
    let scopes = Permission::ALL.iter().filter_map(|permission| principal.scope(*permission));
    let terms = Permission::ALL.iter().flat_map(|permission| principal.terms(*permission));
    !principal.has_categories()
        && scopes.chain(terms.map(|(_, scope)| scope)).all(|scope| matches!(scope.reached(), Reached::All))
}

impl Names {
    /// Reads what the requests call by name. What is asked beside it is asked in the same round trip.
    pub(crate) fn named(
        conn: &mut Conn<'_>,
        requests: &[&Request],
        beside: &mut [&mut dyn Ask],
    ) -> Result<Names, DbError> {
        let mut names = Names::default();
        names.read_named(conn, requests, beside)?;
        Ok(names)
    }

    /// Reads the rest of what requests need that are to be decided, and gives ids to their new lots.
    pub(crate) fn complete(&mut self, tx: &mut Tx<'_>, requests: &[&Request]) -> Result<(), DbError> {
        self.add_places(tx, [])?;
        self.read_claims(tx, requests)?;
        self.read_reasons(tx, requests)?;
        self.read_units(tx, requests)?;
        self.read_lots(tx, requests)?;
        self.read_reach(tx, requests)
    }

    /// Reads the items, locations and sites that are called by a name, and those of the kinds of postings.
    fn read_named(
        &mut self,
        conn: &mut Conn<'_>,
        requests: &[&Request],
        beside: &mut [&mut dyn Ask],
    ) -> Result<(), DbError> {
        let named = Named::of(requests);
        let skus = catalog::sku_keys(&named.skus);
        let (locations, sites) = (places::code_keys(&named.locations), places::code_keys(&named.sites));
        let mut items = catalog::items_of(&skus);
        let mut locations = places::locations_of(&locations);
        let mut outside = places::locations_by_id(&named.outside);
        let mut sites = places::sites_of(&sites);
        let mut all: Vec<&mut dyn Ask> = Vec::with_capacity(beside.len().saturating_add(4));
        for question in beside {
            all.push(&mut **question);
        }
        let own: [&mut dyn Ask; 4] = [&mut items, &mut locations, &mut outside, &mut sites];
        all.extend(own);
        conn.ask(&mut all)?;
        for (sku, facts) in named.skus.iter().zip(items.answers()) {
            if let Some(facts) = facts {
                self.items.insert((*sku).to_owned(), facts.id);
                self.item_facts.insert(facts.id, facts);
            }
        }
        for (code, facts) in named.locations.iter().zip(locations.answers()) {
            if let Some(facts) = facts {
                self.locations.insert((*code).to_owned(), facts.id);
                self.location_facts.insert(facts.id, facts);
            }
        }
        let outside = outside.answers().into_iter().flatten();
        self.location_facts.extend(outside.map(|facts| (facts.id, facts)));
        for (code, facts) in named.sites.iter().zip(sites.answers()) {
            if let Some(facts) = facts {
                self.sites.insert((*code).to_owned(), facts.id);
                self.site_facts.insert(facts.id, facts);
            }
        }
        Ok(())
    }

    /// Adds the facts of locations that are known by id only, and of the sites of all locations.
    pub(crate) fn add_places(
        &mut self,
        conn: &mut Conn<'_>,
        ids: impl IntoIterator<Item = LocationId>,
    ) -> Result<(), DbError> {
        let lacking: FxHashSet<LocationId> =
            ids.into_iter().filter(|id| !self.location_facts.contains_key(id)).collect();
        let lacking: Vec<LocationId> = lacking.into_iter().collect();
        if !lacking.is_empty() {
            let found = places::facts_by_id(conn, &lacking)?;
            self.location_facts.extend(found.into_iter().flatten().map(|facts| (facts.id, facts)));
        }
        let sites: FxHashSet<SiteId> = self
            .location_facts
            .values()
            .map(|facts| facts.site)
            .filter(|site| site.is_some() && !self.site_facts.contains_key(site))
            .collect();
        let sites: Vec<SiteId> = sites.into_iter().collect();
        if !sites.is_empty() {
            let found = places::site_facts_by_id(conn, &sites)?;
            self.site_facts.extend(found.into_iter().flatten().map(|facts| (facts.id, facts)));
        }
        Ok(())
    }

    /// Adds the facts of items that are known by id only.
    pub(crate) fn add_items(
        &mut self,
        conn: &mut Conn<'_>,
        ids: impl IntoIterator<Item = ItemId>,
    ) -> Result<(), DbError> {
        let lacking: FxHashSet<ItemId> =
            ids.into_iter().filter(|id| !self.item_facts.contains_key(id)).collect();
        let lacking: Vec<ItemId> = lacking.into_iter().collect();
        if !lacking.is_empty() {
            let found = catalog::facts_by_id(conn, &lacking)?;
            self.item_facts.extend(found.into_iter().flatten().map(|facts| (facts.id, facts)));
        }
        Ok(())
    }

    /// Claims are read here to learn what they count on; they are read again under the lock.
    fn read_claims(&mut self, conn: &mut Conn<'_>, requests: &[&Request]) -> Result<(), DbError> {
        let mut ids: FxHashSet<ClaimId> = lines(requests).filter_map(|line| line.claim).collect();
        ids.extend(requests.iter().filter_map(|request| match &request.work {
            Work::Release(release) => Some(release.claim),
            Work::Allocate(allocate) => allocate.reservation,
            _ => None,
        }));
        self.add_claims(conn, ids)
    }

    /// Adds claims, with the facts of what they are on.
    pub(crate) fn add_claims(
        &mut self,
        conn: &mut Conn<'_>,
        ids: impl IntoIterator<Item = ClaimId>,
    ) -> Result<(), DbError> {
        let found = load::read_claims(conn, ids.into_iter())?;
        self.claims = found.into_iter().map(|claim| (claim.id, claim)).collect();
        let items: Vec<ItemId> = self.claims.values().map(|claim| claim.item).collect();
        let bins: Vec<LocationId> =
            self.claims.values().map(|claim| claim.bin.map_or(claim.site.root(), |bin| bin.0)).collect();
        self.add_items(conn, items)?;
        self.add_places(conn, bins)
    }

    fn read_reasons(&mut self, conn: &mut Conn<'_>, requests: &[&Request]) -> Result<(), DbError> {
        if requests.iter().any(|request| reason::is_asked(&request.work)) {
            self.reasons = reason::store::active(conn)?.into_iter().collect();
        }
        Ok(())
    }

    fn read_units(&mut self, conn: &mut Conn<'_>, requests: &[&Request]) -> Result<(), DbError> {
        let mut keys: FxHashSet<(ItemId, &str)> = FxHashSet::default();
        let add = |names: &Names, sku: &str, unit: Option<&'_ str>| {
            let item = names.items.get(sku).and_then(|id| names.item_facts.get(id));
            match (item, unit) {
                (Some(item), Some(unit)) if item.base_unit != unit => Some((item.id, unit.to_owned())),
                _ => None,
            }
        };
        let mut wanted: Vec<(ItemId, String)> = Vec::new();
        for line in lines(requests) {
            wanted.extend(add(self, &line.sku, line.unit.as_deref()));
        }
        for request in requests {
            for input in request.work.reservations() {
                wanted.extend(add(self, &input.sku, input.unit.as_deref()));
            }
            if let Work::Allocate(input) = &request.work {
                wanted.extend(add(self, &input.sku, input.unit.as_deref()));
            }
        }
        keys.extend(wanted.iter().map(|(item, unit)| (*item, unit.as_str())));
        if keys.is_empty() {
            return Ok(());
        }
        let keys: Vec<(ItemId, &str)> = keys.into_iter().collect();
        for ((item, unit), factor) in keys.iter().zip(catalog::unit_factors(conn, &keys)?) {
            if let Some(factor) = factor {
                self.factors.insert((*item, (*unit).to_owned()), factor);
            }
        }
        Ok(())
    }

    /// For callers that do not see everything: what the named locations lie below.
    pub(crate) fn read_reach(&mut self, conn: &mut Conn<'_>, requests: &[&Request]) -> Result<(), DbError> {
        self.read_categories(conn, requests)?;
        let judged = |request: &Request| sees_all(request.second.judged(&request.principal));
        if requests.iter().all(|request| sees_all(&request.principal) && judged(request)) {
            return Ok(());
        }
        let named = self.location_facts.keys().copied();
        let named: FxHashSet<LocationId> =
            named.chain(self.site_facts.keys().map(|site| site.root())).collect();
        let lacking: Vec<LocationId> =
            named.into_iter().filter(|location| !self.above.contains_key(location)).collect();
        if lacking.is_empty() {
            return Ok(());
        }
        self.above.extend(lacking.iter().map(|location| (*location, Vec::new())));
        for (location, above) in store_below::above(conn, &lacking)? {
            self.above.entry(location).or_default().push(above);
        }
        Ok(())
    }

    /// For callers whose rights are for some categories: those of the items.
    fn read_categories(&mut self, conn: &mut Conn<'_>, requests: &[&Request]) -> Result<(), DbError> {
        let has = |request: &&&Request| {
            request.principal.has_categories() || request.second.judged(&request.principal).has_categories()
        };
        if !requests.iter().any(|request| has(&request)) {
            return Ok(());
        }
        let lacking: Vec<ItemId> =
            self.item_facts.keys().copied().filter(|item| !self.categories.contains_key(item)).collect();
        self.categories.extend(lacking.iter().map(|item| (*item, Vec::new())));
        for (item, category) in catalog::category_lines(conn, &lacking)? {
            self.categories.entry(item).or_default().push(category);
        }
        Ok(())
    }

    /// Whether a caller reaches goods of an item at a location with a permission.
    pub(crate) fn reaches(
        &self,
        principal: &Principal,
        permission: Permission,
        (location, item): (LocationId, ItemId),
    ) -> bool {
        principal.scope(permission).is_some_and(|scope| self.lies_in(location, scope.reached()))
            || self.places_for(principal, permission, item).any(|place| match place {
                Within::All => true,
                Within::Subtree(root) => self.lies_in(location, Reached::Within(&[root])),
            })
    }

    /// Whether a caller reaches goods of an item anywhere with a permission. Whoever reaches those of all items somewhere
    /// may learn which items there are.
    pub(crate) fn knows(&self, principal: &Principal, permission: Permission, item: ItemId) -> bool {
        principal.scope(permission).is_some()
            || self.places_for(principal, permission, item).next().is_some()
            || !principal.has_categories()
    }

    fn places_for<'a>(
        &'a self,
        principal: &'a Principal,
        permission: Permission,
        item: ItemId,
    ) -> impl Iterator<Item = Within> + 'a {
        let categories = self.categories.get(&item).map_or(&[][..], Vec::as_slice);
        principal.places_for(permission, categories)
    }

    /// Whether a location lies in a scope.
    pub(crate) fn lies_in(&self, location: LocationId, reached: Reached<'_>) -> bool {
        match reached {
            Reached::All => true,
            Reached::Within(roots) => {
                self.above.get(&location).is_some_and(|above| above.iter().any(|above| roots.contains(above)))
            }
        }
    }

    /// The item of a SKU as it was given.
    pub(crate) fn item(&self, sku: &str) -> Option<&ItemFacts> {
        self.items.get(sku).and_then(|id| self.item_facts.get(id))
    }

    /// The location of a code as it was given.
    pub(crate) fn location(&self, code: &str) -> Option<&LocationFacts> {
        self.locations.get(code).and_then(|id| self.location_facts.get(id))
    }

    /// The site of a code as it was given.
    pub(crate) fn site(&self, code: &str) -> Option<&SiteFacts> {
        self.sites.get(code).and_then(|id| self.site_facts.get(id))
    }

    /// How many base units one of a unit is.
    pub(crate) fn factor(&self, item: &ItemFacts, unit: &str) -> Option<Ratio> {
        if item.base_unit == unit {
            return Some(Ratio::ONE);
        }
        self.factors.get(&(item.id, unit.to_owned())).copied()
    }

    /// Where stock of a location is valued.
    pub(crate) fn group(&self, location: LocationId) -> Group {
        Group(self.location_facts.get(&location).map_or(0, |facts| facts.valuation_group))
    }

    /// How a place is called.
    pub(crate) fn call(&self, place: domain::ledger::Place) -> String {
        let code = match self.location_facts.get(&place.location) {
            Some(facts) => facts.code.clone(),
            None => place.location.to_string(),
        };
        if place.status == domain::Status::Good { code } else { format!("{code} ({})", place.status) }
    }
}
