//! `portcullis import robots`

use std::collections::HashSet;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;

use super::imported::{Imported, Output};
use super::written::{Condition, Conditions, comment, name, rule};

#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(in crate::cli) struct Robots {
    /// The robots.txt file.
    file: PathBuf,
    #[command(flatten)]
    pub(super) output: Output,
}

/// What a file asks of some crawlers (RFC 9309, section 2.2).
#[derive(Debug, Default, PartialEq, Eq)]
struct Group {
    agents: Vec<String>,
    /// What is disallowed, or allowed again: `true` for allowed.
    paths: Vec<(bool, String)>,
    others: Vec<String>,
}

/// Makes a policy from a robots.txt.
pub(super) fn import(arguments: &Robots) -> anyhow::Result<Imported> {
    let file = &arguments.file;
    let bytes = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    let shown = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok(written(&groups(&String::from_utf8_lossy(&bytes)), &shown))
}

fn written(groups: &[Group], file: &str) -> Imported {
    let mut imported = Imported { text: String::new(), missed: Vec::new(), notes: vec![NOTE.to_owned()] };
    let mut rules = String::new();
    let mut names = HashSet::new();
    for group in merged(groups) {
        for other in &group.others {
            imported.missed.push(format!("{other} of {}", group.agents.join(", ")));
        }
        if group.agents.iter().any(|agent| agent == "*") {
            if group.paths.iter().any(|(allowed, path)| !allowed && !path.is_empty()) {
                imported.missed.push(EVERYBODY.to_owned());
                rules.push('\n');
                rules.push_str(&comment(&format!("Not carried over: {EVERYBODY}.")));
            }
            continue;
        }
        // Of the paths that match, the longest counts (section 2.2.2); of two equally long ones, the one that allows.
        // Rules are tried in order, so the longest comes first.
        let mut paths: Vec<_> = group.paths.iter().filter(|(_, path)| !path.is_empty()).collect();
        paths.sort_by_key(|(allowed, path)| (std::cmp::Reverse(path.len()), !allowed));
        let denied: Vec<_> = paths.iter().filter(|(allowed, _)| !allowed).map(|(_, path)| path.as_str()).collect();
        let excepted =
            paths.iter().any(|(allowed, path)| *allowed && denied.iter().any(|shorter| shorter.len() <= path.len()));
        if denied.is_empty() {
            continue;
        }
        let name = name(&format!("robots {}", group.agents[0]), &mut names);
        rules.push('\n');
        let conditions = if excepted { by_length(&group.agents, &paths) } else { conditions(&group.agents, &denied) };
        rules.push_str(&rule(&name, "action = \"deny\"", &conditions));
    }
    imported.text = comment(&format!(
        "Made of {file} by `portcullis import robots`: what it asks of named crawlers is enforced here."
    ));
    imported.text.push_str(&rules);
    imported
}

/// Groups for the same crawler are one (section 2.2.1); crawlers that are asked the same stay together.
fn merged(groups: &[Group]) -> Vec<Group> {
    let mut agents: Vec<Group> = Vec::new();
    for group in groups {
        for agent in &group.agents {
            let known = agents.iter().position(|one| one.agents[0] == *agent);
            let place = known.unwrap_or_else(|| {
                agents.push(Group { agents: vec![agent.clone()], ..Group::default() });
                agents.len() - 1
            });
            agents[place].paths.extend(group.paths.iter().cloned());
            agents[place].others.extend(group.others.iter().cloned());
        }
    }
    let mut merged: Vec<Group> = Vec::new();
    for group in agents {
        match merged.iter_mut().find(|other| other.paths == group.paths && other.others == group.others) {
            Some(other) => other.agents.extend(group.agents),
            None => merged.push(group),
        }
    }
    merged
}

/// If longer paths are allowed below those that are not, the first of these that matches decides.
fn by_length(agents: &[String], paths: &[&(bool, String)]) -> Conditions {
    let one = |(allowed, path): &(bool, String)| {
        let mut regex = pattern(path);
        // A folder is allowed in both of its spellings, or it would be refused in one of them.
        if *allowed && regex.ends_with('/') {
            regex.pop();
            regex.push_str("(/|$)");
        }
        format!("path.matches(\"{}\") ? {} : ", regex.replace('\\', "\\\\"), !allowed)
    };
    let expression: String = paths.iter().map(|path| one(path)).chain(["false".to_owned()]).collect();
    let mut conditions = Conditions::default();
    let all = conditions.add(called(agents)) && conditions.add(Condition::Expression(expression));
    debug_assert!(all, "each key is added once");
    conditions
}

