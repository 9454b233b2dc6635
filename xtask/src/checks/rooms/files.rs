//! Which file of a crate imports which, and what of that goes round in a circle or points up.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::imports::{Import, imports};

/// A module's place in its crate: `["pressure", "mode"]`; empty for the root.
type Place = Vec<String>;

/// The files of one crate. Each is a module, and an arrow leads to the module that an imported item is written in: where
/// a module passes an item on, the arrow leads through it.
pub(super) struct Graph {
    modules: BTreeMap<Place, Vec<Import>>,
    arrows: BTreeMap<Place, BTreeSet<Place>>,
}

impl Graph {
    /// Reads the sources below a folder.
    ///
    /// # Errors
    ///
    /// When they cannot be read.
    pub(super) fn read(source: &Path) -> Result<Self> {
        let mut modules = BTreeMap::new();
        read_below(source, &mut Vec::new(), &mut modules)?;
        Ok(Self::of(modules))
    }

    fn of(modules: BTreeMap<Place, Vec<Import>>) -> Self {
        let mut graph = Self { modules, arrows: BTreeMap::new() };
        for (place, all) in &graph.modules {
            // What a module passes on, it does not use.
            let used = all.iter().filter(|import| !import.is_passed_on);
            let led_to = used.filter_map(|import| graph.resolve(place, &import.path, 8)).filter(|other| other != place);
            graph.arrows.insert(place.clone(), led_to.collect());
        }
        graph
    }

    /// How many files there are.
    pub(super) fn files(&self) -> usize {
        self.modules.len()
    }

    /// How many imports lead from one file to another.
    pub(super) fn arrows(&self) -> usize {
        self.arrows.values().map(BTreeSet::len).sum()
    }

    /// The file that a path leads to from a module.
    fn resolve(&self, from: &Place, path: &[String], steps: usize) -> Option<Place> {
        let mut at: Place = match path.first()?.as_str() {
            "crate" => Vec::new(),
            "self" => from.clone(),
            "super" => from[..from.len().checked_sub(1)?].to_vec(),
            own if self.modules.contains_key(&[from.clone(), vec![own.to_owned()]].concat()) => {
                [from.clone(), vec![own.to_owned()]].concat()
            }
            _ => return None,
        };
        for (index, name) in path.iter().enumerate().skip(1) {
            let inner = [at.clone(), vec![name.clone()]].concat();
            if name == "super" {
                at.pop();
            } else if self.modules.contains_key(&inner) {
                at = inner;
            } else {
                let passed_on = self
                    .modules
                    .get(&at)?
                    .iter()
                    .find(|import| import.is_passed_on && import.path.last() == Some(name) && steps > 0);
                let further = passed_on.and_then(|import| {
                    let rest = &path[index + 1..];
                    self.resolve(&at, &[&import.path[..], rest].concat(), steps - 1)
                });
                return Some(further.unwrap_or(at));
            }
        }
        Some(at)
    }

    /// The circles, each as the files in it.
    pub(super) fn cycles(&self) -> Vec<String> {
        let reach: BTreeMap<_, _> = self.modules.keys().map(|place| (place, self.reached_from(place))).collect();
        let mut named = BTreeSet::new();
        for (place, reached) in &reach {
            let circle: Vec<_> = reached.iter().filter(|other| reach[other].contains(*place)).collect();
            if reached.contains(*place) {
                named.insert(circle.iter().map(|place| shown(place)).collect::<Vec<_>>().join(", "));
            }
        }
        named.into_iter().collect()
    }

    fn reached_from(&self, place: &Place) -> BTreeSet<Place> {
        let mut reached = BTreeSet::new();
        let mut next: Vec<_> = self.arrows[place].iter().cloned().collect();
        while let Some(place) = next.pop() {
            if reached.insert(place.clone()) {
                next.extend(self.arrows.get(&place).into_iter().flatten().cloned());
            }
        }
        reached
    }

    /// The arrows that lead up in an order of the crate's modules, from the highest to the lowest, or to or from a module that
    /// is not in it. The root, which declares them all, may use any.
    pub(super) fn against(&self, order: &[&str]) -> Vec<String> {
        let floor = |place: &Place| order.iter().position(|name| place.first().is_some_and(|first| first == name));
        let mut wrong = Vec::new();
        for (from, to) in self.arrows.iter().filter(|(from, _)| !from.is_empty()) {
            for to in to {
                let is_down = floor(from).zip(floor(to)).is_some_and(|(from, to)| from <= to);
                if !is_down {
                    wrong.push(format!("{} uses {}", shown(from), shown(to)));
                }
            }
        }
        wrong
    }
}

fn shown(place: &Place) -> String {
    if place.is_empty() { "the root".to_owned() } else { place.join("/") }
}

fn read_below(folder: &Path, place: &mut Place, modules: &mut BTreeMap<Place, Vec<Import>>) -> Result<()> {
    let entries = fs::read_dir(folder).with_context(|| format!("could not read {}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            place.push(stem);
            read_below(&path, place, modules)?;
            place.pop();
        } else if path.extension().is_some_and(|extension| extension == "rs") && stem != "tests" {
            let is_face = matches!(stem.as_str(), "lib" | "main" | "mod");
            let own = if is_face { place.clone() } else { [place.clone(), vec![stem]].concat() };
            modules.entry(own).or_default().extend(imports(&fs::read_to_string(&path)?));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(files: &[(&str, &str)]) -> Graph {
        let place = |name: &str| name.split('/').filter(|one| !one.is_empty()).map(str::to_owned).collect();
        Graph::of(files.iter().map(|(name, source)| (place(name), imports(source))).collect())
    }

    #[test]
    fn a_circle_is_found_through_what_a_module_passes_on() {
        let files = [
            ("", ""),
            ("a", "pub use b::Thing;\n"),
            ("a/b", "use crate::c::Other;\n"),
            ("c", "use crate::a::Thing;\n"),
        ];
        assert_eq!(graph(&files).cycles(), ["a/b, c"]);
        let files = [("", ""), ("a", "pub use b::Thing;\n"), ("a/b", ""), ("c", "use crate::a::Thing;\n")];
        assert!(graph(&files).cycles().is_empty());
    }

    #[test]
    fn a_parent_that_uses_a_child_that_uses_it_is_a_circle_of_two() {
        let files = [("a", "use self::b::Thing;\n"), ("a/b", "use super::Other;\n")];
        assert_eq!(graph(&files).cycles(), ["a, a/b"]);
    }

    #[test]
    fn an_arrow_up_is_named() {
        let files = [("", "use high::X;\n"), ("high", "use crate::low::Y;\n"), ("low", "use crate::high::X;\n")];
        assert_eq!(graph(&files).against(&["high", "low"]), ["low uses high"]);
        assert_eq!(graph(&files).against(&["high"]), ["high uses low", "low uses high"]);
    }
}
