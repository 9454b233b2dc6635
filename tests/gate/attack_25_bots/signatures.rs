//! Signatures of bots: Web Bot Auth.

use std::time::Duration;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64ct::{Base64, Base64UrlUnpadded, Encoding};
use http::request::Builder;
use portcullis_tests::in_process::{HOST, START, from, get};
use sha2::{Digest, Sha256};

use super::{RULE, Site};

/// In seconds.
const NOW: i64 = (START.0 / 1000) as i64;
const AGENT: &str = "\"https://bot.example\"";

/// Who signs, and what.
#[derive(Clone)]
struct Signer {
    seed: [u8; 32],
    host: String,
    /// What is covered, and what is said of it.
    components: Vec<(&'static str, String)>,
    created: i64,
    expires: i64,
    tag: &'static str,
    agent: String,
}

impl Signer {
    fn new() -> Self {
        Self {
            seed: [7; 32],
            host: HOST.to_owned(),
            components: vec![("\"@authority\"", HOST.to_owned()), ("\"signature-agent\"", AGENT.to_owned())],
            created: NOW - 5,
            expires: NOW + 60,
            tag: "web-bot-auth",
            agent: AGENT.to_owned(),
        }
    }

    fn pair(&self) -> Ed25519KeyPair {
        Ed25519KeyPair::from_seed_unchecked(&self.seed).expect("any 32 bytes are a seed")
    }

    fn x(&self) -> String {
        Base64UrlUnpadded::encode_string(self.pair().public_key().as_ref())
    }

    fn jwk_set(&self) -> String {
        format!(r#"{{"keys": [{{"kty": "OKP", "crv": "Ed25519", "x": "{}"}}]}}"#, self.x())
    }

    fn thumbprint(&self) -> String {
        let members = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, self.x());
        Base64UrlUnpadded::encode_string(&Sha256::digest(members))
    }

    /// `Signature-Input` and `Signature`.
    fn fields(&self) -> (String, String) {
        let names: Vec<&str> = self.components.iter().map(|(name, _)| *name).collect();
        let params = format!(
            "({});created={};expires={};keyid=\"{}\";alg=\"ed25519\";nonce=\"bm9uY2U\";tag=\"{}\"",
            names.join(" "),
            self.created,
            self.expires,
            self.thumbprint(),
            self.tag
        );
        let lines: String = self.components.iter().map(|(name, value)| format!("{name}: {value}\n")).collect();
        let signature = self.pair().sign(format!("{lines}\"@signature-params\": {params}").as_bytes());
        (format!("sig1={params}"), format!("sig1=:{}:", Base64::encode_string(signature.as_ref())))
    }

