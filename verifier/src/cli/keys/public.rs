//! `portcullis keys public`: the public keys in the files that HAProxy checks tokens with.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use base64ct::{Base64UrlUnpadded, Encoding};
use clap::Args;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk};
use portcullis_clearance::clock::{Clock, SystemClock};
use portcullis_issuer::keys::KeyFolder;

use crate::cli::configuration::Configuration;
use crate::cli::output;

#[derive(Debug, Args)]
pub(in crate::cli) struct Public {
    /// The folder to write to; created if it does not exist.
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
    #[command(flatten)]
    configuration: Configuration,
}

pub(super) fn run(arguments: Public) -> anyhow::Result<()> {
    let folder = arguments.configuration.load()?.clearance.keys;
    let ring = KeyFolder::at(&folder).existing()?;
    let ring =
        ring.with_context(|| format!("no keys in {} yet; `portcullis run` makes the first", folder.display()))?;
    let published = ring.published(SystemClock::start().now()).keys;
    let files =
        files(&published).context("no ES256 key is published, and HAProxy can check tokens only with ES256 keys; set clearance.algorithm = \"es256\"")?;
    let mut changed = false;
    fs::create_dir_all(&arguments.out).with_context(|| arguments.out.display().to_string())?;
    for (name, content) in files {
        let path = arguments.out.join(name);
        changed |= write(&path, &content).with_context(|| path.display().to_string())?;
    }
    let said = if changed { "The keys have changed: reload HAProxy.\n" } else { "The keys have not changed.\n" };
    Ok(output::print(said)?)
}

/// Name and content of each file. The number of names is fixed, because HAProxy's configuration must name them, and needs
/// every one to exist: the spare ones hold the newest key once more. The map says which file holds the key that a token
/// names. HAProxy asks the verifier about tokens it cannot check, so it does no harm if it loads some files before and
/// some after they change.
fn files(published: &[Jwk]) -> Option<Vec<(String, String)>> {
    let keys: Vec<(&str, String)> = published.iter().rev().filter_map(named_pem).take(SLOTS).collect();
    let (_, newest) = keys.first()?;
    let slot = |index: usize| format!("{}.pem", index + 1);
    let pem = |index: usize| keys.get(index).map_or(newest, |(_, pem)| pem).clone();
    let mut files: Vec<_> = (0..SLOTS).map(|index| (slot(index), pem(index))).collect();
    let map = keys.iter().enumerate().map(|(index, (kid, _))| format!("{kid} {}\n", slot(index)));
    files.push(("keys.map".to_owned(), map.collect()));
    Some(files)
}

/// `kid`, and the key as SubjectPublicKeyInfo (RFC 5480) in PEM, of a P-256 key. `None` for others.
fn named_pem(jwk: &Jwk) -> Option<(&str, String)> {
    let AlgorithmParameters::EllipticCurve(key) = &jwk.algorithm else { return None };
    if key.curve != EllipticCurve::P256 {
        return None;
    }
    let mut der = P256_UNCOMPRESSED.to_vec();
    for coordinate in [&key.x, &key.y] {
        let mut bytes = [0; 32];
        let decoded = Base64UrlUnpadded::decode(coordinate, &mut bytes).ok()?;
        der.extend_from_slice((decoded.len() == 32).then_some(decoded)?);
    }
    Some((jwk.common.key_id.as_deref()?, pem::encode_config(&pem::Pem::new("PUBLIC KEY", der), LF)))
}

/// Writes a file, at once and not in part, unless it has this content already. Returns whether it was written.
fn write(path: &Path, content: &str) -> io::Result<bool> {
    if fs::read(path).is_ok_and(|written| written == content.as_bytes()) {
        return Ok(false);
    }
    let unfinished = path.with_extension("new");
    fs::write(&unfinished, content)?;
    fs::rename(&unfinished, path)?;
    Ok(true)
}

/// The newest key, the one that signs, and the one before.
const SLOTS: usize = 3;
const LF: pem::EncodeConfig = pem::EncodeConfig::new().set_line_ending(pem::LineEnding::LF);
/// What precedes the two coordinates: the DER of algorithm and curve (RFC 5480, 2.1.1), a bit string, no compression.
const P256_UNCOMPRESSED: [u8; 27] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce,
    0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
];

#[cfg(test)]
mod tests {
    use super::*;

    /// The key of RFC 7517, A.1.
    fn jwk(kid: &str, curve: &str) -> Jwk {
        let (x, y) = ("MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4", "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM");
        serde_json::from_value(serde_json::json!({ "kty": "EC", "crv": curve, "x": x, "y": y, "kid": kid })).unwrap()
    }

    #[test]
    fn the_newest_three_keys_are_written_and_named_in_the_map() {
        let names = |kids: &[&str]| files(&kids.iter().map(|kid| jwk(kid, "P-256")).collect::<Vec<_>>());
        let four = names(&["a", "b", "c", "d"]).unwrap();
        assert_eq!(
            four.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(),
            ["1.pem", "2.pem", "3.pem", "keys.map"]
        );
        assert_eq!(four[3].1, "d 1.pem\nc 2.pem\nb 3.pem\n");
        let one = names(&["a"]).unwrap();
        assert_eq!((one[3].1.as_str(), &one[2].1), ("a 1.pem\n", &one[0].1));
        assert!(files(&[jwk("a", "P-384")]).is_none());
    }

    #[test]
    fn the_pem_is_what_openssl_writes() {
        let (_, pem) = named_pem(&jwk("a", "P-256")).unwrap();
        let lines: Vec<_> = pem.lines().collect();
        assert_eq!(
            lines[..3],
            [
                "-----BEGIN PUBLIC KEY-----",
                "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEMKBCTNIcKUSDii11ySs3526iDZ8A",
                "iTo7Tu6KPAqv7D7gS2XpJFbZiItSs3m9+9Ue6GnvHw/GW2ZZaVtszggXIw=="
            ]
        );
    }

    #[test]
    fn a_file_is_written_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("1.pem");
        assert!(write(&path, "a").unwrap());
        assert!(!write(&path, "a").unwrap());
        assert!(write(&path, "b").unwrap());
        assert_eq!(fs::read_to_string(&path).unwrap(), "b");
    }
}
