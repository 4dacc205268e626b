//! Where a server is, and how far the way to it is protected. Invariant: what the URL asks for is
//! what happens; a connection is never quietly less protected than that.
//!
//! The words are those of PostgreSQL's own programs, so one URL serves them and this one:
//!
//! | `sslmode` | encrypted | the certificate is checked |
//! |---|---|---|
//! | `disable` | no | |
//! | `prefer` (when nothing is said) | when the server offers it | no |
//! | `require` | yes, or refused | no; with `sslrootcert` as by `verify-ca` |
//! | `verify-ca` | yes, or refused | it was issued by a trusted authority |
//! | `verify-full` | yes, or refused | the same, and it names the host |
//!
//! Trusted are the authorities of the machine, or those of the PEM file `sslrootcert` names.

use crate::error::DbError;
use crate::pg::error::chain;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use std::sync::Arc;
use tokio::task::AbortHandle;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{Client, Config, Connection, Socket};
use tokio_postgres_rustls::MakeRustlsConnect;

/// A connection in two: what asks, and what moves the bytes.
pub(crate) type Apart = (Client, Moved);

/// What moves the bytes of a connection.
pub(crate) type Moved = Connection<Socket, <MakeRustlsConnect as MakeTlsConnect<Socket>>::Stream>;

/// A server, and how it is reached.
#[derive(Clone)]
pub(crate) struct Address {
    config: Config,
    tls: MakeRustlsConnect,
}

impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // the driver leaves the password out
        self.config.fmt(f)
    }
}

/// How much of a certificate is checked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Check {
    Nothing,
    Issuer,
    IssuerAndName,
}

impl Address {
    /// Reads a URL; `adjust` sets what the URL leaves open.
    pub(crate) fn parse(url: &str, adjust: impl FnOnce(&mut Config)) -> Result<Address, DbError> {
        let Asked { rest, mode, roots } = Asked::read(url)?;
        let mut config: Config = rest.parse().map_err(|error| {
            DbError::refused(format!("the database URL cannot be read: {}", chain(&error)))
        })?;
        let local = config.get_hosts().iter().all(|host| matches!(host, Host::Unix(_)));
        let (mode, check) = match mode.as_deref() {
            None | Some("prefer") if local => (SslMode::Disable, Check::Nothing),
            None | Some("prefer") => (SslMode::Prefer, Check::Nothing),
            Some("disable") => (SslMode::Disable, Check::Nothing),
            Some("require") if roots.is_none() => (SslMode::Require, Check::Nothing),
            Some("require" | "verify-ca") => (SslMode::Require, Check::Issuer),
            Some("verify-full") => (SslMode::Require, Check::IssuerAndName),
            Some(other) => {
                return Err(DbError::refused(format!(
                    "`sslmode={other}` in the database URL is not known; it is one of `disable`, `prefer`, \
                     `require`, `verify-ca`, `verify-full`"
                )));
            }
        };
        config.ssl_mode(mode);
        adjust(&mut config);
        let tls = MakeRustlsConnect::new(client(check, roots.as_deref())?);
        Ok(Address { config, tls })
    }

    /// A new connection, whose bytes are moved by a task of the present runtime until it is ended.
    pub(crate) async fn connect(&self) -> Result<(Client, AbortHandle), tokio_postgres::Error> {
        let (client, connection) = self.connect_apart().await?;
        Ok((client, tokio::spawn(connection).abort_handle()))
    }

    /// A new connection, whose bytes the caller moves.
    pub(crate) async fn connect_apart(&self) -> Result<Apart, tokio_postgres::Error> {
        self.config.connect(self.tls.clone()).await
    }
}

/// What a URL says of protection, and the rest of it, which the driver reads.
#[derive(PartialEq, Eq, Debug)]
struct Asked {
    rest: String,
    mode: Option<String>,
    roots: Option<String>,
}

