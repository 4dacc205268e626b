//! The world of this module's tests: a fresh database of either engine with an item or two and a
//! few bins, and a clock that only the test moves. When a world ends, its books must be sound.

use crate::input::{
    AllocateInput, CostInput, LineInput, LotInput, PostInput, QtyInput, Request, ReserveInput, ReverseInput,
    Work,
};
use crate::service::run_in;
use crate::store_tests;
use catalog::NewItem;
use db::{DbError, Engine, MigrationSet};
use domain::ledger::Kind;
use domain::permission::Permissions;
use domain::{
    ClaimId, Ctx, Instant, ItemId, LocationId, Permission, PostingId, PrincipalId, Qty, Status, when,
};
use places::{NewLocation, SetUp};
use std::ops::Range;
use std::sync::Arc;
use web::{Answer, Caller, Grant, IfMatch, Principal, PrincipalKind, Reached, Within};

const SETS: &[MigrationSet] = &[catalog::MIGRATIONS, places::MIGRATIONS, crate::MIGRATIONS];

/// The world that all modules begin with, with the words of this one.
pub(crate) struct World(testkit::World);

impl std::ops::Deref for World {
    type Target = testkit::World;

    fn deref(&self) -> &testkit::World {
        &self.0
    }
}

impl std::ops::DerefMut for World {
    fn deref_mut(&mut self) -> &mut testkit::World {
        &mut self.0
    }
}

/// A fresh world: the sites `L` and `M` with the bins `L1`, `L2`, `M1` and `M2`, and the items
/// `BOLT` (untracked), `MILK` (lots that expire) and `DRILL` (serials).
pub(crate) fn world(engine: Engine) -> World {
    world_of(engine, None)
}

/// The same with books of another kind.
pub(crate) fn world_of(engine: Engine, books: Option<SetUp>) -> World {
    let world = World(testkit::World::new(engine, SETS));
    world.run(|tx, ctx| Ok(db::partitions::ensure(tx, "stock_movement", ctx.now.0, 6)?)).unwrap();
    if let Some(books) = books {
        world.run(move |tx, ctx| places::set_up(tx, ctx, &books)).unwrap();
    }
    for text in ["L site", "L1 bin below L", "L2 bin below L", "M site", "M1 bin below M", "M2 bin below M"] {
        world.place(text);
    }
    let new = |sku: &str, tracking: &str, expiry: Option<&str>| NewItem {
        sku: sku.to_owned(),
        name: sku.to_owned(),
        base_unit: "each".to_owned(),
        tracking: Some(tracking.to_owned()),
        expiry: expiry.map(str::to_owned),
        ..NewItem::default()
    };
    for item in [new("BOLT", "none", None), new("MILK", "lot", Some("named")), new("DRILL", "serial", None)] {
        world.run(move |tx, ctx| catalog::create_item(tx, ctx, &item)).unwrap();
    }
    world
}

impl World {
    /// Moves the clock.
    pub(crate) fn at(&mut self, text: &str) {
        self.ctx.now = Instant::parse(text).unwrap();
    }

    /// Creates `A site`, or `B zone below A`.
    pub(crate) fn place(&self, text: &str) {
        let words: Vec<&str> = text.split(' ').collect();
        let new = NewLocation {
            code: words[0].to_owned(),
            kind: Some(words[1].to_owned()),
            parent: words.get(3).map(|&parent| parent.to_owned()),
            ..NewLocation::default()
        };
        self.run(move |tx, ctx| places::create_location(tx, ctx, Reached::All, &new)).unwrap();
    }

    pub(crate) fn location(&self, code: &str) -> LocationId {
        self.read(|conn| places::facts_by_code(conn, &[code]))[0].as_ref().unwrap().id
    }

    pub(crate) fn item(&self, sku: &str) -> ItemId {
        self.read(|conn| catalog::facts_by_sku(conn, &[sku]))[0].as_ref().unwrap().id
    }

    /// Changes how an item is traced.
    pub(crate) fn trace_by(&self, sku: &'static str, tracking: &'static str) {
        let done = self.run(move |tx, ctx| {
            crate::item_guard::set_tracking(tx, &caller(ctx, None), (sku, IfMatch::Any), tracking)
        });
        done.unwrap();
    }

