//! The conditions of a rule of Anubis, as ours.

use regex::bytes::Regex;

use super::super::written::{Condition, Conditions, HeaderWants};
use super::cel::{Expression, names};
use super::go_regex::to_rust;
use super::source::Entry;

/// A good bot that an expression has verified by reverse DNS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct VerifiedBot {
    pub(super) user_agents: Vec<String>,
    pub(super) domains: Vec<String>,
}

/// What a rule becomes.
#[derive(Debug, Default)]
pub(super) struct Converted {
    /// The conditions of one rule, or of several that do the same.
    pub(super) rules: Vec<Conditions>,
    pub(super) bot: Option<VerifiedBot>,
}

/// The databases that a policy is written for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Databases {
    pub(super) asn: bool,
    pub(super) country: bool,
}

/// Converts the conditions of a rule.
///
/// # Errors
///
/// Why they cannot be carried over. A rule without one of its conditions would match other requests, so it is all or
/// none.
pub(super) fn convert(entry: &Entry, databases: Databases) -> Result<Converted, String> {
    let mut conditions = Conditions::default();
    for condition in plain(entry, databases)? {
        if !conditions.add(condition) {
            return Err("one rule cannot express all of its conditions".to_owned());
        }
    }
    let Some(expression) = entry.expression.as_ref().map(super::source::Expression::text) else {
        return Ok(Converted { rules: vec![conditions], bot: None });
    };
    if let Some(parsed) = Expression::parse(&expression) {
        if let Some(bot) = verified_bot(&parsed) {
            return Ok(Converted { rules: vec![conditions], bot: Some(bot) });
        }
        if let Some(rules) = typed(&parsed, &conditions, entry.action != "WEIGH") {
            return Ok(Converted { rules, bot: None });
        }
    }
    known(&expression)?;
    // The list has just been made, and has no expression.
    let _ = conditions.add(Condition::Expression(expression));
    Ok(Converted { rules: vec![conditions], bot: None })
}

/// Everything but the expression.
fn plain(entry: &Entry, databases: Databases) -> Result<Vec<Condition>, String> {
    let mut conditions = Vec::new();
    if let Some(pattern) = &entry.user_agent_regex {
        conditions.push(Condition::List("user_agent", vec![to_rust(pattern.trim())?]));
    }
    if let Some(pattern) = &entry.path_regex {
        conditions.push(Condition::List("path_regex", vec![to_rust(pattern.trim())?]));
    }
    for (name, pattern) in &entry.headers_regex {
        conditions.push(header_regex(name.trim(), pattern.trim())?);
    }
    if !entry.remote_addresses.is_empty() {
        conditions.push(Condition::List("network", entry.remote_addresses.clone()));
    }
    if let Some(countries) = &entry.geoip {
        if !databases.country {
            return Err("it asks for the country; name a database of countries with --country-database".to_owned());
        }
        conditions.push(Condition::List("country", countries.countries.iter().map(|two| two.to_uppercase()).collect()));
    }
    if let Some(systems) = &entry.asns {
        if !databases.asn {
            return Err("it asks for the autonomous system; name a database of them with --asn-database".to_owned());
        }
        conditions.push(Condition::Asn(systems.numbers.clone()));
    }
    if conditions.is_empty() && entry.expression.is_none() {
        return Err("it has no condition".to_owned());
    }
    Ok(conditions)
}

/// A header's regular expression, which Anubis looks for in an empty text if there is no such header.
fn header_regex(name: &str, pattern: &str) -> Result<Condition, String> {
    if name.to_lowercase().starts_with("x-http-fingerprint-") {
        return Err(format!("{name} is a fingerprint that Anubis itself computes of requests"));
    }
    let rust = to_rust(pattern)?;
    if pattern == ".*" {
        return Ok(Condition::Header(name.to_owned(), HeaderWants::Has(".".to_owned())));
    }
    if Regex::new(&rust).is_ok_and(|regex| regex.is_match(b"")) {
        return Err(format!("{pattern:?} also matches a header {name} that is missing"));
    }
    Ok(Condition::Header(name.to_owned(), HeaderWants::Has(rust)))
}

/// An expression as conditions beside the existing ones: of one rule, or of several if that has the same effect.
fn typed(expression: &Expression, beside: &Conditions, may_split: bool) -> Option<Vec<Conditions>> {
    if let Some(conditions) = together(expression, beside) {
        return Some(vec![conditions]);
    }
    match expression {
        Expression::Or(parts) if may_split => parts.iter().map(|part| together(part, beside)).collect(),
        _ => None,
    }
}

/// An expression whose parts must all hold.
fn together(expression: &Expression, beside: &Conditions) -> Option<Conditions> {
    let mut conditions = beside.clone();
    let parts = match expression {
        Expression::And(parts) => parts.as_slice(),
        one => std::slice::from_ref(one),
    };
    parts.iter().try_for_each(|part| conditions.add(either(part)?).then_some(()))?;
    Some(conditions)
}

