use http::{HeaderValue, Method};
use portcullis_clearance::network::{NetworkPrefix, PrefixLengths};
use portcullis_policy::BotKeys;

use super::*;

/// The key that RFC 9421 tests with (B.1.4), which the examples of Web Bot Auth are signed with too.
const KEYS: &str = r#"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"test-key-ed25519","x":"JrQLj5P_89iXES9-vFgrIy29clF9CC_oPPsw3c5D0bs"}]}"#;
/// The second example of draft-meunier-web-bot-auth-architecture, appendix A.2. It is good for a century.
const SIGNATURE_INPUT: &str = "sig2=(\"@authority\" \"signature-agent\";key=\"agent2\");created=1735689600;\
    keyid=\"poqkLGiymh_W0uP6PZFw-dvez3QJT5SolqXBCW38r0U\";alg=\"ed25519\";expires=4889289600;\
    nonce=\"n9p433xm+NJ3ph3upfBIGmsuwHw387YV7Q/F+6BSpGCVjYCqQw6rznNA8PVVLySrAWsv0hQtFioQb6E1YsauiA==\";tag=\"web-bot-auth\"";
const EXAMPLE: [(&str, &str); 3] = [
    ("signature-input", SIGNATURE_INPUT),
    ("signature", "sig2=:RdNFx5Bj6au3YgAMQL/RzmUlZE8QZLIaXGRpw985hWnwPfMxT228NMk6ehRS1PSl4e8PhbNZACSanGdhEwYCCg==:"),
    ("signature-agent", "agent2=\"https://signature-agent.test\""),
];
const DAY: u64 = 24 * 60 * 60;
const CREATED: u64 = 1_735_689_600;

