//! Files of an item, from the outside: sent, shown, handed out in whole and in part, changed and removed;
//! and what is refused on the way.

use crate::trace::{difference, trace};
use crate::world::{World, on_both_engines};
use domain::Permission;
use files::{Bucket, BucketSettings};
use outbound::{Origin, Outbound, Settings};
use serde_json::json;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use testkit::bucket::Peer;
use testkit::http::{Actor, Reply};

on_both_engines!(
    a_file_is_sent_shown_handed_out_and_removed,
    an_image_is_drawn_anew_and_has_thumbnails,
    what_is_refused_leaves_nothing,
    a_key_attaches_once,
    a_part_of_a_file_is_handed_out,
    what_one_has_already_is_not_sent_again,
    who_sees_an_item_sees_its_files_and_who_changes_it_changes_them,
);

const FILES: &str = "/api/v1/items/LAMP%2F1/files";

fn lamp(world: &World) -> Actor {
    let admin = world.admin();
    admin.post("/api/v1/items", &json!({ "sku": "LAMP/1", "name": "Lamp", "base_unit": "each" })).good();
    admin
}

fn send(actor: &Actor, name: &str, bytes: &[u8]) -> Reply {
    actor.ask("POST", format!("{FILES}?name={name}")).fresh().bytes(bytes).send()
}

/// A PNG of 300 × 200 pixels, grey, with a comment that nobody is to see.
pub(crate) fn png() -> Vec<u8> {
    let part = |kind: &[u8; 4], body: &[u8]| {
        let whole = [kind.as_slice(), body].concat();
        let length = u32::try_from(body.len()).unwrap().to_be_bytes();
        [length.as_slice(), &whole, &crc(&whole).to_be_bytes()].concat()
    };
    let header = [&300_u32.to_be_bytes(), 200_u32.to_be_bytes().as_slice(), &[8, 0, 0, 0, 0]].concat();
    let rows = vec![0; 301 * 200];
    let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(&rows).unwrap();
    let mark = b"\x89PNG\r\n\x1a\n".to_vec();
    let parts = [
        part(b"IHDR", &header),
        part(b"tEXt", b"Comment\0taken by Ann"),
        part(b"IDAT", &packed.finish().unwrap()),
    ];
    [mark, parts.concat(), part(b"IEND", &[])].concat()
}

fn crc(bytes: &[u8]) -> u32 {
    let mut sum = flate2::Crc::new();
    sum.update(bytes);
    sum.sum()
}