/// One condition, of alternatives for the same thing.
fn either(expression: &Expression) -> Option<Condition> {
    let Expression::Or(parts) = expression else { return atom(expression) };
    let mut parts = parts.iter().map(atom);
    let first = parts.next()??;
    parts.try_fold(first, |before, next| match (before, next?) {
        (Condition::List(key, mut values), Condition::List(other, more)) if key == other => {
            values.extend(more);
            Some(Condition::List(key, values))
        }
        (Condition::Header(name, HeaderWants::Has(one)), Condition::Header(other, HeaderWants::Has(two)))
            if name.eq_ignore_ascii_case(&other) =>
        {
            Some(Condition::Header(name, HeaderWants::Has(format!("{one}|{two}"))))
        }
        _ => None,
    })
}

/// A single test.
fn atom(expression: &Expression) -> Option<Condition> {
    match expression {
        Expression::Not(inner) => match atom(inner)? {
            Condition::Header(name, HeaderWants::There) => Some(Condition::Header(name, HeaderWants::Absent)),
            Condition::Header(name, HeaderWants::Absent) => Some(Condition::Header(name, HeaderWants::There)),
            _ => None,
        },
        Expression::Compare("in", what, of) => match (&**what, &**of) {
            (Expression::Text(name), Expression::Name(map)) if map == "headers" => {
                Some(Condition::Header(name.clone(), HeaderWants::There))
            }
            _ => None,
        },
        Expression::Call(None, function, arguments) if function == "missingHeader" => match arguments.as_slice() {
            [Expression::Name(map), Expression::Text(name)] if map == "headers" => {
                Some(Condition::Header(name.clone(), HeaderWants::Absent))
            }
            _ => None,
        },
        Expression::Compare("==", left, right) => match (&**left, &**right) {
            (of, Expression::Text(text)) | (Expression::Text(text), of) => equals(of, text),
            _ => None,
        },
        Expression::Call(Some(of), method, arguments) => {
            let [Expression::Text(text)] = arguments.as_slice() else { return None };
            let literal = regex::escape(text);
            let pattern = match method.as_str() {
                "contains" => literal,
                "startsWith" => format!("^{literal}"),
                "endsWith" => format!("{literal}$"),
                "matches" => to_rust(text).ok()?,
                _ => return None,
            };
            found(of, pattern)
        }
        _ => None,
    }
}

/// That something is a text.
fn equals(of: &Expression, text: &str) -> Option<Condition> {
    let one = |key| Some(Condition::List(key, vec![text.to_owned()]));
    match of {
        Expression::Name(name) if name == "method" && text.bytes().all(|byte| byte.is_ascii_uppercase()) => {
            one("method")
        }
        Expression::Name(name)
            if name == "host" && portcullis_clearance::client::host_name(text).as_deref() == Some(text) =>
        {
            one("host")
        }
        Expression::Name(name) if name == "remoteAddress" && text.parse::<std::net::IpAddr>().is_ok() => one("network"),
        of => found(of, format!("^{}$", regex::escape(text))),
    }
}

/// That a pattern is found in something.
fn found(of: &Expression, pattern: String) -> Option<Condition> {
    match of {
        Expression::Name(name) if name == "userAgent" => Some(Condition::List("user_agent", vec![pattern])),
        Expression::Name(name) if name == "path" => Some(Condition::List("path_regex", vec![pattern])),
        Expression::Index(map, key) => match (&**map, &**key) {
            (Expression::Name(map), Expression::Text(name)) if map == "headers" => {
                Some(Condition::Header(name.clone(), HeaderWants::Has(pattern)))
            }
            _ => None,
        },
        _ => None,
    }
}

/// A user agent, whose address has to have a name in one of some domains, confirmed by DNS.
fn verified_bot(expression: &Expression) -> Option<VerifiedBot> {
    let Expression::And(parts) = expression else { return None };
    let [one, two] = parts.as_slice() else { return None };
    let domains = |part: &Expression| match part {
        Expression::Call(None, function, arguments) if function == "verifyFCrDNS" => match arguments.as_slice() {
            [Expression::Name(address), Expression::Text(pattern)] if address == "remoteAddress" => domains(pattern),
            _ => None,
        },
        _ => None,
    };
    let agents = |part| match either(part)? {
        Condition::List("user_agent", patterns) => Some(patterns),
        _ => None,
    };
    let (agent, domains) = match (domains(one), domains(two)) {
        (Some(domains), None) => (two, domains),
        (None, Some(domains)) => (one, domains),
        _ => return None,
    };
    Some(VerifiedBot { user_agents: agents(agent)?, domains })
}

