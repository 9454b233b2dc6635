//! The address of a site, as the command line has it.

use std::fmt;
use std::str::FromStr;

use http::Uri;
use http::uri::{Authority, Scheme};

/// The scheme, host and port of a site, such as `https://login.example`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Site {
    pub(super) scheme: Scheme,
    pub(super) authority: Authority,
}

impl FromStr for Site {
    type Err = String;

    /// Any address of the site will do; its path is left out.
    fn from_str(text: &str) -> Result<Self, String> {
        let form = || "expected an address such as https://login.example".to_owned();
        let parts = text.parse::<Uri>().map_err(|_| form())?.into_parts();
        let (scheme, authority) = parts.scheme.zip(parts.authority).ok_or_else(form)?;
        if authority.as_str().contains('@') || authority.host().is_empty() {
            return Err(form());
        }
        Ok(Self { scheme, authority })
    }
}

impl fmt::Display for Site {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}://{}", self.scheme, self.authority)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_is_known_by_any_of_its_addresses() {
        let site: Site = "http://login.example:8080/a?b#c".parse().expect("an address");
        assert_eq!(site.to_string(), "http://login.example:8080");
        for wrong in ["https://", "https:///x", "https://user:password@login.example", "https://a b", "https://:80"] {
            assert!(wrong.parse::<Site>().is_err(), "{wrong}");
        }
    }
}
