//! Rights for an item at a place are one right: every list shows the pairs that a grant gives, and no others.

use crate::as_of::Moment;
use crate::asked::{self, Below};
use crate::input::{AllocateInput, Work};
use crate::level::store::{After, Filter, Order};
use crate::testing::{World, allocation, caller, claim_of, on_both_engines, parse, posting_of, world};
use crate::transfer::{self, NewTransfer, NewTransferLine};
use crate::walk::Part;
use crate::{
    availability, backorder, balance, block, claim, home, ledger_page, level, lot, posting_claims, sums,
    valuation,
};
use catalog::{ChangeCategory, ChangeItem, NewItem};
use db::Engine;
use domain::ledger::Kind;
use domain::permission::Permissions;
use domain::{CategoryId, Instant, Permission, PostingId, PrincipalId, Zone};
use std::collections::BTreeSet;
use web::{Failure, Grant, IfMatch, Principal, PrincipalKind, Scope, Within};

on_both_engines!(
    every_list_shows_the_pairs_of_its_caller,
    rights_follow_an_item_and_its_category,
    what_is_of_others_is_told_by_no_filter,
    a_page_is_full_where_much_of_it_is_of_others,
    what_a_place_in_a_list_is_called_is_not_told,
    the_past_is_seen_by_where_places_stood,
    a_transfer_is_for_those_who_see_all_of_its_lines,
    a_posting_of_which_nothing_is_seen_is_not_there,
);

/// An item for each of `cold`, `hazard`, `cold/dairy` and none.
const ITEMS: [(&str, Option<&str>); 4] =
    [("A", Some("cold")), ("B", Some("hazard")), ("D", Some("cold/dairy")), ("N", None)];

/// Ten of each item in a lot of its own at `L1` and at `M1`, with a promise, an allocation, a home and a rule.
fn stocked(engine: Engine) -> World {
    let world = world(engine);
    for path in ["cold/dairy", "hazard", "tools"] {
        world.run(move |tx, ctx| catalog::ensure_category(tx, ctx, path)).unwrap();
    }
    for (sku, category) in ITEMS {
        let item = NewItem {
            sku: sku.to_owned(),
            name: sku.to_owned(),
            base_unit: "each".to_owned(),
            tracking: Some("lot".to_owned()),
            category: category.map(str::to_owned),
            ..NewItem::default()
        };
        world.run(move |tx, ctx| catalog::create_item(tx, ctx, &item)).unwrap();
        for site in ["L", "M"] {
            world.receive(&format!("10 {sku} lot {sku}-{site} at {site}1"));
            world.reserve(sku, site, 2);
            claim_of(&world.ask(Work::Allocate(allocated(sku, site))));
            let bins = vec![format!("{site}1")];
            world
                .run(move |tx, ctx| {
                    let caller = caller(ctx, None);
                    home::set(tx, &caller, (site, sku), IfMatch::Any, &bins)?;
                    backorder::set(tx, &caller, (site, Some(sku)), IfMatch::Any, ("cap", Some("5")))
                })
                .unwrap();
        }
    }
    world
}

fn allocated(sku: &str, site: &str) -> AllocateInput {
    allocation(&format!("1 {sku} lot {sku}-{site} at {site}1"), "order-2")
}

/// The scope of somebody who may see what is of categories below places; none for all of them, or everywhere.
fn scope(world: &World, grants: &[(Option<&str>, Option<&str>)]) -> Scope {
    let category =
        |path: &str| -> CategoryId { world.read(|conn| catalog::category(conn, path)).unwrap().id };
    let grant = |(of, at): &(Option<&str>, Option<&str>)| Grant {
        category: of.map(category),
        ..Grant::free(Permissions::all(), at.map_or(Within::All, |at| Within::Subtree(world.location(at))))
    };
    let grants = grants.iter().map(grant).collect();
    let principal = Principal::new(PrincipalId(7), "ann", PrincipalKind::User, grants, None);
    principal.scope_of_items(Permission::StockRead).unwrap()
}

