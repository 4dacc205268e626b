//! Faults of places, units, versions and rights: what a row leads to is gone, or is not what it says.

use super::Fault;
use db::Statement;

pub(super) const FAULTS: &[Fault] = &[
    fault!(
        "I-26",
        "a place is told to be blocked, and is open",
        [],
        "update places_block set reason = 'damaged' where reason is null",
    ),
    fault!("I-26", "its opening is not told any more", [], "delete from places_block where reason is null"),
    fault!(
        "I-26",
        "a site is told to be live, and is a pilot",
        [],
        "update places_site_state set state = 3 where state = 2",
    ),
    fault!("I-26", "the states of a site are not told any more", [], "delete from places_site_state"),
    fault!(
        "I-26",
        "it is marked as a training copy, and nothing tells of that",
        [],
        "insert into places_training (id, made_at, organisation, sites)
         values (1, (select changed_at from places_organisation), '', '[]')",
    ),
    fault!(
        "I-26",
        "a customer is said to have a posting that is not there",
        [],
        "update exchange_customer_posting set posting = (select a.id from stock_transfer a limit 1)",
    ),
    fault!(
        "I-26",
        "a customer is said to have bought at another time",
        [],
        "update exchange_customer_posting set effective_at = (select min(p.recorded_at) from stock_posting p)",
    ),
    fault!(
        "I-26",
        "the bytes of a file are kept by nobody",
        [],
        "delete from files_blob where hash = (select f.hash from files_file f where f.name = '1.txt')",
    ),
    fault!(
        "I-26",
        "the bytes of a file are leaving",
        [],
        "update files_blob set leaving = true where hash = (select f.hash from files_file f where f.name = '1.txt')",
    ),
    fault!(
        "I-26",
        "a file has other bytes than are kept",
        [],
        "update files_blob set bytes = 77 where hash = (select f.hash from files_file f where f.name = '1.txt')",
    ),
    fault!(
        "I-26",
        "a principal has attached more than is said",
        [],
        "update files_usage set bytes = bytes - 1"
    ),
    fault!("I-26", "a principal has attached what nobody says", [], "delete from files_usage"),
    fault!(
        "I-26",
        "a file that was removed is there again",
        [],
        "update files_file set removed = false where name = '0.txt'",
    ),
    fault!(
        "I-27",
        "a file was changed and nobody was told",
        [],
        "update files_file set version = version + 1 where name = '1.txt'",
    ),
    fault!(
        "I-26",
        "a movement leads nowhere",
        ["I-01", "I-03", "I-15", "I-19", "I-30"],
        "update stock_movement set to_location = 999999 where (lane, number) = (select p.lane, p.number
         from stock_posting p where p.note = 'first')",
    ),
    fault!(
        "I-26",
        "a site stands below its own bin",
        [],
        "update places_location set parent_id = (select l.id from places_location l where l.code = 'L1')
         where code = 'L'",
    ),
    fault!(
        "I-26",
        "a step of the tree is gone",
        [],
        "delete from places_tree where depth = 1 and descendant = (select l.id from places_location l
         where l.code = 'L1')",
    ),
    fault!(
        "I-26",
        "an item consists of itself",
        [],
        "update catalog_bom_line
         set component_id = (select i.id from catalog_item i where i.sku = 'CRATE')
         where item_id = (select i.id from catalog_item i where i.sku = 'BOX')",
    ),
    fault!(
        "I-26",
        "a category stands where its path does not say",
        [],
        "update catalog_category set path = 'elsewhere' where path = 'garden/pots'",
    ),
    fault!(
        "I-26",
        "a category stands below itself",
        [],
        "update catalog_category
         set parent_id = (select c.id from catalog_category c where c.path = 'garden/pots')
         where path = 'garden'",
    ),
    fault!(
        "I-26",
        "a step of the categories is gone",
        [],
        "delete from catalog_category_tree where depth = 1",
    ),
    fault!(
        "I-26",
        "a variant is not what its options say",
        [],
        "update catalog_variant set combination = 'blue/s' where combination = 'red/s'",
    ),
    fault!(
        "I-26",
        "an option of a variant is gone",
        [],
        "delete from catalog_variant_option where value_key = 'red'",
    ),
    fault!("I-26", "an attribute is not in the index", [], "delete from catalog_value where key = 'voltage'",),
    fault!(
        "I-26",
        "what is archived is found by a word",
        [],
        "insert into catalog_term (word, item_id, weight)
         select 'bolt', i.id, 1 from catalog_item i where i.sku = 'OLD'",
    ),
    fault!(
        "I-26",
        "two prices hold on one day",
        [],
        "update catalog_price set valid_until = null where valid_until is not null",
    ),
    fault!(
        "I-26",
        "what was merged is in use",
        ["I-27"],
        "update catalog_item set archived = false where sku = 'HOOK-2'",
    ),
    fault!(
        "I-26",
        "a barcode names what was merged",
        [],
        "update catalog_barcode
         set item_id = (select i.id from catalog_item i where i.sku = 'HOOK-2')
         where code = 'HOOK-CODE'",
    ),
    fault!(
        "I-27",
        "a supplier was changed behind the log",
        [],
        "update catalog_supplier set version = version + 1",
    ),
    fault!(
        "I-27",
        "a category was changed behind the log",
        [],
        "update catalog_category set version = version + 1 where path = 'garden'",
    ),
    fault!(
        "I-27",
        "a definition was changed behind the log",
        [],
        "update catalog_attribute set version = version + 1",
    ),
    fault!(
        "I-27",
        "a family was changed behind the log",
        [],
        "update catalog_family set version = version + 1",
    ),
    fault!(
        "I-27",
        "an option set was changed behind the log",
        [],
        "update catalog_option_set set version = version + 1 where code = 'size'",
    ),
    fault!(
        "I-26",
        "an item with stock is archived",
        ["I-27"],
        "update catalog_item set archived = true where sku = 'BOLT'",
    ),
    fault!(
        "I-26",
        "a bin with stock is archived",
        [],
        "update places_location set archived = true, archived_at = changed_at where code = 'L1'",
    ),
    fault!(
        "I-26",
        "a bin is archived with nothing above it",
        [],
        "update places_location set archived = true where code = 'M2'",
    ),
    fault!(
        "I-26",
        "a bin is in use below an archived site",
        [],
        "update places_location set archived = true, archived_at = changed_at where code = 'O'",
    ),
    fault!(
        "I-26",
        "a site of an open transfer is archived",
        [],
        "update places_location set archived = true, archived_at = changed_at where code = 'N'",
    ),
    fault!(
        "I-26",
        "nobody knows where a pallet stood for a while",
        [],
        "update stock_stood set since = (select max(p.recorded_at) from stock_posting p) where is_site
         and since > (select min(s.since) from stock_stood s) and place = (select l.id from places_location l
         where l.code = 'PALLET')",
    ),
    fault!(
        "I-26",
        "a pallet is said to stand where it stood",
        [],
        "update stock_stood set until = (select max(s.until) from stock_stood s) where not is_site and
         until < (select max(s.until) from stock_stood s) and place = (select l.id from places_location l
         where l.code = 'PALLET')",
    ),
    fault!(
        "I-26",
        "a pallet is said to have left where it stands",
        [],
        "update stock_stood set until = (select max(p.recorded_at) from stock_posting p) where not is_site
         and until = (select max(s.until) from stock_stood s) and place = (select l.id from places_location l
         where l.code = 'PALLET')",
    ),
    fault!(
        "I-26",
        "where an emptied bin stood is forgotten",
        ["I-19"],
        "delete from stock_stood where place = (select l.id from places_location l where l.code = 'L9')",
    ),
    fault!(
        "I-26",
        "a bin is said to have gone before its goods came",
        ["I-19"],
        "update stock_stood set until = (select p.recorded_at from stock_posting p where p.note = 'first')
         where is_site and since = (select min(s.since) from stock_stood s) and place = (select l.id from
         places_location l where l.code = 'L9')",
        "update stock_stood set since = (select p.recorded_at from stock_posting p where p.note = 'first')
         where is_site and until = (select max(s.until) from stock_stood s) and place = (select l.id from
         places_location l where l.code = 'L9')",
    ),
    fault!(
        "I-26",
        "a unit was moved from where it never stood",
        [],
        "update stock_unit_move set from_parent = to_parent",
    ),
    fault!(
        "I-26",
        "a unit stands where no move has brought it",
        [],
        "update stock_unit_move set to_parent = from_parent",
    ),
    fault!("I-26", "a move of a unit is missing", [], "update stock_unit_move set seq = seq + 1"),
    fault!(
        "I-26",
        "a move of a unit has no posting",
        [],
        "update stock_unit_move set posting = (select p.id from stock_posting p where p.note = 'first')",
    ),
    fault!(
        "I-26",
        "a base unit is two of itself",
        ["I-27"],
        "update catalog_unit set num = 2 where unit = 'kg'",
    ),
    fault!(
        "I-26",
        "a bin is blocked without a reason",
        [],
        "update places_location set blocked = true where code = 'M2'",
    ),
    fault!(
        "I-27",
        "an item was changed without a trace",
        [],
        "update catalog_item set version = version + 1 where sku = 'NAIL'",
    ),
    fault!(
        "I-27",
        "a location was changed without a trace",
        [],
        "update places_location set version = version + 1 where code = 'M2'",
    ),
    fault!(
        "I-27",
        "a document was changed without a trace",
        [],
        "update stock_transfer set version = version + 1 where state = 4",
    ),
    fault!(
        "I-27",
        "somebody agreed without a trace",
        [],
        "update db_held set version = 2, state = 4, decided_by = asked_by, decided_at = asked_at",
    ),
    fault!("I-28", "nobody asked for what waits", [], "update db_held set asked_by = 999999"),
    fault!(
        "I-28",
        "a grant is for a place that is not there",
        [],
        "update access_grant set location_id = 999999",
    ),
    fault!(
        "I-28",
        "a grant is for a category that is not there",
        [],
        "update access_grant set category_id = 999999",
    ),
    fault!(
        "I-28",
        "a role allows what there is not",
        [],
        "update access_role set permissions = '[\"stock.conjure\"]' where name = 'counter'",
    ),
    fault!(
        "I-28",
        "a key is held to a place that is not there",
        [],
        "update access_key set locations = '[999999]'",
    ),
    fault!(
        "I-28",
        "a key is held to a network that is none",
        [],
        "update access_key set networks = '[\"somewhere\"]'",
    ),
    fault!(
        "I-28",
        "a machine has signed in",
        [],
        "insert into access_session
           (id, secret_hash, principal_id, method, agent, begun_at, seen_at, expires_at)
         select 1, k.secret_hash, k.principal_id, 'password', '', k.expires_at, k.expires_at, k.expires_at
         from access_key k",
    ),
    fault!(
        "I-28",
        "a session outlives the account",
        [],
        "insert into access_session
           (id, secret_hash, principal_id, method, agent, begun_at, seen_at, expires_at)
         select 1, k.secret_hash, u.principal_id, 'password', '', k.expires_at, k.expires_at, k.expires_at
         from access_key k cross join access_user u",
        "update access_principal set ended_at = created_at where kind = 1",
    ),
    fault!(
        "I-28",
        "a second factor has no recovery codes",
        [],
        "insert into access_factor (principal_id, secret, key_name, step, begun_at, confirmed_at)
         select u.principal_id, k.secret_hash, k.secret_hash, 0, k.expires_at, k.expires_at
         from access_key k cross join access_user u",
    ),
    fault!(
        "I-28",
        "a passkey has no recovery codes",
        [],
        "insert into access_passkey
           (id, principal_id, name, credential_id, public_key, sign_count, verified, version, created_at)
         select 1, u.principal_id, 'x', k.secret_hash, k.secret_hash, 0, k.expires_at = k.expires_at, 1, k.expires_at
         from access_key k cross join access_user u",
    ),
    fault!(
        "I-28",
        "a second factor that is only begun can be recovered",
        [],
        "insert into access_factor (principal_id, secret, key_name, step, begun_at)
         select u.principal_id, k.secret_hash, k.secret_hash, 0, k.expires_at
         from access_key k cross join access_user u",
        "insert into access_recovery (principal_id, code_hash)
         select u.principal_id, k.secret_hash from access_key k cross join access_user u",
    ),
];
