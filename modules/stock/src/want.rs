//! Which rows a command needs, before any is locked.

use crate::load::Wanted;
use crate::losses::Good;
use crate::names::Names;
use domain::item::Tracking;
use domain::ledger::{
    Allocate, Amount, Claim, Group, Key, Kind, Line, Loaded, LocationFacts, LotFacts, Original, Place, Post,
    Posted, Reserve, Reverse, Sale, SaleLine, SiteKey,
};
use domain::when::plus_days;
use domain::{ClaimId, Instant, ItemId, LocationId, Status};

impl Wanted {
    /// Whether nothing is wanted.
    pub(crate) fn is_empty(&self) -> bool {
        self.sites.is_empty()
            && self.looked_at.is_empty()
            && self.balances.is_empty()
            && self.claims.is_empty()
    }

    /// Those who wait wherever more than looking is done: whatever is posted or given up there may make
    /// stock available to them.
    pub(crate) fn who_waits(&mut self, loaded: &Loaded) {
        let waits = |key: &&SiteKey| loaded.sites.get(key).is_some_and(|site| site.backordered > 0);
        self.waiting_of = self.sites.iter().filter(waits).copied().collect();
    }

    /// A cost stack, of which at most so much is used.
    fn stack(&mut self, item: ItemId, group: Group, most: i64) {
        if group.is_some() {
            let demand = self.stacks.entry((item, group)).or_default();
            *demand = demand.saturating_add(most);
        }
    }

    /// How much of a cost stack may be used at most.
    pub(crate) fn demand(&self, key: (ItemId, Group)) -> i64 {
        self.stacks.get(&key).copied().unwrap_or(0)
    }

    /// What a posting needs.
    pub(crate) fn post(&mut self, names: &Names, post: &Post, now: Instant) {
        for line in &post.lines {
            self.line(names, (post.kind, post.effective_at.is_some()), line);
            if post.effective_at.is_some() {
                self.backdated(names, post, line, now);
            }
        }
        for line in post.returns.iter().flat_map(|taken| &taken.of) {
            self.sales.insert(*line, names.sales.line(*line));
        }
    }

    /// What lines of a kind need.
    pub(crate) fn lines(&mut self, names: &Names, kind: Kind, lines: &[Line]) {
        for line in lines {
            self.line(names, (kind, false), line);
        }
    }

    fn line(&mut self, names: &Names, of: (Kind, bool), line: &Line) {
        self.room(names, of.0, line);
        for place in [line.from, line.to] {
            self.place(names, line, place);
        }
        let end = |place| names.good(Key::at(line.item, line.lot, place));
        self.losses.line(of, line, [end(line.from), end(line.to)]);
        let serial = names.item_facts.get(&line.item).is_some_and(|item| item.tracking == Tracking::Serial);
        if serial && line.lot.is_some() {
            self.serials.insert(line.lot);
        }
        let (from, to) = (names.group(line.from.location), names.group(line.to.location));
        if from != to {
            // a count may take all there is
            let most = match line.amount {
                Amount::Move(qty) => qty,
                Amount::CountTo(_) => i64::MAX,
            };
            self.stack(line.item, from, most);
            self.stack(line.item, to, 0);
        }
        if let Some(claim) = line.claim {
            self.claim(names, claim);
        }
    }

    /// Where a line puts goods, when the rules of the place bind it, and where goods of a batch come from and go to.
    fn room(&mut self, names: &Names, kind: Kind, line: &Line) {
        let real = |place: &Place| {
            names.location_facts.get(&place.location).is_some_and(|facts| facts.site.is_some())
        };
        self.room_ends
            .extend([line.from, line.to].iter().filter(|place| real(place)).map(|place| place.location));
        if kind.needs_room() && real(&line.to) {
            self.room_targets.insert(line.to.location);
        }
    }

