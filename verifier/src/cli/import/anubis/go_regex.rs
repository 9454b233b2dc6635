//! Regular expressions of Go, in the syntax of Rust's `regex`. Both find the same, in linear time; they write a few
//! things differently.

use regex::bytes::Regex;

/// Writes a regular expression of Go so that `regex` finds the same in text that is UTF-8.
///
/// # Errors
///
/// Why `regex` cannot express it.
pub(super) fn to_rust(go: &str) -> Result<String, String> {
    let mut rust = String::with_capacity(go.len());
    let mut rest = go;
    let mut in_class = false;
    while let Some(letter) = rest.chars().next() {
        let after = &rest[letter.len_utf8()..];
        rest = match letter {
            '\\' => escaped(after, in_class, &mut rust)?,
            '[' if in_class => match after.strip_prefix(':').and_then(|class| class.find(":]").map(|end| end + 4)) {
                // A named class, such as [:alpha:], is the same in both.
                Some(end) => copied(rest, end, &mut rust),
                None => written(after, "\\[", &mut rust),
            },
            '[' => {
                in_class = true;
                let negated = after.strip_prefix('^');
                rust.push_str(if negated.is_some() { "[^" } else { "[" });
                let members = negated.unwrap_or(after);
                // The first bracket in a class is a member of it.
                match members.strip_prefix(']') {
                    Some(after) => written(after, "\\]", &mut rust),
                    None => members,
                }
            }
            ']' if in_class => {
                in_class = false;
                written(after, "]", &mut rust)
            }
            // Two of these would be an operation on classes.
            '&' | '~' if in_class => {
                rust.push('\\');
                written(after, &letter.to_string(), &mut rust)
            }
            '{' if !in_class && !is_repetition(after) => written(after, "\\{", &mut rust),
            other => written(after, other.encode_utf8(&mut [0; 4]), &mut rust),
        };
    }
    Regex::new(&rust).map(|_| rust).map_err(|error| format!("{go:?} is not carried over: {error}"))
}

/// What stands after a backslash.
fn escaped<'a>(after: &'a str, in_class: bool, rust: &mut String) -> Result<&'a str, String> {
    let Some(letter) = after.chars().next() else { return Err("it ends in a backslash".to_owned()) };
    let rest = &after[letter.len_utf8()..];
    // In Go these mean only ASCII.
    let ascii = match (letter, in_class) {
        ('d', false) => "[0-9]",
        ('d', true) => "0-9",
        ('w', false) => "[0-9A-Za-z_]",
        ('w', true) => "0-9A-Za-z_",
        ('s', false) => "[\\t\\n\\x0C\\r ]",
        ('s', true) => "\\t\\n\\x0C\\r ",
        ('D', _) => "[^0-9]",
        ('W', _) => "[^0-9A-Za-z_]",
        ('S', _) => "[^\\t\\n\\x0C\\r ]",
        ('b', false) => "(?-u:\\b)",
        // Otherwise they would be the beginning and end of a word.
        ('<', _) => "<",
        ('>', _) => ">",
        ('Q', _) => {
            let (quoted, after) = rest.split_once("\\E").unwrap_or((rest, ""));
            rust.push_str(&regex::escape(quoted));
            return Ok(after);
        }
        _ => {
            rust.push('\\');
            rust.push(letter);
            return Ok(rest);
        }
    };
    rust.push_str(ascii);
    Ok(rest)
}

/// Whether what stands after a brace counts repetitions; in Go it is a brace otherwise.
fn is_repetition(after: &str) -> bool {
    let Some((count, _)) = after.split_once('}') else { return false };
    let (least, most) = count.split_once(',').unwrap_or((count, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    !least.is_empty() && digits(least) && digits(most)
}

fn written<'a>(rest: &'a str, text: &str, rust: &mut String) -> &'a str {
    rust.push_str(text);
    rest
}

fn copied<'a>(rest: &'a str, count: usize, rust: &mut String) -> &'a str {
    rust.push_str(&rest[..count]);
    &rest[count..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_go_writes_otherwise_is_written_so_that_it_finds_the_same() {
        for (go, finds, not) in [
            (r"\+http\://www\.google\.com/bot\.html", "(+http://www.google.com/bot.html)", "http://www.google.com"),
            (r"^\d+$", "12", "\u{663}"),
            (r"^[\w-]+$", "a-b_1", "\u{e4}"),
            (r"\<a\>", "<a>", "a"),
            (r"\Qa.b\E+", "a.bb", "axb"),
            (r"[[x]", "[", "y"),
            (r"[]x]", "]", "y"),
            (r"[[:digit:]&&]", "&", "a"),
            (r"a{,2}", "a{,2}", "aa"),
            (r"a{2}", "aa", "a{2}"),
            (r"(?i:LightPanda)", "lightpanda", "panda"),
        ] {
            let rust = Regex::new(&to_rust(go).unwrap()).unwrap();
            assert!(rust.is_match(finds.as_bytes()), "{go} as {rust} in {finds}");
            assert!(!rust.is_match(not.as_bytes()), "{go} as {rust} in {not}");
        }
        assert!(to_rust("(").is_err() && to_rust("a\\").is_err());
    }
}
