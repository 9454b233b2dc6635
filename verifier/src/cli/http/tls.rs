//! The certificates that a connection trusts.

use std::path::Path;
use std::sync::Arc;

use rustls::crypto::aws_lc_rs;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};

/// The authorities whose certificates are trusted.
#[derive(Clone, Debug)]
pub(in crate::cli) struct Trust(RootCertStore);

/// Why certificates cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read {what}: {why}")]
pub(in crate::cli) struct CertificateError {
    /// What was to be read.
    pub(in crate::cli) what: String,
    /// What is wrong, and what should be there.
    pub(in crate::cli) why: String,
}

impl Trust {
    /// None: for connections without TLS.
    pub(in crate::cli) fn nobody() -> Self {
        Self(RootCertStore::empty())
    }

    /// The authorities of a PEM file.
    pub(in crate::cli) fn of_file(file: &Path) -> Result<Self, CertificateError> {
        let unreadable = |why: String| CertificateError { what: file.display().to_string(), why };
        let certificates = CertificateDer::pem_file_iter(file).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        let trust = Self::of(certificates.map_err(|error| unreadable(error.to_string()))?);
        trust.ok_or_else(|| unreadable("there is no certificate in it; `--ca` needs a PEM file".to_owned()))
    }

    /// The authorities that the system trusts.
    pub(in crate::cli) fn of_system() -> Result<Self, CertificateError> {
        Self::of(rustls_native_certs::load_native_certs().certs).ok_or_else(|| CertificateError {
            what: "the system's certificates".to_owned(),
            why: "there are none; install them (Debian: ca-certificates), or name a file with --ca".to_owned(),
        })
    }

    /// `None` if there are none. Certificates that are not authorities are left out: systems have odd ones.
    fn of(certificates: Vec<CertificateDer<'static>>) -> Option<Self> {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(certificates);
        (!roots.is_empty()).then_some(Self(roots))
    }

    /// TLS 1.2 and 1.3 to holders of a certificate from these authorities.
    pub(super) fn config(self) -> ClientConfig {
        let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
        // The provider supports what rustls calls safe: they are made for each other.
        let versions = builder.with_safe_default_protocol_versions().expect("the provider has the default versions");
        versions.with_root_certificates(self.0).with_no_client_auth()
    }
}
