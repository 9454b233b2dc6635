//! Messages not in the one form the protocol allows. Each malformed challenge has a right tag, where it has one at
//! all: its form alone must refuse it.

use portcullis_challenge::{MAC_INPUT_LEN, SOLUTION_MAX_LEN};

use super::{base64url, file, genuine, nonces_text, plain, tagged_text, text};
use crate::format::{File, MalformedVector};

/// Challenges that are none.
pub(super) fn challenges() -> File<MalformedVector> {
    let mut vectors = encodings();
    vectors.extend(versions_and_kinds());
    vectors.extend(parameters());
    file("Texts that are not challenges, though their tags are right, and the first rule each breaks.", vectors)
}

fn encodings() -> Vec<MalformedVector> {
    let good = text(&genuine(plain()));
    let all_but_last = &good[..good.len() - 1];
    let replaced = |what: &str, by: &str| {
        assert!(good.contains(what), "the plain challenge's text has a {what}");
        good.replacen(what, by, 1)
    };
    let mut cases = vec![
        ("nothing".to_owned(), String::new()),
        ("one character short".to_owned(), all_but_last.to_owned()),
        ("one character long".to_owned(), format!("{good}A")),
        ("one byte short".to_owned(), base64url(&genuine(plain()).encode()[..103])),
        ("one byte long".to_owned(), base64url(&[genuine(plain()).encode().as_slice(), &[0]].concat())),
        ("padded".to_owned(), format!("{good}=")),
        ("padded to the right length".to_owned(), format!("{all_but_last}=")),
        ("standard alphabet's 62".to_owned(), replaced("-", "+")),
        ("standard alphabet's 63".to_owned(), replaced("_", "/")),
        ("space within".to_owned(), format!("{} {}", &good[..70], &good[71..])),
        ("space before".to_owned(), format!(" {good}")),
        ("newline after".to_owned(), format!("{good}\n")),
        ("newline in place of the last character".to_owned(), format!("{all_but_last}\n")),
        ("percent sign within".to_owned(), format!("{}%{}", &good[..70], &good[71..])),
        ("zero byte in place of the last character".to_owned(), format!("{all_but_last}\0")),
        ("139 bytes, 138 characters".to_owned(), format!("{}é", &good[..137])),
        ("139 characters, 140 bytes".to_owned(), format!("{all_but_last}é")),
    ];
    cases.extend(trailing_bits(&good, 2));
    cases.into_iter().map(|(name, text)| vector(&name, text, "encoding")).collect()
}

fn versions_and_kinds() -> Vec<MalformedVector> {
    let with = |changes: &[Change]| tagged_text(&changed(changes));
    vec![
        vector("version 0", with(&[(0, &[0])]), "version"),
        vector("version 2", with(&[(0, &[2])]), "version"),
        vector("version 255", with(&[(0, &[255])]), "version"),
        vector("version 2 and everything else wrong too", tagged_text(&[2; MAC_INPUT_LEN]), "version"),
        vector("kind 0", with(&[(1, &[0])]), "kind"),
        vector("kind 3", with(&[(1, &[3])]), "kind"),
        vector("kind of the digit 1", with(&[(1, b"1")]), "kind"),
        vector("kind 129, 1 except for a sign", with(&[(1, &[129])]), "kind"),
        vector("kind 255", with(&[(1, &[255])]), "kind"),
    ]
}

fn parameters() -> Vec<MalformedVector> {
    let cases: [(&str, &[Change]); _] = [
        ("no shares", &[(3, &[0])]),
        ("65 shares", &[(3, &[65])]),
        ("255 shares", &[(3, &[255])]),
        ("every nonce a share", &[(4, &[255; 4])]),
        ("one share, every nonce a share", &[(3, &[1]), (4, &[255; 4])]),
        ("no shares, no threshold", &[(3, &[0]), (4, &[0; 4])]),
        ("threshold 0", &[(4, &[0; 4])]),
        ("one share, threshold 0", &[(3, &[1]), (4, &[0; 4])]),
        ("one share, a little harder than the cap", &[(3, &[1]), (4, &[0, 0, 0, 2])]),
        ("32 shares, a little harder than the cap", &[(4, &[0, 0, 0, 126])]),
        ("64 shares, a little harder than the cap", &[(3, &[64]), (4, &[0, 0, 0, 254])]),
        ("1 iteration", &[(8, &[0, 0, 0, 1])]),
        ("2^24 iterations", &[(8, &[1, 0, 0, 0])]),
        ("2^32 - 1 iterations", &[(8, &[255; 4])]),
        ("kind 2, no iterations", &[(1, &[2])]),
        ("kind 2, 4097 iterations", &[(1, &[2]), (4, &[4, 0, 0, 0]), (8, &[0, 0, 0x10, 1])]),
        ("kind 2, 2^32 - 1 iterations", &[(1, &[2]), (4, &[4, 0, 0, 0]), (8, &[255; 4])]),
        ("kind 2, no shares", &[(1, &[2]), (3, &[0]), (4, &[4, 0, 0, 0]), (8, &[0, 0, 0x03, 0xe8])]),
        ("kind 2, every nonce a share", &[(1, &[2]), (4, &[255; 4]), (8, &[0, 0, 0x03, 0xe8])]),
        ("kind 2, few attempts of many compressions, beyond the cap", &[(1, &[2]), (8, &[0, 0, 0x03, 0xe8])]),
        ("no life", &[(20, &[0; 4])]),
        ("a life of 300 001 ms", &[(20, &[0x00, 0x04, 0x93, 0xe1])]),
        ("a life of 2^32 - 1 ms", &[(20, &[255; 4])]),
        ("all zeros but version and kind", &[(2, &[0; 70])]),
    ];
    cases.into_iter().map(|(name, changes)| vector(name, tagged_text(&changed(changes)), "parameter")).collect()
}

