//! `[[budget]]`: classes of requests, and how many of each a token admits.

use std::time::Duration;

use http::Method;
use serde::Deserialize;

use super::values;
use crate::target::{PathPattern, Target};

/// How many requests a token admits at once, and how often one more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// At once, from a token that has not been used.
    pub requests: u32,
    /// The time after which it admits one more.
    pub refill: Duration,
}

/// One class of requests.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "RawBudgetClass")]
pub struct BudgetClass {
    /// Its name, for people: kebab-case.
    pub name: String,
    /// The methods in it; empty for all.
    pub methods: Vec<Method>,
    /// The paths in it.
    pub paths: Vec<PathPattern>,
    /// What a token admits of it.
    pub allowance: Allowance,
}

impl BudgetClass {
    /// The class of all requests.
    pub fn everything(allowance: Allowance) -> Self {
        Self { name: "everything".to_owned(), methods: Vec::new(), paths: vec![PathPattern::everything()], allowance }
    }

    /// Whether a request belongs to this class.
    pub fn claims(&self, method: &Method, target: &Target<'_>) -> bool {
        let path = |pattern: &PathPattern| target.is(pattern);
        (self.methods.is_empty() || self.methods.contains(method)) && self.paths.iter().any(path)
    }
}

/// The classes where none are configured: pages with what is on them, as fast as anybody reads.
pub(super) fn default_classes() -> Vec<BudgetClass> {
    vec![BudgetClass::everything(Allowance { requests: 600, refill: Duration::from_secs(1) })]
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawBudgetClass {
    name: String,
    #[serde(default)]
    methods: Vec<String>,
    paths: Vec<String>,
    requests: u32,
    #[serde(deserialize_with = "values::refill")]
    refill: Duration,
}

impl TryFrom<RawBudgetClass> for BudgetClass {
    type Error = String;

    fn try_from(raw: RawBudgetClass) -> Result<Self, String> {
        let kebab = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if raw.name.is_empty() || raw.name.len() > 64 || !raw.name.bytes().all(kebab) {
            return Err(format!("name = {:?} is no name; write one such as \"login-posts\"", raw.name));
        }
        if !(1..=MAX_REQUESTS).contains(&raw.requests) {
            return Err(format!("requests = {} is out of range; write 1 to {MAX_REQUESTS}", raw.requests));
        }
        let method = |name: &String| {
            let known =
                Method::from_bytes(name.as_bytes()).ok().filter(|_| name.bytes().all(|b| b.is_ascii_uppercase()));
            known.ok_or_else(|| format!("methods: {name:?} is no method; write one such as \"POST\""))
        };
        let path = |text: &String| {
            let problem = || format!("paths: {text:?} is no path; write one such as \"/login\" or \"/account/*\"");
            PathPattern::parse(text).ok_or_else(problem)
        };
        if raw.paths.is_empty() {
            return Err("paths is empty; write [\"/*\"] for all".to_owned());
        }
        Ok(Self {
            methods: raw.methods.iter().map(method).collect::<Result<_, _>>()?,
            paths: raw.paths.iter().map(path).collect::<Result<_, _>>()?,
            allowance: Allowance { requests: raw.requests, refill: raw.refill },
            name: raw.name,
        })
    }
}

const MAX_REQUESTS: u32 = 1_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_is_a_login_however_it_is_spelt() {
        let text = "name = \"login\"\nmethods = [\"POST\"]\npaths = [\"/login\", \"/account/*\"]\nrequests = 5\nrefill = \"2m\"";
        let class: BudgetClass = toml::from_str(text).unwrap();
        for target in [
            "/login",
            "/login?next=/",
            "//login",
            "/./login",
            "/x/../login",
            "/%6Cogin",
            "/%256cogin",
            "/LOGIN",
            "/login;x=1",
            "/login/",
            "/account",
            "/account/close",
            "/static/..%2faccount/close",
            "\\login",
        ] {
            assert!(class.claims(&Method::POST, &Target::of(target)), "{target}");
        }
        for target in ["/", "/loginx", "/other/login", "/accounts"] {
            assert!(!class.claims(&Method::POST, &Target::of(target)), "{target}");
        }
        assert!(!class.claims(&Method::GET, &Target::of("/login")));
    }
}
