//! Attack 19: a page that would run what is not its own. The policy is exact, and the page needs no exception from it.

use std::collections::BTreeSet;

use http::header::ACCEPT_LANGUAGE;
use portcullis_tests::in_process::{Answer, Gate, get, navigation};

const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; \
    style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const LANGUAGES: [&str; 9] = ["ar", "de", "en", "es", "fr", "it", "nl", "pl", "pt"];

#[tokio::test]
async fn the_page_has_exactly_this_policy_in_every_language() {
    let gate = Gate::lowered();
    for language in LANGUAGES {
        let page = gate.send(navigation("/").header(ACCEPT_LANGUAGE, language)).await;
        assert!(page.is_page());
        assert_policy(&page);
    }
}

#[tokio::test]
async fn the_page_has_nothing_inline_and_nothing_from_elsewhere() {
    let gate = Gate::lowered();
    for language in LANGUAGES {
        let page = gate.send(navigation("/").header(ACCEPT_LANGUAGE, language)).await.text();
        let tags = tags(&page);
        assert!(tags.len() > 20, "the page has been read: {tags:?}");
        for tag in &tags {
            assert!(!matches!(tag.name.as_str(), "style" | "base" | "iframe" | "object" | "embed"), "{tag:?}");
            for (name, value) in &tag.attributes {
                assert!(!name.starts_with("on") && name != "style" && name != "srcdoc", "{language}: {tag:?}");
                if ["src", "href", "action", "formaction", "xlink:href"].contains(&name.as_str()) {
                    let own = value.is_empty() || value.starts_with("/.portcullis/assets/");
                    assert!(own, "{language}: {tag:?}");
                }
            }
            if tag.name == "script" {
                let names: BTreeSet<_> = tag.attributes.iter().map(|(name, _)| name.as_str()).collect();
                assert_eq!(names, BTreeSet::from(["defer", "src"]), "{language}: {tag:?}");
            }
        }
        assert_eq!(page.matches("<script").count(), page.matches("></script>").count(), "a script has content");
        assert!(!page.contains("{{") && !page.contains("}}"), "a placeholder is left");
    }
}

#[tokio::test]
async fn assets_have_the_same_policy_since_a_workers_is_its_own() {
    // `cargo xtask build` embeds them; without, there is nothing to look at.
    if !portcullis_pages::assets::are_embedded() {
        println!("skipped: built without the browser's files; run `cargo xtask build` first");
        return;
    }
    let gate = Gate::lowered();
    let page = gate.send(navigation("/")).await.text();
    let named: BTreeSet<&str> = page.split('"').filter(|text| text.starts_with("/.portcullis/assets/")).collect();
    assert_eq!(named.len(), 4, "icon, style sheet, script and solver: {named:?}");
    let solver = named.iter().find(|asset| asset.ends_with("/solver-simd.wasm")).expect("the page names its solver");
    // Only the script names this one.
    let other_solver = solver.replace("simd", "scalar");
    for asset in named.iter().copied().chain([other_solver.as_str()]) {
        for encoding in ["identity", "gzip", "br"] {
            let answer = gate.send(get(asset).header("accept-encoding", encoding)).await;
            assert_eq!(answer.status, 200, "the page names {asset}; after a change of www, run `cargo xtask build`");
            assert_policy(&answer);
            assert_eq!(answer.header("cache-control"), "public, max-age=31536000, immutable");
            assert_eq!(answer.header("cross-origin-resource-policy"), "same-origin");
            assert_eq!(answer.header("vary"), "accept-encoding");
        }
    }
    let old = gate.send(get("/.portcullis/assets/0000000000000000/portcullis.js")).await;
    assert_eq!((old.status.as_u16(), old.header("cache-control")), (404, "no-store"));
}

#[test]
fn the_check_for_inline_code_finds_it() {
    let tags = tags("<p onclick='x'><script>a</script><img src=x OnError=\"y\" style=z hidden><!-- <i onx=1> --></p>");
    let found: Vec<_> = tags.iter().flat_map(|tag| &tag.attributes).map(|(name, _)| name.as_str()).collect();
    assert_eq!(found, ["onclick", "src", "onerror", "style", "hidden"]);
}

fn assert_policy(answer: &Answer) {
    let policies: Vec<_> = answer.headers.get_all("content-security-policy").iter().collect();
    assert_eq!(policies, [POLICY]);
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    assert!(!answer.headers.contains_key("content-security-policy-report-only"));
}

/// A start tag: its name and its attributes, in lower case.
#[derive(Debug)]
struct Tag {
    name: String,
    attributes: Vec<(String, String)>,
}

/// Every start tag, read as HTML's tokeniser does for a page without raw-text elements.
fn tags(html: &str) -> Vec<Tag> {
    let mut rest = html;
    let mut tags = Vec::new();
    while let Some((_, after)) = rest.split_once('<') {
        rest = after;
        if let Some(comment) = rest.strip_prefix("!--") {
            rest = comment.split_once("-->").map_or("", |(_, after)| after);
        } else if rest.starts_with(|first: char| first.is_ascii_alphabetic()) {
            let end = rest.find(|c: char| c.is_whitespace() || matches!(c, '>' | '/')).unwrap_or(rest.len());
            let name = rest[..end].to_ascii_lowercase();
            let (attributes, after) = attributes(&rest[end..]);
            tags.push(Tag { name, attributes });
            rest = after;
        }
    }
    tags
}

/// The attributes up to the end of a tag, and what follows it.
fn attributes(mut rest: &str) -> (Vec<(String, String)>, &str) {
    let mut attributes = Vec::new();
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
        if rest.is_empty() || rest.starts_with('>') {
            return (attributes, rest.get(1..).unwrap_or_default());
        }
        let end = rest.find(|c: char| c.is_whitespace() || matches!(c, '=' | '>' | '/')).unwrap_or(rest.len());
        let name = rest[..end].to_ascii_lowercase();
        rest = rest[end..].trim_start();
        let Some(value) = rest.strip_prefix('=').map(str::trim_start) else {
            attributes.push((name, String::new()));
            continue;
        };
        let quote = value.chars().next().filter(|first| matches!(first, '"' | '\''));
        let (value, after) = match quote {
            Some(quote) => value[1..].split_once(quote).unwrap_or((&value[1..], "")),
            None => value.split_at(value.find(|c: char| c.is_whitespace() || c == '>').unwrap_or(value.len())),
        };
        attributes.push((name, value.to_owned()));
        rest = after;
    }
}
