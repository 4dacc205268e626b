//! Bytes come, stay as they are, and go: the same suite for a folder and for a bucket.

use super::*;
use std::io::Write as _;
use std::time::Instant;
use testkit::bucket::Peer;

/// A place of its own in a folder or in the bucket of a peer.
struct Place {
    blobs: Blobs,
    dir: tempfile::TempDir,
    /// The prefix in the bucket.
    prefix: Option<String>,
}

fn settings(peer: &Peer, prefix: &str) -> BucketSettings {
    BucketSettings {
        endpoint: peer.address.clone(),
        region: testkit::bucket::REGION.to_owned(),
        name: testkit::bucket::BUCKET.to_owned(),
        prefix: prefix.to_owned(),
        path_style: true,
        access_key: testkit::bucket::ACCESS_KEY.to_owned(),
        secret: testkit::bucket::SECRET.to_owned(),
    }
}

fn bucket(settings: BucketSettings) -> Bucket {
    let origins = vec![outbound::Origin::parse(&settings.endpoint).unwrap()];
    let outbound = outbound::Outbound::new(outbound::Settings { origins, ca_file: None }).unwrap();
    Bucket::new(settings, outbound).unwrap()
}

impl Place {
    fn in_folder() -> Place {
        let dir = tempfile::tempdir().unwrap();
        Place { blobs: Blobs::in_folder(Folder::new(dir.path().join("files"))), dir, prefix: None }
    }

    fn in_bucket(peer: &Peer, prefix: &str) -> Place {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::new(dir.path().join("files"));
        let blobs = Blobs::in_bucket(bucket(settings(peer, prefix)), folder);
        Place { blobs, dir, prefix: Some(prefix.to_owned()) }
    }

    fn receive(&self, bytes: &[u8]) -> Received {
        let mut incoming = self.blobs.receive().unwrap();
        for piece in bytes.chunks(100_000) {
            incoming.write_all(piece).unwrap();
        }
        incoming.finish()
    }

    fn try_put(&self, name: BlobName, bytes: &[u8]) -> Result<(), BlobError> {
        wait(self.blobs.put(name, self.receive(bytes)))
    }

    fn put(&self, bytes: &[u8]) -> BlobName {
        let name = BlobName { hash: self.receive(bytes).hash, generation: 0 };
        self.try_put(name, bytes).unwrap();
        name
    }

    /// What is handed out, or why it breaks off, and what was handed out before.
    fn open(&self, name: BlobName, extent: Extent) -> Result<Vec<u8>, (Vec<u8>, String)> {
        wait(async {
            let mut got = Vec::new();
            let mut pieces = match self.blobs.open(name, extent).await {
                Ok(pieces) => pieces,
                Err(error) => return Ok(Err((got, error.to_string()))),
            };
            while let Some(piece) = pieces.next().await {
                match piece {
                    Ok(piece) => got.extend_from_slice(&piece),
                    Err(error) => return Ok(Err((got, error.to_string()))),
                }
            }
            Ok(Ok(got))
        })
        .unwrap()
    }

    fn all_of(&self, name: BlobName, bytes: usize) -> Result<Vec<u8>, (Vec<u8>, String)> {
        let bytes = u64::try_from(bytes).unwrap();
        self.open(name, Extent { first: 0, bytes, of: bytes })
    }

    /// Writes over what is there, as nobody may.
    fn damage(&self, peer: &Peer, name: BlobName, text: &str) {
        match &self.prefix {
            None => std::fs::write(self.dir.path().join("files").join(name.path()), text).unwrap(),
            Some(prefix) => peer.put(&format!("{prefix}/{}", name.path()), text),
        }
    }

    fn waiting(&self) -> usize {
        std::fs::read_dir(self.dir.path().join("files/quarantine")).map_or(0, Iterator::count)
    }
}

