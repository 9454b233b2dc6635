//! Attack 18: the clearance cookie planted, stolen, leaked to the origin, lost, or in a loop.

use http::Request;
use http::header::{CONTENT_TYPE, COOKIE, HOST as HOST_HEADER};
use portcullis_tests::attacker::Submission;
use portcullis_tests::in_process::{Answer, Gate, Origin, from, get, navigation, post};

#[tokio::test]
async fn the_cookie_has_exactly_these_attributes() {
    for (lifetime, seconds) in [("15m", 900), ("60s", 60), ("1day", 86_400)] {
        let gate = Gate::with(&[&format!("clearance.lifetime={lifetime}")]);
        let answer = gate.redeem(&gate.solved().await).await;
        let token = answer.json()["token"].as_str().unwrap().to_owned();
        let cookie = format!("__Host-portcullis={token}; Path=/; Max-Age={seconds}; Secure; HttpOnly; SameSite=Lax");
        let [clearance, standing] = answer.cookies()[..] else { panic!("not two cookies: {answer:?}") };
        assert_eq!(clearance, cookie);
        assert!(standing.starts_with("__Host-portcullis-standing="), "{standing}");
        assert_eq!(answer.json()["expires_in"], seconds);
        assert_eq!(answer.header("cache-control"), "no-store");
    }
}

#[tokio::test]
async fn only_a_redeemed_solution_sets_a_cookie_and_nothing_deletes_one() {
    let origin = Origin::start().await;
    let gate = Gate::in_front_of(&origin, &[]);
    let good = gate.solved().await;
    assert_eq!(gate.redeem(&good).await.cookies().len(), 2);
    let json = |target| post(target).header(CONTENT_TYPE, "application/json");
    let mut answers = vec![
        gate.redeem(&good).await,
        gate.redeem_from(&gate.solved().await, "::1").await,
        gate.redeem_by(&gate.solved().await, Request::post("/.portcullis/redeem").header(HOST_HEADER, "else")).await,
        gate.send_with(json("/.portcullis/redeem"), "junk").await,
        gate.send_with(json("/.portcullis/redeem"), "x".repeat(10_000)).await,
        gate.send_with(post("/login"), "user=a").await,
    ];
    let paths = ["/", "/login", "/.portcullis/challenge", "/.portcullis/authorize", "/.portcullis/jwks.json"];
    let cookies = ["", "__Host-portcullis=", "__Host-portcullis=bad", "__Host-portcullis=a.b.c", "portcullis=x", ";=;"];
    for path in paths.into_iter().chain(["/.portcullis/healthz", "/.portcullis/readyz", "/.portcullis/none"]) {
        answers.push(gate.send(get(path)).await);
        for cookie in cookies {
            answers.push(gate.send(navigation(path).header(COOKIE, cookie)).await);
        }
    }
    gate.clock().advance(std::time::Duration::from_secs(60));
    answers.push(gate.redeem(&gate.solved().await.clone()).await);
    let last = answers.pop().unwrap();
    assert_eq!(last.cookies().len(), 2);
    for answer in answers {
        assert!(answer.cookies().is_empty(), "{answer:?}");
        assert!(!answer.headers.contains_key("clear-site-data"), "{answer:?}");
    }
    assert!(origin.arrived().is_empty());
}

/// The page asks `authorize` whether the cookie was kept: so a browser that keeps none is told, and does not loop.
#[tokio::test]
async fn authorize_says_whether_the_cookie_was_kept() {
    let gate = Gate::lowered();
    let token = gate.token().await;
    let ask = |cookie: String| gate.send(get("/.portcullis/authorize").header(COOKIE, cookie));
    let kept = ask(format!("__Host-portcullis={token}")).await;
    assert_eq!((kept.status.as_u16(), kept.body.len(), kept.header("cache-control")), (200, 0, "no-store"));
    for cookie in [String::new(), format!("portcullis={token}"), format!("other={token}"), "__Host-portcullis=x".into()]
    {
        let lost = ask(cookie).await;
        assert_eq!((lost.status.as_u16(), lost.body.len(), lost.header("cache-control")), (403, 0, "no-store"));
        assert_eq!(lost.header("portcullis-action"), "challenge");
    }
}

/// Twenty tabs, each with its own challenge, all redeemed: every token is good, whichever the browser keeps.
#[tokio::test]
async fn many_tabs_at_once_end_with_good_tokens() {
    let gate = Gate::lowered();
    let mut tabs = Vec::new();
    for _ in 0..20 {
        let page = gate.send(navigation("/")).await;
        tabs.push(Submission::solving(&page.challenge().unwrap()));
    }
    for tab in &tabs {
        let answer = gate.redeem(tab).await;
        let token = answer.json()["token"].as_str().unwrap().to_owned();
        assert_eq!(gate.show(&token, "/").await.status, 502, "admitted, to an origin that is not there");
    }
}