fn filter(below: Below, limit: i64) -> Filter {
    Filter {
        order: Order::Sku,
        after: None,
        then: None,
        item: None,
        site: None,
        status: None,
        lot: None,
        below,
        limit,
    }
}

/// Pairs of item and site as text.
type Cells = BTreeSet<String>;

fn cells<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Cells {
    pairs.into_iter().map(|(sku, place)| format!("{sku} {}", &place[..1])).collect()
}

fn of(text: &str) -> Cells {
    text.split(", ").filter(|cell| !cell.is_empty()).map(str::to_owned).collect()
}

/// What each list about places shows.
fn by_place(world: &World, scope: &Scope) -> Vec<(&'static str, Cells)> {
    let below = world.read(|conn| Below::read(conn, scope, None));
    let stock = world.read(|conn| level::page(conn, filter(below.clone(), 100), None)).rows;
    let moment = Moment::of(&Zone::parse("UTC").unwrap(), Some(world.ctx.now), None).unwrap();
    let past = world.read(|conn| Below::read_past(conn, scope, None));
    let then = world.read(|conn| level::page(conn, filter(past.clone(), 100), Some(&moment))).rows;
    let of_stock =
        |rows: &[level::StockRow]| cells(rows.iter().map(|row| (row.sku.as_str(), row.location.as_str())));
    for (below, moment) in [(below, None), (past, Some(&moment))] {
        let all = scope.is_all();
        let sums = world.read(|conn| sums::page(conn, filter(below, 100), moment, all)).rows;
        let summed: Vec<(String, i64)> =
            sums.iter().map(|sum| (sum.sku.clone(), sum.on_hand.0 / 1_000_000)).collect();
        let mut expected: Vec<(String, i64)> = Vec::new();
        for row in &stock {
            match expected.last_mut().filter(|(sku, _)| *sku == row.sku) {
                Some((_, sum)) => *sum += row.on_hand.0 / 1_000_000,
                None => expected.push((row.sku.clone(), row.on_hand.0 / 1_000_000)),
            }
        }
        assert_eq!(summed, expected, "sums");
    }
    let entries =
        world.read(|conn| ledger_page::read(conn, scope, &ledger_page::Wanted::default(), None, 100)).rows;
    let ledger = world.read(|conn| ledger_page::row::rows(conn, scope, entries, Some(scope)));
    assert!(ledger.iter().all(|row| row.value.is_some() && row.to.on_hand.is_some()));
    let lots = lots(world, scope);
    let allocations = claims(world, scope, true);
    let homes = world.read(|conn| {
        let which = home::Which { site: None, item: None, location: None };
        home::list(conn, scope, which, None, 100)
    });
    vec![
        ("stock", of_stock(&stock)),
        ("stock then", of_stock(&then)),
        ("ledger", cells(ledger.iter().map(|row| (row.sku.as_str(), row.to.location.as_deref().unwrap())))),
        ("lots", lots),
        ("allocations", allocations),
        ("homes", cells(homes.rows.iter().map(|home| (home.sku.as_str(), home.site.as_str())))),
    ]
}

fn all_lots() -> lot::find::Wanted {
    lot::find::Wanted {
        whose: lot::store_find::Whose::All,
        tracking: None,
        expires: (None, None),
        held: None,
        on_hold: None,
        is_parent: None,
        within: None,
        order: lot::store_find::Order::Code(String::new(), char::MAX.to_string()),
        down: false,
    }
}

fn lots(world: &World, scope: &Scope) -> Cells {
    let found = world.read(|conn| lot::find::page(conn, scope, &all_lots(), None, 100)).rows;
    for row in &found {
        assert_eq!((row.places.len(), row.on_hand.0), (1, 10_000_000), "{}", row.lot);
    }
    cells(found.iter().map(|row| (row.sku.as_str(), &row.lot[2..])))
}

