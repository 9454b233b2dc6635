//! How single values in a policy are parsed.

use regex::bytes::{Regex, RegexBuilder};

/// Whether it is a name for a rule or a bot.
pub(crate) fn is_kebab(name: &str) -> bool {
    let kebab = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=64).contains(&name.len()) && name.bytes().all(kebab)
}

/// A list that is written must have an entry: an empty one would hold for nothing, which is hardly intended.
pub(crate) fn list<T>(key: &str, values: Option<Vec<T>>) -> Result<Option<Vec<T>>, String> {
    match values {
        Some(values) if values.is_empty() => Err(format!("`{key}` is empty; leave it out for all")),
        values => Ok(values),
    }
}

/// Parses each of several texts.
pub(crate) fn each<T>(
    key: &str,
    texts: &[String],
    example: &str,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<Vec<T>, String> {
    let one = |text: &String| {
        parse(text).ok_or_else(|| format!("{key}: {text:?} is not valid; write one such as \"{example}\""))
    };
    texts.iter().map(one).collect()
}

/// Several regular expressions.
pub(crate) fn patterns(key: &str, texts: &[String], any_case: bool) -> Result<Vec<Regex>, String> {
    texts.iter().map(|text| regex(key, text, any_case)).collect()
}

/// A regular expression, in the syntax of Rust's `regex`, whose time is linear in what it searches.
pub(crate) fn regex(key: &str, text: &str, any_case: bool) -> Result<Regex, String> {
    let built = RegexBuilder::new(text).case_insensitive(any_case).size_limit(MOST_REGEX_BYTES).build();
    built.map_err(|error| format!("{key}: {text:?} is not a regular expression: {error}"))
}

/// Of one regular expression, compiled.
pub(crate) const MOST_REGEX_BYTES: usize = 1 << 20;