/// Solutions that are none.
pub(super) fn solutions() -> File<MalformedVector> {
    let good = nonces_text(&[1, 2]);
    let most: Vec<u32> = (0..65).collect();
    let mut vectors = vec![
        vector("padded", format!("{good}="), "encoding"),
        vector("space after", format!("{good} "), "encoding"),
        vector("newline within", format!("{}\n{}", &good[..5], &good[5..]), "encoding"),
        vector("standard alphabet's 62", nonces_text(&[0xf8_00_00_00]).replacen('-', "+", 1), "encoding"),
        vector("standard alphabet's 63", nonces_text(&[0xfc_00_00_00]).replacen('_', "/", 1), "encoding"),
        vector("one character over whole bytes", format!("{}A", base64url(&[0; 12])), "encoding"),
        vector("one character alone", "A".to_owned(), "encoding"),
        vector("64 nonces and a byte", base64url(&[0; SOLUTION_MAX_LEN + 1]), "encoding"),
        vector("65 nonces", nonces_text(&most), "encoding"),
        vector("very long", "A".repeat(4_000), "encoding"),
        vector("nothing", String::new(), "nonces"),
        vector("one byte", base64url(&[0]), "nonces"),
        vector("one byte short", base64url(&[0, 0, 1]), "nonces"),
        vector("one byte long", base64url(&[0, 0, 0, 1, 0]), "nonces"),
        vector("one nonce twice", nonces_text(&[7, 7]), "nonces"),
        vector("nonce 0 twice", nonces_text(&[0, 0]), "nonces"),
        vector("the largest nonce twice", nonces_text(&[u32::MAX, u32::MAX]), "nonces"),
        vector("64 times one nonce", nonces_text(&[7; 64]), "nonces"),
        vector("a decreasing pair", nonces_text(&[2, 1]), "nonces"),
        vector("the last two exchanged", nonces_text(&[1, 2, 3, 5, 4]), "nonces"),
        vector("in order as signed numbers", nonces_text(&[0x8000_0000, 1]), "nonces"),
        vector("in order as little-endian numbers", nonces_text(&[0x0100_0000, 2]), "nonces"),
        vector("in order as text", nonces_text(&[10, 9]), "nonces"),
    ];
    let one = nonces_text(&[1]);
    for (name, text) in trailing_bits(&one, 4).into_iter().chain(trailing_bits(&good, 2)) {
        vectors.push(vector(
            &format!("{} nonces, {name}", if text.len() == one.len() { 1 } else { 2 }),
            text,
            "encoding",
        ));
    }
    file("Texts that are not solutions, and the first rule each breaks.", vectors)
}

fn vector(name: &str, text: String, error: &str) -> MalformedVector {
    MalformedVector { name: name.to_owned(), text, error: error.to_owned() }
}

/// Bytes and the offset they are written to.
type Change = (usize, &'static [u8]);

/// The plain challenge's 72 bytes with some of them replaced.
fn changed(changes: &[Change]) -> [u8; MAC_INPUT_LEN] {
    let mut bytes = plain().encode();
    for (offset, replacement) in changes {
        bytes[*offset..offset + replacement.len()].copy_from_slice(replacement);
    }
    bytes
}

/// A canonical text with every value but 0 in the `count` bits of its last character that carry nothing.
fn trailing_bits(canonical: &str, count: u32) -> Vec<(String, String)> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let (rest, last) = canonical.split_at(canonical.len() - 1);
    let value = ALPHABET.iter().position(|character| [*character] == last.as_bytes()).expect("base64url");
    let with = |bits| (format!("trailing bits {bits}"), format!("{rest}{}", char::from(ALPHABET[value | bits])));
    (1..1 << count).map(with).collect()
}