fn claims(world: &World, scope: &Scope, allocations: bool) -> Cells {
    let wanted = claim::list::Wanted { allocations, ..claim::list::Wanted::default() };
    let found = world.read(|conn| claim::list::page(conn, scope, &wanted, None, 100)).rows;
    let every = world.read(|conn| claim::list::page(conn, &everything(world), &wanted, None, 100)).rows;
    for one in &every {
        let shown = world.read(|conn| claim::list::find(conn, scope, one.id, allocations)).is_some();
        assert_eq!(shown, found.iter().any(|row| row.id == one.id));
    }
    cells(found.iter().map(|row| (row.sku.as_str(), row.site.as_str())))
}

fn everything(world: &World) -> Scope {
    caller(&world.ctx, None).scope
}

/// What each list about whole sites shows.
fn by_site(world: &World, scope: &Scope) -> Vec<(&'static str, Cells)> {
    let rules = world.read(|conn| backorder::list(conn, scope, None, None, 100)).rows;
    let available = world.read(|conn| {
        let wanted = availability::list::Wanted::read(scope, None, false);
        availability::list::page(conn, &wanted, None, 100, world.ctx.now)
    });
    let across = balanced(world, scope, None, 100);
    let across = across.rows.iter().flat_map(|item| {
        assert_eq!(item.complete, item.sites.len() == 2);
        item.sites.iter().map(|site| (item.sku.as_str(), site.site.as_str()))
    });
    let worth = valued(world, scope, None, 100);
    vec![
        ("reservations", claims(world, scope, false)),
        ("rules", cells(rules.iter().map(|rule| (rule.sku.as_deref().unwrap(), rule.site.as_str())))),
        ("availability", cells(available.rows.iter().map(|row| (row.sku.as_str(), row.site.as_str())))),
        ("balance", cells(across)),
        ("valuation", cells(worth.rows.iter().map(|row| (row.sku.as_str(), row.group.as_str())))),
    ]
}

fn check(world: &World, grants: &[(Option<&str>, Option<&str>)], at_places: &str, at_sites: &str) {
    let scope = scope(world, grants);
    for (shown, expected) in [(by_place(world, &scope), at_places), (by_site(world, &scope), at_sites)] {
        for (list, found) in shown {
            assert_eq!(found, of(expected), "{list} to {grants:?}");
        }
    }
}

fn every_list_shows_the_pairs_of_its_caller(engine: Engine) {
    let world = stocked(engine);
    let both = |grants: &[(Option<&str>, Option<&str>)], cells| check(&world, grants, cells, cells);
    both(&[(Some("cold"), Some("L")), (Some("hazard"), Some("M"))], "A L, D L, B M");
    both(&[(Some("cold"), Some("L")), (None, Some("M"))], "A L, D L, A M, B M, D M, N M");
    both(&[(Some("cold/dairy"), None)], "D L, D M");
    both(&[(Some("cold/dairy"), None), (Some("cold"), Some("M"))], "D L, D M, A M");
    both(&[(Some("tools"), None)], "");
    both(&[(Some("tools"), None), (None, Some("M"))], "A M, B M, D M, N M");
    // as ever: all items of a place, and all of them
    both(&[(None, Some("L"))], "A L, B L, D L, N L");
    both(&[(None, None), (Some("cold"), Some("L"))], "A L, A M, B L, B M, D L, D M, N L, N M");
    // a bin opens what stands there, and not the numbers of its site
    check(&world, &[(Some("cold"), Some("L1")), (Some("hazard"), Some("M"))], "A L, D L, B M", "B M");
}

