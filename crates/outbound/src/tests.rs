//! The client against servers of the tests, which answer what they are told to.

use crate::client::Names;
use crate::{ANSWER_BYTES_MAX, Answer, Method, Origin, Outbound, OutboundError, Request, Settings};
use bytes::Bytes;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// A server that answers every request with the same pieces, with a rest before each.
struct Server {
    at: SocketAddr,
    asked: UnboundedReceiver<String>,
    connections: Arc<AtomicUsize>,
}

impl Server {
    async fn start(pieces: Vec<(u64, Vec<u8>)>) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        let (tell, asked) = unbounded_channel();
        let connections = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&connections);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::Relaxed);
                let (tell, pieces) = (tell.clone(), pieces.clone());
                tokio::spawn(async move {
                    if let Ok(text) = answer(stream, &pieces).await {
                        drop(tell.send(text));
                    }
                });
            }
        });
        Server { at, asked, connections }
    }

    async fn with(text: &str) -> Server {
        Server::start(vec![(0, text.as_bytes().to_vec())]).await
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.at)
    }

    fn listed(&self) -> Outbound {
        allowing(&[&self.url("")])
    }
}

async fn answer<S>(mut stream: S, pieces: &[(u64, Vec<u8>)]) -> io::Result<String>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut asked = Vec::new();
    // to the end of the head, and of the body that it tells of
    loop {
        let mut piece = [0; 4_096];
        let read = stream.read(&mut piece).await?;
        asked.extend_from_slice(&piece[..read]);
        // what begins a conversation over TLS is no request
        if read == 0 || asked.first() == Some(&22) {
            break;
        }
        let text = String::from_utf8_lossy(&asked).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length =
            head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
        if body.len() >= length.unwrap_or(0) {
            break;
        }
    }
    for (rest, piece) in pieces {
        tokio::time::sleep(Duration::from_millis(*rest)).await;
        stream.write_all(piece).await?;
    }
    stream.shutdown().await?;
    Ok(String::from_utf8_lossy(&asked).into_owned())
}

fn allowing(origins: &[&str]) -> Outbound {
    let origins = origins.iter().map(|text| Origin::parse(text).unwrap()).collect();
    Outbound::new(Settings { origins, ca_file: None }).unwrap()
}

fn knowing(names: &[(&str, &[&str])]) -> Outbound {
    let read = |text: &&str| text.parse().unwrap();
    let table: BTreeMap<String, Vec<SocketAddr>> =
        names.iter().map(|(name, at)| ((*name).to_owned(), at.iter().map(read).collect())).collect();
    Outbound::with_names(Settings::default(), Names::Told(table)).unwrap()
}

async fn refused(outbound: &Outbound, request: Request) -> OutboundError {
    outbound.send(request).await.unwrap_err()
}

const FINE: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 5\r\n\r\nhello";

#[tokio::test]
async fn what_is_listed_is_asked_and_answers() {
    let mut server = Server::with(FINE).await;
    let request = Request::new(Method::PUT, server.url("/a?b=c")).bytes("body");
    let Answer { status, headers, body } = server.listed().send(request).await.unwrap();
    assert_eq!((status.as_u16(), &body[..]), (200, &b"hello"[..]));
    assert_eq!(headers["content-type"], "text/plain");
    let asked = server.asked.recv().await.unwrap();
    let expected = format!(
        "PUT /a?b=c HTTP/1.1\r\nhost: {}\r\nconnection: close\r\nuser-agent: stockwell\r\ncontent-length: 4\r\n\r\nbody",
        server.at
    );
    assert_eq!(asked, expected);
}

#[tokio::test]
async fn a_body_is_sent_and_read_piece_by_piece() {
    let mut server = Server::with("HTTP/1.1 503 Busy\r\ncontent-length: 4\r\n\r\nbusy").await;
    let stream = futures_util::stream::iter(["stre", "amed"].map(|piece| Ok(Bytes::from(piece))));
    let request = Request::new(Method::POST, server.url("")).streamed(8, stream);
    let mut incoming = server.listed().open(request).await.unwrap();
    assert_eq!(incoming.status.as_u16(), 503, "what it means is for whoever asked");
    assert_eq!(incoming.chunk().await.unwrap().as_deref(), Some(&b"busy"[..]));
    assert_eq!(incoming.chunk().await, Ok(None));
    let asked = server.asked.recv().await.unwrap();
    assert!(asked.starts_with("POST / HTTP/1.1\r\n") && asked.ends_with("\r\n\r\nstreamed"), "{asked}");
}