#[tokio::test]
async fn the_insecure_cookie_is_for_loopback_names_from_loopback_under_its_flag_alone() {
    let gateway = "client_ip.trusted_proxies=[\"127.0.0.2\"]";
    let flag = "gate.insecure_loopback_cookie=true";
    for (settings, host, peer, forwarded, insecure) in [
        (vec![flag], "localhost", "127.0.0.1", None, true),
        (vec![flag], "localhost:8080", "127.0.0.1", None, true),
        (vec![flag], "app.localhost", "127.0.0.1", None, true),
        (vec![flag], "127.0.0.1:8080", "127.0.0.1", None, true),
        (vec![flag], "[::1]:8080", "::1", None, true),
        (vec![], "localhost", "127.0.0.1", None, false),
        (vec![flag], "login.example", "127.0.0.1", None, false),
        (vec![flag], "localhost.example", "127.0.0.1", None, false),
        (vec![flag], "localhost", "203.0.113.7", None, false),
        (vec![flag], "127.0.0.1", "203.0.113.7", None, false),
        // Through a gateway on this machine: by what the client is, and by what it speaks.
        (vec![flag, gateway], "localhost", "127.0.0.2", Some(("203.0.113.7", "http")), false),
        (vec![flag, gateway], "localhost", "127.0.0.2", Some(("127.0.0.1", "https")), false),
        (vec![flag, gateway], "localhost", "127.0.0.2", Some(("127.0.0.1", "http")), true),
        // A peer that is not a gateway states nothing about itself.
        (vec![flag], "localhost", "203.0.113.7", Some(("127.0.0.1", "http")), false),
    ] {
        let gate = Gate::with(&settings);
        let ask = |request: http::request::Builder| {
            let request = request.header(HOST_HEADER, host);
            let (address, scheme) = forwarded.unwrap_or_default();
            match forwarded {
                Some(_) => from(request.header("x-forwarded-for", address).header("x-forwarded-proto", scheme), peer),
                None => from(request, peer),
            }
        };
        let challenge = gate.challenge_by(ask(Request::get("/.portcullis/challenge"))).await;
        let request = ask(Request::post("/.portcullis/redeem"));
        let answer = gate.redeem_by(&Submission::solving(&challenge), request).await;
        let attributes = attributes(&answer);
        let expected = if insecure {
            ("portcullis", "Path=/; Max-Age=900; HttpOnly; SameSite=Lax")
        } else {
            ("__Host-portcullis", "Path=/; Max-Age=900; Secure; HttpOnly; SameSite=Lax")
        };
        assert_eq!(attributes, expected, "{settings:?} {host} {peer} {forwarded:?}");
        // The cookie of the other name clears nobody.
        let token = answer.json()["token"].as_str().unwrap().to_owned();
        for (name, good) in [("portcullis", insecure), ("__Host-portcullis", !insecure)] {
            let shown = ask(Request::get("/.portcullis/authorize").header(COOKIE, format!("{name}={token}")));
            assert_eq!(gate.send(shown).await.status == 200, good, "{name} at {host} from {peer}");
        }
    }
}

#[tokio::test]
async fn the_cookie_is_kept_from_the_origin_and_every_other_passes() {
    let origin = Origin::start().await;
    let gate = Gate::in_front_of(&origin, &[]);
    let token = gate.token().await;
    for (cookies, passed) in [
        (vec![format!("__Host-portcullis={token}")], None),
        (vec![format!("a=1; __Host-portcullis={token}; b=2")], Some("a=1; b=2")),
        (vec!["a=\"1 2\"".to_owned(), format!("__Host-portcullis={token};b==; c")], Some("a=\"1 2\"; b==; c")),
        (vec![format!("__Host-portcullis={token}; __Host-portcullis=other; portcullis=x")], None),
        (
            vec![format!("portcullis2=1; xportcullis=2; __Host-portcullis={token}")],
            Some("portcullis2=1; xportcullis=2"),
        ),
    ] {
        let request = cookies.iter().fold(get("/"), |request, cookie| request.header(COOKIE, cookie));
        assert_eq!(gate.send(request).await.status, 200, "{cookies:?}");
        let arrived = origin.last().headers;
        let arrived: Vec<_> = arrived.get_all(COOKIE).iter().map(|value| value.to_str().unwrap()).collect();
        assert_eq!(arrived, passed.into_iter().collect::<Vec<_>>(), "{cookies:?}");
    }
    // Nor does the origin see it when the gate is up.
    let up = Gate::in_front_of(&origin, &["gate.mode=off"]);
    up.send(get("/").header(COOKIE, format!("__Host-portcullis={token}; a=1"))).await;
    assert_eq!(origin.last().headers[COOKIE], "a=1");
}

/// The name of the clearance cookie, and what follows the value.
fn attributes(answer: &Answer) -> (&str, &str) {
    let [cookie, _standing] = answer.cookies()[..] else { panic!("not one cookie: {answer:?}") };
    let (pair, attributes) = cookie.split_once("; ").unwrap_or_default();
    (pair.split('=').next().unwrap_or_default(), attributes)
}
