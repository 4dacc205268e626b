//! Somebody who may do everything is left, also where two take it from each other at once.

use super::{NewGrant, revoke};
use crate::authority::{Bounds, By};
use crate::password::PasswordPhc;
use crate::users::{self, NewUser, User};
use db::{Engine, Tx};
use domain::{Code, Ctx};
use std::sync::{Arc, Barrier};
use testkit::{World, on_both_engines};
use web::{Failure, IfMatch, Principal, Within};

on_both_engines!(two_administrators_never_end_each_other);

/// Nothing here is about places.
const NOWHERE: Bounds = Bounds {
    find: |_, _| Ok(None),
    code: |_, _| Ok(None),
    within: |_, _, _| Ok(false),
    moves: |_| Ok(0),
    hold_category: |_, _| Ok(None),
    category_path: |_, _| Ok(None),
    category_line: |_, _| Ok(Vec::new()),
    organisation: |_| Ok(String::new()),
};

/// So often two meet; each time they are as close together as threads can be.
const ROUNDS: usize = 12;

fn administrator(tx: &mut Tx<'_>, ctx: &Ctx, login: &str) -> Result<User, Failure> {
    let everything = NewGrant { role: crate::ADMINISTRATOR.to_owned(), within: Within::All, category: None };
    let (name, password) = (login.to_owned(), PasswordPhc("none".to_owned()));
    let new = NewUser { login: login.to_owned(), name, password, grants: vec![everything] };
    let by = By { ctx, principal: &Principal::system(), bounds: &NOWHERE };
    users::create(tx, &by, &new)
}

/// How one takes it all from another.
#[derive(Clone, Copy)]
enum How {
    TheAccount,
    TheGrant(i64),
}

fn two_administrators_never_end_each_other(engine: Engine) {
    let world = World::new(engine, &[crate::MIGRATIONS]);
    let mut left: Option<String> = None;
    for round in 0..ROUNDS {
        let made = |login: String| world.run(move |tx, ctx| administrator(tx, ctx, &login)).unwrap();
        let two = [made(format!("ann{round}")), made(format!("bob{round}"))];
        // whoever was left before goes, so that these two are all there is
        if let Some(login) = left.take() {
            take(&world, &login, How::TheAccount, None).unwrap();
        }
        let start = Arc::new(Barrier::new(2));
        let done = std::thread::scope(|scope| {
            let mut number = round;
            let threads = two.each_ref().map(|user| {
                // account against account, grant against grant, and one against the other
                number += 1;
                let how = match (round % 3, number % 2) {
                    (0, _) | (2, 0) => How::TheAccount,
                    _ => How::TheGrant(user.grants[0].id),
                };
                let (world, start) = (&world, Arc::clone(&start));
                scope.spawn(move || take(world, &user.row.login, how, Some(start)))
            });
            threads.map(|thread| thread.join().unwrap())
        });
        let gone: Vec<bool> = done.iter().map(Result::is_ok).collect();
        assert_ne!(gone[0], gone[1], "round {round}: {done:?}");
        for (user, done) in two.into_iter().zip(done) {
            if let Err(refused) = done {
                let Failure::Refused(problem) = refused else { panic!("{refused:?}") };
                assert_eq!(problem.code, Code::InUse);
                left = Some(user.row.login);
            }
        }
    }
}

/// Takes it from a user, once both have begun.
fn take(world: &World, login: &str, how: How, start: Option<Arc<Barrier>>) -> Result<User, Failure> {
    let login = login.to_owned();
    if let Some(start) = start {
        start.wait();
    }
    world.run(move |tx, ctx| {
        let by = By { ctx, principal: &Principal::system(), bounds: &NOWHERE };
        match how {
            How::TheAccount => users::end(tx, &by, &login, IfMatch::Any),
            How::TheGrant(id) => revoke(tx, &by, (&login, IfMatch::Any), id),
        }
    })
}