/// Something that holds wherever bytes are, and how it is called.
type Law = (&'static str, fn(&Place, &Peer));

const SUITE: [Law; 7] = [
    ("what_was_brought_is_found_under_its_hash", what_was_brought_is_found_under_its_hash),
    ("a_generation_has_bytes_of_its_own", a_generation_has_bytes_of_its_own),
    ("what_is_there_is_never_written_over", what_is_there_is_never_written_over),
    ("a_part_is_handed_out", a_part_is_handed_out),
    ("what_is_damaged_is_never_handed_out_whole", what_is_damaged_is_never_handed_out_whole),
    ("a_survey_tells_what_is_there", a_survey_tells_what_is_there),
    ("many_who_bring_the_same_bytes_at_once_have_them_once", many_at_once),
];

#[test]
fn the_suite_holds_of_a_folder_and_of_a_bucket() {
    let peer = Peer::start();
    for (name, holds) in SUITE {
        println!("{name}, in a folder");
        holds(&Place::in_folder(), &peer);
        println!("{name}, in a bucket");
        holds(&Place::in_bucket(&peer, name), &peer);
    }
}

fn what_was_brought_is_found_under_its_hash(place: &Place, _: &Peer) {
    let name = place.put(b"abc");
    assert_eq!(name.to_string(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad.0");
    assert_eq!(place.all_of(name, 3).unwrap(), b"abc");
    let mut fetched = Vec::new();
    place.blobs.fetch(&name, 3, &mut fetched).unwrap();
    assert_eq!((fetched, place.blobs.length(&name).unwrap()), (b"abc".to_vec(), Some(3)));
    // the same bytes may come again
    assert_eq!((place.put(b"abc"), place.waiting()), (name, 0));
    for _ in 0..2 {
        place.blobs.remove(&name).unwrap();
        assert_eq!(place.blobs.length(&name).unwrap(), None);
    }
    assert!(matches!(place.blobs.fetch(&name, 3, &mut Vec::new()), Err(BlobError::Missing(_))));
    assert!(place.all_of(name, 3).unwrap_err().1.contains("are missing"));
    place.blobs.probe("a name that nothing else has").unwrap();
    assert_eq!(place.waiting(), 0);
}

fn a_generation_has_bytes_of_its_own(place: &Place, _: &Peer) {
    let first = place.put(b"abc");
    let second = BlobName { generation: 1, ..first };
    place.try_put(second, b"abc").unwrap();
    place.blobs.remove(&first).unwrap();
    assert_eq!(place.all_of(second, 3).unwrap(), b"abc");
    assert_eq!(BlobName::at_path(&second.path()), Some(second));
}

fn what_is_there_is_never_written_over(place: &Place, _: &Peer) {
    let name = place.put(b"abc");
    let refused = place.try_put(name, b"other bytes").unwrap_err();
    assert!(refused.to_string().contains("has 3 bytes and should have 11"), "{refused}");
    assert_eq!((place.all_of(name, 3).unwrap(), place.waiting()), (b"abc".to_vec(), 0));
}

fn a_part_is_handed_out(place: &Place, _: &Peer) {
    let bytes: Vec<u8> = (0..700_000_u32).map(|at| at.to_le_bytes()[1]).collect();
    let name = place.put(&bytes);
    assert!(place.all_of(name, bytes.len()).unwrap() == bytes, "all of it");
    for (first, length) in [(0, 1), (1, 699_999), (699_999, 1), (65_536, 65_537)] {
        let extent = Extent { first, bytes: length, of: 700_000 };
        let (from, to) = (usize::try_from(first).unwrap(), usize::try_from(first + length).unwrap());
        assert!(place.open(name, extent).unwrap() == bytes[from..to], "{extent:?}");
    }
}

fn what_is_damaged_is_never_handed_out_whole(place: &Place, peer: &Peer) {
    let text = "a line of it\n".repeat(20_000);
    let name = place.put(text.as_bytes());
    let mut other = text.replace('\n', " ");
    place.damage(peer, name, &other);
    let (before, why) = place.all_of(name, text.len()).unwrap_err();
    assert!(
        before.len() < text.len() && why.contains("are not what its name says"),
        "{} {why}",
        before.len()
    );
    let fetched = place.blobs.fetch(&name, 260_000, &mut std::io::sink());
    assert!(matches!(fetched, Err(BlobError::Damaged(_))), "{fetched:?}");
    other.push('x');
    place.damage(peer, name, &other);
    let (before, why) = place.all_of(name, text.len()).unwrap_err();
    assert!(before.is_empty() && why.contains("bytes and should have 260000"), "{why}");
}

fn a_survey_tells_what_is_there(place: &Place, peer: &Peer) {
    let names: Vec<BlobName> = (1..=5_u8).map(|length| place.put(&vec![length; length.into()])).collect();
    place.blobs.remove(&names[2]).unwrap();
    // what is nothing of ours is nobody's business
    match &place.prefix {
        None => std::fs::write(place.dir.path().join("files/readme.txt"), "x").unwrap(),
        Some(prefix) => peer.put(&format!("{prefix}/readme.txt"), "x"),
    }
    let survey = place.blobs.survey().unwrap();
    let found: Vec<_> = names.iter().map(|name| survey.length(name).unwrap()).collect();
    assert_eq!(found, [Some(1), Some(2), None, Some(4), Some(5)]);
}

fn many_at_once(place: &Place, _: &Peer) {
    let bytes = vec![b'x'; 100_000];
    let names: Vec<BlobName> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..16).map(|_| scope.spawn(|| place.put(&bytes))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(names.iter().all(|name| *name == names[0]));
    place.blobs.fetch(&names[0], 100_000, &mut std::io::sink()).unwrap();
    assert_eq!(place.waiting(), 0);
}

#[test]
fn what_is_given_up_leaves_nothing() {
    let place = Place::in_folder();
    let mut half = place.blobs.receive().unwrap();
    half.write_all(b"half a f").unwrap();
    assert_eq!(place.waiting(), 1);
    drop(half);
    drop(place.receive(b"a whole one"));
    assert_eq!(place.waiting(), 0);
}

#[test]
fn quarantine_is_cleared_of_what_nobody_is_at() {
    let place = Place::in_folder();
    assert_eq!(place.blobs.clear_quarantine(Duration::MAX, Duration::ZERO).unwrap(), 0, "there is none yet");
    let left = place.blobs.receive().unwrap();
    let entry =
        std::fs::read_dir(place.dir.path().join("files/quarantine")).unwrap().next().unwrap().unwrap();
    let made = entry.metadata().unwrap().modified().unwrap();
    let made = made.duration_since(std::time::UNIX_EPOCH).unwrap();
    let hour = Duration::from_hours(1);
    assert_eq!(place.blobs.clear_quarantine(made + hour, hour).unwrap(), 0);
    assert_eq!(place.blobs.clear_quarantine(made + hour + Duration::from_nanos(1), hour).unwrap(), 1);
    assert_eq!(place.waiting(), 0);
    drop(left);
}

#[test]
fn a_path_is_a_name_only_when_it_is_its_own() {
    let name = BlobName { hash: [0xab; 32], generation: 12 };
    let digits = "ab".repeat(32);
    assert_eq!(name.path(), format!("ab/{digits}.12"));
    for other in ["", "ab", &format!("ac/{digits}.12"), &format!("ab/{digits}"), &format!("ab/{digits}.+12")]
    {
        assert_eq!(BlobName::at_path(other), None, "{other}");
    }
}

/// What a bucket refuses for a while is asked for again, and what it refuses for good is said in its words.
#[test]
fn a_bucket_that_fails_for_a_while_is_asked_again_and_then_given_up() {
    let mut peer = Peer::start();
    let place = Place::in_bucket(&peer, "faults");
    let name = place.put(b"abc");
    peer.refuse(2, 503);
    assert_eq!(place.blobs.length(&name).unwrap(), Some(3));
    peer.refuse(2, 500);
    let other = place.put(b"brought while it fails");
    let kept = peer.keys();
    peer.refuse(3, 503);
    let refused = place.try_put(BlobName { generation: 9, ..name }, b"abc").unwrap_err();
    assert!(matches!(&refused, BlobError::Away(why) if why.contains("answers 503")), "{refused}");
    peer.refuse(2, 429);
    let third = BlobName { generation: 10, ..name };
    place.try_put(third, b"abc").unwrap();
    assert_eq!((peer.keys(), place.waiting()), (kept + 1, 0), "what was refused has left nothing");
    // what breaks off goes on from there, and for whoever takes it as it comes it ends there
    let bytes: Vec<u8> = (0..500_000_u32).map(|at| at.to_le_bytes()[1]).collect();
    let large = place.put(&bytes);
    peer.cut(2);
    let mut fetched = Vec::new();
    place.blobs.fetch(&large, 500_000, &mut fetched).unwrap();
    assert!(fetched == bytes, "{} bytes", fetched.len());
    peer.cut(1);
    let (before, _) = place.all_of(large, bytes.len()).unwrap_err();
    assert!(before.len() <= 250_000, "{}", before.len());
    peer.cut(3);
    let given_up = place.blobs.fetch(&large, 500_000, &mut std::io::sink()).unwrap_err();
    assert!(matches!(given_up, BlobError::Away(_)), "{given_up}");
    // nobody who has another key, and no bucket that is not there
    let with = |change: fn(&mut BucketSettings)| {
        let mut settings = settings(&peer, "faults");
        change(&mut settings);
        let refused = wait(bucket(settings).probe("x")).unwrap_err();
        assert!(!refused.to_string().contains("Signature="), "{refused}");
        refused.to_string()
    };
    assert!(with(|it| it.secret.push('x')).contains("answers 403 (SignatureDoesNotMatch)"));
    assert!(with(|it| it.name = "elsewhere".to_owned()).contains("answers 404 (NoSuchBucket)"));
    // of a bucket that is not there no file is missing
    let mut elsewhere = settings(&peer, "faults");
    elsewhere.name = "elsewhere".to_owned();
    let asked = wait(bucket(elsewhere).fetch(&name, 3, &mut std::io::sink()));
    assert!(matches!(asked, Err(BlobError::Away(_))), "{asked:?}");
    peer.stop();
    let begun = Instant::now();
    for refused in [place.blobs.length(&other).unwrap_err(), place.blobs.survey().unwrap_err()] {
        assert!(matches!(&refused, BlobError::Away(why) if why.contains("cannot be reached")), "{refused}");
    }
    assert!(begun.elapsed() < Duration::from_secs(10), "it waits for {:?}", begun.elapsed());
}

/// A list has more than one page.
#[test]
fn a_survey_of_many_goes_on_to_its_end() {
    let peer = Peer::start();
    let place = Place::in_bucket(&peer, "many");
    let count = 1_003_u64;
    let names: Vec<BlobName> = (0..count)
        .map(|number| {
            let name = BlobName { hash: [0; 32], generation: i64::try_from(number).unwrap() };
            peer.put(&format!("many/{}", name.path()), "x");
            name
        })
        .collect();
    let survey = place.blobs.survey().unwrap();
    assert!(names.iter().all(|name| survey.length(name).unwrap() == Some(1)));
}
