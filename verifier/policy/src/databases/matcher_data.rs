//! What matchers need besides the request: from databases, about addresses; from gateways, about clients.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use http::{HeaderName, HeaderValue};

use super::mmdb::{About, Database};
use crate::facts::Facts;

/// What matchers need besides the request.
#[derive(Clone, Debug, Default)]
pub(crate) struct MatcherData {
    /// Which autonomous system announces an address.
    pub(crate) systems: Option<Arc<Database>>,
    /// Which country it is in.
    pub(crate) countries: Option<Arc<Database>>,
    /// The header in which a listed gateway states a client's fingerprint.
    pub(crate) ja4_header: Option<HeaderName>,
}

impl MatcherData {
    /// Reads the databases that are named, which are looked for in `folder`.
    pub(crate) fn read(
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
}

/// The fingerprint that a listed gateway states. A gateway states one; if there is a second, one of them is the
/// client's, and nobody knows which.
pub(crate) fn ja4<'a>(name: &HeaderName, facts: &Facts<'a>) -> impl Iterator<Item = &'a HeaderValue> + use<'a> {
    let is_believed = facts.from_gateway;
    facts.headers.get_all(name).iter().filter(move |_| is_believed)
}