    fn place(&mut self, names: &Names, line: &Line, place: Place) {
        self.balances.insert(Key::at(line.item, line.lot, place));
        let Some(facts) = names.location_facts.get(&place.location) else { return };
        if facts.site.is_some() {
            self.sites.insert(SiteKey { item: line.item, site: facts.site });
        }
    }

    /// A backdated posting asks for the history of the keys it takes from. A count may take from
    /// either of its ends.
    fn backdated(&mut self, names: &Names, post: &Post, line: &Line, now: Instant) {
        let since = post.effective_at.unwrap_or(now);
        let counted = matches!(line.amount, Amount::CountTo(_));
        self.after_expiry(names, post.kind, line, since);
        for (place, asks) in [(line.from, true), (line.to, counted)] {
            self.dated_at(names, Key::at(line.item, line.lot, place), since, asks);
        }
    }

    /// What went out on the last day of a lot, and is told after it, may have to come back from expired: as of the
    /// midnight that took it away, or whenever its day was swept after that.
    fn after_expiry(&mut self, names: &Names, kind: Kind, line: &Line, since: Instant) {
        let goes_out = matches!(kind, Kind::Issue | Kind::Consume) && line.from.status == Status::Good;
        if !goes_out || !line.lot.is_some() {
            return;
        }
        let place = names.location_facts.get(&line.from.location);
        let zone = place.and_then(|place| names.site_facts.get(&place.site)).map(|site| &site.zone);
        let over = match (names.lot_facts.get(&line.lot), zone) {
            (_, None) | (Some(LotFacts { expiry: None, .. }), _) => return,
            (Some(LotFacts { expiry: Some(expiry), .. }), Some(zone)) => {
                plus_days(*expiry, 1).map_or(Instant::MAX, |day| zone.midnight(day))
            }
            // this very batch makes it
            (None, Some(_)) => since,
        };
        if since > over {
            return;
        }
        let expired = Place { status: Status::Expired, ..line.from };
        self.place(names, line, expired);
        for place in [line.from, expired] {
            let key = Key::at(line.item, line.lot, place);
            self.dated_at(names, key, since, true);
            self.dated_at(names, key, over, false);
            self.dated_like(key, Key::at(line.item, line.lot, line.from));
        }
    }

    /// Names an instant for a key, unless it may be below nothing.
    fn dated_at(&mut self, names: &Names, key: Key, at: Instant, asks: bool) {
        if names.location_facts.get(&key.location).is_some_and(|facts| !facts.negative_allowed) {
            self.dated(key, at, asks);
        }
    }

    /// What a reservation needs: its guard, to look at.
    pub(crate) fn reserve(&mut self, reserve: &Reserve) {
        let site = SiteKey { item: reserve.item, site: reserve.site };
        self.looked_at.insert(site);
        self.losses.promised(site, reserve.qty);
    }

    /// What an allocation needs.
    pub(crate) fn allocate(&mut self, names: &Names, allocate: &Allocate) {
        let Allocate { item, location, lot, qty, .. } = *allocate;
        let key = Key { item, location, lot, status: Status::Good };
        self.balances.insert(key);
        self.losses.taken(names.good(key), qty);
        if let Some(facts) = names.location_facts.get(&location) {
            self.sites.insert(SiteKey { item, site: facts.site });
        }
        if let Some(claim) = allocate.reservation {
            self.claim(names, claim);
        }
    }

    /// What any change of a claim needs: the claim, its guard, and its bin.
    pub(crate) fn claim(&mut self, names: &Names, id: ClaimId) {
        self.claims.insert(id);
        if let Some(claim) = names.claims.get(&id) {
            self.sites.insert(claim.site_key());
            self.balances.extend(claim.key());
        }
    }

