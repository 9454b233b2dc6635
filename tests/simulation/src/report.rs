//! The rows as a table: for a terminal, for the manual, and as JSON.

use std::fmt::Write as _;

use crate::record::{Record, Row, Second};
use crate::scenario::{Group, Scenario};

/// The table for a terminal.
pub fn text(rows: &[Row]) -> String {
    let cells: Vec<_> = rows.iter().map(cells).collect();
    let width = |column: usize| {
        let longest = cells.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
        longest.max(COLUMNS[column].0.chars().count())
    };
    let widths: Vec<_> = (0..COLUMNS.len()).map(width).collect();
    let line = |row: &[String]| {
        let cells = row.iter().zip(&widths).enumerate().map(|(column, (cell, width))| match column {
            0 => format!("{cell:<width$}"),
            _ => format!("{cell:>width$}"),
        });
        cells.collect::<Vec<_>>().join("  ")
    };
    let head: Vec<_> = COLUMNS.iter().map(|(head, _)| (*head).to_owned()).collect();
    let mut text = line(&head) + "\n";
    for row in &cells {
        text += &(line(row) + "\n");
    }
    text
}

/// A record second by second, for those who tune the policy.
pub fn seconds(record: &Record) -> String {
    let mut text =
        "second  mode           strain   bits  waiting  people  attackers  offered  came  served\n".to_owned();
    for (number, second) in record.seconds.iter().enumerate() {
        let Second { mode, bits, strain, came, served, people, attackers, offered, waiting } = second;
        let mode = mode.name();
        let _ = writeln!(
            text,
            "{number:6}  {mode:13}  {strain:6.2}  {bits:5.2}  {waiting:7}  {people:6}  {attackers:9}  {offered:7}  {came:4}  {served:6}"
        );
    }
    text
}

/// What the columns of the table mean.
pub fn legend() -> String {
    COLUMNS.iter().fold(String::new(), |mut text, (head, about)| {
        let _ = writeln!(text, "  {head:<12} {about}");
        text
    })
}

/// The manual with the tables of its groups as they are now, and otherwise as it was.
///
/// # Errors
///
/// The group whose place is not marked.
pub fn in_manual(manual: &str, rows: &[Row], scenarios: &[Scenario]) -> Result<String, Group> {
    let mut written = manual.to_owned();
    for group in Group::ALL {
        let begin = format!("<!-- simulated: {} -->\n", group.name());
        let (before, rest) = written.split_once(&begin).ok_or(group)?;
        let (_, after) = rest.split_once(END).ok_or(group)?;
        let of_group =
            |row: &&Row| scenarios.iter().any(|scenario| scenario.name == row.scenario && scenario.group == group);
        let rows: Vec<_> = rows.iter().filter(of_group).cloned().collect();
        written = format!("{before}{begin}{}{END}{after}", markdown(&rows, scenarios));
    }
    Ok(written)
}

/// The rows for programs: an array, with `null` where a figure does not apply.
pub fn json(rows: &[Row]) -> serde_json::Value {
    rows.iter()
        .map(|row| {
            serde_json::json!({
                "scenario": row.scenario,
                "served": row.served,
                "returning_served": row.returning_served,
                "p95_wait_s": row.p95_wait_s,
                "react_s": row.react_s,
                "recover_s": row.recover_s,
                "sd_log2_difficulty": row.sd_log2_difficulty,
            })
        })
        .collect()
}

fn markdown(rows: &[Row], scenarios: &[Scenario]) -> String {
    let mut text = "\n|".to_owned();
    for (head, _) in COLUMNS {
        let _ = write!(text, " {head} |");
    }
    text += &format!("\n|---|{}\n", "--:|".repeat(COLUMNS.len() - 1));
    for row in rows {
        let _ = writeln!(text, "| {} |", cells(row).join(" | "));
    }
    text.push('\n');
    for row in rows {
        let about =
            scenarios.iter().find(|scenario| scenario.name == row.scenario).map_or("", |scenario| scenario.about);
        let _ = writeln!(text, "- `{}`: {about}.", row.scenario);
    }
    text.push('\n');
    text
}

fn cells(row: &Row) -> Vec<String> {
    let share = |value: f64| format!("{:.1} %", 100.0 * value);
    let time = |value: f64| format!("{value:.1} s");
    let whole = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |value| format!("{value:.0} s"));
    vec![
        row.scenario.to_owned(),
        share(row.served),
        share(row.returning_served),
        share(row.served_without_gate),
        time(row.p50_wait_s),
        time(row.p95_wait_s),
        format!("{:.0} %", 100.0 * row.assets),
        format!("{:.0} %", 100.0 * row.attackers_fraction),
        whole(row.react_s),
        whole(row.recover_s),
        row.sd_log2_difficulty.map_or_else(|| "–".to_owned(), |value| format!("{value:.2}")),
        time(row.most_asked_s),
        format!("{:.1} MiB", row.memory() / f64::from(1 << 20)),
    ]
}

/// The head of each column, and what is in it.
const COLUMNS: [(&str, &str); 13] = [
    ("scenario", "what happens"),
    ("served", "people who came during the attack and logged in"),
    ("returning", "the same, of those who were there before the attack"),
    ("no gate", "people who logged in where there is no gate"),
    ("p50 wait", "half of the people spent no longer with work and waiting for turns"),
    ("p95 wait", "95 % of them spent no longer"),
    ("parts", "what is on the login page, and came"),
    ("attackers", "what they got of what the site can do"),
    ("react", "from when the site is first pressed until new clients are challenged"),
    ("recover", "from the end of the attack until the gate is up"),
    ("sd log2 D", "of the difficulty, in the second half of the attack"),
    ("most asked", "p95 of the hardest challenge a person got, on a phone with 4 million attempts a second"),
    ("memory", "table of networks, queue and budgets, at the most"),
];
/// Where a table in the manual ends.
const END: &str = "<!-- end -->";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_keeps_what_is_around_its_tables() {
        let marked = |inside: &str| {
            let part =
                |group: Group| format!("## {0}\n<!-- simulated: {0} -->\n{inside}<!-- end -->\nafter\n", group.name());
            Group::ALL.map(part).concat()
        };
        let once = in_manual(&marked("old\n"), &[], &[]).unwrap();
        assert!(!once.contains("old") && once.matches("after\n").count() == Group::ALL.len(), "{once}");
        assert_eq!(in_manual(&once, &[], &[]), Ok(once.clone()), "what is new stays as it is");
        assert_eq!(in_manual("", &[], &[]), Err(Group::Peace));
    }
}
