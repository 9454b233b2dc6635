//! MaxMind DB files: facts about addresses, from a publisher.

use std::fs::File;
use std::io::{self, Read};
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use maxminddb::{MaxMindDbError, PathElement, Reader};
use portcullis_files::watched_file::Stamp;

/// A database, read and verified.
#[derive(Debug)]
pub struct Database {
    reader: Reader<Vec<u8>>,
    file: Stamp,
}

/// What a database is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// The autonomous system that announces an address.
    Systems,
    /// The country that an address is in.
    Countries,
}

/// Why a database cannot be used. Names the file and the fix.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DatabaseError {
    /// It cannot be read.
    #[error("{path}: {error}. Put the file there, or leave {key} out", key = about.key())]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
        /// What it was wanted for.
        about: About,
    },
    /// It is not a database, or it is damaged.
    #[error(
        "{path}: this is not a complete MaxMind DB file ({reason}). Fetch it again, such as {example}, or leave {key} out",
        example = about.example(), key = about.key()
    )]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
        /// What it was wanted for.
        about: About,
    },
    /// It is about something else.
    #[error(
        "{path}: this database is {kind:?}, which names no {what}. Use one such as {example}",
        what = about.what(), example = about.example()
    )]
    OtherKind {
        /// Which file.
        path: PathBuf,
        /// What it says it is.
        kind: String,
        /// What it was wanted for.
        about: About,
    },
}

impl Database {
    /// Reads and verifies a file. Blocks on the disk.
    ///
    /// # Errors
    ///
    /// [`DatabaseError`].
    pub fn read(path: &Path, about: About) -> Result<Self, DatabaseError> {
        // Before the bytes: if a file changes meanwhile, it is read again.
        let file = Self::stamp(path, about)?;
        let mut bytes = Vec::new();
        let failed = |error| DatabaseError::Io { path: path.to_owned(), error, about };
        File::open(path).and_then(|file| file.take(MAX_LEN).read_to_end(&mut bytes)).map_err(failed)?;
        let damaged =
            |error: MaxMindDbError| DatabaseError::Damaged { path: path.to_owned(), reason: error.to_string(), about };
        let reader = Reader::from_source(bytes).map_err(damaged)?;
        reader.verify().map_err(damaged)?;
        let kind = reader.metadata().database_type.clone();
        let is_meant = about.kinds().iter().any(|known| kind.to_ascii_uppercase().contains(known));
        if is_meant {
            Ok(Self { reader, file })
        } else {
            Err(DatabaseError::OtherKind { path: path.to_owned(), kind, about })
        }
    }

    /// The state of a file as it is now.
    pub(crate) fn stamp(path: &Path, about: About) -> Result<Stamp, DatabaseError> {
        Stamp::of(path).map_err(|error| DatabaseError::Io { path: path.to_owned(), error, about })
    }

    /// The state of the file that it was read from.
    pub(crate) fn file(&self) -> Stamp {
        self.file
    }

    /// The number of the autonomous system that announces an address. An address of the other family has none.
    pub fn system(&self, address: IpAddr) -> Option<u32> {
        let found = self.reader.lookup(address).ok()?;
        found.decode_path::<u32>(&[PathElement::Key(NUMBER)]).ok().flatten().filter(|system| *system > 0)
    }

    /// The country that an address is in.
    pub fn country(&self, address: IpAddr) -> Option<Country> {
        let found = self.reader.lookup(address).ok()?;
        let path = [PathElement::Key("country"), PathElement::Key("iso_code")];
        found.decode_path::<&str>(&path).ok().flatten().and_then(Country::new)
    }
}

impl About {
    /// Words in the types of such databases: GeoLite2-ASN, DB-IP's files of the same form, GeoIP2-ISP. A database of
    /// cities knows countries too.
    fn kinds(self) -> &'static [&'static str] {
        match self {
            Self::Systems => &["ASN", "ISP"],
            Self::Countries => &["COUNTRY", "CITY", "ENTERPRISE"],
        }
    }

    fn what(self) -> &'static str {
        match self {
            Self::Systems => "autonomous systems",
            Self::Countries => "countries",
        }
    }

    fn example(self) -> &'static str {
        match self {
            Self::Systems => "GeoLite2-ASN.mmdb",
            Self::Countries => "GeoLite2-Country.mmdb",
        }
    }

    /// The key that it is configured with: in `client_ip` and in a policy.
    fn key(self) -> &'static str {
        match self {
            Self::Systems => "asn_database",
            Self::Countries => "country_database",
        }
    }
}

/// A country, by its two letters (ISO 3166-1 alpha-2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Country([u8; 2]);

impl Country {
    /// From two capital letters.
    pub fn new(text: &str) -> Option<Self> {
        let letters: [u8; 2] = text.as_bytes().try_into().ok()?;
        letters.iter().all(u8::is_ascii_uppercase).then_some(Self(letters))
    }

    /// Its two letters.
    pub fn letters(&self) -> &str {
        // Two capital letters, as `new` has checked.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl std::fmt::Display for Country {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.letters())
    }
}

/// In GeoLite2-ASN, in DB-IP's file of the same form, and in GeoIP2-ISP.
const NUMBER: &str = "autonomous_system_number";
/// Several times what such files have; a file that is cut off is refused as damaged.
const MAX_LEN: u64 = 256 << 20;