/// User agents with one of these names.
fn called(agents: &[String]) -> Condition {
    let agents = agents.iter().map(|agent| format!("(?i){}", regex::escape(agent)));
    Condition::List("user_agent", agents.collect())
}

fn conditions(agents: &[String], denied: &[&str]) -> Conditions {
    let mut conditions = Conditions::default();
    let mut all = conditions.add(called(agents));
    if !denied.contains(&"/") {
        all &= conditions.add(Condition::List("path_regex", denied.iter().map(|path| pattern(path)).collect()));
    }
    debug_assert!(all, "each key is added once");
    conditions
}

/// A path of a robots.txt (section 2.2.3) is the beginning of a path; `*` is anything, and `$` at the end is the end.
fn pattern(path: &str) -> String {
    let (path, end) = path.strip_suffix('$').map_or((path, ""), |path| (path, "$"));
    let parts: Vec<_> = path.trim_end_matches('*').split('*').map(regex::escape).collect();
    let open = if path.ends_with('*') { "" } else { end };
    format!("^{}{open}", parts.join(".*"))
}

fn groups(text: &str) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut naming = false;
    for line in text.trim_start_matches('\u{feff}').lines() {
        let line = line.split('#').next().unwrap_or_default();
        let Some((key, value)) = line.split_once(':') else { continue };
        let (key, value) = (key.trim().to_lowercase(), value.trim());
        if key == "user-agent" {
            if !naming {
                groups.push(Group::default());
            }
            naming = true;
            if let Some(group) = groups.last_mut() {
                group.agents.push(token(value));
            }
            continue;
        }
        // A line that belongs to no group stands for itself and ends none (section 2.2.4).
        if key == "sitemap" {
            continue;
        }
        naming = false;
        let Some(group) = groups.last_mut() else { continue };
        match key.as_str() {
            "allow" => group.paths.push((true, value.to_owned())),
            "disallow" => group.paths.push((false, value.to_owned())),
            _ => group.others.push(format!("{key}: {value}")),
        }
    }
    groups.retain(|group| !group.agents.is_empty());
    groups
}

/// A crawler's name is without version, and regardless of case.
fn token(value: &str) -> String {
    if value == "*" {
        return value.to_owned();
    }
    value.split(['/', ' ']).next().unwrap_or_default().to_lowercase()
}

const NOTE: &str = "a robots.txt asks, these rules refuse; a crawler under another name meets none of them";
const EVERYBODY: &str = "what is asked of all crawlers (User-agent: *), because a rule for it would stop browsers too";

const HELP: &str = "\
Examples:
  portcullis import robots /srv/www/robots.txt
  portcullis import robots robots.txt --output policy.toml

Each group for a named crawler becomes a rule that denies it the disallowed paths. The rule does not only add weight: weight
leads to a challenge, and a crawler that solves it would pass. Allow becomes no rule of its own: a user agent is easy to fake,
and Allow means that a crawler may ask, not that it may pass the gate. Groups for all crawlers (*) and Crawl-delay are listed
as not carried over.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_beginnings_with_stars_and_an_end() {
        for (path, fits, not) in [
            ("/fish", "/fishheads/a.html", "/catfish"),
            ("/fish/", "/fish/a", "/fish"),
            ("/*.php", "/a/b.php?c", "/a.html"),
            ("/*.php$", "/a.php", "/a.php5"),
            ("/fish*", "/fish", "/Xfish"),
            ("/a.b$", "/a.b", "/axb"),
        ] {
            let regex = regex::Regex::new(&pattern(path)).unwrap();
            assert!(regex.is_match(fits) && !regex.is_match(not), "{path}: {regex}");
        }
    }

    #[test]
    fn groups_are_read_as_the_standard_has_it() {
        let text = "\u{feff}Disallow: /stray\nUser-Agent: GPTBot/1.0 # one\nuser-agent: CCBot\nSitemap: https://a/s.xml\nDisallow: /\n\
                    Crawl-delay: 10\n\nUser-agent: *\nDisallow: /tmp\n\nUser-agent: gptbot\nDisallow: /more\n";
        let groups = groups(text);
        assert_eq!(groups.len(), 3);
        assert_eq!(groups[0].agents, ["gptbot", "ccbot"]);
        let imported = written(&groups, "robots.txt");
        assert!(imported.missed.iter().any(|missed| missed.starts_with("crawl-delay: 10")), "{:?}", imported.missed);
        assert!(imported.missed.contains(&EVERYBODY.to_owned()));
        assert_eq!(imported.text.matches("[[rule]]").count(), 2, "{}", imported.text);
        assert!(!imported.text.contains("/tmp\""));
    }
}
