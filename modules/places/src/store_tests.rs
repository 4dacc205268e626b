//! Every statement is one that both engines understand; the facts are found many at a time; what
//! the first migration makes is what the code says.

use crate::location::NewLocation;
use crate::testing::{new, on_both_engines, world};
use crate::{
    facts_by_code, facts_by_id, site_facts_by_code, site_facts_by_id, sites, store, store_blocks,
    store_levels, store_list, store_organisation, store_site, store_states, store_training, store_tree,
    store_type, subtree, virtual_location, within,
};
use db::{Conn, DbError, Engine, Statement, Value};
use domain::{LocationId, LocationKind, SiteId};

const CLOSURE: Statement = Statement::new(
    "test.closure",
    "select t.ancestor, t.descendant, t.depth from places_tree t order by t.ancestor, t.descendant",
);

const PARENTS: Statement = Statement::new(
    "test.parents",
    "select l.id, l.parent_id, l.site_id from places_location l order by l.id",
);

const CHECKED: Statement = Statement::new(
    "test.ck_location",
    "select c.loc_id, c.parent_id, c.kind, c.allow_negative from ck_location c order by c.loc_id",
);

const SHOWN: Statement = Statement::new(
    "test.v_location",
    "select v.code, v.kind, v.role, v.parent, v.site from v_location v order by v.location_id",
);

/// The closure table.
pub(crate) fn closure(conn: &mut Conn<'_>) -> Result<Vec<(i64, i64, i64)>, DbError> {
    conn.query(&CLOSURE, &[], |row| Ok((row.int(0)?, row.int(1)?, row.int(2)?)))
}

/// Each location with its parent and its site.
pub(crate) fn parents(conn: &mut Conn<'_>) -> Result<Vec<(i64, Option<i64>, i64)>, DbError> {
    conn.query(&PARENTS, &[], |row| Ok((row.int(0)?, row.opt_int(1)?, row.int(2)?)))
}

on_both_engines!(
    every_statement_is_understood,
    the_virtual_locations_are_there,
    facts_come_in_the_order_asked,
    sites_are_found,
    a_location_is_within_itself_and_what_is_above,
    the_views_say_what_is_there,
);

fn every_statement_is_understood(engine: Engine) {
    let world = world(engine);
    let all = [
        store::ALL,
        store_blocks::ALL,
        store_levels::ALL,
        store_list::ALL,
        store_organisation::ALL,
        store_site::ALL,
        store_states::ALL,
        store_training::ALL,
        store_tree::ALL,
        store_type::ALL,
    ]
    .concat();
    assert_eq!(testkit::pages_go_on_where_they_ended(&world.db, all.iter().copied()), 7);
    for statement in all {
        let explained = format!("explain {}", statement.text(engine));
        let text: &'static str = explained.leak();
        let count = (1..=30).take_while(|n| text.contains(&format!("?{n}"))).count();
        let params = vec![Value::Null; count];
        let explain = Statement::new(statement.name, text);
        world
            .db
            .write_blocking(move |tx| tx.query(&explain, &params, |_| Ok(())))
            .unwrap_or_else(|error| panic!("{}: {error}", statement.name));
    }
}

fn the_virtual_locations_are_there(engine: Engine) {
    let world = world(engine);
    for kind in LocationKind::ALL.iter().copied().filter(|kind| kind.is_virtual()) {
        let found = world.read(|conn| facts_by_id(conn, &[virtual_location(kind)]));
        let facts = found[0].clone().unwrap();
        assert_eq!((facts.kind, facts.negative_allowed, facts.site), (kind, true, SiteId::NONE));
        assert_eq!(facts.code, format!("~{kind}"));
        assert!(!facts.sellable && !facts.open_to_allocation && !facts.blocked);
        assert_eq!(facts.valuation_group, 0);
    }
    world.assert_tree();
}