fn rights_follow_an_item_and_its_category(engine: Engine) {
    let world = stocked(engine);
    let grants = [(Some("cold"), Some("L")), (Some("hazard"), Some("M"))];
    check(&world, &grants, "A L, D L, B M", "A L, D L, B M");
    let to =
        |path: Option<&str>| ChangeItem { category: Some(path.map(str::to_owned)), ..ChangeItem::default() };
    for (sku, path) in [("A", Some("hazard")), ("B", None)] {
        let change = to(path);
        world.run(move |tx, ctx| catalog::change_item(tx, ctx, sku, IfMatch::Any, &change)).unwrap();
    }
    check(&world, &grants, "A M, D L", "A M, D L");
    let change = ChangeCategory { parent: Some(Some("hazard".to_owned())), ..ChangeCategory::default() };
    world.run(move |tx, ctx| catalog::change_category(tx, ctx, "cold/dairy", IfMatch::Any, &change)).unwrap();
    check(&world, &grants, "A M, D M", "A M, D M");
}

/// A refusal as it is told.
fn refusal<T>(result: Result<T, Failure>) -> String {
    match result {
        Err(Failure::Refused(problem)) => format!("{} {}", problem.code.word(), problem.detail),
        Err(other) => panic!("{other}"),
        Ok(_) => "found".to_owned(),
    }
}

fn what_is_of_others_is_told_by_no_filter(engine: Engine) {
    let world = stocked(engine);
    let ann = scope(&world, &[(Some("cold"), Some("L")), (Some("hazard"), Some("M"))]);
    let named = |sku: &str| {
        let found = world.db.read_blocking(|conn| asked::item(conn, &ann, Some(sku)));
        refusal(found).replace(sku, "?")
    };
    assert_eq!((named("A"), named("b")), ("found".to_owned(), "found".to_owned()));
    assert_eq!(named("N"), named("NONE"));
    // that a movement of theirs comes from a place which is within reach for other items only is not told
    world.post(Kind::Move, vec![parse("3 A lot A-L at L1 to L2")]);
    let ann = scope(&world, &[(Some("cold"), Some("L2")), (Some("hazard"), Some("L1"))]);
    let ledger = |wanted: ledger_page::Wanted| {
        let entries = world.read(|conn| ledger_page::read(conn, &ann, &wanted, None, 100)).rows;
        let rows = world.read(|conn| ledger_page::row::rows(conn, &ann, entries, None));
        let end = |end: &ledger_page::LedgerEnd| end.location.clone().unwrap_or_else(|| "?".to_owned());
        rows.iter().map(|row| format!("{} {}-{}", row.sku, end(&row.from), end(&row.to))).collect::<Vec<_>>()
    };
    let at = |place: &str| Some(world.location(place));
    assert_eq!(ledger(ledger_page::Wanted::default()), ["A ?-L2", "B ~supplier-L1"]);
    for wanted in [
        ledger_page::Wanted { location: at("L1"), ..ledger_page::Wanted::default() },
        ledger_page::Wanted { within: at("L1"), ..ledger_page::Wanted::default() },
    ] {
        assert_eq!(ledger(wanted), ["B ~supplier-L1"]);
    }
    let wanted = ledger_page::Wanted { within: at("L2"), ..ledger_page::Wanted::default() };
    assert_eq!(ledger(wanted), ["A ?-L2"]);
}

/// Every row, page by page.
fn walk<T, K>(limit: usize, mut page: impl FnMut(Option<K>) -> Part<T, K>) -> Vec<T> {
    let (mut rows, mut after) = (Vec::new(), None);
    loop {
        let Part { rows: shown, next } = page(after);
        assert!(shown.len() == limit || next.is_none(), "{limit}");
        rows.extend(shown);
        after = next;
        if after.is_none() {
            return rows;
        }
    }
}

