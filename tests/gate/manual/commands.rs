//! Commands that the manual tells people to type: those of `portcullis` are read by the program itself, and run where they
//! change nothing; the rest must be programs that we know, given files that exist.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use portcullis_tests::manual::{Block, root};
use portcullis_tests::processes::program;
use tempfile::TempDir;

use super::settings::{self, Kind, kind};
use super::shell;

/// Checks what a reader would paste into a shell.
pub(super) fn script(block: &Block, page: &[Block]) -> Result<(), String> {
    let mut sh = Command::new("sh");
    let parsed = sh.args(["-n", "-c", &block.text]).stdin(Stdio::null()).output().map_err(|error| error.to_string())?;
    if !parsed.status.success() {
        return Err(format!("no script: {}", text(&parsed.stderr)));
    }
    let commands = shell::commands(&block.text);
    if commands.is_empty() {
        return Err("there is no command in it".to_owned());
    }
    let desk = Desk::set(page);
    commands.iter().try_for_each(|words| desk.check(words))
}

/// Checks what a terminal shows: the commands, and what `check-config` says.
pub(super) fn terminal(block: &Block, page: &[Block]) -> Result<(), String> {
    let desk = Desk::set(page);
    let typed = shell::typed(&block.text);
    if typed.is_empty() {
        return Err("no line of it begins with `$ `".to_owned());
    }
    for (command, shown) in typed {
        let commands = shell::commands(&command);
        commands.iter().try_for_each(|words| desk.check(words))?;
        let [words] = &commands[..] else { continue };
        let words = of_portcullis(words).filter(|words| words.first().is_some_and(|word| word == "check-config"));
        if let Some(words) = words {
            let said = desk.run(words);
            let said = [said.stdout, said.stderr].concat();
            if text(&said).trim_end() != shown.trim_end() {
                return Err(format!("`{command}` says\n{}", text(&said)));
            }
        }
    }
    Ok(())
}

/// Checks the one command of a line of another file, such as a unit of systemd.
pub(super) fn line(command: &str) -> Result<(), String> {
    let desk = Desk::set(&[]);
    shell::commands(command).iter().try_for_each(|words| desk.check(words))
}

/// A folder with the files that the commands of a page name.
struct Desk {
    folder: TempDir,
}

impl Desk {
    /// Lays out what the page itself shows as `portcullis.toml` and `policy.toml`; what it does not show, from `docs`.
    fn set(page: &[Block]) -> Self {
        let folder = TempDir::new().expect("a temporary folder can be made");
        let shown = |wanted| {
            let mut blocks = page.iter().filter(|block| block.language == "toml");
            let whole = |block: &&Block| kind(&block.text) == Ok(wanted) && settings::stands_alone(block);
            blocks.find(whole).map(|block| block.text.clone())
        };
        let from_docs =
            |file: &str| fs::read_to_string(root().join("docs").join(file)).expect("the manual's files can be read");
        let lay = |file: &str, text: String| {
            fs::write(folder.path().join(file), text).expect("a file can be written to a temporary folder")
        };
        lay("portcullis.toml", shown(Kind::Configuration).unwrap_or_else(|| from_docs("portcullis.toml")));
        lay("policy.toml", shown(Kind::Policy).unwrap_or_else(|| from_docs("policies/bank.toml")));
        lay("robots.txt", "User-agent: *\nDisallow: /private\n".to_owned());
        Self { folder }
    }

    fn check(&self, words: &[String]) -> Result<(), String> {
        let Some(words) = of_portcullis(words) else { return outside(words) };
        let refused = |said: Output| Err(format!("`portcullis {}`: {}", words.join(" "), text(&said.stderr)));
        // The program reads all of its words before it prints its help, and refuses those that it does not know.
        let read = program("portcullis").args(words).arg("--help").output().expect("the program is built");
        if !read.status.success() {
            return refused(read);
        }
        if words.first().is_some_and(|command| RUN.contains(&command.as_str())) {
            let said = self.run(words);
            return if said.status.success() { Ok(()) } else { refused(said) };
        }
        Ok(())
    }

    /// Runs a command that reads files, and writes at most one: with files of this folder for those that are the reader's.
    fn run(&self, words: &[String]) -> Output {
        let mut command = program("portcullis");
        command.current_dir(root()).stdin(Stdio::null());
        let mut written = false;
        for word in words {
            let file = FILES.iter().find(|(named, _)| named == word).map(|(_, file)| self.folder.path().join(file));
            match file {
                _ if written => command.arg(self.folder.path().join("written")),
                Some(file) => command.arg(file),
                None => command.arg(word),
            };
            written = ["-o", "--output"].contains(&word.as_str());
        }
        command.output().expect("the program is built")
    }
}

