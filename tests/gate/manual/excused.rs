//! The blocks that no test here checks, each with the reason.

use portcullis_tests::manual::{self, Block};

/// Why a block is not checked, if it need not be.
pub(super) fn reason(block: &Block) -> Option<&'static str> {
    let of_language = LANGUAGES.iter().find(|(language, _)| *language == block.language).map(|(_, why)| *why);
    let of_page = BLOCKS.iter().find(|one| one.page == block.page && one.begins(block)).map(|one| one.why);
    of_page.or(of_language)
}

const LANGUAGES: &[(&str, &str)] = &[
    ("mermaid", "a drawing"),
    ("text", "figures, formulae and bytes to read, with nothing that anybody would run or load"),
];

struct Excused {
    page: &'static str,
    language: &'static str,
    /// How the block begins.
    begins: &'static str,
    why: &'static str,
}

impl Excused {
    fn begins(&self, block: &Block) -> bool {
        self.language == block.language && block.text.starts_with(self.begins)
    }
}

const BLOCKS: &[Excused] = &[
    Excused {
        page: "docs/operating.md",
        language: "nginx",
        begins: "map $http_upgrade",
        why: "nginx reads it, in tests/gateways/manual.rs",
    },
    Excused {
        page: "docs/operating.md",
        language: "caddyfile",
        begins: "login.example {",
        why: "Caddy reads it, in tests/gateways/manual.rs",
    },
    Excused {
        page: "docs/standing.md",
        language: "html",
        begins: "<img src=\"/.portcullis/standing\"",
        why: "an element for the reader's own page; what it asks for is tested in tests/gate/standing",
    },
];

#[test]
fn every_excuse_is_for_a_block_that_there_is() {
    let all = manual::all();
    for excused in BLOCKS {
        let found = all.iter().any(|block| block.page == excused.page && excused.begins(block));
        assert!(found, "{} shows no {} that begins {:?}", excused.page, excused.language, excused.begins);
    }
}
