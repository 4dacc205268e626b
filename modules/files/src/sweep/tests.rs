//! What nobody refers to goes, and never what somebody does.

use super::*;
use crate::attach::grace;
use crate::samples;
use crate::testing::{World, on_both_engines, world};
use db::Engine;
use domain::Code;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::ScopedJoinHandle;
use web::Failure;

on_both_engines!(
    what_was_removed_goes_after_a_day,
    what_others_refer_to_stays,
    bytes_that_were_put_and_never_attached_go,
    bytes_that_are_wanted_while_they_leave_come_anew,
    sweeping_takes_nothing_from_those_who_attach,
);

fn sweep_at(world: &World, at: Instant) -> u64 {
    sweep(&world.db, &world.files, at).unwrap().blobs
}

/// Just within the time that bytes stay, and just beyond.
fn within_and_beyond(world: &World) -> (Instant, Instant) {
    let end = grace(world.ctx.now);
    (end, end.plus_micros(1))
}

fn what_was_removed_goes_after_a_day(engine: Engine) {
    let world = world(engine);
    let (within, beyond) = within_and_beyond(&world);
    let picture = samples::png_of(&samples::two_colours(400, 200));
    let (new, _) = world.ready("a.png", &picture);
    let file = world.attach("a.png", &picture).unwrap();
    assert_eq!(sweep_at(&world, beyond), 0, "it is referred to");
    world.remove(&file);
    assert_eq!(sweep_at(&world, within), 0, "a backup may be at it");
    assert!(world.is_whole(&new.prepared));
    let blobs = u64::try_from(new.prepared.blobs().len()).unwrap();
    assert_eq!(sweep_at(&world, beyond), blobs);
    assert_eq!(sweep_at(&world, beyond), 0);
    assert_eq!(crate::kept(&world.db).unwrap(), []);
    // it can be attached again
    let again = world.attach("a.png", &picture).unwrap();
    assert_eq!(again.sha256, file.sha256);
    assert!(world.is_whole(&new.prepared));
}

fn what_others_refer_to_stays(engine: Engine) {
    let world = world(engine);
    let (_, beyond) = within_and_beyond(&world);
    let first = world.attach("a.txt", b"the same").unwrap();
    let (new, _) = world.ready("b.txt", b"the same");
    world.attach("b.txt", b"the same").unwrap();
    world.remove(&first);
    assert_eq!(sweep_at(&world, beyond), 0);
    assert!(world.is_whole(&new.prepared));
}

fn bytes_that_were_put_and_never_attached_go(engine: Engine) {
    let world = world(engine);
    let (within, beyond) = within_and_beyond(&world);
    let (mut new, puts) = world.ready("a.txt", b"given up");
    let names = world.want(&mut new).unwrap();
    world.put(&names, puts);
    assert_eq!((sweep_at(&world, within), sweep_at(&world, beyond)), (0, 1));
    assert_eq!(world.files.blobs().length(&names[0]).unwrap(), None);
}

/// A sweep is slow between marking and taking away: who attaches the same bytes then keeps them.
fn bytes_that_are_wanted_while_they_leave_come_anew(engine: Engine) {
    let world = world(engine);
    let (_, beyond) = within_and_beyond(&world);
    let (mut new, puts) = world.ready("a.txt", b"coming and going");
    let old = world.want(&mut new).unwrap();
    world.put(&old, puts);
    let (leaving, _) = mark(&world.db, beyond, [0; 32]).unwrap();
    assert_eq!(leaving, old);
    // another sweep finishes what this one has begun, and is not the last to take away
    assert_eq!(sweep_at(&world, beyond), 1);
    let file = world.attach("a.txt", b"coming and going").unwrap();
    for name in &leaving {
        world.files.blobs().remove(name).unwrap();
    }
    forget(&world.db, leaving).unwrap();
    assert!(world.is_whole(&new.prepared));
    assert_eq!(world.all(), std::slice::from_ref(&file));
    // and once more, with the row still there
    world.remove(&file);
    let later = beyond.plus_seconds(100_000);
    let (leaving, _) = mark(&world.db, later, [0; 32]).unwrap();
    world.attach("a.txt", b"coming and going").unwrap();
    for name in &leaving {
        world.files.blobs().remove(name).unwrap();
    }
    forget(&world.db, leaving).unwrap();
    assert!(world.is_whole(&new.prepared));
    assert_eq!(sweep_at(&world, later), 0);
}

/// Four who attach and remove the same few files, each so many times, and two who sweep meanwhile as if a day had passed
/// between any two steps of theirs.
fn sweeping_takes_nothing_from_those_who_attach(engine: Engine) {
    const TIMES: usize = 10;
    let world = world(engine);
    let (_, beyond) = within_and_beyond(&world);
    let (attached, done) = (AtomicUsize::new(0), AtomicBool::new(false));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let (mut seen, mut in_vain) = (0, 0_u32);
                while !done.load(Ordering::Relaxed) {
                    sweep_at(&world, beyond);
                    let now = attached.load(Ordering::Relaxed);
                    in_vain = if now == seen { (in_vain + 1).min(7) } else { 0 };
                    seen = now;
                    // whoever is swept before they have attached, and swept again, comes to it all the same
                    std::thread::sleep(Duration::from_millis((1 << in_vain) - 1));
                }
            });
        }
        let attach = |worker: usize| {
            let (world, attached) = (&world, &attached);
            scope.spawn(move || {
                let mut mine = 0;
                for round in 0.. {
                    let text = format!("text {}", (worker + round) % 3);
                    let file = match world.attach("a.txt", text.as_bytes()) {
                        Ok(file) => file,
                        // swept before it was attached, as nobody is who has a day for it
                        Err(Failure::Refused(problem)) if problem.code == Code::Busy => continue,
                        Err(other) => panic!("{other:?}"),
                    };
                    let (new, _) = world.ready("a.txt", text.as_bytes());
                    assert!(world.is_whole(&new.prepared), "attached, and its bytes are gone");
                    world.remove(&file);
                    attached.fetch_add(1, Ordering::Relaxed);
                    mine += 1;
                    if mine == TIMES {
                        break;
                    }
                }
            })
        };
        let workers: Vec<_> = (0..4).map(attach).collect();
        let ended: Vec<_> = workers.into_iter().map(ScopedJoinHandle::join).collect();
        // whatever became of them, nobody sweeps for ever
        done.store(true, Ordering::Relaxed);
        ended.into_iter().for_each(Result::unwrap);
    });
    assert_eq!(attached.into_inner(), 4 * TIMES);
}