fn a_page_is_full_where_much_of_it_is_of_others(engine: Engine) {
    let world = stocked(engine);
    let ann = scope(&world, &[(Some("cold/dairy"), None), (None, Some("M"))]);
    for order in [Order::Sku, Order::SkuDown, Order::Place, Order::PlaceDown] {
        let pages = |limit: i64| {
            let rows = walk(usize::try_from(limit).unwrap(), |after: Option<After>| {
                let below = world.read(|conn| Below::read(conn, &ann, None));
                let filter = Filter { order, after, ..filter(below, limit) };
                let part = world.read(|conn| level::page(conn, filter.clone(), None));
                // a SKU may be that of others, and is named by its id
                assert!(
                    part.next.as_ref().is_none_or(|(key, ..)| key.starts_with('\u{1}') == order.is_by_sku())
                );
                part
            });
            rows.iter().map(|row| format!("{} {}", row.sku, row.location)).collect::<Vec<_>>()
        };
        let whole = pages(100);
        assert_eq!(whole.iter().cloned().collect::<Cells>(), of("A M1, B M1, D L1, D M1, N M1"));
        for limit in 1..=3 {
            assert_eq!(pages(limit), whole, "{order:?} {limit}");
        }
    }
}

fn what_a_place_in_a_list_is_called_is_not_told(engine: Engine) {
    let world = stocked(engine);
    let ann = scope(&world, &[(Some("hazard"), None), (Some("tools"), None), (None, Some("M"))]);
    let expected = ["A M", "B L", "B M", "D M", "N M"].map(str::to_owned);
    let told = |key: &str| assert!(key.starts_with('\u{1}') && key[1..].parse::<i64>().is_ok(), "{key}");
    for limit in [1, 2, 3] {
        let lots = walk(limit, |after| {
            let part = world.read(|conn| lot::find::page(conn, &ann, &all_lots(), after.clone(), limit));
            part.next.iter().for_each(|(code, _)| told(code));
            part
        });
        let lots: Vec<String> = lots.iter().map(|row| row.lot.replace('-', " ")).collect();
        assert_eq!(lots, expected);
        let wanted = availability::list::Wanted::read(&ann, None, false);
        let available = walk(limit, |after: Option<availability::list::After>| {
            let part = world
                .read(|conn| availability::list::page(conn, &wanted, after.clone(), limit, world.ctx.now));
            part.next.iter().for_each(|(sku, _)| told(sku));
            part
        });
        let available: Vec<String> =
            available.iter().map(|row| format!("{} {}", row.sku, row.site)).collect();
        assert_eq!(available, expected);
        let across = walk(limit, |after: Option<String>| {
            let part = balanced(&world, &ann, after.as_ref(), limit);
            part.next.iter().for_each(|sku| told(sku));
            part
        });
        let across: Vec<&str> = across.iter().map(|row| row.sku.as_str()).collect();
        assert_eq!(across, ["A", "B", "D", "N"]);
        let worth = walk(limit, |after| {
            let part = valued(&world, &ann, after, limit);
            part.next.iter().for_each(|(sku, _)| told(sku));
            part
        });
        let worth: Vec<String> = worth.iter().map(|row| format!("{} {}", row.sku, row.group)).collect();
        assert_eq!(worth, expected);
    }
    for (lot, day, bin) in [("X", "2027-12-03", "M1"), ("Y", "2027-12-02", "L1"), ("Z", "2027-12-01", "M1")] {
        world.receive(&format!("1 MILK lot {lot} until {day} at {bin}"));
    }
    let order = lot::store_find::Order::Expiry(lot::store_find::FIRST_DAY, lot::store_find::LAST_DAY);
    let wanted = lot::find::Wanted { order, ..all_lots() };
    let lots = walk(1, |after| {
        let shown = world.read(|conn| lot::find::page(conn, &ann, &wanted, after.clone(), 1));
        shown.next.iter().for_each(|(day, _)| told(day));
        shown
    });
    assert_eq!(lots.iter().map(|row| row.lot.as_str()).collect::<Vec<_>>(), ["Z", "X"]);
}

