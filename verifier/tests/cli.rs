//! What the command line prints, and how it exits. After a change of words: `TRYCMD=overwrite cargo test -p portcullis --test
//! cli`, and look at the difference.

#[test]
fn the_command_line_prints_what_is_written_here() {
    let cases = trycmd::TestCases::new();
    cases.case("tests/cli/*.trycmd");
}
