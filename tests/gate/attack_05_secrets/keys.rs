//! Files that look like signature keys and must not be used.

use base64ct::{Base64, Base64UrlUnpadded, Encoding};
use portcullis_tests::attacker::tokens::fresh_pkcs8;

/// Every kind, with a name.
pub(super) fn unusable() -> Vec<(&'static str, String)> {
    let generated = fresh_pkcs8();
    let good = pem("PRIVATE KEY", &generated);
    vec![
        ("nothing", String::new()),
        ("a line feed", "\n".to_owned()),
        ("a password", "changeme\n".to_owned()),
        ("a short secret", "0123456789abcdef".to_owned()),
        ("an empty block", pem("PRIVATE KEY", &[])),
        ("a short block", pem("PRIVATE KEY", &generated[..40])),
        ("half a file", good[..good.len() / 2].to_owned()),
        ("zeros", pem("PRIVATE KEY", &[0; 138])),
        ("a private key of zero", pem("PRIVATE KEY", &pkcs8(P256, &[0; 32], None))),
        ("a private key above the order", pem("PRIVATE KEY", &pkcs8(P256, &[0xff; 32], None))),
        ("another curve, secp256k1", pem("PRIVATE KEY", &pkcs8(SECP256K1, &[5; 32], None))),
        ("another curve, Ed25519", pem("PRIVATE KEY", &[ED25519, &[5; 32]].concat())),
        ("a key under the name of another form", pem("EC PRIVATE KEY", &generated)),
        ("a public key", pem("PUBLIC KEY", &generated[generated.len() - 65..])),
        ("a key after its maximum length", format!("{}{good}", " \n".repeat(4096))),
        ("the example of RFC 7515, A.3", rfc_7515_a_3()),
        ("the example of RFC 7517, A.2", rfc_7517_a_2()),
    ]
}

/// A PEM file of one block.
pub(super) fn pem(tag: &str, der: &[u8]) -> String {
    let text = Base64::encode_string(der);
    let lines: Vec<_> = text.as_bytes().chunks(64).map(String::from_utf8_lossy).collect();
    format!("-----BEGIN {tag}-----\n{}\n-----END {tag}-----\n", lines.join("\n"))
}

/// The private key printed in RFC 7515, A.3.
pub(super) fn rfc_7515_a_3() -> String {
    from_jwk(
        "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI",
        "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    )
}

/// The private key printed in RFC 7517, A.2.
fn rfc_7517_a_2() -> String {
    from_jwk(
        "870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE",
        "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
        "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
    )
}

fn from_jwk(d: &str, x: &str, y: &str) -> String {
    let decode = |text| Base64UrlUnpadded::decode_vec(text).expect("as printed");
    pem("PRIVATE KEY", &pkcs8(P256, &decode(d), Some(&[decode(x), decode(y)].concat())))
}

/// An EC private key as PKCS#8 (RFC 5958 around RFC 5915). Every length fits into one byte after the outermost.
fn pkcs8(curve: &[u8], private: &[u8], public: Option<&[u8]>) -> Vec<u8> {
    let element = |tag: u8, content: &[u8]| {
        // 128 and more take a second byte of length.
        let length = if content.len() < 128 { vec![content.len() as u8] } else { vec![0x81, content.len() as u8] };
        [vec![tag], length, content.to_vec()].concat()
    };
    let point = public.map(|public| element(0xa1, &element(0x03, &[&[0, 4], public].concat()))).unwrap_or_default();
    let key = element(0x30, &[element(0x02, &[1]), element(0x04, private), point].concat());
    let algorithm = element(0x30, &[element(0x06, EC_PUBLIC_KEY), element(0x06, curve)].concat());
    element(0x30, &[element(0x02, &[0]), algorithm, element(0x04, &key)].concat())
}

const EC_PUBLIC_KEY: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
const P256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
const SECP256K1: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x0a];
/// What stands before the 32 bytes of an Ed25519 key in PKCS#8 (RFC 8410).
const ED25519: &[u8] =
    &[0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];