/// Commands that change nothing but the file that they are told to write.
const RUN: [&str; 2] = ["check-config", "import"];

/// Files as the reader has them, and what stands for them: absolute, or in the folder of the test.
const FILES: [(&str, &str); 7] = [
    ("portcullis.toml", "portcullis.toml"),
    ("/etc/portcullis/portcullis.toml", "portcullis.toml"),
    ("policy.toml", "policy.toml"),
    ("/srv/www/robots.txt", "robots.txt"),
    ("botPolicies.yaml", concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/anubis/data/botPolicies.yaml")),
    ("/etc/anubis/botPolicies.yaml", concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/anubis/data/botPolicies.yaml")),
    ("anubis/data", concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/anubis/data")),
];

/// A command of another program: one that we know, and of `node` and `python3` the file that they are to run exists.
fn outside(words: &[String]) -> Result<(), String> {
    let words = without_sudo(words);
    let Some((program, rest)) = words.split_first() else { return Ok(()) };
    let sets_a_variable =
        program.split_once('=').is_some_and(|(name, _)| name.chars().all(|sign| sign.is_alphabetic() || sign == '_'));
    if sets_a_variable {
        return outside(rest);
    }
    if !KNOWN.contains(&program.as_str()) {
        return Err(format!("`{}`: no test knows this program", words.join(" ")));
    }
    let ours = |word: &&String| OUR_FOLDERS.iter().any(|folder| word.starts_with(folder));
    rest.iter().filter(ours).try_for_each(|word| {
        let exists = root().join(word).exists();
        exists.then_some(()).ok_or_else(|| format!("`{}`: there is no {word}", words.join(" ")))
    })
}

/// Folders of the checkout, from which commands take files.
const OUR_FOLDERS: [&str; 4] = ["deploy/", "docs/", "tests/", "www/"];

/// Programs of the system. What follows `cargo xtask` is read by a test of xtask's own.
const KNOWN: &[&str] = &[
    "a2enmod",
    "apachectl",
    "apt",
    "cargo",
    "cd",
    "cp",
    "curl",
    "echo",
    "envoy",
    "exit",
    "git",
    "grep",
    "haproxy",
    "install",
    "mv",
    "nginx",
    "node",
    "openssl",
    "python3",
    "rm",
    "sudoedit",
    "systemctl",
    "tee",
    "umask",
    "useradd",
];

/// What follows `portcullis`, where a command is of ours.
fn of_portcullis(words: &[String]) -> Option<&[String]> {
    let (program, rest) = without_sudo(words).split_first()?;
    Path::new(program).file_name().is_some_and(|name| name == "portcullis").then_some(rest)
}

fn without_sudo(words: &[String]) -> &[String] {
    match words {
        [sudo, user, _, rest @ ..] if sudo == "sudo" && user == "-u" => rest,
        [sudo, rest @ ..] if sudo == "sudo" => rest,
        _ => words,
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn a_command_that_would_fail_is_refused() {
    let refused = |command: &str| line(command).unwrap_err();
    for (command, why) in [
        ("portcullis mood auto", "mood"),
        ("portcullis check-config --polcy policy.toml", "--polcy"),
        ("sudo -u portcullis portcullis mode challenge-al --for 2h", "challenge-al"),
        ("curl -H \"Cookie: $(portcullis resolve https://login.example)\" https://login.example/", "resolve"),
        ("portcullis check-config --policy docs/policies/casino.toml", "casino"),
        ("portcullis check-config --policy policy.toml --explain 'GET login'", "GET login"),
        ("cp docs/gone.toml .", "docs/gone.toml"),
        ("portculis top", "portculis"),
    ] {
        assert!(refused(command).contains(why), "{command}: {}", refused(command));
    }
    assert_eq!(
        line("portcullis check-config --policy policy.toml | grep -q rules && sudo systemctl reload portcullis"),
        Ok(())
    );
}

#[test]
fn a_terminal_that_shows_something_else_than_the_program_says_is_refused() {
    let shown = "$ portcullis check-config --policy docs/policies/bank.toml\nThe policy is bad.\n";
    let block = Block { page: String::new(), line: 1, language: "console".to_owned(), text: shown.to_owned() };
    assert!(terminal(&block, &[]).unwrap_err().contains("The policy is good."));
}