    /// Creates items that nobody has, which stand in lists before all others.
    pub(crate) fn unused(&self, numbers: Range<usize>) {
        let item = |number: usize| NewItem {
            sku: format!("A{number:06}"),
            name: "unused".to_owned(),
            base_unit: "each".to_owned(),
            ..NewItem::default()
        };
        let items: Vec<NewItem> = numbers.map(item).collect();
        for items in items.chunks(catalog::ITEMS_PER_CALL_MAX) {
            let items = items.to_vec();
            self.run(move |tx, ctx| catalog::create_items(tx, ctx, &items)).unwrap();
        }
    }

    /// Decides one request, as a door would.
    pub(crate) fn ask(&self, work: Work) -> Answer {
        self.try_ask(work).unwrap()
    }

    pub(crate) fn try_ask(&self, work: Work) -> Result<Answer, DbError> {
        let requests = [Request {
            ctx: self.ctx.clone(),
            principal: Arc::new(Principal::system()),
            key: None,
            work,
            second: web::Second::Cannot,
        }];
        let answers = self.db.write_blocking(move |tx| run_in(tx, &requests));
        answers.map(|mut answers| answers.pop().unwrap())
    }

    /// Posts, and shows the problem when it is refused.
    pub(crate) fn post(&self, kind: Kind, lines: Vec<LineInput>) {
        let answer = self.try_post(kind, lines);
        assert_eq!(answer.status.as_u16(), 201, "{}", String::from_utf8_lossy(&answer.body));
    }

    pub(crate) fn try_post(&self, kind: Kind, lines: Vec<LineInput>) -> Answer {
        self.ask(Work::Post(PostInput { lines, ..posting(kind) }))
    }

    /// Receives `10 BOLT at L1`, or `10 MILK lot A until 2026-04-01 at L1`.
    pub(crate) fn receive(&self, text: &str) {
        self.post(Kind::Receive, vec![parse(text)]);
    }

    /// Reserves so much at a site.
    pub(crate) fn reserve(&self, sku: &str, site: &str, qty: u32) -> ClaimId {
        self.reserve_until(sku, site, qty, None)
    }

    pub(crate) fn reserve_until(&self, sku: &str, site: &str, qty: u32, until: Option<&str>) -> ClaimId {
        let answer = self.ask(Work::Reserve(ReserveInput {
            sku: sku.to_owned(),
            site: site.to_owned(),
            qty: Qty::units(qty).unwrap(),
            unit: None,
            owner: "order-1".to_owned(),
            priority: 0,
            backorder: true,
            expires_at: until.map(|text| Instant::parse(text).unwrap()),
        }));
        claim_of(&answer)
    }

    /// Asks for a reversal: `accepted`, or the code of the problem.
    pub(crate) fn reverse(&self, posting: PostingId) -> String {
        self.reverse_because(posting, None)
    }

    /// The same with a reason.
    pub(crate) fn reverse_because(&self, posting: PostingId, reason: Option<&str>) -> String {
        let (reason, note) = (reason.map(str::to_owned), None);
        code_of(&self.ask(Work::Reverse(ReverseInput {
            posting,
            effective_at: None,
            post_late: false,
            reason,
            note,
        })))
    }

    /// What is on hand: `L1 10`, `L1 hold 3`, by location, lot and status; zeros left out.
    pub(crate) fn stock(&self, sku: &str) -> Vec<String> {
        let item = self.item(sku);
        self.read(|conn| store_tests::stock(conn, item))
    }

    /// Sellable, reserved and allocated of an item at a site, in whole units.
    pub(crate) fn guard(&self, sku: &str, site: &str) -> (i64, i64, i64) {
        let (item, site) = (self.item(sku), self.location(site));
        self.read(|conn| store_tests::guard(conn, item, site))
    }

    /// The open quantity of a claim in whole units, and its state.
    pub(crate) fn claim(&self, id: ClaimId) -> (i64, i64) {
        self.read(|conn| store_tests::claim(conn, id))
    }

