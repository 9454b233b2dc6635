//! The group that an address's network belongs to: the number of its autonomous system, from a MaxMind DB file, or, for
//! IPv6, its /32.
//!
//! One hand may hold many networks: a hoster's customer can have a /48 of IPv6 for each request. The
//! [pressure](crate::pressure) counts what a group does beside what each of its networks does.
//!
//! A /32 has a number of 32 bits, its own first ones. Those of public IPv6 (2000::/3) are none that an autonomous system
//! has, or is about to have.

use std::fs::File;
use std::io::{self, Read};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};
use std::time::SystemTime;

use maxminddb::{MaxMindDbError, PathElement, Reader};

/// Knows the group of each address.
#[derive(Debug)]
pub(crate) struct Groups {
    path: Option<PathBuf>,
    database: RwLock<Option<Database>>,
}

#[derive(Debug)]
struct Database {
    reader: Reader<Vec<u8>>,
    file: Stamp,
}

/// What tells one state of a file from another.
type Stamp = (Option<SystemTime>, u64);

/// Why a database of autonomous systems cannot be used. Names the file and the fix.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UnusableDatabase {
    /// It cannot be read.
    #[error("{path}: {error}. Put the file there, or leave client_ip.asn_database out")]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// It is none, or it is damaged.
    #[error(
        "{path}: this is no whole MaxMind DB file ({reason}). Fetch it again, such as GeoLite2-ASN.mmdb, or leave client_ip.asn_database out"
    )]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// It is about something else.
    #[error("{path}: this database is {kind:?}, which names no autonomous systems. Use one such as GeoLite2-ASN.mmdb")]
    OtherKind {
        /// Which file.
        path: PathBuf,
        /// What it says it is.
        kind: String,
    },
}

impl Groups {
    /// Reads the database, if there is to be one.
    ///
    /// # Errors
    ///
    /// [`UnusableDatabase`].
    pub(crate) fn new(path: Option<PathBuf>) -> Result<Self, UnusableDatabase> {
        let database = path.as_deref().map(Database::read).transpose()?;
        Ok(Self { path, database: RwLock::new(database) })
    }

    /// Reads the database again if its file is another than before. Blocks on the disk.
    ///
    /// # Errors
    ///
    /// [`UnusableDatabase`]; the database as last read stays.
    pub(crate) fn reload(&self) -> Result<(), UnusableDatabase> {
        let Some(path) = &self.path else { return Ok(()) };
        let now = stamp(path).map_err(|error| UnusableDatabase::Io { path: path.clone(), error })?;
        let before = self.database.read().unwrap_or_else(PoisonError::into_inner).as_ref().map(|old| old.file);
        if before != Some(now) {
            let database = Database::read(path)?;
            *self.database.write().unwrap_or_else(PoisonError::into_inner) = Some(database);
        }
        Ok(())
    }

    /// The group of an address, if it has one.
    pub(crate) fn of(&self, address: IpAddr) -> Option<u32> {
        let address = address.to_canonical();
        let database = self.database.read().unwrap_or_else(PoisonError::into_inner);
        let system = database.as_ref().and_then(|database| database.system(address));
        system.or_else(|| match address {
            IpAddr::V4(_) => None,
            IpAddr::V6(address) => Some((u128::from(address) >> 96) as u32),
        })
    }
}

impl Database {
    fn read(path: &Path) -> Result<Self, UnusableDatabase> {
        let failed = |error| UnusableDatabase::Io { path: path.to_owned(), error };
        // Before the bytes: a file that changes meanwhile is read again.
        let file = stamp(path).map_err(failed)?;
        let mut bytes = Vec::new();
        File::open(path).and_then(|file| file.take(MAX_LEN).read_to_end(&mut bytes)).map_err(failed)?;
        let damaged =
            |error: MaxMindDbError| UnusableDatabase::Damaged { path: path.to_owned(), reason: error.to_string() };
        let reader = Reader::from_source(bytes).map_err(damaged)?;
        reader.verify().map_err(damaged)?;
        let kind = reader.metadata().database_type.clone();
        let names_systems = KINDS.iter().any(|known| kind.to_ascii_uppercase().contains(known));
        if names_systems {
            Ok(Self { reader, file })
        } else {
            Err(UnusableDatabase::OtherKind { path: path.to_owned(), kind })
        }
    }

    /// The number of the autonomous system that announces an address. An address of the other family has none.
    fn system(&self, address: IpAddr) -> Option<u32> {
        let found = self.reader.lookup(address).ok()?;
        found.decode_path::<u32>(&[PathElement::Key(NUMBER)]).ok().flatten().filter(|system| *system > 0)
    }
}

