//! The paths into its own crate that a source file names: `use crate::…`, `use super::…`, and such paths in code.

/// A path by its segments, and the name it has here where that is another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Import {
    /// Such as `["crate", "pressure", "Mode"]`.
    pub(super) path: Vec<String>,
    /// Whether the file passes it on (`pub use`).
    pub(super) is_passed_on: bool,
}

/// All imports of a file. Comments, texts and the file's test module do not count.
pub(super) fn imports(source: &str) -> Vec<Import> {
    let code = code(source);
    let mut found = Vec::new();
    let mut rest = code.as_str();
    while let Some(at) = rest.find("use ") {
        let is_statement = rest[..at].ends_with(['\n', ' ', ')', '{']) || at == 0;
        let line = rest[..at].rsplit('\n').next().unwrap_or_default().trim();
        let passes_on = line.starts_with("pub");
        let end = rest[at..].find(';').map_or(rest.len(), |end| at + end);
        if is_statement && (line.is_empty() || passes_on) {
            expand(&[], &rest[at + 4..end], passes_on, &mut found);
            rest = &rest[end..];
        } else {
            rest = &rest[at + 4..];
        }
    }
    for start in ["crate::", "super::"] {
        for (at, _) in code.match_indices(start).filter(|(at, _)| !is_within_word(&code, *at)) {
            let text: String =
                code[at..].chars().take_while(|one| one.is_alphanumeric() || matches!(one, '_' | ':')).collect();
            let path = segments(&text);
            found.push(Import { path, is_passed_on: false });
        }
    }
    found.retain(|import| import.path.len() > 1);
    found
}

/// A file without its comments and its test module.
pub(super) fn code(source: &str) -> String {
    without_comments(source.split("#[cfg(test)]\nmod ").next().unwrap_or_default())
}

/// Writes out a tree of paths: `a::{b, c::d}` is `a::b` and `a::c::d`.
fn expand(before: &[String], tree: &str, is_passed_on: bool, found: &mut Vec<Import>) {
    let tree = tree.trim();
    let Some(open) = tree.find('{') else {
        let path = [before, &segments(tree.split(" as ").next().unwrap_or_default())].concat();
        found.push(Import { path, is_passed_on });
        return;
    };
    let before = [before, &segments(&tree[..open])].concat();
    let inner = &tree[open + 1..tree.rfind('}').unwrap_or(tree.len())];
    let (mut depth, mut start) = (0, 0);
    for (at, one) in inner.char_indices().chain([(inner.len(), ',')]) {
        match one {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                if !inner[start..at].trim().is_empty() {
                    expand(&before, &inner[start..at], is_passed_on, found);
                }
                start = at + 1;
            }
            _ => {}
        }
    }
}

fn segments(path: &str) -> Vec<String> {
    path.split("::").map(str::trim).filter(|one| !one.is_empty()).map(str::to_owned).collect()
}

fn is_within_word(code: &str, at: usize) -> bool {
    code[..at].ends_with(|one: char| one.is_alphanumeric() || matches!(one, '_' | ':' | '$'))
}

fn without_comments(source: &str) -> String {
    let lines = source.lines().map(|line| {
        let comment = line.trim_start().starts_with("//");
        let code = if comment { "" } else { line.split(" // ").next().unwrap_or_default() };
        format!("{code}\n")
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(source: &str) -> Vec<String> {
        imports(source).into_iter().map(|import| import.path.join("::")).collect()
    }

    #[test]
    fn trees_are_written_out_and_paths_in_code_count() {
        let source = "//! crate::not\nuse crate::a::{b, c::{self, D}, E as F};\nfn f() { super::g::h() }\n";
        assert_eq!(
            paths(source),
            ["crate::a::b", "crate::a::c::self", "crate::a::c::D", "crate::a::E", "crate::a::", "super::g::h"]
                .map(|path| path.trim_end_matches(':').to_owned())
        );
    }

    #[test]
    fn tests_do_not_count_and_what_is_passed_on_is_known() {
        let source = "pub use inner::Thing;\n#[cfg(test)]\nmod tests {\n    use super::*;\n}\n";
        let all = imports(source);
        assert_eq!(all, [Import { path: vec!["inner".to_owned(), "Thing".to_owned()], is_passed_on: true }]);
    }
}
