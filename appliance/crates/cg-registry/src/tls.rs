//! The certificate of the TLS address, read from PEM files; ring does the arithmetic.

use std::path::Path;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::error::Error;

/// The configuration of a server with this certificate chain and key: TLS 1.2 and 1.3.
pub(crate) fn config(certificate: &Path, key: &Path) -> Result<ServerConfig, Error> {
    let bad = |path: &Path, kind, cause: String| Error::Certificate {
        path: path.to_path_buf(),
        kind,
        cause,
    };
    let chain = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| bad(certificate, "certificate", error.to_string()))?;
    if chain.is_empty() {
        return Err(bad(certificate, "certificate", "there is none in it".to_owned()));
    }
    let private = PrivateKeyDer::from_pem_file(key)
        .map_err(|error| bad(key, "private key", error.to_string()))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, private))
        .map_err(|error| bad(key, "private key", error.to_string()))
}