fn stamp(path: &Path) -> io::Result<Stamp> {
    let metadata = std::fs::metadata(path)?;
    Ok((metadata.modified().ok(), metadata.len()))
}

/// In GeoLite2-ASN, in DB-IP's file of the same form, and in GeoIP2-ISP.
const NUMBER: &str = "autonomous_system_number";
const KINDS: [&str; 2] = ["ASN", "ISP"];
/// Several times what such files have; what is cut off is refused as damaged.
const MAX_LEN: u64 = 256 << 20;

#[cfg(test)]
mod mmdb;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// A file that is gone when it is dropped.
    struct Temporary(PathBuf);

    impl Temporary {
        fn holding(bytes: &[u8]) -> Self {
            let name = format!("portcullis-{:016x}.mmdb", u64::from_ne_bytes(crate::entropy::random()));
            let file = Self(std::env::temp_dir().join(name));
            std::fs::write(&file.0, bytes).unwrap();
            file
        }

        fn groups(&self) -> Result<Groups, UnusableDatabase> {
            Groups::new(Some(self.0.clone()))
        }
    }

    impl Drop for Temporary {
        fn drop(&mut self) {
            let _ = std::fs::remove_file(&self.0);
        }
    }

    fn of(groups: &Groups, address: &str) -> Option<u32> {
        groups.of(address.parse().unwrap())
    }

    const SYSTEMS: [(&str, u32); 3] =
        [("203.0.113.0/24", 64_500), ("198.51.100.0/25", 64_501), ("2001:db8:8000::/33", 64_502)];

    #[test]
    fn an_address_is_in_the_group_of_its_autonomous_system() {
        let file = Temporary::holding(&mmdb::write("Test-ASN", &SYSTEMS));
        let groups = file.groups().unwrap();
        for (address, group) in [
            ("203.0.113.9", Some(64_500)),
            ("::ffff:203.0.113.9", Some(64_500)),
            ("198.51.100.127", Some(64_501)),
            ("198.51.100.128", None),
            ("192.0.2.1", None),
            ("2001:db8:8000::1", Some(64_502)),
            ("2001:db8:7fff::1", Some(0x2001_0db8)),
        ] {
            assert_eq!(of(&groups, address), group, "{address}");
        }
    }

    #[test]
    fn without_a_database_ipv6_is_grouped_by_its_first_32_bits() {
        let groups = Groups::new(None).unwrap();
        assert_eq!(of(&groups, "2001:db8:1::1"), of(&groups, "2001:db8:ffff::1"));
        assert_ne!(of(&groups, "2001:db8:1::1"), of(&groups, "2001:db9:1::1"));
        assert_eq!(of(&groups, "203.0.113.9"), None);
        assert!(groups.reload().is_ok());
    }

    #[test]
    fn a_file_that_is_no_such_database_is_refused_with_the_fix() {
        let whole = mmdb::write("Test-ASN", &SYSTEMS);
        for (bytes, said) in [
            (&b""[..], "Fetch it again"),
            (&b"<html>Sign in to download"[..], "Fetch it again"),
            (&whole[40..], "Fetch it again"),
            (&mmdb::write("Test-City", &SYSTEMS), "Test-City"),
        ] {
            let refused = Temporary::holding(bytes).groups().unwrap_err().to_string();
            assert!(refused.contains(said), "{refused}");
        }
        let missing = Groups::new(Some("/nowhere/GeoLite2-ASN.mmdb".into())).unwrap_err().to_string();
        assert!(missing.contains("Put the file there"), "{missing}");
    }

    #[test]
    fn a_new_file_is_taken_up_and_a_bad_one_leaves_the_old() {
        let file = Temporary::holding(&mmdb::write("Test-ASN", &SYSTEMS));
        let groups = file.groups().unwrap();
        let write = |bytes: &[u8], seconds| {
            std::fs::write(&file.0, bytes).unwrap();
            let at = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
            File::options().write(true).open(&file.0).unwrap().set_modified(at).unwrap();
        };
        write(&mmdb::write("Test-ASN", &[("203.0.113.0/24", 64_999)]), 1_000);
        groups.reload().unwrap();
        assert_eq!(of(&groups, "203.0.113.9"), Some(64_999));
        write(b"half a download", 2_000);
        assert!(groups.reload().is_err());
        std::fs::remove_file(&file.0).unwrap();
        assert!(groups.reload().is_err());
        assert_eq!(of(&groups, "203.0.113.9"), Some(64_999));
    }
}
