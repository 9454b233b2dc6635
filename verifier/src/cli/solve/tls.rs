//! Whom a connection trusts.

use std::path::Path;
use std::sync::Arc;

use http::uri::Scheme;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};

use crate::cli::solve::unsolved::Unsolved;

/// TLS 1.2 and 1.3 towards holders of a certificate from the authorities in `ca`, or from the system's.
pub(super) fn config(scheme: &Scheme, ca: Option<&Path>) -> Result<ClientConfig, Unsolved> {
    let roots = match ca {
        Some(file) => from_file(file)?,
        None if *scheme == Scheme::HTTPS => from_system()?,
        // Without TLS nobody is trusted.
        None => RootCertStore::empty(),
    };
    let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
    // The provider supports what rustls calls safe: they are made for each other.
    let versions = builder.with_safe_default_protocol_versions().expect("the provider has the default versions");
    Ok(versions.with_root_certificates(roots).with_no_client_auth())
}

fn from_file(file: &Path) -> Result<RootCertStore, Unsolved> {
    let unreadable = |why: String| Unsolved::Unreadable { what: file.display().to_string(), why };
    let certificates = CertificateDer::pem_file_iter(file).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let certificates = certificates.map_err(|error| unreadable(error.to_string()))?;
    match store(certificates) {
        roots if roots.is_empty() => {
            Err(unreadable("there is no certificate in it; `--ca` needs a PEM file".to_owned()))
        }
        roots => Ok(roots),
    }
}

fn from_system() -> Result<RootCertStore, Unsolved> {
    match store(rustls_native_certs::load_native_certs().certs) {
        roots if roots.is_empty() => Err(Unsolved::Unreadable {
            what: "the system's certificates".to_owned(),
            why: "there are none; install them (Debian: ca-certificates), or name a file with --ca".to_owned(),
        }),
        roots => Ok(roots),
    }
}

/// Certificates that are not authorities are left out: systems have odd ones.
fn store(certificates: Vec<CertificateDer<'static>>) -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(certificates);
    roots
}
