//! A form that meets the gate is carried through it, if this site's own page sent it; else the visitor is told it was
//! lost. Carrying another site's form on would lend it this site's name and cookies.

use http::header::{CONTENT_TYPE, ORIGIN};
use http::request::Builder;
use portcullis_tests::in_process::{Answer, Gate, get, navigation, post};

const FORM: &str = "application/x-www-form-urlencoded";

fn posted() -> Builder {
    post("/login?next=/parcels").header("sec-fetch-mode", "navigate")
}

/// What the page says became of the form, and the form it holds.
fn form(answer: &Answer) -> (String, Option<String>) {
    assert!(answer.is_page(), "{answer:?}");
    let page = answer.text();
    let notice = page.split_once("data-form-notice=\"").and_then(|(_, rest)| rest.split_once('"'));
    let carried = page.split_once("<form").and_then(|(_, rest)| rest.split_once("</form>"));
    (notice.map(|(notice, _)| notice.to_owned()).unwrap_or_default(), carried.map(|(form, _)| form.to_owned()))
}

#[tokio::test]
async fn a_form_of_this_sites_own_is_carried_whole_and_in_order() {
    let gate = Gate::lowered();
    let own = [
        posted().header("sec-fetch-site", "same-origin"),
        // Browsers from before that header.
        posted().header(ORIGIN, "https://login.example"),
        posted().header(ORIGIN, "http://login.example"),
    ];
    for request in own {
        let request = request.header(CONTENT_TYPE, format!("{FORM}; charset=UTF-8"));
        let body = "user=ada&password=p%26%3D%2B%22+x&list=1&list=2&empty=&=nameless&multi=a%0D%0Ab&%C3%BC=%E2%82%AC";
        let (notice, carried) = form(&gate.send_with(request, body).await);
        assert_eq!(notice, "carried");
        let fields: Vec<(String, String)> = carried.unwrap().split("<input").skip(1).map(field).collect();
        let expected = [
            ("user", "ada"),
            ("password", "p&amp;=+&quot; x"),
            ("list", "1"),
            ("list", "2"),
            ("empty", ""),
            ("", "nameless"),
            ("multi", "a\r\nb"),
            ("ü", "€"),
        ];
        assert_eq!(fields, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }
}

#[tokio::test]
async fn another_sites_form_is_lost_not_carried() {
    let gate = Gate::lowered();
    for site in ["cross-site", "same-site", "none", "", "SAME-ORIGIN", "same-origin, cross-site"] {
        let request = posted().header(CONTENT_TYPE, FORM).header("sec-fetch-site", site);
        // What the newer header says is not overruled by the older one.
        let request = request.header(ORIGIN, "https://login.example");
        assert_eq!(form(&gate.send_with(request, "user=ada").await), ("lost".to_owned(), None), "{site:?}");
    }
    for origin in
        ["https://evil.example", "null", "", "https://login.example.evil", "https://login.example:444", "login.example"]
    {
        let request = posted().header(CONTENT_TYPE, FORM).header(ORIGIN, origin);
        assert_eq!(form(&gate.send_with(request, "user=ada").await), ("lost".to_owned(), None), "{origin:?}");
    }
    let request = posted().header(CONTENT_TYPE, FORM);
    assert_eq!(form(&gate.send_with(request, "user=ada").await), ("lost".to_owned(), None), "no word of whose it is");
}

#[tokio::test]
async fn a_form_that_cannot_be_repeated_exactly_is_lost_not_changed() {
    let gate = Gate::lowered();
    let long = format!("a={}", "b".repeat(64 << 10));
    for (content_type, body) in [
        ("multipart/form-data; boundary=x", "--x--"),
        ("text/plain", "user=ada"),
        ("application/json", "{}"),
        ("", "user=ada"),
        (FORM, "blob=%ff%fe"),
        (FORM, "nul=%00"),
        (FORM, "_charset_=x"),
        (FORM, long.as_str()),
    ] {
        let request = posted().header("sec-fetch-site", "same-origin").header(CONTENT_TYPE, content_type);
        assert_eq!(
            form(&gate.send_with(request, body.to_owned()).await),
            ("lost".to_owned(), None),
            "{content_type} {body}"
        );
    }
    let put = posted().method("PUT").header("sec-fetch-site", "same-origin").header(CONTENT_TYPE, FORM);
    assert_eq!(form(&gate.send_with(put, "user=ada").await), ("lost".to_owned(), None));
}

#[tokio::test]
async fn a_request_without_a_form_says_so() {
    let gate = Gate::lowered();
    for request in [navigation("/"), get("/").header("accept", "text/html"), navigation("/").method("OPTIONS")] {
        assert_eq!(form(&gate.send(request).await), ("none".to_owned(), None));
    }
}

fn field(input: &str) -> (String, String) {
    let attribute = |name: &str| {
        let text = input.split_once(&format!("{name}=\"")).and_then(|(_, rest)| rest.split_once('"'));
        text.map(|(text, _)| text.to_owned()).unwrap_or_default()
    };
    (attribute(" name"), attribute(" value"))
}
