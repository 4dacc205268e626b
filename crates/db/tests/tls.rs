//! The way to a server: what the URL asks for is what happens, or the database is not opened.
#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]

use db::cluster::{Identity, TemporaryCluster};
use db::{Db, DbError, Settings, Statement};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use std::path::{Path, PathBuf};

const PROTECTED: Statement = Statement::new(
    "test.protected",
    "select case when ssl then version else 'plain' end from pg_stat_ssl where pid = pg_backend_pid()",
);

/// How a connection of a database that was opened by this URL is protected.
fn protection(url: &str) -> Result<String, DbError> {
    let db = Db::open(&Settings::new(url), &[])?;
    let found = db.read_blocking(|conn| conn.query_one(&PROTECTED, &[], |row| Ok(row.text(0)?.to_owned())));
    db.close();
    found
}

fn refusal(url: &str) -> String {
    protection(url).unwrap_err().to_string()
}

/// An authority: its certificate, and what signs for it.
struct Authority {
    certificate: String,
    issuer: Issuer<'static, KeyPair>,
}

fn authority() -> Authority {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let certificate = params.self_signed(&key).unwrap().pem();
    Authority { certificate, issuer: Issuer::new(params, key) }
}

/// A server that an authority has certified as `localhost`.
fn certified(authority: &Authority) -> TemporaryCluster {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = params.signed_by(&key, &authority.issuer).unwrap().pem();
    let identity = Identity { certificate: &certificate, key: &key.serialize_pem() };
    TemporaryCluster::start_with_tls(identity).unwrap()
}

fn file(folder: &Path, name: &str, text: &str) -> String {
    let path: PathBuf = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path.display().to_string().replace('/', "%2F")
}

#[test]
fn each_mode_protects_as_it_says() {
    let folder = tempfile::tempdir().unwrap();
    let (ours, theirs) = (authority(), authority());
    let cluster = certified(&ours);
    let (named, other) = (cluster.url_by("localhost"), cluster.url_by("127.0.0.1"));
    let ours = file(folder.path(), "ours.pem", &ours.certificate);
    let theirs = file(folder.path(), "theirs.pem", &theirs.certificate);

    assert_eq!(protection(&format!("{named}?sslmode=disable")).unwrap(), "plain");
    for accepted in [
        named.clone(),
        format!("{other}?sslmode=prefer"),
        format!("{other}?sslmode=require"),
        format!("{other}?sslmode=require&sslrootcert={ours}"),
        format!("{other}?sslmode=verify-ca&sslrootcert={ours}"),
        format!("{named}?application_name=till&sslmode=verify-full&sslrootcert={ours}"),
    ] {
        assert_eq!(protection(&accepted).unwrap(), "TLSv1.3", "{accepted}");
    }

    for (url, said) in [
        (format!("{other}?sslmode=verify-full&sslrootcert={ours}"), "not valid for name \"127.0.0.1\""),
        (format!("{named}?sslmode=verify-full&sslrootcert={theirs}"), "invalid peer certificate"),
        (format!("{named}?sslmode=verify-ca&sslrootcert={theirs}"), "invalid peer certificate"),
        (format!("{named}?sslmode=require&sslrootcert={theirs}"), "invalid peer certificate"),
        (format!("{named}?sslmode=verify-full&sslrootcert=system"), ""),
        (format!("{named}?sslmode=verify-full"), ""),
    ] {
        let refused = refusal(&url);
        assert!(refused.contains(said), "{url}: {refused}");
    }
}

#[test]
fn a_server_that_signed_for_itself_is_trusted_by_its_own_certificate_only() {
    let folder = tempfile::tempdir().unwrap();
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let certificate = params.self_signed(&key).unwrap().pem();
    let identity = Identity { certificate: &certificate, key: &key.serialize_pem() };
    let cluster = TemporaryCluster::start_with_tls(identity).unwrap();
    let own = file(folder.path(), "own.pem", &certificate);
    let strange = file(folder.path(), "strange.pem", &authority().certificate);
    let url =
        |host: &str, file: &str| format!("{}?sslmode=verify-full&sslrootcert={file}", cluster.url_by(host));
    assert_eq!(protection(&url("localhost", &own)).unwrap(), "TLSv1.3");
    assert!(refusal(&url("127.0.0.1", &own)).contains("not valid for name"));
    assert!(refusal(&url("localhost", &strange)).contains("invalid peer certificate"));
}

#[test]
fn a_server_without_tls_is_refused_where_tls_is_asked_for() {
    let cluster = TemporaryCluster::start().unwrap();
    assert_eq!(protection(cluster.url()).unwrap(), "plain", "a socket of the machine");
    let refused = refusal(&format!("{}?sslmode=require", cluster.url()));
    assert!(refused.contains("server does not support TLS"), "{refused}");
}

#[test]
fn what_cannot_be_meant_is_refused_before_anything_is_asked() {
    let folder = tempfile::tempdir().unwrap();
    let empty = file(folder.path(), "empty.pem", "nothing here\n");
    let url = "postgres://ann:s3cret@localhost:1/x";
    for (query, said) in [
        ("sslmode=maybe", "`sslmode=maybe` in the database URL is not known; it is one of `disable`"),
        (
            "sslmode=verify-full&sslrootcert=%2Fno%2Fsuch",
            "cannot read the certificates of `sslrootcert=/no/such`",
        ),
        (&format!("sslmode=verify-ca&sslrootcert={empty}"), "there is none in the file"),
        ("sslmode=verify-ca&sslrootcert=%2", "is no path"),
        ("sslcert=mine.pem", "unknown option `sslcert`"),
    ] {
        let refused = refusal(&format!("{url}?{query}"));
        assert!(refused.contains(said), "{query}: {refused}");
        assert!(!refused.contains("s3cret"), "{refused}");
    }
}
