//! What an expression is told about a request. Only what it uses is made.

use std::borrow::Cow;
use std::collections::HashMap;

use cel::Context;
use cel::common::types::{CelInt, CelString};
use http::{HeaderMap, HeaderName, HeaderValue, header};

use super::check::Uses;
use super::fields::Fields;
use crate::databases::matcher_data::{self, MatcherData};
use crate::databases::mmdb::Country;
use crate::facts::Facts;
use crate::target::Target;

/// The result of an expression was neither true nor false.
#[derive(Debug)]
pub(super) struct EvaluationError;

/// One way to read a request: which path, and which of several values of a header or parameter.
pub(super) struct Reading<'a> {
    path: Cow<'a, str>,
    headers: Fields<'a>,
    query: Fields<'a>,
    user_agent: Cow<'a, str>,
}

/// Which of several values to read.
#[derive(Clone, Copy)]
enum Pick {
    /// The one at this place, or the last.
    At(usize),
    /// All of them joined: RFC 9110, section 5.3.
    Joined,
}

impl<'a> Reading<'a> {
    /// All ways to read a request that differ in what an expression uses.
    pub(super) fn all(
        facts: &Facts<'a>,
        uses: &Uses,
        data: &MatcherData,
    ) -> impl Iterator<Item = Result<Self, EvaluationError>> + use<'a> {
        Self::each(facts, uses, data).map_or_else(
            |failed| vec![Err(failed)].into_iter(),
            |readings| readings.into_iter().map(Ok).collect::<Vec<_>>().into_iter(),
        )
    }

    fn each(facts: &Facts<'a>, uses: &Uses, data: &MatcherData) -> Result<Vec<Self>, EvaluationError> {
        let is_used = |variable: &str| uses.variables.contains(variable);
        if is_used("ja4") && data.ja4_header.as_ref().is_some_and(|name| matcher_data::ja4(name, facts).count() > 1) {
            return Err(EvaluationError);
        }
        let target = Target::of(facts.target);
        // The query is the same, whichever way the path is read.
        let query = facts.target.split_once('?').map_or("", |(_, query)| query);
        let fields = is_used("headers") || is_used("userAgent");
        let headers = if fields { headers(facts.headers, uses)? } else { Vec::new() };
        let parameters = if is_used("query") { parameters(query, uses)? } else { Vec::new() };
        let most =
            headers.iter().map(|(_, values)| values.len()).chain(parameters.iter().map(|(_, values)| values.len()));
        let picks = match most.max().unwrap_or(1) {
            0 | 1 => vec![Pick::At(0)],
            several if several <= MOST_VALUES => (0..several).map(Pick::At).chain([Pick::Joined]).collect(),
            _ => return Err(EvaluationError),
        };
        let mut paths = vec![Cow::Borrowed(facts.target.split('?').next().unwrap_or_default())];
        if is_used("path") && !target.is_plain() {
            paths.extend(target.readings().skip(1).map(|path| Cow::Owned(path.to_owned())));
        }
        if is_used("path") && paths.iter().any(|path| path.len() > MOST_LEN) {
            return Err(EvaluationError);
        }
        let mut readings = Vec::with_capacity(paths.len() * picks.len());
        for path in paths {
            for pick in &picks {
                let agent = headers.iter().find(|(name, _)| name == "User-Agent");
                readings.push(Self {
                    path: path.clone(),
                    user_agent: agent.map_or(Cow::Borrowed(""), |(_, values)| pick.of(values)),
                    headers: Fields::new(headers.iter().map(|(name, values)| (name.clone(), pick.of(values))), true),
                    query: Fields::new(parameters.iter().map(|(name, values)| (name.clone(), pick.of(values))), false),
                });
            }
        }
        Ok(readings)
    }
}

impl Pick {
    fn of<'a>(self, values: &[Cow<'a, str>]) -> Cow<'a, str> {
        match (self, values) {
            (_, [only]) => only.clone(),
            (Self::At(place), _) => values.get(place).or(values.last()).cloned().unwrap_or_default(),
            (Self::Joined, _) => values.join(", ").into(),
        }
    }
}

