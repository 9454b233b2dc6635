//! Sites over HTTPS, under certificates of the test's own.

use std::fs;
use std::net::SocketAddr;
use std::sync::Arc;

use base64ct::{Base64, Encoding};
use portcullis_tests::attacker::wire;
use portcullis_tests::processes::{Settings, Verifier, program};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::PrivatePkcs8KeyDer;
use tempfile::NamedTempFile;
use tokio::net::{TcpListener, TcpStream};
use tokio::process::Command;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use super::{run, solve};

#[tokio::test]
async fn a_cookie_comes_over_tls_from_a_site_whose_authority_is_trusted() {
    let settings = Settings::in_front_of("http://127.0.0.1:9").set("gate.insecure_loopback_cookie", "false");
    let verifier = Verifier::start(settings).await;
    let front = Front::before(verifier.address(), "127.0.0.1").await;

    let ended = solve(&[&front.url(), "--ca", front.authority()]).await;
    let cookie = ended.line();
    assert!(cookie.starts_with("__Host-portcullis=eyJ"), "{cookie}");
    let host = front.address;
    let request =
        format!("GET /.portcullis/authorize HTTP/1.1\r\nHost: {host}\r\nCookie: {cookie}\r\nConnection: close\r\n\r\n");
    assert_eq!(wire::status(&wire::exchange(verifier.address(), request.as_bytes()).await), 200);

    // As installed in the system.
    let mut system = Command::from(program("portcullis"));
    system.args(["solve", &front.url()]).env("SSL_CERT_FILE", front.authority()).env_remove("SSL_CERT_DIR");
    assert!(run(&mut system, b"").await.line().starts_with("__Host-portcullis=eyJ"));
}

#[tokio::test]
async fn whoever_cannot_prove_to_be_the_site_gets_nothing() {
    let verifier = Verifier::start(Settings::in_front_of("http://127.0.0.1:9")).await;
    let front = Front::before(verifier.address(), "127.0.0.1").await;
    let another = Front::before(verifier.address(), "127.0.0.2").await;
    let trusting_another = solve(&[&front.url(), "--ca", another.authority()]).await;
    trusting_another.failed(5, &["certificate", "name that with --ca"]);
    let wrong_name = solve(&[&another.url(), "--ca", another.authority()]).await;
    wrong_name.failed(5, &["certificate", "not valid for"]);
    let no_tls = solve(&[&format!("https://{}", verifier.address()), "--ca", front.authority()]).await;
    no_tls.failed(5, &["check the address"]);
    assert_eq!(verifier.log().count("solved"), 0);

    let empty = NamedTempFile::new().expect("a temporary file can be made");
    let empty = empty.path().to_str().expect("a path of ASCII");
    solve(&[&front.url(), "--ca", empty]).await.failed(1, &["there is no certificate in it"]);
    solve(&[&front.url(), "--ca", "/no/such.pem"]).await.failed(1, &["cannot read /no/such.pem"]);
    let mut bare = Command::from(program("portcullis"));
    bare.args(["solve", &front.url()]).env("SSL_CERT_FILE", empty).env_remove("SSL_CERT_DIR");
    run(&mut bare, b"").await.failed(1, &["the system's certificates", "--ca"]);
}

/// A gateway that ends TLS and passes everything on.
struct Front {
    address: SocketAddr,
    authority: NamedTempFile,
    task: JoinHandle<()>,
}

impl Front {
    /// One before `verifier`, with a certificate for `name` from an authority of its own.
    async fn before(verifier: SocketAddr, name: &str) -> Self {
        let authority = authority();
        let key = KeyPair::generate().expect("a key can be made");
        let certificate = CertificateParams::new([name.to_owned()]).and_then(|named| named.signed_by(&key, &authority));
        let certificate = certificate.expect("an authority can sign");
        let file = NamedTempFile::new().expect("a temporary file can be made");
        fs::write(file.path(), pem(authority.der())).expect("it can be written to");
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
        let config = config.with_safe_default_protocol_versions().expect("the provider has the default versions");
        let key = PrivatePkcs8KeyDer::from(key.serialize_der());
        let config = config.with_no_client_auth().with_single_cert(vec![certificate.der().clone()], key.into());
        let acceptor = TlsAcceptor::from(Arc::new(config.expect("the key is the certificate's")));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
        let address = listener.local_addr().expect("a bound listener has an address");
        let task = tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                // A client that does not trust the certificate hangs up: the next one may.
                let Ok(mut client) = acceptor.accept(socket).await else { continue };
                let Ok(mut upstream) = TcpStream::connect(verifier).await else { continue };
                let _ = tokio::io::copy_bidirectional(&mut client, &mut upstream).await;
            }
        });
        Self { address, authority: file, task }
    }

    fn url(&self) -> String {
        format!("https://{}/", self.address)
    }

    /// Its authority's certificate, in a file.
    fn authority(&self) -> &str {
        self.authority.path().to_str().expect("a path of ASCII")
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A certificate as text (RFC 7468, 5.1).
fn pem(certificate: &[u8]) -> String {
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", Base64::encode_string(certificate))
}

fn authority() -> CertifiedIssuer<'static, KeyPair> {
    let mut named = CertificateParams::new(Vec::new()).expect("no names are in form");
    named.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().expect("a key can be made");
    CertifiedIssuer::self_signed(named, key).expect("an authority can sign itself")
}
