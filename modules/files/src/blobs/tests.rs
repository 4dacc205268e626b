//! Bytes come, stay as they are, and go.

use super::*;
use std::io::{ErrorKind, Read, Write};
use std::time::Duration;

fn folder() -> (tempfile::TempDir, Folder) {
    let dir = tempfile::tempdir().unwrap();
    let folder = Folder::new(dir.path().join("files"));
    (dir, folder)
}

fn receive(folder: &Folder, bytes: &[u8]) -> Received {
    let mut incoming = folder.receive().unwrap();
    for piece in bytes.chunks(7) {
        incoming.write_all(piece).unwrap();
    }
    incoming.finish()
}

fn put(folder: &Folder, bytes: &[u8]) -> BlobName {
    let received = receive(folder, bytes);
    let name = BlobName { hash: received.hash, generation: 0 };
    folder.put(&name, received).unwrap();
    name
}

fn read(folder: &Folder, name: &BlobName, from: u64) -> String {
    let (mut file, _) = folder.open(name, from).unwrap();
    let mut text = String::new();
    file.read_to_string(&mut text).unwrap();
    text
}

fn quarantined(folder: &Folder) -> usize {
    std::fs::read_dir(folder.root().join("quarantine")).unwrap().count()
}

#[test]
fn what_was_received_is_found_under_its_hash() {
    let (_dir, folder) = folder();
    let name = put(&folder, b"abc");
    assert_eq!(name.to_string(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad.0");
    assert_eq!((read(&folder, &name, 0), read(&folder, &name, 1)), ("abc".to_owned(), "bc".to_owned()));
    assert_eq!((folder.length(&name).unwrap(), folder.hash(&name).unwrap()), (Some(3), name.hash));
    assert_eq!(quarantined(&folder), 0);
    // the same bytes are there once
    assert_eq!(put(&folder, b"abc"), name);
    assert_eq!(std::fs::read_dir(folder.root().join("ba")).unwrap().count(), 1);
    folder.remove(&name).unwrap();
    folder.remove(&name).unwrap();
    assert_eq!(folder.length(&name).unwrap(), None);
    assert_eq!(folder.open(&name, 0).unwrap_err().kind(), ErrorKind::NotFound);
}

#[test]
fn a_generation_has_bytes_of_its_own() {
    let (_dir, folder) = folder();
    let first = put(&folder, b"abc");
    let second = BlobName { generation: 1, ..first };
    folder.put(&second, receive(&folder, b"abc")).unwrap();
    folder.remove(&first).unwrap();
    assert_eq!(read(&folder, &second, 0), "abc");
    assert!(second.to_string().ends_with("15ad.1"));
}

#[test]
fn what_is_there_is_never_written_to() {
    let (_dir, folder) = folder();
    let name = put(&folder, b"abc");
    let refused = folder.put(&name, receive(&folder, b"other bytes")).unwrap_err();
    assert!(refused.to_string().contains("has 3 bytes and should have 11"), "{refused}");
    assert_eq!((read(&folder, &name, 0), quarantined(&folder)), ("abc".to_owned(), 0));
}

#[test]
fn what_is_given_up_leaves_nothing() {
    let (_dir, folder) = folder();
    let mut half = folder.receive().unwrap();
    half.write_all(b"half a f").unwrap();
    assert_eq!(quarantined(&folder), 1);
    drop(half);
    drop(receive(&folder, b"a whole one"));
    assert_eq!(quarantined(&folder), 0);
}

#[test]
fn quarantine_is_cleared_of_what_nobody_is_at() {
    let (_dir, folder) = folder();
    assert_eq!(folder.clear_quarantine(Duration::MAX, Duration::ZERO).unwrap(), 0, "there is none yet");
    let left = folder.receive().unwrap();
    let made = since_1970(&folder);
    let hour = Duration::from_hours(1);
    assert_eq!(folder.clear_quarantine(made + hour, hour).unwrap(), 0);
    assert_eq!(folder.clear_quarantine(made + hour + Duration::from_nanos(1), hour).unwrap(), 1);
    assert_eq!(quarantined(&folder), 0);
    drop(left);
}

fn since_1970(folder: &Folder) -> Duration {
    let entry = std::fs::read_dir(folder.root().join("quarantine")).unwrap().next().unwrap().unwrap();
    entry.metadata().unwrap().modified().unwrap().duration_since(std::time::UNIX_EPOCH).unwrap()
}

#[test]
fn a_copy_is_checked_on_its_way() {
    let (_dir, from) = folder();
    let (_other, to) = folder();
    let name = put(&from, b"abc");
    from.copy(&name, &to).unwrap();
    from.copy(&name, &to).unwrap();
    assert_eq!(read(&to, &name, 0), "abc");
    let bad = put(&from, b"will be damaged");
    let path = from.root().join(&bad.to_string()[..2]).join(bad.to_string());
    std::fs::write(&path, b"will be damaGed").unwrap();
    assert!(from.copy(&bad, &to).unwrap_err().to_string().contains("is damaged"));
    assert_eq!((to.length(&bad).unwrap(), quarantined(&to)), (None, 0));
    assert_ne!(from.hash(&bad).unwrap(), bad.hash);
}

#[test]
fn many_who_put_the_same_bytes_at_once_have_them_once() {
    let (_dir, folder) = folder();
    let names: Vec<BlobName> = std::thread::scope(|scope| {
        let put = || scope.spawn(|| put(&folder, &vec![b'x'; 100_000]));
        let threads: Vec<_> = (0..16).map(|_| put()).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(names.iter().all(|name| *name == names[0]));
    assert_eq!(folder.hash(&names[0]).unwrap(), names[0].hash);
    assert_eq!(quarantined(&folder), 0);
}