/// Puts what an expression uses into its scope.
pub(super) fn put<'v>(
    context: &mut Context<'_, 'v>,
    facts: &Facts<'v>,
    reading: &Reading<'v>,
    uses: &Uses,
    data: &MatcherData,
    weight: i32,
) {
    for variable in &uses.variables {
        let text = |text: Cow<'v, str>| match text {
            Cow::Borrowed(text) => Box::new(CelString::from(text)),
            Cow::Owned(text) => Box::new(CelString::from(text)),
        };
        let value: Box<dyn cel::common::value::Val + 'v> = match *variable {
            "asn" => {
                let system = data.systems.as_ref().and_then(|systems| systems.system(facts.address));
                Box::new(CelInt::from(i64::from(system.unwrap_or(0))))
            }
            "bot" => text(facts.bot.unwrap_or_default().into()),
            "country" => {
                let country = data.countries.as_ref().and_then(|countries| countries.country(facts.address));
                text(country.as_ref().map_or("", Country::letters).to_owned().into())
            }
            "headers" => Box::new(reading.headers.clone()),
            "host" => text(facts.host.into()),
            "ja4" => {
                let stated = data.ja4_header.as_ref().and_then(|name| matcher_data::ja4(name, facts).next());
                text(stated.map_or("".into(), |value| String::from_utf8_lossy(value.as_bytes())))
            }
            "method" => text(facts.method.as_str().into()),
            "path" => text(reading.path.clone()),
            "query" => Box::new(reading.query.clone()),
            "remoteAddress" => text(facts.address.to_string().into()),
            "userAgent" => text(reading.user_agent.clone()),
            "weight" => Box::new(CelInt::from(i64::from(weight))),
            _ => continue,
        };
        context.add_variable_as_val(*variable, value);
    }
}

type Named<'a> = Vec<(Cow<'a, str>, Vec<Cow<'a, str>>)>;

/// The values of each header that it uses.
fn headers<'a>(headers: &'a HeaderMap, uses: &Uses) -> Result<Named<'a>, EvaluationError> {
    let is_named = |name: &HeaderName| {
        let agent = uses.variables.contains("userAgent") && *name == header::USER_AGENT;
        agent || uses.names.as_ref().is_none_or(|names| names.contains(name.as_str()))
    };
    let mut named = Vec::new();
    for name in headers.keys().filter(|name| is_named(name)) {
        let mut values: Vec<_> =
            headers.get_all(name).iter().map(HeaderValue::as_bytes).map(String::from_utf8_lossy).collect();
        // Browsers split it over HTTP/2, and mean one: RFC 9113, section 8.2.3.
        if *name == header::COOKIE {
            values = vec![values.join("; ").into()];
        }
        named.push((Cow::Owned(train_case(name)), values));
    }
    within_bounds(named)
}

/// The values of each parameter that it uses.
fn parameters<'a>(query: &'a str, uses: &Uses) -> Result<Named<'a>, EvaluationError> {
    let is_named = |name: &str| uses.names.as_ref().is_none_or(|names| names.contains(&name.to_ascii_lowercase()));
    let mut named: Named<'a> = Vec::new();
    let mut places = HashMap::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| is_named(name)) {
        let place = *places.entry(name.clone()).or_insert(named.len());
        match named.get_mut(place) {
            Some((_, values)) => values.push(value),
            None => named.push((name, vec![value])),
        }
    }
    within_bounds(named)
}

fn within_bounds(named: Named<'_>) -> Result<Named<'_>, EvaluationError> {
    let is_long = |values: &Vec<Cow<'_, str>>| values.iter().map(|value| value.len()).sum::<usize>() > MOST_LEN;
    if named.len() > MOST_MEMBERS || named.iter().any(|(_, values)| is_long(values)) {
        return Err(EvaluationError);
    }
    Ok(named)
}

/// `user-agent` as `User-Agent`.
fn train_case(name: &HeaderName) -> String {
    let mut begins = true;
    let letter = |letter: char| {
        let written = if begins { letter.to_ascii_uppercase() } else { letter };
        begins = letter == '-';
        written
    };
    name.as_str().chars().map(letter).collect()
}

/// Members that a list or map can have.
pub(super) const MOST_MEMBERS: usize = 128;
/// Bytes of a text.
const MOST_LEN: usize = 8 << 10;
/// Values of one header or parameter.
const MOST_VALUES: usize = 8;
