//! What the pages show, between fences, works: settings are read, commands are known to their program, what the program says
//! is what it is shown to say. A block that nothing here can check is listed with the reason.

mod commands;
mod excused;
mod messages;
mod recipes;
mod settings;
mod shell;

use portcullis_tests::manual::{self, Block};

#[test]
fn everything_that_the_pages_show_works() {
    let all = manual::all();
    let mut wrong = Vec::new();
    for block in &all {
        let page: Vec<_> = all.iter().filter(|other| other.page == block.page).cloned().collect();
        if let Err(problem) = check(block, &page) {
            wrong.push(format!("{block}: {}", problem.trim_end()));
        }
    }
    assert!(all.len() > 60, "only {} blocks were found", all.len());
    assert!(wrong.is_empty(), "{} of {} blocks:\n{}", wrong.len(), all.len(), wrong.join("\n"));
}

fn check(block: &Block, page: &[Block]) -> Result<(), String> {
    if excused::reason(block).is_some() {
        return Ok(());
    }
    match block.language.as_str() {
        "toml" => settings::check(block),
        "sh" => commands::script(block, page),
        "console" if block.text.starts_with("portcullis: ") => messages::check(block),
        "console" => commands::terminal(block, page),
        "cron" => block.text.lines().try_for_each(|line| commands::line(&crontab(line)?)),
        "ini" => unit(&block.text),
        "json" => serde_json::from_str::<serde_json::Value>(&block.text).map(drop).map_err(|error| error.to_string()),
        "yaml" => serde_saphyr::from_str::<serde_json::Value>(&block.text).map(drop).map_err(|error| error.to_string()),
        "http" => block.text.lines().try_for_each(field),
        "rust" => recipes::check(block, "clearance/src"),
        "nginx" => recipes::check(block, "deploy/nginx"),
        "apache" => recipes::check(block, "deploy/apache"),
        "haproxy" => recipes::check(block, "deploy/haproxy"),
        "caddyfile" => recipes::check(block, "deploy/caddy"),
        _ => Err("nothing checks this; add a check, or a reason in excused.rs".to_owned()),
    }
}

/// The command of a line for cron: five fields of time stand before it, and in `/etc/cron.d` a user too.
fn crontab(line: &str) -> Result<String, String> {
    let words: Vec<_> = line.splitn(6, ' ').collect();
    let time = |word: &&str| word.chars().all(|sign| sign.is_ascii_digit() || "*/,-".contains(sign));
    match &words[..] {
        [times @ .., command] if times.len() == 5 && times.iter().all(time) => {
            Ok(command.strip_prefix("root ").unwrap_or(command).to_owned())
        }
        _ => Err(format!("not five fields of time and a command: {line}")),
    }
}

/// A unit of systemd: sections and settings; of its commands those of ours are read by the program.
fn unit(text: &str) -> Result<(), String> {
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with(['#', '['])) {
        let (name, value) = line.split_once('=').ok_or_else(|| format!("no setting: {line}"))?;
        if name == "ExecStart" {
            commands::line(value)?;
        }
    }
    if text.contains("ExecStart=") { Ok(()) } else { Err("it starts nothing".to_owned()) }
}

/// A field of a header.
fn field(line: &str) -> Result<(), String> {
    let (name, value) = line.split_once(": ").ok_or_else(|| format!("no field of a header: {line}"))?;
    let known = http::HeaderName::from_bytes(name.as_bytes()).is_ok() && !value.is_empty();
    known.then_some(()).ok_or_else(|| format!("no field of a header: {line}"))
}

#[test]
fn a_block_that_nothing_checks_is_refused() {
    let block = |language: &str, text: &str| Block {
        page: "docs/new.md".to_owned(),
        line: 1,
        language: language.to_owned(),
        text: text.to_owned(),
    };
    for (language, text) in [
        ("", "portcullis top\n"),
        ("fortran", "PRINT *, 1\n"),
        ("json", "{\"a\":}\n"),
        ("http", "Set-Cookie\n"),
        ("ini", "[Unit]\nDescription=nothing\n"),
        ("ini", "ExecStart=/usr/local/bin/portcullis walk\n"),
        ("cron", "* * portcullis top\n"),
        ("sh", "if then\n"),
        ("console", "output alone\n"),
        ("console", "portcullis: policy.toml:7: something that it never says\n"),
    ] {
        assert!(check(&block(language, text), &[]).is_err(), "{language}: {text}");
    }
}
