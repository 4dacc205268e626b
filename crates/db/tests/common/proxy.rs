//! A network that fails at the worst moment: a proxy before the server that breaks a connection in
//! its commit.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// What the proxy does with the first commit it sees.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Commit {
    /// Lets it through and loses the answer.
    LoseTheAnswer,
    /// Loses the request.
    LoseTheRequest,
}

/// A proxy before the server that breaks one connection in its commit, once.
pub(crate) fn proxy(url: &str, commit: Commit) -> (String, Arc<AtomicU32>) {
    let (head, database) = url.rsplit_once('/').unwrap();
    let (user, place) = head.rsplit_once('@').unwrap();
    let (dir, port) = place.rsplit_once(':').unwrap();
    let socket = format!("{}/.s.PGSQL.{port}", dir.replace("%2F", "/"));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let through = format!("{user}@127.0.0.1:{}/{database}", listener.local_addr().unwrap().port());
    let broken = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&broken);
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let server = UnixStream::connect(&socket).unwrap();
            let count = Arc::clone(&count);
            std::thread::spawn(move || relay(client.unwrap(), server, commit, &count));
        }
    });
    (through, broken)
}

fn relay(mut client: TcpStream, mut server: UnixStream, commit: Commit, broken: &AtomicU32) {
    let (mut from_server, mut to_client) = (server.try_clone().unwrap(), client.try_clone().unwrap());
    let mute = Arc::new(AtomicBool::new(false));
    let muted = Arc::clone(&mute);
    let back = std::thread::spawn(move || {
        let mut buffer = vec![0; 65_536];
        while let Ok(count @ 1..) = from_server.read(&mut buffer) {
            if !muted.load(Ordering::SeqCst) && to_client.write_all(&buffer[..count]).is_err() {
                break;
            }
        }
    });
    let mut buffer = vec![0; 65_536];
    while let Ok(count @ 1..) = client.read(&mut buffer) {
        let commits = buffer[..count].windows(7).any(|window| window == b"commit\0");
        if commits && broken.compare_exchange(0, 1, Ordering::SeqCst, Ordering::SeqCst).is_ok() {
            mute.store(true, Ordering::SeqCst);
            if commit == Commit::LoseTheAnswer {
                server.write_all(&buffer[..count]).unwrap();
            }
            break;
        }
        if server.write_all(&buffer[..count]).is_err() {
            break;
        }
    }
    // the server ends when it has done what it was asked, and only then does the client learn
    drop(server.shutdown(std::net::Shutdown::Write));
    back.join().unwrap();
    drop(client.shutdown(std::net::Shutdown::Both));
}