fn a_file_is_sent_shown_handed_out_and_removed(world: &World) {
    let admin = lamp(world);
    let text = "Größe: 5 mm\n";
    let ask = admin.ask("POST", format!("{FILES}?name=Ma%C3%9Fe.txt&caption=As%20measured")).fresh();
    let made = ask.header("content-type", "text/plain").bytes(text).send().good();
    let file = made.json();
    assert_eq!(made.status, 201);
    let path = made.header("location").unwrap().to_owned();
    assert_eq!(path, format!("{FILES}/{}", file["id"]));
    assert_eq!(made.header("etag"), Some("\"1\""));
    let told =
        ["name", "caption", "kind", "media_type", "position", "bytes", "version", "thumbnails", "width"];
    let told: Vec<_> = told.iter().map(|field| file[field].clone()).collect();
    let expected = json!(["Maße.txt", "As measured", "document", "text/plain", 1, text.len(), 1, [], null]);
    assert_eq!(json!(told), expected);
    assert_eq!(admin.get(&path).good().json(), file);
    assert_eq!(admin.get(FILES).good().json(), json!({ "files": [file] }));
    // out again
    let out = admin.get(format!("{path}/content")).good();
    assert_eq!(out.text(), text);
    let policy = "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";
    for (name, value) in [
        ("content-type", "text/plain; charset=utf-8"),
        ("content-disposition", "attachment; filename*=UTF-8''Ma%C3%9Fe.txt"),
        ("content-security-policy", policy),
        ("cache-control", "private, no-store"),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-resource-policy", "same-origin"),
        ("accept-ranges", "bytes"),
        ("content-length", &text.len().to_string()),
        ("etag", &format!("\"{}\"", file["sha256"].as_str().unwrap())),
    ] {
        assert_eq!(out.header(name), Some(value), "{name}");
    }
    // changed, and from an old version not
    let changed =
        admin.patch(&path, 1, &json!({ "name": "sizes.txt", "caption": "", "position": 7 })).good().json();
    assert_eq!(
        (&changed["name"], &changed["caption"], &changed["position"]),
        (&json!("sizes.txt"), &json!(""), &json!(7))
    );
    assert_eq!(changed["version"], 2);
    assert_eq!(admin.patch(&path, 1, &json!({ "caption": "x" })).refusal(), "412 stale");
    assert_eq!(
        admin.patch(&path, 2, &json!({ "position": 7 })).good().json()["version"],
        2,
        "nothing to be done"
    );
    for (body, refusal) in [
        (json!({ "name": "a.pdf" }), "422 file_mismatch /name"),
        (json!({ "name": "a/b" }), "422 invalid_value /name"),
        (json!({ "position": 0 }), "422 invalid_value /position"),
        (json!({ "position": 10_001 }), "422 invalid_value /position"),
        (json!({ "caption": "a\nb" }), "422 invalid_value /caption"),
        (json!({ "bytes": 1 }), "400 malformed_body /bytes"),
    ] {
        assert_eq!(admin.patch(&path, 2, &body).refusal(), refusal, "{body}");
    }
    // those of one place stand in the order of their numbers
    let second = send(&admin, "b.txt", b"b").good().json();
    assert_eq!(second["position"], 8);
    let second_path = format!("{FILES}/{}", second["id"]);
    admin.patch(&second_path, 1, &json!({ "position": 1 })).good();
    let names = |reply: Reply| {
        reply.json()["files"].as_array().unwrap().iter().map(|file| file["name"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(names(admin.get(FILES).good()), ["b.txt", "sizes.txt"]);
    assert_eq!(admin.remove(&path, &path).status, 204);
    assert_eq!(names(admin.get(FILES).good()), ["b.txt"]);
    for gone in [&path, &format!("{path}/content"), &format!("{FILES}/nonsense"), &format!("{FILES}/0")] {
        assert_eq!(admin.get(gone).refusal(), "404 not_found", "{gone}");
    }
}

fn an_image_is_drawn_anew_and_has_thumbnails(world: &World) {
    let admin = lamp(world);
    let sent = png();
    let file = send(&admin, "front.png", &sent).good().json();
    assert_eq!((&file["kind"], &file["width"], &file["height"]), (&json!("image"), &json!(300), &json!(200)));
    assert_ne!(file["sha256"], file["sent_sha256"]);
    let path = format!("{FILES}/{}", file["id"]);
    let out = admin.get(format!("{path}/content")).good();
    assert!(out.bytes.starts_with(b"\x89PNG") && !out.text().contains("Ann"));
    for (side, size) in [(96, [96, 64]), (320, [300, 200]), (1024, [300, 200])] {
        let small =
            file["thumbnails"].as_array().unwrap().iter().find(|small| small["side"] == side).unwrap();
        assert_eq!([&small["width"], &small["height"]], [&json!(size[0]), &json!(size[1])]);
        let out = admin.get(format!("{path}/thumbnails/{side}")).good();
        assert_eq!(json!(out.bytes.len()), small["bytes"]);
        assert_eq!(out.header("content-type"), small["media_type"].as_str());
        assert!(out.header("content-security-policy").unwrap().starts_with("sandbox"));
    }
    assert_eq!(admin.get(format!("{path}/thumbnails/97")).refusal(), "404 not_found");
}

fn what_is_refused_leaves_nothing(world: &World) {
    let admin = lamp(world);
    send(&admin, "first.txt", b"there before").good();
    let before = trace(world);
    let svg = b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>";
    let png = png();
    let half = &png[..png.len() / 2];
    let huge = {
        let mut huge = png.clone();
        huge[16..24].copy_from_slice(&[0, 1, 0, 0, 0, 1, 0, 0]);
        let sum = crc(&huge[12..29]).to_be_bytes();
        huge[29..33].copy_from_slice(&sum);
        huge
    };
    let rows: [(&str, &[u8], &str, &str); 10] = [
        ("photo.png", svg, "415 unsupported_file", "the file is an SVG, which can carry scripts"),
        ("page.txt", b"<!DOCTYPE html><script>x</script>", "415 unsupported_file", "the file is HTML"),
        ("a.gif", b"GIF89a", "415 unsupported_file", "the file is GIF"),
        (
            "photo.jpg",
            &png,
            "422 file_mismatch",
            "its name says `image/jpeg`, and the content is `image/png`",
        ),
        ("photo.png", half, "400 malformed_file", "the file begins as `image/png` and cannot be read"),
        ("photo.png", &huge, "422 limit_exceeded", "the image has 65536 × 65536 pixels"),
        ("photo.png", b"", "400 malformed_file", "the file is empty"),
        ("a%2Fb.png", &png, "422 invalid_value ?name", "the name of a file takes no slash"),
        ("%20", &png, "422 invalid_value ?name", "a name is 1 to 200 characters long"),
        ("a.txt&caption=a%0Ab", b"x", "422 invalid_value ?caption", "a name has no invisible characters"),
    ];
    for (name, bytes, refusal, words) in rows {
        let reply = send(&admin, name, bytes);
        assert_eq!(reply.refusal(), refusal, "{name}");
        assert!(reply.json()["detail"].as_str().unwrap().starts_with(words), "{}", reply.text());
    }
    let ask = |path: &str| admin.ask("POST", path).fresh().bytes("x").send().refusal();
    assert_eq!(ask(FILES), "400 malformed_parameter ?name");
    assert_eq!(ask(&format!("{FILES}?name=a.txt&title=b")), "400 unknown_parameter ?title");
    assert_eq!(ask("/api/v1/items/NONE/files?name=a.txt"), "404 not_found");
    assert_eq!(ask(&format!("{FILES}?name=a.txt&dry_run=perhaps")), "400 malformed_parameter ?dry_run");
    let lie =
        admin.ask("POST", format!("{FILES}?name=a")).fresh().header("content-type", "image/png").bytes("x");
    assert_eq!(lie.send().refusal(), "422 file_mismatch");
    assert_eq!(difference(&before, &trace(world)), Vec::<String>::new());
    let quarantine = world.files.path().join("quarantine");
    assert_eq!(std::fs::read_dir(quarantine).unwrap().count(), 0);
}

fn a_key_attaches_once(world: &World) {
    let admin = lamp(world);
    let ask = |name: &str, bytes: &[u8]| {
        admin.ask("POST", format!("{FILES}?name={name}")).idempotency_key("once").bytes(bytes).send()
    };
    let first = ask("a.txt", b"the text").good();
    for _ in 0..2 {
        let again = ask("a.txt", b"the text").good();
        assert_eq!((again.json(), again.header("idempotency-replayed")), (first.json(), Some("true")));
    }
    assert_eq!(ask("a.txt", b"another").refusal(), "422 idempotency_mismatch");
    assert_eq!(ask("b.txt", b"the text").refusal(), "422 idempotency_mismatch");
    // what was refused for good is refused again in the same words
    let refused =
        |key| admin.ask("POST", format!("{FILES}?name=a.pdf")).idempotency_key(key).bytes("x").send();
    let first = refused("no");
    assert_eq!(refused("no").json()["instance"], first.json()["instance"]);
    // eight at once
    let replies: Vec<Reply> = std::thread::scope(|scope| {
        let ask = || {
            scope.spawn(|| {
                admin.ask("POST", format!("{FILES}?name=c.txt")).idempotency_key("eight").bytes("c").send()
            })
        };
        let threads: Vec<_> = (0..8).map(|_| ask()).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(replies.iter().all(|reply| reply.json() == replies[0].json()), "{replies:?}");
    assert_eq!(admin.get(FILES).good().json()["files"].as_array().unwrap().len(), 2);
}

fn a_part_of_a_file_is_handed_out(world: &World) {
    let admin = lamp(world);
    let text = "a line of it\n".repeat(50_000);
    let file = send(&admin, "long.txt", text.as_bytes()).good().json();
    let path = format!("{FILES}/{}/content", file["id"]);
    let etag = format!("\"{}\"", file["sha256"].as_str().unwrap());
    let length = text.len();
    assert_eq!(admin.get(&path).good().text(), text);
    for (range, from, to) in
        [("bytes=0-9", 0, 10), ("bytes=300000-", 300_000, length), ("bytes=-5", length - 5, length)]
    {
        let reply = admin.ask("GET", &path).header("range", range).send();
        assert_eq!((reply.status, reply.text().as_str()), (206, &text[from..to]), "{range}");
        let told = format!("bytes {from}-{}/{length}", to - 1);
        assert_eq!(reply.header("content-range"), Some(told.as_str()));
        assert_eq!(reply.header("content-length"), Some((to - from).to_string().as_str()));
    }
    let beyond = admin.ask("GET", &path).header("range", &format!("bytes={length}-")).send();
    assert_eq!(beyond.refusal(), "416 range_not_there");
    let strange = admin.ask("GET", &path).header("range", "bytes=0-1,3-4").send();
    assert_eq!((strange.status, strange.bytes.len()), (200, length));
    // a part is one of the same bytes only
    let part = |etag: &str| {
        admin.ask("GET", &path).header("range", "bytes=0-9").header("if-range", etag).send().status
    };
    assert_eq!((part(&etag), part("\"other\"")), (206, 200));
}

fn what_one_has_already_is_not_sent_again(world: &World) {
    let admin = lamp(world);
    let file = send(&admin, "a.txt", b"text").good().json();
    let path = format!("{FILES}/{}/content", file["id"]);
    let etag = admin.get(&path).good().header("etag").unwrap().to_owned();
    for known in [etag.as_str(), "*", &format!("\"x\", W/{etag}")] {
        let reply = admin.ask("GET", &path).header("if-none-match", known).send();
        assert_eq!(
            (reply.status, reply.bytes.len(), reply.header("etag")),
            (304, 0, Some(etag.as_str())),
            "{known}"
        );
    }
    assert_eq!(admin.ask("GET", &path).header("if-none-match", "\"x\"").send().status, 200);
}

fn who_sees_an_item_sees_its_files_and_who_changes_it_changes_them(world: &World) {
    let admin = lamp(world);
    let file = send(&admin, "a.txt", b"text").good().json();
    let path = format!("{FILES}/{}", file["id"]);
    let reader = world.key(&[Permission::CatalogRead], None);
    let other = world.key(&[Permission::StockRead], None);
    for address in [FILES, &path, &format!("{path}/content")] {
        assert_eq!(reader.get(address).status, 200, "{address}");
        assert_eq!(other.get(address).refusal(), "403 forbidden", "{address}");
        assert_eq!(world.stranger().get(address).refusal(), "401 unauthenticated", "{address}");
    }
    assert_eq!(send(&reader, "b.txt", b"text").refusal(), "403 forbidden");
    assert_eq!(reader.remove(&path, &path).refusal(), "403 forbidden");
    // a file is found at its own item only
    admin.post("/api/v1/items", &json!({ "sku": "CHAIR", "name": "Chair", "base_unit": "each" })).good();
    let elsewhere = path.replace("LAMP%2F1", "CHAIR");
    assert_eq!(admin.get(elsewhere).refusal(), "404 not_found");
}

/// The bucket of a store that others wrote.
fn bucket(peer: &Peer, prefix: &str) -> Bucket {
    let settings = BucketSettings {
        endpoint: peer.address.clone(),
        region: testkit::bucket::REGION.to_owned(),
        name: testkit::bucket::BUCKET.to_owned(),
        prefix: prefix.to_owned(),
        path_style: true,
        access_key: testkit::bucket::ACCESS_KEY.to_owned(),
        secret: testkit::bucket::SECRET.to_owned(),
    };
    let origins = vec![Origin::parse(&peer.address).unwrap()];
    Bucket::new(settings, Outbound::new(Settings { origins, ca_file: None }).unwrap()).unwrap()
}

/// What holds of files in a folder holds of files in a bucket.
#[test]
fn files_in_a_bucket_are_what_files_in_a_folder_are() {
    let peer = Peer::start();
    let all: [fn(&World); 7] = [
        a_file_is_sent_shown_handed_out_and_removed,
        an_image_is_drawn_anew_and_has_thumbnails,
        what_is_refused_leaves_nothing,
        a_key_attaches_once,
        a_part_of_a_file_is_handed_out,
        what_one_has_already_is_not_sent_again,
        who_sees_an_item_sees_its_files_and_who_changes_it_changes_them,
    ];
    for (number, holds) in all.into_iter().enumerate() {
        holds(&World::with_bucket(db::Engine::Sqlite, bucket(&peer, &format!("world-{number}"))));
    }
    assert!(peer.keys() > 0, "nothing came to the bucket");
}

/// A bucket that does not answer refuses in words of its own, leaves nothing, and what was refused is done later under
/// the same key.
#[test]
fn a_bucket_that_is_away_refuses_and_nothing_is_half_done() {
    let mut peer = Peer::start();
    let world = World::with_bucket(db::Engine::Sqlite, bucket(&peer, "away"));
    let admin = lamp(&world);
    let text = "a line of it\n".repeat(20_000);
    let file = send(&admin, "long.txt", text.as_bytes()).good().json();
    let content = format!("{FILES}/{}/content", file["id"]);
    let before = trace(&world);
    let ask =
        || admin.ask("POST", format!("{FILES}?name=b.txt")).idempotency_key("later").bytes("later").send();
    peer.refuse(3, 503);
    assert_eq!(ask().refusal(), "503 files_unavailable");
    let changed = difference(&before, &trace(&world));
    let is_wanted = changed.len() == 1 && changed[0].starts_with("files_blob: ");
    assert!(
        is_wanted,
        "that they were wanted is forgotten after a day, and nothing else is known: {changed:?}"
    );
    peer.refuse(3, 500);
    let refused = admin.get(&content);
    assert_eq!(refused.refusal(), "503 files_unavailable");
    assert!(!refused.text().contains("127.0.0.1"), "{}", refused.text());
    assert_eq!(ask().good().status, 201);
    // what was changed in the bucket behind our back is never handed out whole
    let kept = |text: &str| {
        let digits = file["sha256"].as_str().unwrap();
        let generation = world.db.read_blocking(files::referred).unwrap();
        let of = |kept: &&files::Kept| domain::hex::digits(&kept.name.hash) == digits;
        let generation = generation.iter().find(of).unwrap().name.generation;
        peer.put(&format!("away/{}/{digits}.{generation}", &digits[..2]), text);
    };
    kept(&text.replace('\n', " "));
    let cut = admin.get(&content);
    assert!(cut.status == 200 && cut.bytes.len() < text.len(), "{} bytes", cut.bytes.len());
    kept("shorter");
    assert_eq!(admin.get(&content).refusal(), "500 internal");
    peer.stop();
    assert_eq!(admin.get(&content).refusal(), "503 files_unavailable");
    assert_eq!(admin.get(FILES).good().json()["files"].as_array().unwrap().len(), 2, "the rest goes on");
}

#[test]
fn two_servers_share_their_files() {
    let world = World::new(db::Engine::Postgres);
    let admin = lamp(&world);
    let file = send(&admin, "a.txt", b"text").good().json();
    let beside = world.beside();
    let there = Actor::with_key(beside.address, admin.key().unwrap());
    assert_eq!(there.get(format!("{FILES}/{}/content", file["id"])).good().text(), "text");
}

/// One byte more than is taken, and a gibibyte that is only announced: both are refused before it is read.
#[test]
fn a_file_that_is_too_large_is_refused_as_soon_as_that_is_known() {
    let world = World::new(db::Engine::Sqlite);
    let admin = lamp(&world);
    let most = 25 << 20;
    let mut text = vec![b'x'; most];
    let largest = send(&admin, "a.txt", &text).good().json();
    assert_eq!(largest["bytes"], most);
    text.push(b'x');
    assert_eq!(send(&admin, "a.txt", &text).refusal(), "413 body_too_large");
    let head = |more: &str| {
        format!(
            "POST {FILES}?name=a.txt HTTP/1.1\r\nhost: test\r\nauthorization: Bearer {}\r\nidempotency-key: large\r\n{more}\r\n\r\n",
            admin.key().unwrap()
        )
    };
    let first_line = |stream: &mut TcpStream| {
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    };
    let mut announced = TcpStream::connect(world.address).unwrap();
    announced.write_all(head("content-length: 1073741824").as_bytes()).unwrap();
    assert_eq!(first_line(&mut announced), "HTTP/1.1 413");
    // one that announces nothing is read to the limit and no further
    let mut endless = TcpStream::connect(world.address).unwrap();
    endless.write_all(head("transfer-encoding: chunked").as_bytes()).unwrap();
    let mut written = 0;
    let piece = [b"10000\r\n".as_slice(), &vec![b'x'; 0x1_0000], b"\r\n"].concat();
    while endless.write_all(&piece).is_ok() && written < 1 << 30 {
        written += 0x1_0000;
    }
    assert!(written < 64 << 20, "{written} bytes were taken of a file that is too large");
    assert_eq!(admin.get(FILES).good().json()["files"].as_array().unwrap().len(), 1);
    assert_eq!(std::fs::read_dir(world.files.path().join("quarantine")).unwrap().count(), 0);
}

/// A caller who goes away in the middle leaves nothing.
#[test]
fn a_file_that_was_cut_off_leaves_nothing() {
    let world = World::new(db::Engine::Sqlite);
    let admin = lamp(&world);
    let before = trace(&world);
    let mut stream = TcpStream::connect(world.address).unwrap();
    let head = format!(
        "POST {FILES}?name=a.txt HTTP/1.1\r\nhost: test\r\nauthorization: Bearer {}\r\nidempotency-key: cut\r\ncontent-length: 1000\r\n\r\nhalf",
        admin.key().unwrap()
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    let mut answer = String::new();
    // whether it is told depends on when it is read
    drop(stream.read_to_string(&mut answer));
    let quarantine = world.files.path().join("quarantine");
    let left = || std::fs::read_dir(&quarantine).map_or(0, Iterator::count);
    for _ in 0..500 {
        if left() == 0 {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    assert_eq!(left(), 0);
    assert_eq!(difference(&before, &trace(&world)), Vec::<String>::new());
}
