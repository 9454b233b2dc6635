//! Rules by what one of their conditions names: methods, hosts, paths, and anything else that is looked up as a whole.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;

use super::bits::Bits;
use crate::condition::HostPattern;
use crate::target::PathPattern;

/// Rules by what they name.
#[derive(Debug)]
pub(super) struct Keyed<K>(HashMap<K, Vec<u32>>);

impl<K: Eq + Hash> Keyed<K> {
    pub(super) fn new() -> Self {
        Self(HashMap::new())
    }

    pub(super) fn insert(&mut self, key: K, rule: u32) {
        self.0.entry(key).or_default().push(rule);
    }

    pub(super) fn find<Q: Eq + Hash + ?Sized>(&self, key: &Q, hits: &mut Bits)
    where
        K: Borrow<Q>,
    {
        if let Some(rules) = self.0.get(key) {
            hits.extend(rules);
        }
    }
}

/// Rules by texts of bytes, none longer than the longest.
#[derive(Debug)]
struct Texts {
    rules: Keyed<Vec<u8>>,
    /// Whether there is one of each length. Other lengths are not looked up.
    lengths: Vec<bool>,
}

impl Texts {
    fn new() -> Self {
        Self { rules: Keyed::new(), lengths: Vec::new() }
    }

    fn insert(&mut self, text: &str, rule: u32) {
        if self.lengths.len() <= text.len() {
            self.lengths.resize(text.len() + 1, false);
        }
        self.lengths[text.len()] = true;
        self.rules.insert(text.as_bytes().to_vec(), rule);
    }

    fn find(&self, text: &[u8], hits: &mut Bits) {
        if self.lengths.get(text.len()).is_some_and(|there_is| *there_is) {
            self.rules.find(text, hits);
        }
    }

    /// The beginnings of a path, up to one of its slashes or its end.
    fn find_above(&self, path: &[u8], hits: &mut Bits) {
        for end in (0..self.lengths.len()).take_while(|end| *end <= path.len()) {
            if self.lengths[end] && (end == path.len() || path[end] == b'/') {
                self.rules.find(&path[..end], hits);
            }
        }
    }

    /// What a text ends with.
    fn find_ends(&self, text: &[u8], hits: &mut Bits) {
        for length in (0..self.lengths.len()).take_while(|length| *length <= text.len()) {
            if self.lengths[length] {
                self.rules.find(&text[text.len() - length..], hits);
            }
        }
    }
}

/// Rules by their `path`.
#[derive(Debug)]
pub(super) struct Paths {
    whole: Texts,
    below: Texts,
    ends: Texts,
}

impl Paths {
    pub(super) fn new() -> Self {
        Self { whole: Texts::new(), below: Texts::new(), ends: Texts::new() }
    }

    pub(super) fn insert(&mut self, pattern: &PathPattern, rule: u32) {
        match pattern {
            PathPattern::Is(whole) => self.whole.insert(whole, rule),
            PathPattern::Below(above) => self.below.insert(above, rule),
            PathPattern::Ends(end) => self.ends.insert(end, rule),
        }
    }

    /// Those that match a path.
    pub(super) fn find(&self, path: &str, hits: &mut Bits) {
        let lower;
        let path = if path.bytes().any(|byte| byte.is_ascii_uppercase()) {
            lower = path.to_ascii_lowercase();
            lower.as_bytes()
        } else {
            path.as_bytes()
        };
        self.whole.find(path, hits);
        self.below.find_above(path, hits);
        self.ends.find_ends(path, hits);
    }
}

/// Rules by their `host`.
#[derive(Debug)]
pub(super) struct Hosts {
    whole: Texts,
    below: Texts,
}

impl Hosts {
    pub(super) fn new() -> Self {
        Self { whole: Texts::new(), below: Texts::new() }
    }

    pub(super) fn insert(&mut self, pattern: &HostPattern, rule: u32) {
        let (name, below) = pattern.parts();
        if below { self.below.insert(name, rule) } else { self.whole.insert(name, rule) }
    }

    /// Those that match a host.
    pub(super) fn find(&self, host: &str, hits: &mut Bits) {
        let host = host.as_bytes();
        self.whole.find(host, hits);
        // Something stands before the dot.
        for dot in (1..host.len()).filter(|place| host[*place] == b'.') {
            self.below.find(&host[dot + 1..], hits);
        }
    }
}