/// The domains of the names that match a pattern such as `^.*\.example\.(com|net)$`.
fn domains(pattern: &str) -> Option<Vec<String>> {
    let mut rest = pattern.strip_prefix('^').unwrap_or(pattern).strip_suffix('$')?;
    rest = rest.strip_prefix(".*").or(rest.strip_prefix(".+")).unwrap_or(rest).strip_prefix("\\.")?;
    let mut domains = vec![String::new()];
    while let Some(letter) = rest.chars().next() {
        let (alternatives, after) = if let Some(group) = rest.strip_prefix('(') {
            let (inside, after) = group.strip_prefix("?:").unwrap_or(group).split_once(')')?;
            (inside.split('|').map(|one| one.replace("\\.", ".")).collect(), after)
        } else if let Some(after) = rest.strip_prefix("\\.") {
            (vec![".".to_owned()], after)
        } else {
            (vec![letter.to_string()], &rest[letter.len_utf8()..])
        };
        domains =
            domains.iter().flat_map(|domain| alternatives.iter().map(move |more| format!("{domain}{more}"))).collect();
        rest = after;
        if domains.len() > MOST_DOMAINS {
            return None;
        }
    }
    let is_name = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || matches!(letter, '.' | '-');
    domains.iter().all(|domain| domain.contains('.') && domain.chars().all(is_name)).then_some(domains)
}

/// Whether our expressions know all the names in one.
fn known(expression: &str) -> Result<(), String> {
    let names = names(expression).ok_or_else(|| format!("{expression} cannot be read here"))?;
    match names.iter().find(|name| UNKNOWN.contains(&name.as_str())) {
        Some(name) => Err(format!("its expression names {name}, which does not exist here")),
        None => Ok(()),
    }
}

const MOST_DOMAINS: usize = 64;
/// What expressions of Anubis may name and ours may not.
const UNKNOWN: [&str; 11] = [
    "contentLength",
    "load_1m",
    "load_5m",
    "load_15m",
    "reverseDNS",
    "lookupHost",
    "verifyFCrDNS",
    "arpaReverseIP",
    "regexSafe",
    "randInt",
    "format",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(action: &str, expression: &str) -> Entry {
        Entry {
            action: action.to_owned(),
            expression: Some(super::super::source::Expression::One(expression.to_owned())),
            ..Entry::default()
        }
    }

    const NONE: Databases = Databases { asn: false, country: false };

    fn written(action: &str, expression: &str) -> Vec<String> {
        let converted = convert(&entry(action, expression), NONE).unwrap();
        converted.rules.iter().map(|conditions| super::super::super::written::rule("a", "", conditions)).collect()
    }

    #[test]
    fn simple_expressions_become_typed_matchers() {
        for (expression, line) in [
            (r#"userAgent.contains("a.b") || userAgent.startsWith("c")"#, r#"user_agent = ['a\.b', "^c"]"#),
            (r#"!("Accept" in headers)"#, "header = { accept = false }"),
            (r#"missingHeader(headers, "Accept")"#, "header = { accept = false }"),
            (r#""A" in headers && headers["A"].contains("x")"#, "header = { a = \"x\" }"),
            (r#"method == "GET" || "HEAD" == method"#, r#"method = ["GET", "HEAD"]"#),
            (r#"path.startsWith("/api/") && userAgent == """#, r#"path_regex = ["^/api/"]"#),
            (r#"remoteAddress == "10.0.0.1""#, r#"network = ["10.0.0.1"]"#),
        ] {
            let rules = written("WEIGH", expression);
            assert!(rules.len() == 1 && rules[0].contains(line) && !rules[0].contains("expression"), "{rules:?}");
        }
    }

    #[test]
    fn alternatives_of_several_things_are_several_rules_unless_they_weigh() {
        let either = r#""A" in headers || userAgent.contains("b")"#;
        assert_eq!(written("DENY", either).len(), 2);
        let weighed = written("WEIGH", either);
        assert!(weighed.len() == 1 && weighed[0].contains("expression = '"), "{weighed:?}");
    }

    #[test]
    fn confirmed_reverse_dns_becomes_a_bot_and_what_there_is_not_is_refused() {
        let expression = r#"userAgent.matches("\\+yandex") && verifyFCrDNS(remoteAddress, "^.*\\.yandex\\.(ru|com)$")"#;
        let bot = convert(&entry("ALLOW", expression), NONE).unwrap().bot.unwrap();
        assert_eq!(
            (bot.user_agents, bot.domains),
            (vec![r"\+yandex".to_owned()], vec!["yandex.ru".to_owned(), "yandex.com".to_owned()])
        );
        for expression in
            ["verifyFCrDNS(remoteAddress)", "load_1m > 5.0", r#"verifyFCrDNS(remoteAddress, "a.*") && path == "/""#]
        {
            assert!(convert(&entry("ALLOW", expression), NONE).is_err(), "{expression}");
        }
    }
}
