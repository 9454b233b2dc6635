//! The commands in a text for a shell: enough of its grammar for what the manual shows.

use std::iter::Peekable;
use std::str::Chars;

/// The words of every simple command in a text, those in `$(…)` too, without redirections. `$(…)` itself stands as `$()`.
pub(super) fn commands(text: &str) -> Vec<Vec<String>> {
    let text = text.replace("\\\n", " ");
    let mut reader = Reader { signs: text.chars().peekable(), commands: Vec::new() };
    reader.read_until(None);
    let plain = reader.commands.into_iter().map(without_redirections);
    plain.filter(|words| !words.is_empty()).collect()
}

/// What a terminal shows: commands behind `$`, each with the output that follows it.
pub(super) fn typed(text: &str) -> Vec<(String, String)> {
    let mut typed: Vec<(String, String)> = Vec::new();
    for line in text.lines() {
        match (line.strip_prefix("$ "), typed.last_mut()) {
            (Some(command), _) => typed.push((command.to_owned(), String::new())),
            (None, Some((_, output))) => output.extend([line, "\n"]),
            (None, None) => {}
        }
    }
    typed
}

struct Reader<'a> {
    signs: Peekable<Chars<'a>>,
    commands: Vec<Vec<String>>,
}

impl Reader<'_> {
    /// Reads commands until the text ends, or the bracket that closes a substitution.
    fn read_until(&mut self, end: Option<char>) {
        let mut words = Vec::new();
        let mut word: Option<String> = None;
        while let Some(sign) = self.signs.next() {
            match sign {
                _ if Some(sign) == end => break,
                '#' if word.is_none() => while self.signs.next_if(|&sign| sign != '\n').is_some() {},
                '\'' => {
                    let word = word.get_or_insert_default();
                    word.extend(self.signs.by_ref().take_while(|&sign| sign != '\''));
                }
                '"' => {
                    let quoted = self.quoted();
                    word.get_or_insert_default().push_str(&quoted);
                }
                '$' if self.signs.next_if_eq(&'(').is_some() => {
                    self.read_until(Some(')'));
                    word.get_or_insert_default().push_str("$()");
                }
                '&' if word.as_deref().is_some_and(|word| word.ends_with('>')) => {
                    word.get_or_insert_default().push(sign);
                }
                ' ' | '\t' => words.extend(word.take()),
                '\n' | ';' | '&' | '|' | '(' | ')' => {
                    words.extend(word.take());
                    self.commands.push(std::mem::take(&mut words));
                }
                sign => word.get_or_insert_default().push(sign),
            }
        }
        words.extend(word);
        self.commands.push(words);
    }

    fn quoted(&mut self) -> String {
        let mut text = String::new();
        while let Some(sign) = self.signs.next().filter(|&sign| sign != '"') {
            if sign == '$' && self.signs.next_if_eq(&'(').is_some() {
                self.read_until(Some(')'));
                text.push_str("$()");
            } else {
                text.push(sign);
            }
        }
        text
    }
}

fn without_redirections(words: Vec<String>) -> Vec<String> {
    let mut kept = Vec::new();
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        match word.trim_start_matches(|sign: char| sign.is_ascii_digit()) {
            ">" | ">>" | "<" => drop(words.next()),
            redirection if redirection.starts_with(['>', '<']) => {}
            _ => kept.push(word),
        }
    }
    kept
}

#[test]
fn commands_are_found_with_their_words() {
    let text =
        "a 'b c' \"d e\"   # comment\nsudo f --g=h && i | j > k 2>&1\nl=$(m n) || o\ncurl \"x: $(p q)\" r \\\n  s\n";
    let found = commands(text);
    let expected: [&[&str]; 9] = [
        &["a", "b c", "d e"],
        &["sudo", "f", "--g=h"],
        &["i"],
        &["j"],
        &["m", "n"],
        &["l=$()"],
        &["o"],
        &["p", "q"],
        &["curl", "x: $()", "r", "s"],
    ];
    assert_eq!(found, expected.map(|words| words.iter().map(ToString::to_string).collect::<Vec<_>>()));
}