    /// What a reversal needs: both ends of each movement. Whoever says when it happens asks for the
    /// history of what it takes from: by the clock of another process it may lie in the past.
    pub(crate) fn reverse(&mut self, names: &Names, command: &Reverse) {
        self.reverse_sales(&command.original);
        let since = command.effective_at;
        for movement in &command.original.movements {
            for place in [movement.from, movement.to] {
                self.balances.insert(Key::at(movement.item, movement.lot, place));
                if let Some(facts) =
                    names.location_facts.get(&place.location).filter(|facts| facts.site.is_some())
                {
                    self.sites.insert(SiteKey { item: movement.item, site: facts.site });
                }
            }
            let end = |place| names.good(Key::at(movement.item, movement.lot, place));
            self.losses.taken(end(movement.to), movement.qty);
            self.losses.put(end(movement.from), movement.qty);
            if let Some(since) = since {
                for (place, asks) in [(movement.to, true), (movement.from, false)] {
                    self.dated_at(names, Key::at(movement.item, movement.lot, place), since, asks);
                }
            }
            let serial =
                names.item_facts.get(&movement.item).is_some_and(|item| item.tracking == Tracking::Serial);
            if serial {
                self.serials.insert(movement.lot);
            }
            // the groups are those of today: a location may have changed its group since
            for location in [movement.from.location, movement.to.location] {
                self.stack(movement.item, names.group(location), i64::MAX);
            }
        }
    }
}

impl Wanted {
    /// The lines of a sale that is reversed, and those that a reversed return took back.
    fn reverse_sales(&mut self, original: &Original) {
        if original.kind == Kind::Issue {
            for movement in &original.movements {
                let line = SaleLine { posting: original.id, line: movement.line };
                let shipped = Sale::shipped(movement, original.effective_at);
                self.sales.entry(line).or_insert(None).get_or_insert(shipped);
            }
        }
        for taken in &original.returns {
            self.sales.entry(taken.sale).or_insert(None);
        }
    }
}

impl Names {
    /// A key, where it is of good stock at a site.
    fn good(&self, key: Key) -> Option<Good> {
        Good::of(key, self.location_facts.get(&key.location)?)
    }

    /// Whether a claim is bound elsewhere than it was when it was read without a lock: the rows it
    /// counts on now are not loaded, and whether its caller reaches them was not asked.
    pub(crate) fn claims_moved(&self, wanted: &Wanted, loaded: &Loaded) -> bool {
        let bound = |claim: Option<&Claim>| claim.map(|claim| (claim.site_key(), claim.key()));
        wanted.claims.iter().any(|id| bound(self.claims.get(id)) != bound(loaded.claims.get(id)))
    }

    /// The facts as the ledger takes them.
    pub(crate) fn facts_into(&self, loaded: &mut Loaded) {
        for (id, item) in &self.item_facts {
            let facts = domain::ledger::ItemFacts {
                tracking: item.tracking,
                whole: item.whole,
                stocked: item.stocked,
                archived: item.archived,
                third_party: item.owner.is_some(),
            };
            loaded.items.insert(*id, facts);
        }
        for (id, location) in &self.location_facts {
            let facts = LocationFacts {
                kind: location.kind,
                site: location.site,
                sellable: location.sellable,
                blocked: location.blocked,
                archived: location.archived,
                in_set_up: location.in_set_up,
                open_to_allocation: location.open_to_allocation,
                group: self.group(*id),
            };
            loaded.locations.insert(*id, facts);
        }
        loaded.lots.extend(self.lot_facts.iter().map(|(lot, facts)| (*lot, *facts)));
    }

    /// The sites that a posting concerns, each once.
    pub(crate) fn sites_of(&self, posted: &Posted) -> Vec<i64> {
        let mut sites = Vec::new();
        let mut add = |location: LocationId| {
            let site = self.location_facts.get(&location).map(|facts| facts.site);
            if let Some(site) = site.filter(|site| site.is_some())
                && !sites.contains(&site.get())
            {
                sites.push(site.get());
            }
        };
        for movement in &posted.movements {
            add(movement.from.location);
            add(movement.to.location);
        }
        for entry in &posted.claims {
            if entry.site.is_some() && !sites.contains(&entry.site.get()) {
                sites.push(entry.site.get());
            }
        }
        sites
    }
}
