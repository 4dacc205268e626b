//! What a list does not take is refused by its column, and what it takes is laid over what is there.

use super::whole::used;
use super::*;

on_both_engines!(
    levels_are_said_kind_by_kind,
    what_only_sites_and_places_have_is_laid_over_what_is_there,
    places_are_made_as_they_are_told_or_refused,
    what_trade_does_not_take_is_refused_by_its_column,
    what_is_said_of_sites_is_taken_once_and_refused_by_its_column,
    what_stands_twice_is_told_by_all_its_parts,
    what_an_item_needs_or_a_command_does_is_told,
);

fn what_only_sites_and_places_have_is_laid_over_what_is_there(engine: Engine) {
    let world = used(engine);
    let of = |what: What, at: usize| world.rows(what).swap_remove(at);
    let lon = of(What::Sites, 0);
    assert_eq!(
        (&lon["lines"], &lon["hours"][1], &lon["contacts"][1]["name"]),
        (&"1 High Street\nDock 3".into(), &"monday 13:00-17:30".into(), &"Ann".into())
    );
    assert_eq!(world.takes(List::Sites, "site,city\nLON,London\n"), (0, 0, 1));
    assert_eq!(world.takes(List::Sites, "site,city,hours\nLON,Leeds,around_the_clock\n"), (0, 1, 0));
    assert_eq!(world.takes(List::Sites, "site,hours\nlon,Friday 09:00-10:00\n"), (0, 1, 0));
    assert_eq!(world.takes(List::SiteDays, "site,on,hours\nLON,2026-12-25,10:00-11:00\n"), (0, 1, 0));
    assert_eq!(world.takes(List::SiteDays, "site,on,name\nLON,2027-01-01,New Year\n"), (1, 0, 0));
    assert_eq!(
        (&of(What::SiteDays, 1)["name"], &of(What::SiteDays, 2)["hours"][0]),
        (&"Christmas".into(), &"closed".into())
    );
    assert_eq!(
        (&of(What::Sites, 0)["postcode"], &of(What::Sites, 0)["city"]),
        (&"N1 9GU".into(), &"Leeds".into())
    );
    assert_eq!(
        world.takes(List::Capacities, "location_type,rule,breach\nFACE,items,warn\nface,volume,\n"),
        (0, 1, 1)
    );
    assert_eq!(world.takes(List::Capacities, "location_type,rule,max\nFACE,volume,12.50\n"), (0, 0, 1));
    assert_eq!(world.takes(List::Capacities, "location,rule,max\nB1,lots,2\n"), (1, 0, 0));
    let rows: [(List, &str, Option<&str>, &str); 17] = [
        (List::Sites, "site,city\nNONE,X\n", Some("site"), "not_found"),
        (List::Sites, "site,city\nB1,X\n", Some("site"), "not_found"),
        (List::Sites, "site,country\nLON,XX\n", Some("country"), "invalid_value"),
        (List::Sites, "site,hours\nLON,monday\n", Some("hours"), "invalid_value"),
        (List::Sites, "site,hours\nLON,someday 08:00-09:00\n", Some("hours"), "invalid_value"),
        (List::Sites, "site,hours\nLON,monday 09:00-08:00\n", Some("hours"), "invalid_value"),
        (
            List::Sites,
            "site,contacts\nLON,\"[{\"\"label\"\":\"\"X\"\"}]\"\n",
            Some("contacts"),
            "invalid_value",
        ),
        (List::SiteDays, "site,on,hours\nLON,2027-05-01,08:00\n", Some("hours"), "invalid_value"),
        (List::SiteDays, "site,on,name,hours\nLON,2027-05-01,,closed\n", Some("name"), "invalid_value"),
        (List::Capacities, "rule,max\nunits,1\n", None, "invalid_value"),
        (List::Capacities, "location,rule,max\nNONE,units,1\n", Some("location"), "not_found"),
        (List::Capacities, "location_type,rule,max\nNONE,units,1\n", Some("location_type"), "not_found"),
        (List::Capacities, "location,rule,max\nB1,size,1\n", Some("rule"), "invalid_value"),
        (List::Capacities, "location,rule,max\nB1,units,0\n", Some("max"), "invalid_value"),
        (List::Capacities, "location,rule,of\nB1,temperature,hot\n", Some("of"), "invalid_value"),
        (List::Capacities, "location,rule,max,lifted\nB1,units,1,yes\n", Some("max"), "invalid_value"),
        (List::Capacities, "location_type,rule,lifted\nFACE,units,yes\n", Some("lifted"), "invalid_value"),
    ];
    let before = [What::Sites, What::SiteDays, What::Capacities].map(|what| world.list(what));
    for (list, text, column, code) in rows {
        let brought = world.send(list, text, |_| {}).unwrap();
        assert_eq!(faults(&brought), [(2, column, code)], "{text}: {:?}", brought.refused);
    }
    assert_eq!([What::Sites, What::SiteDays, What::Capacities].map(|what| world.list(what)), before);
}

