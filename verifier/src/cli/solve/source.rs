//! Where a challenge comes from, and reading it from a file or standard input.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::PathBuf;
use std::str::FromStr;

use portcullis_challenge::{Challenge, ParseError, UnixMillis};
use portcullis_clearance::clock::Clock;
use serde::Deserialize;

use super::address::Site;
use super::error::SolveError;

/// What the command line points at.
#[derive(Clone, Debug)]
pub(super) enum Source {
    /// A site with a verifier in front.
    Site(Site),
    /// Standard input.
    Input,
    /// A file.
    File(PathBuf),
}

impl FromStr for Source {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let has_scheme =
            |scheme: &str| text.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
        Ok(match text {
            "-" => Self::Input,
            _ if has_scheme("http://") || has_scheme("https://") => Self::Site(text.parse()?),
            _ => Self::File(text.into()),
        })
    }
}

/// A challenge, and what else its solver must know.
#[derive(Clone, Debug)]
pub(super) struct Offer {
    /// The challenge itself.
    pub(super) challenge: Challenge,
    /// When it is worth nothing any more, by this process's steady clock.
    pub(super) expires_at: UnixMillis,
    /// The path to redeem it at.
    pub(super) redeem: String,
}

/// The JSON of `/.portcullis/challenge`, of which the other members are not needed here.
#[derive(Deserialize)]
struct Issued {
    challenge: String,
    expires_in_ms: Option<u32>,
    redeem: Option<String>,
}

impl Source {
    /// Reads a challenge from standard input or a file.
    pub(super) fn read(&self, clock: &dyn Clock) -> Result<Offer, SolveError> {
        let (what, bytes) = match self {
            Self::Input => ("standard input".to_owned(), bounded(&mut io::stdin().lock())),
            Self::File(path) => (path.display().to_string(), File::open(path).and_then(|mut file| bounded(&mut file))),
            Self::Site(site) => (site.to_string(), Err(io::Error::other("it is not a file"))),
        };
        let bytes = match bytes {
            Ok(bytes) => bytes,
            Err(error) => return Err(SolveError::Unreadable { what, why: error.to_string() }),
        };
        let mut offer = Offer::parse(&bytes, clock).map_err(|why| SolveError::NotAChallenge { what, why })?;
        // How long it had left when it was issued says nothing about how long it has now.
        offer.expires_at = offer.challenge.fields.expires_at();
        Ok(offer)
    }
}

fn bounded(input: &mut dyn io::Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    input.take(MAX_LEN as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

impl Offer {
    /// Reads the text of a challenge, or the JSON around it, that has just been issued.
    pub(super) fn parse(bytes: &[u8], clock: &dyn Clock) -> Result<Self, String> {
        if bytes.len() > MAX_LEN {
            return Err(format!("it is longer than {MAX_LEN} bytes"));
        }
        let text = bytes.trim_ascii();
        let issued = match text.first() {
            Some(b'{') => serde_json::from_slice(text)
                // The parser's own words may quote what it read.
                .map_err(|_| "it is JSON, but not that of /.portcullis/challenge".to_owned())?,
            None => return Err("it is empty".to_owned()),
            Some(_) => {
                Issued { challenge: String::from_utf8_lossy(text).into_owned(), expires_in_ms: None, redeem: None }
            }
        };
        let challenge = Challenge::parse(issued.challenge.as_bytes()).map_err(explained)?;
        let fields = &challenge.fields;
        let good_for = issued.expires_in_ms.unwrap_or(fields.lifetime.millis()).min(fields.lifetime.millis());
        let expires_at = UnixMillis(clock.steady().0.saturating_add(u64::from(good_for)));
        Ok(Self { challenge, expires_at, redeem: issued.redeem.unwrap_or_default() })
    }
}

fn explained(malformed: ParseError) -> String {
    match malformed {
        ParseError::Encoding => {
            "expected the 139 characters of a challenge, or the JSON of /.portcullis/challenge".to_owned()
        }
        ParseError::Parameter => {
            "it asks for no work, or for more or longer than the protocol allows; no client should solve it".to_owned()
        }
        ParseError::Version | ParseError::Kind => format!("{malformed}; this program may be too old for that site"),
        other => other.to_string(),
    }
}

/// A challenge and what stands around it take about 300 bytes.
pub(super) const MAX_LEN: usize = 16 * 1024;

#[cfg(test)]
mod tests {
    use portcullis_clearance::clock::ManualClock;

    use super::*;

    #[test]
    fn what_it_is_shows_in_how_it_begins() {
        assert!(matches!("-".parse(), Ok(Source::Input)));
        assert!(matches!("HTTPS://login.example".parse(), Ok(Source::Site(_))));
        for file in ["challenge.json", "./https:", "http", "é"] {
            assert!(matches!(file.parse(), Ok(Source::File(path)) if path.as_os_str() == file), "{file}");
        }
    }

    #[test]
    fn no_refusal_quotes_what_was_read() {
        let clock = ManualClock::new(UnixMillis(0));
        for text in ["SECRET", "{\"challenge\":7,\"SECRET\":\"SECRET\"}", "{\"SECRET\"", "{\"challenge\":\"SECRET\"}"] {
            let why = Offer::parse(text.as_bytes(), &clock).expect_err("no challenge");
            assert!(!why.contains("SECRET"), "{why}");
        }
    }
}