fn headers(fields: &[(&'static str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in fields {
        headers.append(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
    }
    headers
}

fn with_input(input: &str) -> HeaderMap {
    headers(&[("signature-input", input), EXAMPLE[1], EXAMPLE[2]])
}

fn request(headers: &HeaderMap, seconds: u64) -> BotRequest<'_> {
    let address = [192, 0, 2, 1].into();
    let now = UnixMillis(seconds * 1000);
    BotRequest {
        method: &Method::GET,
        target: Some("/a?b=c"),
        host: "example.com",
        headers,
        address,
        network: NetworkPrefix::of(address, PrefixLengths::default()),
        now,
        steady: now,
    }
}

#[test]
fn the_published_example_is_signed_by_its_key() {
    let (keys, headers) = (BotKeys::parse(KEYS).unwrap(), headers(&EXAMPLE));
    let shown = RequestSignature::read(&headers).unwrap();
    assert!(keys.has(shown.key()));
    let base = shown.base(&request(&headers, CREATED)).unwrap();
    assert!(keys.signed(shown.key(), base.as_bytes(), shown.signature()), "{base}");
    assert!(!keys.signed(shown.key(), base.replace("example.com", "example.net").as_bytes(), shown.signature()));
    assert!(!keys.signed("other", base.as_bytes(), shown.signature()));
    assert_eq!(shown.message(&request(&headers, CREATED)), None, "a century is too long");
}

#[test]
fn a_signature_is_good_for_a_day_at_most_and_within_its_time() {
    let good = |created: i64, expires: i64, now: u64| {
        let input = SIGNATURE_INPUT
            .replace("created=1735689600", &format!("created={created}"))
            .replace("expires=4889289600", &format!("expires={expires}"));
        let headers = with_input(&input);
        RequestSignature::read(&headers).unwrap().message(&request(&headers, now)).is_some()
    };
    let (c, d, leeway) = (CREATED as i64, DAY as i64, LEEWAY.as_secs());
    assert!(good(c, c + d, CREATED) && good(c, c + 1, CREATED) && good(c, c + d, CREATED + DAY));
    assert!(!good(c, c + d + 1, CREATED), "more than a day");
    assert!(good(c, c + 60, CREATED - leeway) && !good(c, c + 60, CREATED - leeway - 1), "not yet");
    assert!(good(c, c + 60, CREATED + 59 + leeway) && !good(c, c + 60, CREATED + 60 + leeway), "no longer");
    for (created, expires) in [(c, c), (c + 1, c), (-1, c), (0, 1), (-c, -1), (c, 999_999_999_999_999)] {
        assert!(!good(created, expires, CREATED), "{created} {expires}");
    }
}

#[test]
fn what_must_be_covered_and_what_may() {
    let base = |components: &str, fields: &[(&'static str, &str)]| {
        let input =
            format!("sig2=({components});created={CREATED};expires={};keyid=\"k\";tag=\"web-bot-auth\"", CREATED + 60);
        let mut fields = fields.to_vec();
        fields.extend([("signature-input", input.as_str()), EXAMPLE[1]]);
        let headers = headers(&fields);
        RequestSignature::read(&headers).unwrap().message(&request(&headers, CREATED))
    };
    let all = base("\"@method\" \"@authority\" \"@path\" \"@query\" \"x-a\"", &[("x-a", " 1 "), ("x-a", "2")]).unwrap();
    assert!(all.starts_with("\"@method\": GET\n\"@authority\": example.com\n\"@path\": /a\n\"@query\": ?b=c\n\"x-a\": 1, 2\n\"@signature-params\": (\"@method\""), "{all}");
    let whole = base("\"@authority\" \"signature-agent\"", &[("signature-agent", "\"https://a.example\"")]).unwrap();
    assert!(whole.contains("\n\"signature-agent\": \"https://a.example\"\n"), "{whole}");
    let agent = [("signature-agent", "a=\"https://a.example\"")];
    for (components, fields) in [
        ("", &[][..]),
        ("\"@method\"", &[]),
        ("\"@authority\"", &agent),
        ("\"@authority\" \"signature-agent\";key=\"b\"", &agent),
        ("\"@authority\" \"signature-agent\";key=\"a\";sf", &agent),
        ("\"@authority\" \"signature-agent\";sf", &agent),
        ("\"@authority\" \"@authority\"", &[]),
        ("\"@authority\";req", &[]),
        ("\"@authority\" \"@target-uri\"", &[]),
        ("\"@authority\" \"@scheme\"", &[]),
        ("\"@authority\" \"@status\"", &[]),
        ("\"@authority\" \"x-missing\"", &[]),
        ("\"@authority\" \"X-A\"", &[("x-a", "1")]),
        ("\"@authority\" \"\"", &[]),
        ("@authority", &[]),
    ] {
        let read = std::panic::catch_unwind(|| base(components, fields));
        assert!(read.unwrap_or(None).is_none(), "{components}");
    }
}

#[test]
fn what_is_no_single_signature_of_a_bot_is_not_read() {
    let input = |from: &str, to: &str| {
        let changed = SIGNATURE_INPUT.replace(from, to);
        assert_ne!(changed, SIGNATURE_INPUT);
        RequestSignature::read(&with_input(&changed))
    };
    for (from, to) in [
        ("tag=\"web-bot-auth\"", "tag=\"other\""),
        (";tag=\"web-bot-auth\"", ""),
        ("tag=\"web-bot-auth\"", "tag=web-bot-auth"),
        ("alg=\"ed25519\"", "alg=\"hmac-sha256\""),
        ("alg=\"ed25519\"", "alg=ed25519"),
        (";keyid=\"poqkLGiymh_W0uP6PZFw-dvez3QJT5SolqXBCW38r0U\"", ""),
        ("keyid=\"poqk", "keyid=:poqk"),
        ("sig2=", "sig1="),
        ("sig2=", "sig2"),
        ("sig2=(", "sig2=((("),
        ("\"@authority\" ", &"\"@authority\" ".repeat(20)),
        ("nonce=\"", &format!("nonce=\"{}", "n".repeat(4096))),
        ("sig2=", "other=1, sig2="),
    ] {
        assert!(input(from, to).is_none(), "{to}");
    }
    for fields in [
        &EXAMPLE[..1],
        &EXAMPLE[1..],
        &[EXAMPLE[0], EXAMPLE[0], EXAMPLE[1], EXAMPLE[2]],
        &[EXAMPLE[0], EXAMPLE[1], EXAMPLE[1], EXAMPLE[2]],
        &[EXAMPLE[0], ("signature", "sig2=:AAAA:"), EXAMPLE[2]],
        &[EXAMPLE[0], ("signature", "sig2=\"text\""), EXAMPLE[2]],
        &[EXAMPLE[0], ("signature", "sig2"), EXAMPLE[2]],
        &[EXAMPLE[0], ("signature", ""), EXAMPLE[2]],
    ] {
        assert!(RequestSignature::read(&headers(fields)).is_none(), "{fields:?}");
    }
    let mut bytes = headers(&EXAMPLE);
    bytes.insert("signature-agent", HeaderValue::from_bytes(b"agent2=\"\xff\"").unwrap());
    assert!(RequestSignature::read(&bytes).unwrap().base(&request(&bytes, CREATED)).is_none());
}