fn levels_are_said_kind_by_kind(engine: Engine) {
    let world = world(engine);
    world.takes(List::Locations, "code,kind,parent\nLON,site,\nR1,rack,LON\n");
    assert_eq!(world.takes(List::Levels, "of,zone,bin\nLON,none,Rack|shelf\n"), (1, 0, 0));
    let said = |at: usize| world.rows(What::LocationLevels).swap_remove(at);
    let row = |of: &str, zone: &[&str], rack: &[&str], bin: &[&str]| serde_json::json!({ "of": of, "zone": zone, "aisle": ["any"], "rack": rack, "shelf": ["any"], "bin": bin });
    assert_eq!(said(0), row("LON", &["none"], &["any"], &["rack", "shelf"]));
    // an empty cell leaves what was said of a kind, and a word takes it back
    assert_eq!(world.takes(List::Levels, "of,zone,rack,bin\nlon,,site,\n"), (0, 1, 0));
    assert_eq!(said(0), row("LON", &["none"], &["site"], &["rack", "shelf"]));
    assert_eq!(world.takes(List::Levels, "of,zone,bin\nLON,any,shelf|rack\n"), (0, 1, 0));
    assert_eq!(world.takes(List::Levels, "site,zone,bin\nLON,any,shelf|rack\n"), (0, 0, 1));
    assert_eq!(said(0), row("LON", &["any"], &["site"], &["rack", "shelf"]));
    assert_eq!(world.takes(List::Levels, "of,aisle\n~organisation,any\n"), (1, 0, 0));
    assert_eq!(said(0), row("~organisation", &["any"], &["any"], &["any"]));
    let before = world.list(What::LocationLevels);
    for (text, column, code) in [
        ("of,bin\nNONE,rack\n", Some("of"), "not_found"),
        ("of,bin\nR1,rack\n", Some("of"), "not_found"),
        ("of,bin\nLON,drawer\n", Some("bin"), "invalid_value"),
        ("of,bin\nLON,rack|rack\n", Some("bin"), "invalid_value"),
        ("of,rack\nLON,bin\n", Some("rack"), "wrong_location_kind"),
        ("of,bin\nLON,any|rack\n", Some("bin"), "invalid_value"),
        ("of,bin\nLON,\nlon,rack\n", Some("of"), "invalid_value"),
    ] {
        let brought = world.send(List::Levels, text, |_| {}).unwrap();
        let found: Vec<(Option<&str>, &str)> =
            faults(&brought).into_iter().map(|(_, column, code)| (column, code)).collect();
        assert_eq!(found, [(column, code)], "{text}: {:?}", brought.refused);
    }
    assert_eq!(world.list(What::LocationLevels), before);
    // what is said holds at once
    let brought = world.send(List::Locations, "code,kind,parent\nB9,bin,LON\n", |_| {}).unwrap();
    assert_eq!(faults(&brought), [(2, Some("parent"), "wrong_location_kind")], "{:?}", brought.refused);
}

fn places_are_made_as_they_are_told_or_refused(engine: Engine) {
    let world = used(engine);
    let state = |code: &str| {
        let there = world.rows(What::Locations).into_iter().find(|row| row["code"] == code).unwrap();
        let text = |name: &str| there[name].as_str().map(str::to_owned);
        (
            text("block_reason"),
            there["blocked"] == true,
            there["archived"] == true,
            text("archived_at").is_some(),
        )
    };
    let reason = |text: &str| Some(text.to_owned());
    for (code, wanted) in [
        ("LON", (None, false, false, false)),
        ("A", (reason("flood"), true, false, false)),
        ("B1", (None, true, false, false)),
        ("B2", (reason("damaged"), true, false, false)),
        ("GONE", (None, false, true, true)),
        ("GONE-1", (None, false, true, true)),
        ("GONE-2", (reason("damaged"), true, true, false)),
        ("TOTE", (None, true, false, false)),
        ("CARTON", (reason("damaged"), true, true, true)),
    ] {
        assert_eq!(state(code), wanted, "{code}");
    }
    let before = world.list(What::Locations);
    let rows: [(&str, &str, &str); 11] = [
        ("N,bin,B-0,,,,,,", "parent", "unknown_location"),
        ("N,bin,LON,,yes,,,,", "blocked", "invalid_value"),
        ("N,bin,LON,,,mice,,,", "block_reason", "unknown_reason"),
        ("N,bin,A,,no,,,,", "blocked", "invalid_value"),
        ("N,bin,GONE,,,,,,", "parent", "location_archived"),
        ("N,bin,GONE,,,,no,,", "parent", "location_archived"),
        ("N,bin,LON,SHELF,,,,,", "type", "invalid_value"),
        ("N,handling_unit,A,FACE,,,,,", "type", "wrong_location_kind"),
        ("N,handling_unit,A,,,,,no,", "sellable", "wrong_location_kind"),
        ("N,handling_unit,,,,,,,", "parent", "wrong_location_kind"),
        ("N,transit,,,,,,,", "kind", "wrong_location_kind"),
    ];
    let columns = "code,kind,parent,type,blocked,block_reason,archived,sellable,walk\n";
    for (row, column, code) in rows {
        let brought = world.send(List::Locations, &format!("{columns}{row}\n"), |_| {}).unwrap();
        assert_eq!(faults(&brought), [(2, Some(column), code)], "{row}: {:?}", brought.refused);
    }
    // of a place that is there an import changes none of it
    for (row, column) in [
        ("B2,,,,no,,,,", "blocked"),
        ("A,,,,,damaged,,,", "block_reason"),
        ("GONE,,,,,,no,,", "archived"),
        ("B1,,,,,,yes,,", "archived"),
        ("TOTE,,B2,,,,,,", "parent"),
    ] {
        let brought = world.send(List::Locations, &format!("{columns}{row}\n"), |_| {}).unwrap();
        assert_eq!(faults(&brought), [(2, Some(column), "invalid_value")], "{row}: {:?}", brought.refused);
    }
    assert_eq!(world.list(What::Locations), before);
}

