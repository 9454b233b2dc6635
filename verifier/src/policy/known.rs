//! What is known beside the request: of addresses, from databases, and of clients, from their gateway. And the matchers
//! that ask for it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use http::{HeaderName, HeaderValue};

use super::condition::Condition;
use super::expression::Expression;
use super::facts::{Country, Facts};
use crate::config::WeekTime;
use crate::mmdb::{About, Database};

/// What is known beside the request.
#[derive(Clone, Debug, Default)]
pub(super) struct Known {
    /// Which autonomous system announces an address.
    pub(super) systems: Option<Arc<Database>>,
    /// Which country it is in.
    pub(super) countries: Option<Arc<Database>>,
    /// The header that a listed gateway states a client's fingerprint in.
    pub(super) ja4_header: Option<HeaderName>,
}

/// The keys of a rule that ask for it.
pub(super) struct Raw {
    pub(super) asn: Option<Vec<u32>>,
    pub(super) country: Option<Vec<String>>,
    pub(super) time: Option<Vec<WeekTime>>,
    pub(super) expression: Option<String>,
}

impl Known {
    /// Reads the databases there are to be, which are looked for in `folder`.
    pub(super) fn read(
        folder: &Path,
        [systems, countries]: [Option<&PathBuf>; 2],
        ja4_header: Option<HeaderName>,
        sources: &mut Vec<PathBuf>,
    ) -> Result<Self, String> {
        let mut read = |file: Option<&PathBuf>, about| {
            let Some(path) = file.map(|file| folder.join(file)) else { return Ok(None) };
            let database = Database::read(&path, about).map_err(|unusable| unusable.to_string())?;
            sources.push(path);
            Ok::<_, String>(Some(Arc::new(database)))
        };
        Ok(Self { systems: read(systems, About::Systems)?, countries: read(countries, About::Countries)?, ja4_header })
    }

    /// The conditions that these keys come to.
    pub(super) fn conditions(&self, raw: Raw) -> Result<Vec<Condition>, String> {
        let mut conditions = Vec::new();
        if let Some(numbers) = super::read::list("asn", raw.asn)? {
            let systems = self.systems.clone().ok_or("asn needs `asn_database`, such as \"GeoLite2-ASN.mmdb\"")?;
            conditions.push(Condition::Asn(systems, numbers));
        }
        if let Some(codes) = super::read::list("country", raw.country)? {
            let countries =
                self.countries.clone().ok_or("country needs `country_database`, such as \"GeoLite2-Country.mmdb\"")?;
            conditions.push(Condition::Country(countries, super::read::each("country", &codes, "DE", Country::new)?));
        }
        if let Some(times) = super::read::list("time", raw.time)? {
            conditions.push(Condition::Time(times));
        }
        if let Some(text) = raw.expression {
            let expression = Expression::new(&text, self).map_err(|problem| format!("expression: {problem}"))?;
            conditions.push(Condition::Expression(Box::new(expression)));
        }
        Ok(conditions)
    }
}

/// The fingerprint that a listed gateway states. It states one; a second is the client's, and nobody knows which.
pub(super) fn ja4<'a>(name: &HeaderName, facts: &Facts<'a>) -> impl Iterator<Item = &'a HeaderValue> + use<'a> {
    let is_believed = facts.from_gateway;
    facts.headers.get_all(name).iter().filter(move |_| is_believed)
}
