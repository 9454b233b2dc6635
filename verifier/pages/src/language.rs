//! Which language a visitor reads.

use crate::preference::weighted;

/// Every language the page speaks, the fallback first, with its texts.
pub(crate) const LANGUAGES: [(&str, &str); 9] = [
    ("en", include_str!("../../../www/translations/en.json")),
    ("ar", include_str!("../../../www/translations/ar.json")),
    ("de", include_str!("../../../www/translations/de.json")),
    ("es", include_str!("../../../www/translations/es.json")),
    ("fr", include_str!("../../../www/translations/fr.json")),
    ("it", include_str!("../../../www/translations/it.json")),
    ("nl", include_str!("../../../www/translations/nl.json")),
    ("pl", include_str!("../../../www/translations/pl.json")),
    ("pt", include_str!("../../../www/translations/pt.json")),
];

/// The index of the language that an `Accept-Language` header prefers (RFC 9110, 12.5.4); 0 if it names none of them.
/// Regions are ignored: `pt-BR` reads `pt`.
pub(crate) fn negotiate(accepted: &str, languages: impl Iterator<Item = &'static str> + Clone) -> usize {
    let mut best = (0, 0.0);
    for (range, weight) in weighted(accepted) {
        let primary = range.split('-').next().unwrap_or_default();
        let index = languages.clone().position(|language| language.eq_ignore_ascii_case(primary));
        if let Some(index) = index.filter(|_| weight > best.1) {
            best = (index, weight);
        }
    }
    best.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_preferred_known_language_wins() {
        for (accepted, expected) in [
            ("", "en"),
            ("*", "en"),
            ("fr-CH, fr;q=0.9, en;q=0.8", "fr"),
            ("xx, DE-at;q=0.5, it;q=0.7", "it"),
            ("en;q=0, nl;q=0.1", "nl"),
            ("<script>;q=NaN", "en"),
        ] {
            let chosen = negotiate(accepted, LANGUAGES.iter().map(|(language, _)| *language));
            assert_eq!(LANGUAGES[chosen].0, expected, "{accepted}");
        }
    }
}
