//! Attack 13: a genuine token shown by somebody else: at another host, or from another network.

use http::header::{COOKIE, HOST as HOST_HEADER};
use portcullis_challenge::UnixMillis;
use portcullis_config::{Mode, Setting};
use portcullis_tests::attacker::standing::known_since;
use portcullis_tests::in_process::{Gate, HOST, Origin, START, from, navigation};

#[tokio::test]
async fn a_token_is_good_at_its_own_host_only() {
    let origin = Origin::start().await;
    let gate = Gate::in_front_of(&origin, &[]);
    let cookie = format!("__Host-portcullis={}", gate.token().await);
    let at = |host: &str| {
        let request = http::Request::get("/").header(HOST_HEADER, host).header("sec-fetch-mode", "navigate");
        gate.send(request.header(COOKIE, &cookie))
    };
    for host in ["other.example", "example", "www.login.example", "login.example.org", "localhost", "xlogin.example"] {
        assert!(at(host).await.is_page(), "{host}");
    }
    assert!(origin.arrived().is_empty());
    for host in ["login.example", "LOGIN.EXAMPLE", "login.example.", "login.example:8443"] {
        assert_eq!(at(host).await.status, 200, "{host}");
    }
}

#[tokio::test]
async fn a_token_is_good_from_its_own_network_only() {
    let origin = Origin::start().await;
    let gate = Gate::in_front_of(&origin, &[]);
    for (own, same, others) in [
        ("203.0.113.7", "203.0.113.250", ["203.0.112.7", "203.0.114.7", "2001:db8::1", "::cb00:7107"]),
        ("2001:db8:1::7", "2001:db8:1:9::1", ["2001:db8:2::7", "2001:db9:1::7", "203.0.113.7", "::1"]),
    ] {
        let cookie = format!("__Host-portcullis={}", gate.token_from(own).await);
        let shown = |address| gate.send(from(navigation("/").header(COOKIE, &cookie), address));
        let arrived = origin.arrived().len();
        for other in others {
            assert!(shown(other).await.is_page(), "{own} shown from {other}");
        }
        assert_eq!(origin.arrived().len(), arrived);
        assert_eq!(shown(own).await.status, 200);
        assert_eq!(shown(same).await.status, 200);
    }
}

#[tokio::test]
async fn a_token_of_another_installation_is_none() {
    let (gate, other) = (Gate::lowered(), Gate::lowered());
    let token = other.token().await;
    assert!(gate.show(&token, "/").await.is_page());
    // Nor one of this key under another installation's name.
    let renamed = Gate::start(portcullis_tests::in_process::Plan {
        settings: vec!["clearance.issuer=elsewhere".to_owned()],
        ..gate.plan.clone()
    });
    assert!(gate.show(&renamed.token().await, "/").await.is_page());
}

/// A standing token is bound to no network, for its bearers travel. What it is worth is bounded instead.
#[tokio::test]
async fn ten_thousand_clients_with_one_standing_token_get_what_one_gets() {
    let origin = Origin::start().await;
    let gate = Gate::in_front_of(&origin, &["gate.mode=challenge-new"]);
    gate.verifier.pressure().set(Setting::Forced(Mode::ChallengeNew));
    gate.verifier.take_pressure();
    let a_day_before = UnixMillis(START.0 - 24 * 3_600_000);
    let token = known_since(a_day_before, 1, HOST, &gate.plan.key_folder());
    let cookie = format!("__Host-portcullis-standing={token}");
    let mut admitted = 0;
    for client in 0..10_000 {
        let address = format!("198.{}.{}.7", 18 + client % 2, client / 2 % 256);
        let request = from(navigation("/").header(COOKIE, &cookie), &address);
        admitted += usize::from(gate.send(request).await.status == 200);
    }
    assert_eq!((admitted, origin.arrived().len()), (60, 60));
}
