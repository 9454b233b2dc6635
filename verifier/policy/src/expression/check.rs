//! Checks an expression when it is read: its variables and functions are known, its regular expressions are written
//! out, and it ends after a bounded number of steps.

use std::collections::{HashMap, HashSet};

use cel::IdedExpr;
use cel::common::ast::{CallExpr, EntryExpr, Expr, LiteralValue, operators};
use regex::Regex;

use crate::values::MOST_REGEX_BYTES;

/// What an expression uses.
#[derive(Debug, Default)]
pub(super) struct Uses {
    /// Variables.
    pub(super) variables: HashSet<&'static str>,
    /// Names of headers and query parameters, in lower case; `None` if it may look at all of them.
    pub(super) names: Option<HashSet<String>>,
    /// Regular expressions, by how they are written.
    pub(super) patterns: HashMap<String, Regex>,
}

/// Looks through a whole expression.
pub(super) fn uses(tree: &IdedExpr) -> Result<Uses, String> {
    let mut check = Check { uses: Uses { names: Some(HashSet::new()), ..Uses::default() }, bound: Vec::new() };
    check.look(tree, 0)?;
    Ok(check.uses)
}

struct Check<'e> {
    uses: Uses,
    /// Variables of the surrounding comprehension.
    bound: Vec<&'e str>,
}

impl<'e> Check<'e> {
    fn look(&mut self, tree: &'e IdedExpr, depth: usize) -> Result<(), String> {
        if depth > MOST_DEPTH {
            return Err("this is nested too deeply; write it as several rules".to_owned());
        }
        let depth = depth + 1;
        match &tree.expr {
            Expr::Ident(name) => {
                // By itself, not to look up a name in it: everything in it counts, as in size(query).
                if MAPS.contains(&name.as_str()) {
                    self.uses.names = None;
                }
                self.variable(name)
            }
            Expr::Literal(_) => Ok(()),
            Expr::Call(call) => self.call(call, depth),
            Expr::Select(select) => {
                self.name(&select.field);
                self.looked_up(&select.operand, depth)
            }
            Expr::List(list) => list.elements.iter().try_for_each(|element| self.look(element, depth)),
            Expr::Map(map) => map.entries.iter().try_for_each(|entry| match &entry.expr {
                EntryExpr::MapEntry(entry) => {
                    self.look(&entry.key, depth)?;
                    self.look(&entry.value, depth)
                }
                EntryExpr::StructField(_) => Err("message types are not supported".to_owned()),
            }),
            Expr::Comprehension(loop_over) => {
                // One inside another could take as many steps as a client likes.
                if !self.bound.is_empty() {
                    return Err(
                        "one of all, exists, exists_one, map and filter is within another; write two rules".to_owned()
                    );
                }
                self.uses.names = None;
                self.look(&loop_over.iter_range, depth)?;
                self.look(&loop_over.accu_init, depth)?;
                self.bound = vec![loop_over.iter_var.as_str(), loop_over.accu_var.as_str()];
                self.bound.extend(loop_over.iter_var2.as_deref());
                for step in [&loop_over.loop_cond, &loop_over.loop_step, &loop_over.result] {
                    self.look(step, depth)?;
                }
                self.bound.clear();
                Ok(())
            }
            Expr::Struct(_) | Expr::Unspecified => Err("message types are not supported".to_owned()),
        }
    }

    fn variable(&mut self, name: &str) -> Result<(), String> {
        if self.bound.contains(&name) || TYPES.contains(&name) {
            return Ok(());
        }
        let known = VARIABLES.into_iter().find(|known| *known == name);
        let known = known.ok_or_else(|| format!("there is no variable {name}; there are {}", VARIABLES.join(", ")))?;
        self.uses.variables.insert(known);
        Ok(())
    }

    fn call(&mut self, call: &'e CallExpr, depth: usize) -> Result<(), String> {
        let name = call.func_name.as_str();
        // Operators do not begin with a letter.
        if name.starts_with(|first: char| first.is_ascii_alphabetic()) && !FUNCTIONS.contains(&name) {
            return Err(format!("there is no function {name}; there are {}", FUNCTIONS.join(", ")));
        }
        let last = call.args.last();
        match name {
            "matches" => {
                let Some(pattern) = last.and_then(literal) else {
                    return Err(
                        "matches needs its regular expression written out, as in matches(\"^/api/\")".to_owned()
                    );
                };
                let built = regex::RegexBuilder::new(pattern).size_limit(MOST_REGEX_BYTES).build();
                let built = built.map_err(|error| format!("{pattern:?} is not a regular expression: {error}"))?;
                self.uses.patterns.insert(pattern.to_owned(), built);
                call.target.iter().try_for_each(|target| self.look(target, depth))?;
                return call.args.iter().try_for_each(|arg| self.look(arg, depth));
            }
            "missingHeader" | operators::INDEX | operators::OPT_INDEX | operators::OPT_SELECT => {
                self.named(last);
            }
            operators::IN => self.named(call.args.first()),
            _ => {
                call.target.iter().try_for_each(|target| self.look(target, depth))?;
                return call.args.iter().try_for_each(|arg| self.look(arg, depth));
            }
        }
        call.target.iter().try_for_each(|target| self.looked_up(target, depth))?;
        call.args.iter().try_for_each(|arg| self.looked_up(arg, depth))
    }

    /// The map in which a name is looked up, and the name.
    fn looked_up(&mut self, tree: &'e IdedExpr, depth: usize) -> Result<(), String> {
        match &tree.expr {
            Expr::Ident(name) => self.variable(name),
            _ => self.look(tree, depth),
        }
    }

    /// The name looked up may be that of a header or parameter.
    fn named(&mut self, key: Option<&IdedExpr>) {
        match key.map(|key| (&key.expr, literal(key))) {
            Some((_, Some(name))) => self.name(name),
            // A number: the place in a list.
            Some((Expr::Literal(_), None)) => {}
            _ => self.uses.names = None,
        }
    }

    fn name(&mut self, name: &str) {
        if let Some(names) = &mut self.uses.names {
            names.insert(name.to_ascii_lowercase());
        }
    }
}

fn literal(tree: &IdedExpr) -> Option<&str> {
    match &tree.expr {
        Expr::Literal(LiteralValue::String(text)) => Some(text.inner()),
        _ => None,
    }
}

/// Names that an expression may use: Anubis's, and four of our own.
const VARIABLES: [&str; 12] = [
    "asn",
    "bot",
    "country",
    "headers",
    "host",
    "ja4",
    "method",
    "path",
    "query",
    "remoteAddress",
    "userAgent",
    "weight",
];
/// Those of CEL's standard library that are useful for requests, and two of our own.
const FUNCTIONS: [&str; 13] = [
    "bool",
    "contains",
    "double",
    "endsWith",
    "int",
    "matches",
    "missingHeader",
    "segments",
    "size",
    "startsWith",
    "string",
    "type",
    "uint",
];
/// Variables that are maps.
const MAPS: [&str; 2] = ["headers", "query"];
/// The values of `type`.
const TYPES: [&str; 7] = ["bool", "double", "int", "list", "map", "string", "uint"];
/// Deeper than anybody can read, and shallow enough for any thread.
const MOST_DEPTH: usize = 64;