fn balanced(
    world: &World,
    scope: &Scope,
    after: Option<&String>,
    limit: usize,
) -> Part<balance::BalanceAcross, String> {
    let asked = balance::Asked { days: 30, cover: 14, lacking: false, movable: false, now: world.ctx.now };
    world.read(|conn| {
        let weighed = balance::Weighed::read(conn, scope)?;
        balance::page(conn, &weighed, &asked, after.cloned(), limit)
    })
}

fn valued(
    world: &World,
    scope: &Scope,
    after: Option<valuation::store::After>,
    limit: usize,
) -> Part<valuation::ValuationRow, valuation::store::After> {
    let groups = world.db.read_blocking(|conn| valuation::groups_within(conn, scope, None)).unwrap();
    let filter = valuation::store::Filter {
        down: false,
        after,
        with_zeros: false,
        item: None,
        groups,
        by_item: scope.is_limited().then(|| scope.clone()),
        limit: i64::try_from(limit).unwrap(),
    };
    world.read(|conn| valuation::page(conn, filter.clone(), None))
}

fn the_past_is_seen_by_where_places_stood(engine: Engine) {
    let mut world = stocked(engine);
    let goods = ["5 D lot D-M at M2", "5 B lot B-M at M2"];
    for one in goods {
        world.receive(one);
    }
    let before = world.ctx.now;
    world.at("2026-05-20T12:00:00Z");
    world.post(Kind::Issue, goods.iter().map(|goods| parse(goods)).collect());
    world
        .run(|tx, ctx| block::set_parent(tx, &caller(ctx, None), ("M2", IfMatch::Any), "L").map(drop))
        .unwrap();
    for one in goods {
        world.receive(one);
    }
    let shown = |grants: &[(Option<&str>, Option<&str>)], then: Option<Instant>| {
        let scope = scope(&world, grants);
        let moment = then.and_then(|then| Moment::of(&Zone::parse("UTC").unwrap(), Some(then), None));
        let below = world.read(|conn| match then {
            None => Below::read(conn, &scope, None),
            Some(_) => Below::read_past(conn, &scope, None),
        });
        let rows = world.read(|conn| level::page(conn, filter(below, 100), moment.as_ref())).rows;
        rows.iter().map(|row| format!("{} {}", row.sku, row.location)).collect::<Cells>()
    };
    let grants = [(Some("cold/dairy"), Some("M")), (Some("hazard"), Some("L"))];
    assert_eq!(shown(&grants, Some(before)), of("D M1, D M2, B L1"));
    assert_eq!(shown(&grants, None), of("D M1, B L1, B M2"));
}