    /// The kinds and numbers of the events of one kind of thing, by number: with a clock that stands
    /// still, what several lanes have written at once has no other order.
    pub(crate) fn events(&self, aggregate: &str) -> Vec<(String, i64)> {
        for _ in 0..500 {
            let events = self.read(|conn| db::feed::read(conn, 0, 100_000));
            let (positioned, all) = (events.len(), self.read(store_tests::events));
            if i64::try_from(positioned).unwrap() == all {
                let of_kind = events.into_iter().filter(|event| event.aggregate_type == aggregate);
                let mut found: Vec<_> = of_kind.map(|event| (event.kind, event.aggregate_seq)).collect();
                found.sort_by_key(|(_, number)| *number);
                return found;
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        panic!("the feed does not catch up");
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let wrong = self.read(store_tests::unsound);
            assert!(wrong.is_empty(), "the books are not sound: {wrong:#?}");
        }
    }
}

/// Whoever may do everything, everywhere or below one location.
pub(crate) fn caller(ctx: &Ctx, below: Option<LocationId>) -> Caller {
    let within = below.map_or(Within::All, Within::Subtree);
    let grant = Grant::free(Permissions::all(), within);
    let (id, kind) = (PrincipalId(1), PrincipalKind::User);
    let principal = Arc::new(Principal::new(id, "ann", kind, vec![grant], None));
    let scope = principal.scope(Permission::StockTransfer).unwrap().clone();
    Caller {
        whole: Arc::clone(&principal),
        principal,
        scope,
        categories: None,
        permission: Some(Permission::StockTransfer),
        ctx: ctx.clone(),
    }
}

/// A posting without lines.
pub(crate) fn posting(kind: Kind) -> PostInput {
    PostInput {
        kind,
        effective_at: None,
        post_late: false,
        document: None,
        reason: crate::reason::is_needed(kind).then(|| "count".to_owned()),
        note: None,
        lines: Vec::new(),
    }
}

/// Reads `10 BOLT at L1` or `10 MILK lot A until 2026-04-01 at L1 status hold`.
pub(crate) fn parse(text: &str) -> LineInput {
    let words: Vec<&str> = text.split(' ').collect();
    let after = |word: &str| words.iter().position(|at| *at == word).map(|at| words[at + 1]);
    let serials: Vec<String> =
        after("serials").map_or(Vec::new(), |list| list.split(',').map(str::to_owned).collect());
    LineInput {
        sku: words[1].to_owned(),
        qty: QtyInput::Moves(Qty::parse(words[0]).unwrap()),
        unit: None,
        location: after("at").unwrap().to_owned(),
        status: after("status").map(|word| Status::parse(word).unwrap()),
        to_location: after("to").map(str::to_owned),
        to_status: after("becomes").map(|word| Status::parse(word).unwrap()),
        lot: after("lot").map(|code| LotInput {
            code: code.to_owned(),
            expiry_on: after("until").map(|day| when::parse_date(day).unwrap()),
            made_on: None,
        }),
        serials,
        claim: None,
        cost: CostInput::Total(1_000),
        sale: None,
    }
}

/// `2 MILK lot A at L1`, bound for an owner who waits for what a loss takes.
pub(crate) fn allocation(text: &str, owner: &str) -> AllocateInput {
    let LineInput { sku, location, lot, qty, .. } = parse(text);
    AllocateInput {
        sku,
        location,
        lot: lot.map(|lot| lot.code),
        qty: qty.qty(),
        unit: None,
        owner: Some(owner.to_owned()),
        reservation: None,
        priority: 0,
        backorder: true,
    }
}

/// The claim in an answer.
pub(crate) fn claim_of(answer: &Answer) -> ClaimId {
    let body: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
    ClaimId::parse(body["id"].as_str().unwrap_or_else(|| panic!("{body}"))).unwrap()
}

/// The posting in an answer.
pub(crate) fn posting_of(answer: &Answer) -> PostingId {
    let body: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
    PostingId::parse(body["id"].as_str().unwrap_or_else(|| panic!("{body}"))).unwrap()
}

/// The code in a refused answer.
pub(crate) fn code_of(answer: &Answer) -> String {
    let body: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
    body["code"].as_str().unwrap_or("accepted").to_owned()
}

pub(crate) use testkit::{on_both_engines, seen};