#[tokio::test]
async fn a_redirect_is_refused() {
    let inner = Server::with(FINE).await;
    for status in [301, 302, 303, 307, 308] {
        let text =
            format!("HTTP/1.1 {status} Away\r\nlocation: {}\r\ncontent-length: 0\r\n\r\n", inner.url("/"));
        let server = Server::with(&text).await;
        let origin = Origin::parse(&server.url("")).unwrap();
        let outbound = allowing(&[&server.url(""), &inner.url("")]);
        let failure = refused(&outbound, Request::get(server.url("/"))).await;
        assert!(
            matches!(&failure, OutboundError::Redirected(from, to) if *from == origin && to.as_u16() == status),
            "{failure}"
        );
    }
    assert_eq!(inner.connections.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn an_answer_is_as_long_as_it_may_be_and_no_byte_longer() {
    let limit = usize::try_from(ANSWER_BYTES_MAX).unwrap();
    for (length, has_length) in [(limit, true), (limit, false), (limit + 1, true), (limit + 1, false)] {
        let head = if has_length { format!("content-length: {length}\r\n") } else { String::new() };
        let text = format!("HTTP/1.1 200 OK\r\n{head}\r\n{}", "x".repeat(length));
        let server = Server::with(&text).await;
        let answered = server.listed().send(Request::get(server.url("/"))).await;
        if length == limit {
            assert_eq!(answered.unwrap().body.len(), limit);
        } else {
            assert!(matches!(answered, Err(OutboundError::TooLong(_, ANSWER_BYTES_MAX))), "{answered:?}");
        }
    }
    let server = Server::with(FINE).await;
    for (limit, fits) in [(5, true), (4, false)] {
        let answered = server.listed().send(Request::get(server.url("/")).answer_bytes_max(limit)).await;
        assert_eq!(answered.is_ok(), fits, "{limit}");
    }
}

#[tokio::test]
async fn an_answer_has_so_much_time_and_no_more() {
    let drip = |rest| (0..50).map(|_| (rest, b"x".to_vec())).collect::<Vec<_>>();
    let head = || (0, b"HTTP/1.1 200 OK\r\n\r\n".to_vec());
    // nothing at all, a head that does not end, a body that does not end
    let slow = [
        vec![(60_000, Vec::new())],
        [vec![(0, b"HTTP/1.1 200 OK\r\nx: ".to_vec())], drip(100)].concat(),
        [vec![head()], drip(100)].concat(),
    ];
    for pieces in slow {
        let server = Server::start(pieces).await;
        let begun = Instant::now();
        let request = Request::get(server.url("/")).time_max(Duration::from_millis(400));
        let failure = refused(&server.listed(), request).await;
        assert!(matches!(failure, OutboundError::TooSlow(..)), "{failure}");
        assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    }
    let server = Server::start(vec![head(), (50, b"late".to_vec())]).await;
    let answer = server.listed().send(Request::get(server.url("/"))).await.unwrap();
    assert_eq!(&answer.body[..], b"late");
}

#[tokio::test]
async fn what_breaks_off_or_is_no_answer_is_told() {
    for text in ["", "SSH-2.0-x\r\n", "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhello"] {
        let server = Server::with(text).await;
        let failure = refused(&server.listed(), Request::get(server.url("/"))).await;
        assert!(matches!(failure, OutboundError::Broken(_)), "{text}: {failure}");
    }
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let url = format!("http://{gone}");
    let failure = refused(&allowing(&[&url]), Request::get(&url)).await;
    assert!(matches!(failure, OutboundError::Unreachable(..)), "{failure}");
}

#[tokio::test]
async fn what_is_not_listed_is_reached_over_tls_at_its_port_and_at_public_addresses() {
    let server = Server::with(FINE).await;
    let port = server.at.port();
    let elsewhere = allowing(&["http://127.0.0.1:1", &format!("https://127.0.0.1:{port}")]);
    for url in [server.url("/"), format!("http://localhost:{port}/"), "https://idp.example:8443/".into()] {
        let failure = refused(&elsewhere, Request::get(&url)).await;
        assert!(matches!(failure, OutboundError::Unlisted(_)), "{url}: {failure}");
        assert!(failure.to_string().contains("outbound.origins"), "{failure}");
    }
    // written as nobody would
    for host in ["127.0.0.1", "localhost", "2130706433", "0x7f000001", "127.1", "[::1]", "[::ffff:127.0.0.1]"]
    {
        let failure = refused(&elsewhere, Request::get(format!("https://{host}/"))).await;
        let expected = matches!(failure, OutboundError::Private(_) | OutboundError::Unknown(_));
        assert!(expected, "{host}: {failure}");
    }
    assert_eq!(server.connections.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn a_name_that_leads_to_a_private_address_as_well_is_not_reached() {
    let names: [(&str, &[&str]); 4] = [
        ("inside.example", &["10.0.0.7:443"]),
        ("both.example", &["93.184.215.14:443", "127.0.0.1:443"]),
        ("both6.example", &["[2606:2800::1]:443", "[fd00::1]:443"]),
        ("nowhere.example", &[]),
    ];
    let outbound = knowing(&names);
    for (name, addresses) in names {
        let failure = refused(&outbound, Request::get(format!("https://{name}/"))).await;
        match addresses {
            [] => assert!(matches!(failure, OutboundError::Unknown(_)), "{failure}"),
            _ => assert!(matches!(failure, OutboundError::Private(_)), "{failure}"),
        }
    }
}

/// A server with a certificate for `localhost`, and the file of the authority that has signed it.
async fn over_tls(folder: &std::path::Path) -> (u16, std::path::PathBuf) {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let own = params.signed_by(&key, &issuer).unwrap();
    let file = folder.join("ca.pem");
    std::fs::write(&file, issuer.pem()).unwrap();
    let builder =
        rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()));
    let config = builder.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
    let key = rustls::pki_types::PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config = config.with_single_cert(vec![own.der().clone()], key).unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                if let Ok(stream) = acceptor.accept(stream).await {
                    drop(answer(stream, &[(0, FINE.as_bytes().to_vec())]).await);
                }
            });
        }
    });
    (port, file)
}

