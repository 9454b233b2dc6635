//! Texts that are not tokens.

use portcullis_tests::attacker::tokens::Token;

use super::Scene;

#[tokio::test]
async fn a_token_has_three_parts_in_base64url_and_one_text() {
    let scene = Scene::set().await;
    let genuine = scene.genuine.as_str();
    let [header, claims, signature] = <[&str; 3]>::try_from(genuine.split('.').collect::<Vec<_>>()).unwrap();
    let next = |text: &str| {
        let last = char::from(text.as_bytes()[text.len() - 1] + 1);
        format!("{}{last}", &text[..text.len() - 1])
    };
    let others = [
        String::new(),
        ".".to_owned(),
        "..".to_owned(),
        "...".to_owned(),
        "....".to_owned(),
        "a.b.c".to_owned(),
        header.to_owned(),
        format!("{header}.{claims}"),
        format!("{header}.{claims}."),
        format!("{header}..{signature}"),
        format!(".{claims}.{signature}"),
        format!("{genuine}."),
        format!(".{genuine}"),
        format!("{genuine}.{signature}"),
        format!("{header}.{claims}.{signature}.{claims}.{signature}"),
        format!("{genuine}="),
        format!("{genuine}=="),
        format!("\"{genuine}\""),
        format!("Bearer {genuine}"),
        format!("{genuine},{genuine}"),
        genuine.replace('.', "%2E"),
        genuine.to_uppercase(),
        // The last character of 64 bytes carries two bits; the other four must be zero.
        next(genuine),
        format!("{}A", genuine),
        "A".repeat(60_000),
        format!("{genuine}{}", "A".repeat(8_000)),
        format!("{}.{genuine}", "A".repeat(8_000)),
    ];
    let forged = others.into_iter().map(|text| (text.chars().take(80).collect::<String>(), text));
    scene.assert_challenged(forged.collect::<Vec<_>>()).await;
    assert_eq!(Token::parse(genuine).to_string(), genuine);
}