fn what_trade_does_not_take_is_refused_by_its_column(engine: Engine) {
    let world = world(engine);
    world.takes(List::Items, "sku,name,base_unit,units\nLAMP,Lamp,each,case=12\nPOT,Pot,kg,\n");
    world.trade();
    let rows: [(List, &str, &str, &str); 24] = [
        (List::OptionSets, "set,value\nsi ze,S\n", "set", "invalid_value"),
        (List::OptionSets, "set,value\nsize,\"S/M\"\n", "value", "invalid_value"),
        (
            List::Families,
            "code,name,options,defaults\nX,X,weight,\"{\"\"base_unit\"\":\"\"each\"\"}\"\n",
            "options",
            "invalid_value",
        ),
        (List::Variants, "sku,family,values\nNONE,SHIRT,S\n", "sku", "not_found"),
        (List::Variants, "sku,family,values\nLAMP,NONE,S\n", "family", "not_found"),
        // either could be meant
        (List::Variants, "sku,family,values\nNONE,none,S\n", "", "not_found"),
        (List::Barcodes, "Artikel,ean\nNONE,X-9\n", "Artikel", "not_found"),
        (List::CategoryAttributes, "category,key\nNONE,volt\n", "category", "not_found"),
        (List::Variants, "sku,family,values\nLAMP,SHIRT,S|M\n", "values", "invalid_value"),
        (List::Variants, "sku,family,values\nLAMP,SHIRT,L\n", "", "invalid_value"),
        (List::Variants, "sku,family,values\nLAMP,SHIRT,S\n", "", "code_taken"),
        (List::Variants, "sku,family,values\nPOT,SHIRT,S\n", "family", "invalid_value"),
        (List::Boms, "sku,kind,component,qty\nSHIRT-S,made,LAMP,1\n", "component", "tree_cycle"),
        (List::Boms, "sku,component,qty\nLAMP,NONE,1\n", "component", "unknown_item"),
        (List::Boms, "sku,component,instead_of,qty\nLAMP,POT,POT,1\n", "instead_of", "invalid_value"),
        (List::Boms, "sku,component,qty\nPOT,LAMP,1\n", "", "invalid_value"),
        (List::Suppliers, "code,name\nNEW,\n", "name", "invalid_value"),
        (List::Supplies, "sku,supplier\nLAMP,NOBODY\n", "supplier", "invalid_value"),
        (List::Supplies, "sku,supplier,supplier_sku,unit\nLAMP,ACME,L-1,each\n", "unit", "invalid_value"),
        (List::Homes, "sku,location,rank\nLAMP,B1,0\n", "rank", "invalid_value"),
        (List::Homes, "sku,location,rank\nLAMP,B1,17\n", "rank", "invalid_value"),
        (List::Homes, "sku,location\nLAMP,NOWHERE\n", "location", "unknown_location"),
        (
            List::Prices,
            "sku,kind,currency,amount,valid_from\nLAMP,sales,EUR,20,2099-07-01\n",
            "amount",
            "code_taken",
        ),
        (
            List::Prices,
            "sku,kind,currency,amount,valid_from\nLAMP,sales,EUR,20,2098-07-01\n",
            "valid_from",
            "code_taken",
        ),
    ];
    for (list, text, column, code) in rows {
        let brought = world.send(list, text, |_| {}).unwrap();
        let wrong = [(2, Some(column).filter(|column| !column.is_empty()), code)];
        assert_eq!(faults(&brought), wrong, "{text}: {:?}", brought.refused);
    }
}