#[tokio::test]
async fn only_who_can_be_believed_is_asked() {
    let folder = tempfile::tempdir().unwrap();
    let (port, ca_file) = over_tls(folder.path()).await;
    let (named, numbered) = (format!("https://localhost:{port}"), format!("https://127.0.0.1:{port}"));
    let origins = vec![Origin::parse(&named).unwrap(), Origin::parse(&numbered).unwrap()];
    let believing = Outbound::new(Settings { origins: origins.clone(), ca_file: Some(ca_file) }).unwrap();
    assert_eq!(&believing.send(Request::get(&named)).await.unwrap().body[..], b"hello");
    let failure = refused(&believing, Request::get(&numbered)).await;
    assert!(matches!(failure, OutboundError::Unbelieved(..)), "another name: {failure}");
    let failure =
        refused(&Outbound::new(Settings { origins, ca_file: None }).unwrap(), Request::get(&named)).await;
    assert!(matches!(failure, OutboundError::Unbelieved(..) | OutboundError::Untrusting), "{failure}");
    // whoever speaks something else
    let plain = Server::with(FINE).await;
    let origin = format!("https://{}", plain.at);
    let failure = refused(&allowing(&[&origin]), Request::get(&origin)).await;
    assert!(matches!(failure, OutboundError::Unbelieved(..) | OutboundError::Untrusting), "{failure}");
}

#[test]
fn a_file_without_certificates_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    for text in [None, Some(""), Some("-----BEGIN CERTIFICATE-----\nx")] {
        if let Some(text) = text {
            std::fs::write(&file, text).unwrap();
        }
        let settings = Settings { origins: Vec::new(), ca_file: Some(file.clone()) };
        let refused = Outbound::new(settings).unwrap_err();
        assert!(matches!(refused, OutboundError::Authorities { .. }), "{refused}");
    }
}

#[test]
fn nothing_of_a_request_is_shown() {
    let value = crate::header::HeaderValue::from_static("Bearer s3cret");
    let request = Request::get("https://a/?k=s3cret").header(crate::header::AUTHORIZATION, value);
    assert!(!format!("{request:?}").contains("s3cret"));
}
