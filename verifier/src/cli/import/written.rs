//! A policy as text.

use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Conditions of a rule, by their key: values are alternatives, keys must all hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Conditions {
    lists: BTreeMap<&'static str, Vec<String>>,
    headers: BTreeMap<String, HeaderWants>,
    numbers: Vec<u32>,
    expression: Option<String>,
}

/// What is asked of a header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum HeaderWants {
    There,
    Absent,
    Has(String),
}

/// One condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Condition {
    /// A list by its key.
    List(&'static str, Vec<String>),
    Header(String, HeaderWants),
    /// Numbers of autonomous systems.
    Asn(Vec<u32>),
    Expression(String),
}

impl Conditions {
    /// Adds a condition that must hold too. `false` if one rule cannot express both.
    #[must_use]
    pub(super) fn add(&mut self, condition: Condition) -> bool {
        match condition {
            Condition::List(key, values) => self.lists.insert(key, values).is_none(),
            Condition::Asn(numbers) => std::mem::replace(&mut self.numbers, numbers).is_empty(),
            Condition::Expression(text) => self.expression.replace(text).is_none(),
            Condition::Header(name, wants) => {
                let name = name.to_lowercase();
                // Something found in a header implies that the header is present.
                match (self.headers.get(&name), &wants) {
                    (None | Some(HeaderWants::There), _) => drop(self.headers.insert(name, wants)),
                    (Some(HeaderWants::Has(_)), HeaderWants::There) => {}
                    (Some(before), wants) if before == wants => {}
                    _ => return false,
                }
                true
            }
        }
    }

    /// Whether they can only be read beside a database.
    pub(super) fn need_a_database(&self) -> bool {
        !self.numbers.is_empty() || self.lists.contains_key("country")
    }

    fn write(&self, text: &mut String) {
        for (key, values) in &self.lists {
            list(text, key, values);
        }
        if !self.numbers.is_empty() {
            let _ = writeln!(text, "asn = {:?}", self.numbers);
        }
        if !self.headers.is_empty() {
            let test = |(name, wants): (&String, &HeaderWants)| {
                let wants = match wants {
                    HeaderWants::There => "true".to_owned(),
                    HeaderWants::Absent => "false".to_owned(),
                    HeaderWants::Has(pattern) => quoted(pattern),
                };
                format!("{} = {wants}", header_key(name))
            };
            let tests: Vec<_> = self.headers.iter().map(test).collect();
            let _ = writeln!(text, "header = {{ {} }}", tests.join(", "));
        }
        if let Some(expression) = &self.expression {
            let _ = writeln!(text, "expression = {}", quoted(expression));
        }
    }
}

/// A rule: its name, the lines of its action, its conditions.
pub(super) fn rule(name: &str, action: &str, conditions: &Conditions) -> String {
    let mut text = format!("[[rule]]\nname = {}\n{action}\n", quoted(name));
    conditions.write(&mut text);
    text
}

/// A list, on one line if it fits.
pub(super) fn list(text: &mut String, key: &str, values: &[String]) {
    let values: Vec<_> = values.iter().map(|value| quoted(value)).collect();
    let line = format!("{key} = [{}]", values.join(", "));
    if line.len() <= LINE || values.len() == 1 {
        text.push_str(&line);
        text.push('\n');
        return;
    }
    let _ = write!(text, "{key} = [");
    let mut length = LINE;
    for value in &values {
        if length + value.len() + 2 > LINE {
            text.push_str("\n    ");
            length = 4;
        } else {
            text.push(' ');
            length += 1;
        }
        let _ = write!(text, "{value},");
        length += value.len() + 1;
    }
    text.push_str("\n]\n");
}

/// A comment of as many lines as it needs.
pub(super) fn comment(words: &str) -> String {
    let mut text = String::new();
    for paragraph in words.lines() {
        let mut line = String::from("#");
        for word in paragraph.split_whitespace() {
            if line.len() + word.len() + 1 > LINE && line.len() > 1 {
                text.push_str(&line);
                text.push_str("\n#");
                line.clear();
            }
            line.push(' ');
            line.push_str(word);
        }
        text.push_str(&line);
        text.push('\n');
    }
    text
}

/// A text as TOML writes it: unchanged, if it has something that would have to be escaped and can be.
pub(super) fn quoted(text: &str) -> String {
    let literal = text.contains(['\\', '"']) && !text.contains('\'') && !text.chars().any(char::is_control);
    if literal { format!("'{text}'") } else { toml::Value::String(text.to_owned()).to_string() }
}

fn header_key(name: &str) -> String {
    let bare = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    if bare { name.to_owned() } else { quoted(name) }
}

/// A name that rules can have and that no other has yet.
pub(super) fn name(wanted: &str, taken: &mut std::collections::HashSet<String>) -> String {
    let lower = wanted.to_lowercase();
    let words = lower.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let mut name: String = words.collect::<Vec<_>>().join("-").chars().take(MOST_NAME).collect();
    if name.is_empty() {
        name.push_str("rule");
    }
    let mut free = name.clone();
    let mut number = 2;
    while !taken.insert(free.clone()) {
        free = format!("{name}-{number}");
        number += 1;
    }
    free
}

const LINE: usize = 120;
/// With room for a number behind it.
const MOST_NAME: usize = 56;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_written_so_that_toml_reads_the_same() {
        for text in ["plain", r"\.a", "it's", "a\"b", "a\\b'c", "two\nlines", "\u{e4}"] {
            let read: toml::Table = toml::from_str(&format!("a = {}", quoted(text))).unwrap();
            assert_eq!(read["a"].as_str(), Some(text));
        }
        let long: Vec<String> = (0..100).map(|number| format!("10.0.{number}.0/24")).collect();
        let mut text = String::new();
        list(&mut text, "network", &long);
        assert!(text.lines().all(|line| line.len() <= LINE));
        let read: toml::Table = toml::from_str(&text).unwrap();
        assert_eq!(read["network"].as_array().unwrap().len(), 100);
    }

    #[test]
    fn names_become_those_of_rules_and_stay_apart() {
        let mut taken = std::collections::HashSet::new();
        let names = ["Good Bots!", "good_bots", "", "x".repeat(80).as_str()].map(|wanted| name(wanted, &mut taken));
        assert_eq!(names[..3], ["good-bots", "good-bots-2", "rule"]);
        assert!(names[3].len() <= 64);
    }

    #[test]
    fn one_rule_says_what_it_can_and_no_more() {
        let mut conditions = Conditions::default();
        let header = |wants| Condition::Header("Accept".to_owned(), wants);
        assert!(conditions.add(header(HeaderWants::There)));
        assert!(conditions.add(header(HeaderWants::Has("a".to_owned()))));
        assert!(!conditions.add(header(HeaderWants::Has("b".to_owned()))));
        assert!(!conditions.add(header(HeaderWants::Absent)));
        assert!(conditions.add(Condition::List("path", vec!["/a".to_owned()])));
        assert!(!conditions.add(Condition::List("path", vec!["/b".to_owned()])));
    }
}