    fn request(&self, target: &str) -> Builder {
        let (input, signature) = self.fields();
        let request = http::Request::get(target).header("host", &self.host).header("signature-agent", &self.agent);
        request.header("signature-input", input).header("signature", signature)
    }
}

async fn site() -> Site {
    let policy = format!("[[bot]]\nname = \"googlebot\"\nkeys = \"keys.json\"\n{RULE}");
    Site::with(&policy, &[("keys.json", &Signer::new().jwk_set())]).await
}

#[tokio::test]
async fn a_signature_by_the_bots_key_proves_it() {
    let site = site().await;
    assert!(site.admits(Signer::new().request("/any?thing")).await);
    let whole = |name, value: &str| (name, value.to_owned());
    let mut signer = Signer::new();
    signer.components.extend([whole("\"@method\"", "GET"), whole("\"@path\"", "/a"), whole("\"@query\"", "?b=c")]);
    assert!(site.admits(signer.request("/a?b=c")).await);
    for other in ["/b?b=c", "/a?b=d", "/a", "/a/?b=c"] {
        assert!(!site.admits(signer.request(other)).await, "{other}");
    }
    // As later drafts cover the field.
    let mut member = Signer { agent: format!("bot={AGENT}"), ..Signer::new() };
    member.components[1].0 = "\"signature-agent\";key=\"bot\"";
    assert!(site.admits(from(member.request("/"), "192.0.2.1")).await);
    assert_eq!(site.counted("portcullis_bots_total{bot=\"googlebot\",proof=\"signature\"}").await, 3);
}

#[tokio::test]
async fn a_signature_that_is_not_for_this_request_by_this_bot_proves_nothing() {
    let site = site().await;
    let good = Signer::new();
    let other_host = vec![("\"@authority\"", "other.example".to_owned()), good.components[1].clone()];
    let day = 24 * 60 * 60;
    // Each comes from a network of its own, so that none is refused for the others.
    let network = |number: usize| format!("198.51.{number}.1");
    for (number, (what, signer)) in [
        ("another host's", Signer { components: other_host, ..good.clone() }),
        ("expired", Signer { created: NOW - 100, expires: NOW - 5, ..good.clone() }),
        ("not yet valid", Signer { created: NOW + 6, expires: NOW + 60, ..good.clone() }),
        ("good for too long", Signer { created: NOW, expires: NOW + day + 1, ..good.clone() }),
        ("of an unknown key", Signer { seed: [8; 32], ..good.clone() }),
        ("for something else", Signer { tag: "other", ..good.clone() }),
        ("without the host", Signer { components: good.components[1..].to_vec(), ..good.clone() }),
        ("without the agent", Signer { components: good.components[..1].to_vec(), ..good.clone() }),
        ("with another agent", Signer { agent: "\"https://evil.example\"".to_owned(), ..good.clone() }),
        ("too large", Signer { agent: format!("\"{}\"", "a".repeat(5000)), ..good.clone() }),
    ]
    .into_iter()
    .enumerate()
    {
        assert!(!site.admits(from(signer.request("/"), &network(number))).await, "{what}");
    }
    let (input, signature) = good.fields();
    let agent = || get("/").header("signature-agent", AGENT);
    for (number, (what, request)) in [
        ("no signature", agent().header("signature-input", &input)),
        ("no input", agent().header("signature", &signature)),
        ("two inputs", good.request("/").header("signature-input", &input)),
        ("two signatures", good.request("/").header("signature", &signature)),
        (
            "two in one",
            agent()
                .header("signature-input", format!("{input}, {}", input.replace("sig1=", "sig2=")))
                .header("signature", format!("{signature}, {}", signature.replace("sig1=", "sig2="))),
        ),
        (
            "another key's name",
            agent().header("signature", &signature).header(
                "signature-input",
                input.replace(&good.thumbprint(), &Signer { seed: [8; 32], ..good.clone() }.thumbprint()),
            ),
        ),
        (
            "a later end",
            agent()
                .header("signature", &signature)
                .header("signature-input", input.replace(&good.expires.to_string(), &(good.expires + 1).to_string())),
        ),
        ("no bytes", agent().header("signature-input", &input).header("signature", "sig1=::")),
        (
            "all zero",
            agent()
                .header("signature-input", &input)
                .header("signature", format!("sig1=:{}:", Base64::encode_string(&[0; 64]))),
        ),
    ]
    .into_iter()
    .enumerate()
    {
        assert!(!site.admits(from(request, &network(100 + number))).await, "{what}");
    }
    assert!(site.admits(from(good.request("/"), "192.0.2.1")).await);
    site.gate.clock().advance(Duration::from_secs(66));
    assert!(!site.admits(from(good.request("/"), "192.0.2.1")).await, "later");
}

#[tokio::test]
async fn keys_are_never_fetched_because_a_request_says_so() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("\"http://{}/.well-known/http-message-signatures-directory\"", listener.local_addr().unwrap());
    let site = site().await;
    for seed in [[7; 32], [8; 32]] {
        let mut signer = Signer { seed, agent: url.clone(), ..Signer::new() };
        signer.components[1].1 = url.clone();
        assert_eq!(site.admits(signer.request("/")).await, seed == [7; 32]);
    }
    // Whatever was begun beside the answers goes as far as it can: this is the only thread that tasks run on.
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    let ours = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (_, first) = listener.accept().unwrap();
    assert_eq!(first, ours.local_addr().unwrap(), "somebody came before");
}

#[tokio::test]
async fn a_network_that_shows_bad_signatures_is_not_verified_for_a_while() {
    let site = site().await;
    let good = Signer::new();
    let bad = |address| {
        let mut bad = good.clone();
        bad.components[0].1 = "other.example".to_owned();
        from(bad.request("/"), address)
    };
    for _ in 0..8 {
        assert!(site.admits(from(good.request("/"), "192.0.2.1")).await, "good ones cost nothing");
        assert!(!site.admits(bad("192.0.2.200")).await);
    }
    assert!(!site.admits(from(good.request("/"), "192.0.2.1")).await, "the same network");
    assert!(site.admits(from(good.request("/"), "198.51.100.1")).await, "another one");
    site.gate.clock().advance(Duration::from_secs(10));
    assert!(site.admits(from(good.request("/"), "192.0.2.1")).await, "later");
}
