//! Text changed on the way: it is refused, or says something else. One message has one text.

use portcullis_challenge::{CHALLENGE_TEXT_LEN, Challenge, ParseError, SOLUTION_TEXT_MAX_LEN, Solution};
use proptest::prelude::*;

use crate::draw;

/// One change of a text.
#[derive(Clone, Debug)]
enum Edit {
    Replace(usize, u8),
    Insert(usize, u8),
    Remove(usize),
    Exchange(usize, usize),
    Truncate(usize),
}

impl Edit {
    fn apply(&self, text: &mut Vec<u8>) {
        let length = text.len().max(1);
        match *self {
            Self::Insert(at, byte) => text.insert(at % length, byte),
            _ if text.is_empty() => {}
            Self::Replace(at, byte) => text[at % length] = byte,
            Self::Remove(at) => drop(text.remove(at % length)),
            Self::Exchange(one, other) => text.swap(one % length, other % length),
            Self::Truncate(to) => text.truncate(to % length),
        }
    }
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    // The characters that decoders are lenient about, those that are canonical, and all the rest.
    let byte = || prop_oneof![proptest::sample::select(b"=+/-_ \r\n\t%\0AQgw09z".as_slice()), any::<u8>()];
    let at = || any::<usize>();
    let edit = prop_oneof![
        4 => (at(), byte()).prop_map(|(at, byte)| Edit::Replace(at, byte)),
        1 => (at(), byte()).prop_map(|(at, byte)| Edit::Insert(at, byte)),
        1 => at().prop_map(Edit::Remove),
        1 => (at(), at()).prop_map(|(one, other)| Edit::Exchange(one, other)),
        1 => at().prop_map(Edit::Truncate),
    ];
    proptest::collection::vec(edit, 1..4)
}

fn text_of(solution: &Solution) -> Vec<u8> {
    solution.to_text(&mut [0; SOLUTION_TEXT_MAX_LEN]).into()
}

/// Every byte of the text of one challenge, replaced by every other byte.
fn every_replacement(text: [u8; CHALLENGE_TEXT_LEN]) -> impl Iterator<Item = [u8; CHALLENGE_TEXT_LEN]> {
    let replaced = move |(index, byte)| {
        let mut changed = text;
        changed[index] = byte;
        changed
    };
    (0..CHALLENGE_TEXT_LEN).flat_map(|index| (0..=255_u8).map(move |byte| (index, byte))).map(replaced)
}

proptest! {
    #![proptest_config(draw::config())]

    #[test]
    fn attack_03_a_challenge_survives_its_text(challenge in draw::challenge()) {
        let read = Challenge::parse(&challenge.to_text()).unwrap();
        prop_assert_eq!(read.fields, challenge.fields);
        prop_assert_eq!(read.tag.0, challenge.tag.0);
    }

    #[test]
    fn attack_03_a_changed_challenge_is_refused_or_another(challenge in draw::challenge(), edits in edits()) {
        let original = challenge.to_text();
        let mut text = original.to_vec();
        edits.iter().for_each(|edit| edit.apply(&mut text));
        if let Ok(read) = Challenge::parse(&text) {
            prop_assert_eq!(read.to_text().to_vec(), text.clone(), "two texts of one challenge");
            let same = read.fields == challenge.fields && read.tag.0 == challenge.tag.0;
            prop_assert_eq!(same, text == original);
        }
    }

    #[test]
    fn attack_03_a_changed_solution_is_refused_or_another(nonces in draw::nonces(), edits in edits()) {
        let solution = Solution::new(&nonces).unwrap();
        let original = text_of(&solution);
        let mut text = original.clone();
        edits.iter().for_each(|edit| edit.apply(&mut text));
        if let Ok(read) = Solution::parse(&text) {
            prop_assert_eq!(&text_of(&read), &text, "two texts of one solution");
            prop_assert_eq!(read == solution, text == original);
        }
    }

    #[test]
    fn attack_03_no_bytes_make_a_parser_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        // 139 random characters are not a challenge; the point is that both come back.
        prop_assert!(Challenge::parse(&bytes).is_err());
        if let Ok(solution) = Solution::parse(&bytes) {
            prop_assert_eq!(text_of(&solution), bytes);
        }
    }

    #[test]
    fn attack_03_no_characters_make_a_parser_panic(text in "[A-Za-z0-9_-]{0,400}") {
        if let Ok(challenge) = Challenge::parse(text.as_bytes()) {
            prop_assert_eq!(challenge.to_text().to_vec(), text.as_bytes());
        }
        if let Ok(solution) = Solution::parse(text.as_bytes()) {
            prop_assert_eq!(text_of(&solution), text.into_bytes());
        }
    }

    #[test]
    fn attack_03_a_text_of_another_length_is_refused(challenge in draw::challenge(), length in 0..1_000_usize) {
        let mut text = challenge.to_text().to_vec();
        text.resize(length, b'A');
        let outcome = Challenge::parse(&text).map(drop);
        prop_assert_eq!(outcome.is_ok(), length == CHALLENGE_TEXT_LEN);
        prop_assert!(matches!(outcome, Ok(()) | Err(ParseError::Encoding)));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20, ..draw::config() })]

    #[test]
    fn attack_03_any_one_byte_changed_is_refused_or_another(challenge in draw::challenge()) {
        let original = challenge.to_text();
        for text in every_replacement(original) {
            if let Ok(read) = Challenge::parse(&text) {
                let same = read.fields == challenge.fields && read.tag.0 == challenge.tag.0;
                prop_assert_eq!(same, text == original);
            }
        }
    }
}
