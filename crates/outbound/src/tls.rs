//! Who is believed to be who they say: what the authorities of this machine have signed, and those of a file that
//! the operator names beside them.

use crate::OutboundError;
use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use std::path::Path;
use std::sync::Arc;

/// The certificates of a file.
pub(crate) fn authorities(file: &Path) -> Result<Vec<CertificateDer<'static>>, OutboundError> {
    let wrong = |why: String| OutboundError::Authorities { file: file.to_owned(), why };
    let found = CertificateDer::pem_file_iter(file).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    match found {
        Ok(found) if found.is_empty() => Err(wrong("there is no certificate in it".to_owned())),
        Ok(found) => Ok(found),
        Err(error) => Err(wrong(error.to_string())),
    }
}

/// How TLS is spoken. Reads the list of the machine.
pub(crate) fn client(own: &[CertificateDer<'static>]) -> Result<Arc<ClientConfig>, OutboundError> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    roots.add_parsable_certificates(own.iter().cloned());
    if roots.is_empty() {
        return Err(OutboundError::Untrusting);
    }
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.map_err(|error| OutboundError::Broken(error.to_string()))?;
    let mut config = builder.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}
