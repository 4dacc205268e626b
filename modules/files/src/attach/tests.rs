//! Files are attached up to their limits, also by many at once, and their bytes are there.

use super::*;
use crate::file::FILES_PER_RECORD_MAX;
use crate::samples;
use crate::testing::{on_both_engines, world};
use db::Engine;
use domain::{AsProblem, Code, FileKind, Media};

on_both_engines!(
    a_file_is_attached_with_its_thumbnails,
    the_same_bytes_are_kept_once,
    many_at_once_fill_a_record_and_no_more,
    a_quota_is_never_exceeded,
    what_was_not_wanted_is_not_attached,
);

fn a_file_is_attached_with_its_thumbnails(engine: Engine) {
    let world = world(engine);
    let picture = samples::png_of(&samples::two_colours(2_000, 1_000));
    let (new, _) = world.ready("front.png", &picture);
    let file = world.attach("front.png", &picture).unwrap();
    assert_eq!(world.all(), std::slice::from_ref(&file));
    assert_eq!(
        (file.kind, file.media_type, file.position, file.version),
        (FileKind::Image, Media::Png, 1, 1)
    );
    assert_eq!((file.width, file.height), (Some(2_000), Some(1_000)));
    let sides: Vec<_> = file.thumbnails.iter().map(|small| (small.side, small.width, small.height)).collect();
    assert_eq!(sides, [(96, 96, 48), (320, 320, 160), (1024, 1024, 512)]);
    assert!(world.is_whole(&new.prepared));
    assert_ne!(file.sha256, file.sent_sha256);
    let second = world.attach("sheet.pdf", &samples::pdf()).unwrap();
    assert_eq!((second.kind, second.position, second.sha256), (FileKind::Document, 2, second.sent_sha256));
    assert_eq!(
        world.events()[1..],
        [("files.file_attached".to_owned(), 1), ("files.file_attached".to_owned(), 1)]
    );
}

fn the_same_bytes_are_kept_once(engine: Engine) {
    let world = world(engine);
    let first = world.attach("a.txt", b"the same").unwrap();
    let second = world.attach("b.txt", b"the same").unwrap();
    assert_eq!((first.sha256, first.id == second.id), (second.sha256, false));
    assert_eq!(crate::kept(&world.db).unwrap().len(), 1);
}

fn many_at_once_fill_a_record_and_no_more(engine: Engine) {
    let world = world(engine);
    let refused: Vec<Option<Code>> = std::thread::scope(|scope| {
        let attach = |number: usize| {
            let world = &world;
            scope.spawn(move || match world.attach("a.txt", format!("text {number}").as_bytes()) {
                Ok(_) => None,
                Err(failure) => Some(failure.problem().code),
            })
        };
        let threads: Vec<_> = (0..32).map(attach).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let most = usize::try_from(FILES_PER_RECORD_MAX).unwrap();
    let done = refused.iter().filter(|code| code.is_none()).count();
    assert_eq!(done, most, "{refused:?}");
    assert!(refused.iter().flatten().all(|code| *code == Code::LimitExceeded), "{refused:?}");
    let positions: Vec<i64> = world.all().iter().map(|file| file.position).collect();
    assert_eq!(positions, (1..=FILES_PER_RECORD_MAX).collect::<Vec<_>>());
    // one that goes makes room for one
    world.remove(&world.all()[3]);
    world.attach("a.txt", b"the last").unwrap();
    assert!(world.attach("a.txt", b"one too many").is_err());
}

fn a_quota_is_never_exceeded(engine: Engine) {
    let world = world(engine);
    let text = [b'x'; 100];
    let attach = |world: &crate::testing::World, quota| {
        let (mut new, puts) = world.ready("a.txt", &text);
        let item = world.item.clone();
        let wanted = {
            let (item, new) = (item.clone(), new.clone());
            world.run(move |tx, ctx| want(tx, ctx, item.record(), &new, quota)).unwrap()
        };
        if let Some(names) = wanted {
            new.names.clone_from(&names);
            world.put(&names, puts);
        }
        world.run(move |tx, ctx| super::attach(tx, ctx, item.record(), &new, quota))
    };
    attach(&world, 300).unwrap();
    attach(&world, 300).unwrap();
    assert_eq!(attach(&world, 299).unwrap_err().problem().code, Code::LimitExceeded);
    attach(&world, 300).unwrap();
    let refused = attach(&world, 399).unwrap_err();
    assert!(refused.problem().detail.starts_with("you have attached files of 300 bytes"), "{refused}");
    world.remove(&world.all()[0]);
    attach(&world, 399).unwrap();
    assert_eq!(world.all().len(), 3);
}

/// Whoever was refused when the bytes were to be put has none, whatever there is room for since.
fn what_was_not_wanted_is_not_attached(engine: Engine) {
    let world = world(engine);
    let (new, _) = world.ready("a.txt", b"nobody has put this");
    assert_eq!(world.attach_ready(&new).unwrap_err().problem().code, Code::Busy);
    assert_eq!(world.all(), []);
}

#[test]
fn captions_and_names_are_read_alike() {
    assert_eq!(super::api::read_caption(Some("  From above "), "?caption").unwrap(), "From above");
    assert_eq!(super::api::read_caption(Some(" "), "?caption").unwrap(), "");
    assert_eq!(super::api::read_caption(None, "?caption").unwrap(), "");
    let refused = super::api::read_caption(Some("a\nb"), "?caption").unwrap_err();
    assert_eq!((refused.code, refused.errors[0].pointer.as_str()), (Code::InvalidValue, "?caption"));
    let name = FileName::parse("a/b").unwrap_err();
    assert_eq!(name.code(), Code::InvalidValue);
}