fn a_transfer_is_for_those_who_see_all_of_its_lines(engine: Engine) {
    let world = stocked(engine);
    let draft = |skus: &'static [&'static str]| {
        world
            .run(move |tx, ctx| {
                let line = |sku: &&str| NewTransferLine {
                    sku: (*sku).to_owned(),
                    qty: "1".to_owned(),
                    ..NewTransferLine::default()
                };
                let new = NewTransfer {
                    from_site: "L".to_owned(),
                    to_site: "M".to_owned(),
                    lines: skus.iter().map(line).collect(),
                    ..NewTransfer::default()
                };
                Ok(transfer::create(tx, &caller(ctx, None), &new)?.0)
            })
            .unwrap()
    };
    let numbers = [draft(&["A"]), draft(&["A", "B"]), draft(&["D", "A"]), draft(&["B"])];
    for (grants, expected) in [
        (vec![(Some("cold"), Some("L"))], vec![0, 2]),
        (vec![(Some("cold/dairy"), None)], vec![]),
        (vec![(Some("cold"), Some("L1")), (Some("hazard"), Some("M"))], vec![0, 1, 2, 3]),
        (vec![(Some("hazard"), Some("L")), (None, Some("M2"))], vec![0, 1, 2, 3]),
        (vec![(Some("hazard"), None)], vec![3]),
    ] {
        let scope = scope(&world, &grants);
        for limit in [1, 2, 100] {
            let (mut listed, mut after) = (Vec::new(), None);
            loop {
                let asked = transfer::list::Asked { after, limit, ..transfer::list::Asked::default() };
                let page = world.db.read_blocking(|conn| transfer::list::page(conn, &scope, &asked)).unwrap();
                listed.extend(page.rows.into_iter().map(|transfer| transfer.number));
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
            let expected: Vec<&String> = expected.iter().map(|at: &usize| &numbers[*at]).collect();
            assert_eq!(listed.iter().collect::<Vec<_>>(), expected, "{grants:?}");
        }
        for (at, number) in numbers.iter().enumerate() {
            let found = world.db.read_blocking(|conn| transfer::list::find(conn, &scope, number));
            let told = refusal(found.map(drop)).replace(number.as_str(), "?");
            let missing = world.db.read_blocking(|conn| transfer::list::find(conn, &scope, "T-999999"));
            let missing = refusal(missing.map(drop)).replace("T-999999", "?");
            assert_eq!(told, if expected.contains(&at) { "found".to_owned() } else { missing }, "{grants:?}");
        }
    }
    // a site is told by the transfers that are seen
    let at_m = scope(&world, &[(Some("hazard"), Some("M")), (Some("cold"), Some("M"))]);
    let none = scope(&world, &[(Some("tools"), Some("M"))]);
    let from = |scope: &Scope| {
        let from_site = Some("L".to_owned());
        let asked = transfer::list::Asked { from_site, limit: 9, ..transfer::list::Asked::default() };
        refusal(world.db.read_blocking(|conn| transfer::list::page(conn, scope, &asked)).map(drop))
    };
    assert_eq!(
        (from(&at_m), from(&none)),
        ("found".to_owned(), "unknown_location there is no site `L`".to_owned())
    );
}

fn a_posting_of_which_nothing_is_seen_is_not_there(engine: Engine) {
    let world = stocked(engine);
    let posted = |lines: &[&str]| {
        posting_of(&world.try_post(Kind::Issue, lines.iter().map(|line| parse(line)).collect()))
    };
    let mixed = posted(&["1 A lot A-L at L1", "1 B lot B-L at L1", "1 A lot A-M at M1"]);
    let other = posted(&["1 B lot B-L at L1"]);
    let promise = |sku: &str| {
        let answer = world.ask(Work::Allocate(allocated(sku, "L")));
        posting_of_claim(&answer)
    };
    let (own_promise, other_promise) = (promise("A"), promise("B"));
    let ann = scope(&world, &[(Some("cold"), Some("L")), (Some("hazard"), Some("M"))]);
    let lines = |posting: PostingId| {
        let entries = world.read(|conn| ledger_page::of_posting(conn, &ann, posting, None, 10)).rows;
        entries.iter().map(|entry| entry.line).collect::<Vec<_>>()
    };
    assert_eq!((lines(mixed), lines(other)), (vec![0], vec![]));
    let changes = |posting: PostingId| {
        let part = world.read(|conn| posting_claims::page(conn, &ann, posting, None, 10));
        part.map(|part| part.rows.iter().map(|row| row.sku.clone()).collect::<Vec<_>>())
    };
    assert_eq!((changes(mixed), changes(other)), (Some(vec![]), None));
    assert_eq!((changes(own_promise), changes(other_promise)), (Some(vec!["A".to_owned()]), None));
    let seen = |posting| world.read(|conn| posting_claims::is_seen(conn, &ann, posting));
    let all = [mixed, own_promise, other, other_promise].map(seen);
    assert_eq!(all, [true, true, false, false]);
}

/// The posting behind the answer to a promise.
fn posting_of_claim(answer: &web::Answer) -> PostingId {
    let body: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
    PostingId::parse(body["posting"].as_str().unwrap_or_else(|| panic!("{body}"))).unwrap()
}
