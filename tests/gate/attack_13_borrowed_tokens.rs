//! Attack 13: a genuine token shown by somebody else: at another host, or from another network.

use http::header::{COOKIE, HOST as HOST_HEADER};
use portcullis_tests::in_process::{Gate, Origin, from, navigation};

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
