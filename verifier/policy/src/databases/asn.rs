//! The group that an address's network belongs to: the number of its autonomous system, from a MaxMind DB file, or, for
//! IPv6, its /32.
//!
//! One person may control many networks: a customer of a hoster can have a /48 of IPv6 for each request. So the
//! [pressure](portcullis_admission::pressure) counts groups as well as networks.
//!
//! A /32 has a number of 32 bits, its first ones. For public IPv6 (2000::/3) these are numbers that no autonomous
//! system has, or is likely to get.

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;

use arc_swap::ArcSwapOption;

use crate::databases::mmdb::{About, Database, DatabaseError};

/// The group of each address.
#[derive(Debug)]
pub struct AutonomousSystems {
    path: Option<PathBuf>,
    database: ArcSwapOption<Database>,
}

impl AutonomousSystems {
    /// Reads the database, if one is configured.
    ///
    /// # Errors
    ///
    /// [`DatabaseError`].
    pub fn new(path: Option<PathBuf>) -> Result<Self, DatabaseError> {
        let database = path.as_deref().map(|path| Database::read(path, About::Systems)).transpose()?;
        Ok(Self { path, database: ArcSwapOption::from_pointee(database) })
    }

    /// Reads the database again if its file has changed. Blocks on the disk.
    ///
    /// # Errors
    ///
    /// [`DatabaseError`]; the database as last read stays.
    pub fn reload(&self) -> Result<(), DatabaseError> {
        let Some(path) = &self.path else { return Ok(()) };
        let now = Database::stamp(path, About::Systems)?;
        let before = self.database.load().as_deref().map(Database::file);
        if before != Some(now) {
            let database = Database::read(path, About::Systems)?;
            self.database.store(Some(Arc::new(database)));
        }
        Ok(())
    }

    /// The group of an address, if it has one.
    pub fn of(&self, address: IpAddr) -> Option<u32> {
        let address = address.to_canonical();
        let database = self.database.load();
        let system = database.as_ref().and_then(|database| database.system(address));
        system.or_else(|| match address {
            IpAddr::V4(_) => None,
            IpAddr::V6(address) => Some((u128::from(address) >> 96) as u32),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::time::{Duration, SystemTime};

    use super::*;
    use crate::databases::writer;

    /// A file that is gone when it is dropped.
    struct Temporary(tempfile::NamedTempFile);

    impl Temporary {
        fn holding(bytes: &[u8]) -> Self {
            let file = tempfile::NamedTempFile::new().unwrap();
            std::fs::write(file.path(), bytes).unwrap();
            Self(file)
        }

        fn systems(&self) -> Result<AutonomousSystems, DatabaseError> {
            AutonomousSystems::new(Some(self.0.path().to_owned()))
        }
    }

    fn of(systems: &AutonomousSystems, address: &str) -> Option<u32> {
        systems.of(address.parse().unwrap())
    }

    const SYSTEMS: [(&str, u32); 3] =
        [("203.0.113.0/24", 64_500), ("198.51.100.0/25", 64_501), ("2001:db8:8000::/33", 64_502)];

    #[test]
    fn an_address_is_in_the_group_of_its_autonomous_system() {
        let file = Temporary::holding(&writer::systems("Test-ASN", &SYSTEMS));
        let systems = file.systems().unwrap();
        for (address, group) in [
            ("203.0.113.9", Some(64_500)),
            ("::ffff:203.0.113.9", Some(64_500)),
            ("198.51.100.127", Some(64_501)),
            ("198.51.100.128", None),
            ("192.0.2.1", None),
            ("2001:db8:8000::1", Some(64_502)),
            ("2001:db8:7fff::1", Some(0x2001_0db8)),
        ] {
            assert_eq!(of(&systems, address), group, "{address}");
        }
    }

    #[test]
    fn without_a_database_ipv6_is_grouped_by_its_first_32_bits() {
        let systems = AutonomousSystems::new(None).unwrap();
        assert_eq!(of(&systems, "2001:db8:1::1"), of(&systems, "2001:db8:ffff::1"));
        assert_ne!(of(&systems, "2001:db8:1::1"), of(&systems, "2001:db9:1::1"));
        assert_eq!(of(&systems, "203.0.113.9"), None);
        assert!(systems.reload().is_ok());
    }

    #[test]
    fn a_file_that_is_no_such_database_is_refused_with_the_fix() {
        let whole = writer::systems("Test-ASN", &SYSTEMS);
        for (bytes, said) in [
            (&b""[..], "Fetch it again"),
            (&b"<html>Sign in to download"[..], "Fetch it again"),
            (&whole[40..], "Fetch it again"),
            (&writer::systems("Test-City", &SYSTEMS), "Test-City"),
        ] {
            let refused = Temporary::holding(bytes).systems().unwrap_err().to_string();
            assert!(refused.contains(said), "{refused}");
        }
        let missing = AutonomousSystems::new(Some("/nowhere/GeoLite2-ASN.mmdb".into())).unwrap_err().to_string();
        assert!(missing.contains("Put the file there"), "{missing}");
    }

    #[test]
    fn a_new_file_is_taken_up_and_a_bad_one_leaves_the_old() {
        let file = Temporary::holding(&writer::systems("Test-ASN", &SYSTEMS));
        let systems = file.systems().unwrap();
        let write = |bytes: &[u8], seconds| {
            std::fs::write(&file.0, bytes).unwrap();
            let at = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
            File::options().write(true).open(&file.0).unwrap().set_modified(at).unwrap();
        };
        write(&writer::systems("Test-ASN", &[("203.0.113.0/24", 64_999)]), 1_000);
        systems.reload().unwrap();
        assert_eq!(of(&systems, "203.0.113.9"), Some(64_999));
        write(b"half a download", 2_000);
        assert!(systems.reload().is_err());
        std::fs::remove_file(&file.0).unwrap();
        assert!(systems.reload().is_err());
        assert_eq!(of(&systems, "203.0.113.9"), Some(64_999));
    }
}