fn what_is_said_of_sites_is_taken_once_and_refused_by_its_column(engine: Engine) {
    let world = world(engine);
    world.takes(List::Items, "sku,name,base_unit\nLAMP,Lamp,each\n");
    world.takes(List::Locations, "code,kind\nLON,site\n");
    assert_eq!(world.takes(List::Minimums, "site,sku,least\nLON,LAMP,2\n"), (1, 0, 0));
    assert_eq!(world.takes(List::Minimums, "site,sku,least,unit\nlon,lamp,3,each\n"), (0, 1, 0));
    assert_eq!(world.takes(List::Minimums, "site,sku,least\nLON,LAMP,3\n"), (0, 0, 1));
    assert_eq!(
        world.takes(List::BackorderRules, "site,sku,rule,cap\nLON,LAMP,cap,7\nLON,,none,\n"),
        (2, 0, 0)
    );
    assert_eq!(world.takes(List::BackorderRules, "site,sku,rule,cap\nLON,LAMP,as_site,\n"), (0, 1, 0));
    let rows: [(List, &str, Option<&str>, &str); 6] = [
        (List::Minimums, "site,sku,least\nNONE,LAMP,1\n", Some("site"), "not_found"),
        (List::Minimums, "site,sku,least\nLON,NONE,1\n", Some("sku"), "not_found"),
        (List::Minimums, "site,sku,least\nLON,LAMP,0\n", Some("least"), "invalid_quantity"),
        (List::Minimums, "site,sku,least\nLON,LAMP,1.5\n", Some("least"), "fraction_refused"),
        (List::BackorderRules, "site,rule,cap\nLON,as_site,\n", Some("rule"), "invalid_value"),
        (List::BackorderRules, "site,rule,cap\nLON,cap,\n", Some("cap"), "invalid_value"),
    ];
    for (list, text, column, code) in rows {
        let brought = world.send(list, text, |_| {}).unwrap();
        assert_eq!(faults(&brought), [(2, column, code)], "{text}: {:?}", brought.refused);
    }
    // of a site without an address an import says what one needs
    let brought = world.send(List::Sites, "site,city,country\nLON,London,GB\n", |_| {}).unwrap();
    assert_eq!(
        brought.refused[0].detail,
        "the site has no address yet; a new one needs `lines` and `country`, and the row has no `lines`"
    );
}

fn what_stands_twice_is_told_by_all_its_parts(engine: Engine) {
    let world = world(engine);
    world.takes(List::Items, "sku,name,base_unit\nLAMP,Lamp,each\nKIT,Kit,each\n");
    for (list, text, column, words) in [
        (
            List::Boms,
            "sku,component,qty\nKIT,LAMP,1\nkit,lamp,2\n",
            "component",
            "row 2 is about `kit` with `component` `lamp` already; make one row of both",
        ),
        (
            List::Homes,
            "sku,location\nLAMP,B1\nLAMP,B1\n",
            "location",
            "row 2 is about `LAMP` with `location` `B1` already; make one row of both",
        ),
        (
            List::BackorderRules,
            "site,rule\nLON,none\nLON,none\n",
            "site",
            "row 2 is about `LON` already; make one row of both",
        ),
    ] {
        let brought = world.send(list, text, |_| {}).unwrap();
        let last = brought.refused.last().unwrap();
        assert_eq!((last.row, last.column.as_deref(), last.detail.as_str()), (3, Some(column), words));
    }
}

fn what_an_item_needs_or_a_command_does_is_told(engine: Engine) {
    let world = world(engine);
    world.takes(List::Items, "sku,name,base_unit\nLAMP,Lamp,each\n");
    world.takes(List::Attributes, "key,kind\nfinish,text\n");
    world.takes(List::Categories, "path\nlamps\n");
    world.takes(List::CategoryAttributes, "category,attribute,required\nlamps,finish,yes\n");
    for (text, column, words) in [
        (
            "sku,category\nLAMP,lamps\n",
            None,
            "items of `lamps` have the attribute `finish`; give it a value, in a column `attribute.finish`",
        ),
        (
            "sku,attribute.finish,category\nLAMP,,lamps\n",
            Some("attribute.finish"),
            "items of `lamps` have the attribute `finish`; give it a value",
        ),
        (
            "sku,archived\nLAMP,yes\n",
            Some("archived"),
            "the item is in use, which an import does not change; send `POST /api/v1/items/LAMP/archive` for it",
        ),
    ] {
        let refused = world.send(List::Items, text, |_| {}).unwrap().refused;
        assert_eq!((refused[0].column.as_deref(), refused[0].detail.as_str()), (column, words));
    }
    assert_eq!(world.takes(List::Items, "sku,archived\nLAMP,no\n"), (0, 0, 1));
}