impl Asked {
    fn read(url: &str) -> Result<Asked, DbError> {
        let Some((head, query)) = url.split_once('?') else {
            return Ok(Asked { rest: url.to_owned(), mode: None, roots: None });
        };
        let (mut mode, mut roots, mut others) = (None, None, Vec::new());
        for part in query.split('&').filter(|part| !part.is_empty()) {
            match part.split_once('=') {
                Some(("sslmode", value)) => mode = Some(value.to_owned()),
                Some(("sslrootcert", value)) => roots = Some(decoded(value)?),
                _ => others.push(part),
            }
        }
        let rest = if others.is_empty() { head.to_owned() } else { format!("{head}?{}", others.join("&")) };
        Ok(Asked { rest, mode, roots })
    }
}

/// A path with `%2F` and the like.
fn decoded(text: &str) -> Result<String, DbError> {
    let wrong = || DbError::refused(format!("`sslrootcert={text}` in the database URL is no path"));
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || rest.next().and_then(|digit| char::from(digit).to_digit(16));
        let (high, low) = digit().zip(digit()).ok_or_else(wrong)?;
        bytes.push(u8::try_from(high * 16 + low).map_err(|_| wrong())?);
    }
    String::from_utf8(bytes).map_err(|_| wrong())
}

/// The certificates of the authorities in a file, or of the machine.
fn authorities(file: Option<&str>) -> Result<Vec<CertificateDer<'static>>, DbError> {
    let Some(file) = file.filter(|file| *file != "system") else {
        let found = rustls_native_certs::load_native_certs();
        if found.certs.is_empty() {
            return Err(DbError::refused(
                "this machine has no list of certificate authorities: install `ca-certificates`, \
                 or name a file with `sslrootcert` in the database URL",
            ));
        }
        return Ok(found.certs);
    };
    let wrong = |why: &dyn std::fmt::Display| {
        DbError::refused(format!("cannot read the certificates of `sslrootcert={file}`: {why}"))
    };
    let found = CertificateDer::pem_file_iter(file).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    match found {
        Ok(found) if found.is_empty() => Err(wrong(&"there is none in the file")),
        Ok(found) => Ok(found),
        Err(error) => Err(wrong(&error)),
    }
}

fn client(check: Check, roots: Option<&str>) -> Result<ClientConfig, DbError> {
    let failed = |error: &dyn std::fmt::Display| DbError::refused(format!("cannot use TLS: {error}"));
    let provider = Arc::new(ring::default_provider());
    let verifier = match check {
        Check::Nothing => Verifier { trusted: None, provider: Arc::clone(&provider), name: false },
        Check::Issuer | Check::IssuerAndName => {
            let anchors = authorities(roots)?;
            let mut store = RootCertStore::empty();
            store.add_parsable_certificates(anchors.iter().cloned());
            let chain =
                WebPkiServerVerifier::builder_with_provider(Arc::new(store), Arc::clone(&provider)).build();
            let trusted = Trusted { anchors, chain: chain.map_err(|error| failed(&error))? };
            Verifier {
                trusted: Some(trusted),
                provider: Arc::clone(&provider),
                name: check == Check::IssuerAndName,
            }
        }
    };
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| failed(&error))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    Ok(config)
}

/// The authorities, and who follows a chain to one of them.
#[derive(Debug)]
struct Trusted {
    anchors: Vec<CertificateDer<'static>>,
    chain: Arc<WebPkiServerVerifier>,
}

/// Checks a server's certificate as far as the URL asks for it. That the server holds the key of
/// the certificate it shows is checked always.
#[derive(Debug)]
struct Verifier {
    /// Nothing for modes that only encrypt.
    trusted: Option<Trusted>,
    provider: Arc<CryptoProvider>,
    name: bool,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        shown: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        host: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let Some(Trusted { anchors, chain }) = &self.trusted else {
            return Ok(ServerCertVerified::assertion());
        };
        match chain.verify_server_cert(shown, between, host, ocsp, now) {
            Err(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) if !self.name => Ok(ServerCertVerified::assertion()),
            // a server that signed for itself, as PostgreSQL's handbook shows it: trusted when the
            // file has this very certificate
            Err(Error::InvalidCertificate(_)) if anchors.iter().any(|anchor| anchor == shown) => {
                if self.name {
                    rustls::client::verify_server_name(&ParsedCertificate::try_from(shown)?, host)?;
                }
                Ok(ServerCertVerified::assertion())
            }
            other => other,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        shown: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, shown, signed, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        shown: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, shown, signed, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
