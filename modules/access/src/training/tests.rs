//! The people of a copy: who stays, with what, and who is nobody there; exactly, on both engines.

use super::{Prepared, prepare};
use crate::authority::{Bounds, By};
use crate::grants::NewGrant;
use crate::keys::{self, NewKey};
use crate::password::PasswordPhc;
use crate::token::Token;
use crate::users::{self, NewUser};
use db::{Engine, Tx};
use domain::{Ctx, LocationId};
use testkit::{World, on_both_engines};
use web::{Failure, Principal, Within};

on_both_engines!(people_are_held_to_the_sites, without_sites_everybody_keeps_their_rights);

const LON: LocationId = LocationId(10);
const BER: LocationId = LocationId(20);

/// Nothing stands below anything here.
const FLAT: Bounds = Bounds {
    find: |_, _| Ok(None),
    code: |_, _| Ok(None),
    within: |_, place, roots| Ok(roots.contains(&place)),
    moves: |_| Ok(0),
    hold_category: |_, _| Ok(None),
    category_path: |_, _| Ok(None),
    category_line: |_, _| Ok(Vec::new()),
    organisation: |_| Ok(String::new()),
};

fn by<'a>(ctx: &'a Ctx, system: &'a Principal) -> By<'a> {
    By { ctx, principal: system, bounds: &FLAT }
}

fn user(tx: &mut Tx<'_>, by: &By<'_>, login: &str, grants: &[(&str, Within)]) -> Result<(), Failure> {
    let grant = |(role, within): &(&str, Within)| NewGrant {
        role: (*role).to_owned(),
        within: *within,
        category: None,
    };
    let grants = grants.iter().map(grant).collect();
    let (name, password) = (format!("{login} by name"), PasswordPhc("none".to_owned()));
    users::create(tx, by, &NewUser { login: login.to_owned(), name, password, grants }).map(drop)
}

fn filled(engine: Engine) -> World {
    let world = World::new(engine, &[crate::MIGRATIONS]);
    world
        .run(|tx, ctx| {
            let system = Principal::system();
            let by = by(ctx, &system);
            user(tx, &by, "trainer", &[("administrator", Within::All)])?;
            user(tx, &by, "ann", &[("administrator", Within::All), ("picker", Within::Subtree(BER))])?;
            user(tx, &by, "bob", &[("clerk", Within::Subtree(LON))])?;
            user(tx, &by, "carl", &[("clerk", Within::Subtree(BER))])?;
            user(tx, &by, "dora", &[("clerk", Within::All)])?;
            users::end(tx, &by, "dora", web::IfMatch::Any)?;
            for owner in ["bob", "carl"] {
                let key = NewKey {
                    name: format!("laptop of {owner}"),
                    owner: Some(owner.to_owned()),
                    permissions: None,
                    locations: None,
                    networks: None,
                    per_minute: Some(60),
                    expires_at: None,
                };
                keys::create(tx, &by, &key, &Token::new().unwrap())?;
            }
            Ok::<_, Failure>(())
        })
        .unwrap();
    world
}

fn prepared(world: &World, sites: &'static [LocationId]) -> Prepared {
    world.run(move |tx, ctx| prepare(tx, &by(ctx, &Principal::system()), ("trainer", sites))).unwrap()
}

/// A user with whether their account goes on, and their grants.
type Somebody = (String, bool, Vec<(String, Within)>);

fn people(world: &World) -> Vec<Somebody> {
    let found = world.read(|conn| users::list(conn, None, None, 100));
    let mut people: Vec<_> = found
        .into_iter()
        .map(|user| {
            let mut grants: Vec<_> =
                user.grants.iter().map(|grant| (grant.role.clone(), grant.within)).collect();
            grants.sort_by(|a, b| a.0.cmp(&b.0));
            (user.row.login, user.row.ended_at.is_none(), grants)
        })
        .collect();
    people.sort_by(|a, b| a.0.cmp(&b.0));
    people
}

fn open_keys(world: &World) -> usize {
    world.read(|conn| keys::list(conn, None, (None, Some(false)), 100)).len()
}

fn people_are_held_to_the_sites(engine: Engine) {
    let world = filled(engine);
    let done = prepared(&world, &[LON]);
    let [(id, mark)] = done.erased.as_slice() else { panic!("{done:?}") };
    assert_eq!(*mark, format!("erased:{id}"));
    assert_eq!((done.users_kept, done.users_erased, done.keys_revoked, done.approvals_expired), (2, 1, 2, 0));
    assert_eq!(done.logins_erased, ["carl"]);
    assert_eq!(open_keys(&world), 0);
    let clerk = || vec![("clerk".to_owned(), Within::Subtree(LON))];
    let people = people(&world);
    let named: Vec<_> = people.iter().filter(|(login, ..)| !login.starts_with("erased:")).cloned().collect();
    assert_eq!(
        named,
        [
            ("ann".to_owned(), true, vec![("administrator".to_owned(), Within::Subtree(LON))]),
            ("bob".to_owned(), true, clerk()),
            ("dora".to_owned(), false, clerk()),
            ("trainer".to_owned(), true, vec![("administrator".to_owned(), Within::All)]),
        ]
    );
    let erased: Vec<_> = people.iter().filter(|(login, ..)| login.starts_with("erased:")).collect();
    assert_eq!(erased.len(), 1);
    assert!(!erased[0].1, "an account that has ended may do nothing, whatever it was granted");
    assert_eq!(
        prepared(&world, &[LON]),
        Prepared { users_kept: 2, ..Prepared::default() },
        "nothing is left to do"
    );
}

fn without_sites_everybody_keeps_their_rights(engine: Engine) {
    let world = filled(engine);
    let before = people(&world);
    let done = prepared(&world, &[]);
    assert_eq!(done, Prepared { users_kept: 3, keys_revoked: 2, ..Prepared::default() });
    assert_eq!(people(&world), before);
    assert_eq!(open_keys(&world), 0);
}