fn facts_come_in_the_order_asked(engine: Engine) {
    let world = world(engine);
    let made = world.make(&["LON site", "LON-A zone below lon"]);
    let found = world.read(|conn| facts_by_code(conn, &["lon-a", "x", "LON", "", "a/b", "~supplier"]));
    let ids: Vec<_> = found.iter().map(|facts| facts.as_ref().map(|facts| facts.id)).collect();
    assert_eq!(ids, [Some(made[1].id), None, Some(made[0].id), None, None, Some(crate::SUPPLIER)]);
    let facts = found[0].clone().unwrap();
    assert_eq!((facts.parent, facts.site), (Some(made[0].id), SiteId(made[0].id.get())));
    assert_eq!(facts.valuation_group, made[0].id.get());
    assert!(facts.sellable && facts.open_to_allocation && !facts.negative_allowed);
    let by_id = world.read(|conn| facts_by_id(conn, &[made[1].id, LocationId(99), made[0].id]));
    assert_eq!(by_id, [found[0].clone(), None, found[2].clone()]);
}

fn sites_are_found(engine: Engine) {
    let world = world(engine);
    world.create(NewLocation { zone: Some("Europe/London".to_owned()), ..new("LON site") });
    world.make(&["BER site", "BER-A zone below BER"]);
    let found = world.read(|conn| site_facts_by_code(conn, &["ber", "BER-A", "LON"]));
    assert_eq!(found[1], None, "a zone is no site");
    let (berlin, london) = (found[0].clone().unwrap(), found[2].clone().unwrap());
    assert_eq!((berlin.zone.name(), london.zone.name()), ("UTC", "Europe/London"));
    assert_eq!(berlin.valuation_group, berlin.id.get());
    let by_id = world.read(|conn| site_facts_by_id(conn, &[berlin.id, SiteId(99)]));
    assert_eq!(by_id, [Some(berlin.clone()), None]);
    assert_eq!(world.read(sites), [london, berlin]);
}

fn a_location_is_within_itself_and_what_is_above(engine: Engine) {
    let world = world(engine);
    let made = world.make(&["L site", "A zone below L", "A1 bin below A", "B zone below L"]);
    let [site, zone, bin, other] = [0, 1, 2, 3].map(|index| made[index].id);
    for (roots, expected) in [
        (vec![bin], true),
        (vec![zone], true),
        (vec![other, site], true),
        (vec![other], false),
        (vec![], false),
    ] {
        assert_eq!(world.read(|conn| within(conn, bin, &roots)), expected, "{roots:?}");
    }
    assert!(!world.read(|conn| within(conn, site, &[bin])));
    assert_eq!(world.read(|conn| subtree(conn, site)), [site, zone, other, bin]);
    assert_eq!(world.read(|conn| subtree(conn, LocationId(99))), []);
}

fn the_views_say_what_is_there(engine: Engine) {
    let world = world(engine);
    let made = world.make(&["L site", "A bin below L"]);
    world.run(|tx, ctx| crate::create_transit(tx, ctx, "T-1")).unwrap();
    let rows = world.read(|conn| {
        conn.query(&CHECKED, &[], |row| {
            Ok((row.int(0)?, row.opt_int(1)?, row.text(2)?.to_owned(), row.bool(3)?))
        })
    });
    let kinds: Vec<_> = rows.iter().map(|(id, _, kind, negative)| (*id, kind.as_str(), *negative)).collect();
    let (site, bin) = (made[0].id.get(), made[1].id.get());
    assert_eq!(
        kinds,
        [
            (-6, "supplier", true),
            (-5, "loss", true),
            (-4, "loss", true),
            (-3, "production", true),
            (-2, "customer", true),
            (-1, "supplier", true),
            (site, "internal", false),
            (bin, "internal", false),
            (bin + 1, "transit", false),
        ]
    );
    assert_eq!(rows[7].1, Some(site));
    let shown = world.read(|conn| {
        conn.query(&SHOWN, &[], |row| {
            (0..5)
                .map(|column| Ok(row.opt_text(column)?.map(str::to_owned)))
                .collect::<Result<Vec<_>, DbError>>()
        })
    });
    let bin: Vec<_> = shown[7].iter().map(Option::as_deref).collect();
    assert_eq!(bin, [Some("A"), Some("bin"), Some("storage"), Some("L"), Some("L")]);
}
