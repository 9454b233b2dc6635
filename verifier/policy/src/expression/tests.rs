use http::{HeaderMap, HeaderName, HeaderValue, Method};
use portcullis_challenge::UnixMillis;

use super::*;
use crate::Signals;

fn expression(text: &str) -> Expression {
    let data = MatcherData { ja4_header: Some(HeaderName::from_static("x-ja4")), ..MatcherData::default() };
    Expression::new(text, &data).unwrap_or_else(|problem| panic!("{problem}"))
}

fn facts<'a>(target: &'a str, headers: &'a HeaderMap) -> Facts<'a> {
    Facts {
        method: &Method::POST,
        target,
        host: "login.example",
        headers,
        address: [203, 0, 113, 9].into(),
        from_gateway: true,
        signals: Signals::default(),
        bot: Some("googlebot"),
        now: UnixMillis(1_793_577_600_000),
    }
}

fn headers(headers: &[(&'static str, &'static str)]) -> HeaderMap {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.append(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    map
}

#[test]
fn every_variable_and_function_says_what_it_should() {
    let headers = headers(&[("user-agent", "Bot/1.0 (+http://a.example)"), ("x-key", "7"), ("x-ja4", "t13d")]);
    let facts = facts("/api/v1/login?next=%2Fa&lang=de", &headers);
    for (text, holds) in [
        ("size(query) == 2 && size(headers) == 3 && query[\"lang\"] == \"de\"", true),
        ("remoteAddress == \"203.0.113.9\"", true),
        ("host == \"login.example\" && method == \"POST\"", true),
        ("userAgent.startsWith(\"Bot/\") && userAgent.contains(\"http\")", true),
        ("userAgent.matches(\"^Bot/[0-9]\")", true),
        ("matches(userAgent, \"^Mozilla\")", false),
        ("path.endsWith(\"/login\") && path != \"/login\"", true),
        ("segments(path) == [\"api\", \"v1\", \"login\"]", true),
        ("size(segments(path)) == 3 && segments(path)[1] == \"v1\"", true),
        ("query[\"next\"] == \"/a\" && query.lang == \"de\"", true),
        ("\"lang\" in query && !(\"page\" in query)", true),
        ("headers[\"X-Key\"] == \"7\" && int(headers[\"x-key\"]) > 6", true),
        ("headers[\"X-Other\"] == \"\" && missingHeader(headers, \"X-Other\")", true),
        ("missingHeader(headers, \"X-Key\")", false),
        ("headers.exists(name, name == \"User-Agent\")", true),
        ("headers.all(name, name.startsWith(\"X-\"))", false),
        ("weight > 4 && weight < 6", true),
        ("bot == \"googlebot\" && ja4.startsWith(\"t13\")", true),
        ("method in [\"GET\", \"HEAD\"] ? false : size(headers) == 0", false),
    ] {
        let expression = expression(text);
        for readings in [Readings::Any, Readings::Every] {
            assert_eq!(expression.holds(&facts, readings, 5), holds, "{text}");
        }
        assert_eq!(expression.failures(), 0, "{text}");
    }
}

#[test]
fn what_cannot_be_meant_is_refused_with_the_fix() {
    let deep = format!("{}1 == 1{}", "(".repeat(200), ")".repeat(200));
    let chain = format!("path == {}\"\"", "\"a\" + ".repeat(100));
    let long = format!("path == \"{}\"", "a".repeat(2000));
    for (text, says) in [
        ("", "not an expression"),
        ("path ==", "not an expression"),
        ("path = \"/\"", "not an expression"),
        ("paths == \"/\"", "there is no variable paths; there are"),
        ("x.all(y, y)", "there is no variable x"),
        ("headers.all(name, other)", "there is no variable other"),
        ("file(path)", "there is no function file; there are"),
        ("path.lowerAscii() == path", "there is no function lowerAscii"),
        ("path.matches(userAgent)", "written out"),
        ("path.matches(\"(\")", "not a regular expression"),
        ("path", "it comes to a string"),
        ("size(path)", "it comes to a int"),
        ("path > 1", "no matching overload"),
        ("asn == 1", "`asn_database`"),
        ("country == \"DE\"", "`country_database`"),
        ("headers.all(a, headers.all(b, a == b))", "write two rules"),
        ("google.protobuf.Duration{seconds: 1} == path", "not an expression"),
        (deep.as_str(), "not an expression"),
        (chain.as_str(), "nested too deeply"),
        (long.as_str(), "at most 1024"),
    ] {
        let refused = Expression::new(text, &MatcherData::default()).expect_err(text);
        assert!(refused.contains(says), "{text}: {refused}");
    }
}

#[test]
fn what_goes_wrong_with_a_request_is_on_the_side_of_asking() {
    let many = "/a".repeat(200);
    let long = format!("/{}", "a".repeat(10_000));
    let sent = headers(&[("x-key", "seven")]);
    for (text, target) in [
        ("int(headers[\"X-Key\"]) > 6", "/"),
        ("segments(path)[2] == \"a\"", "/a"),
        ("size(segments(path)) > 2", many.as_str()),
        ("path.startsWith(\"/\")", long.as_str()),
    ] {
        let expression = expression(text);
        assert!(expression.holds(&facts(target, &sent), Readings::Any, 0), "{text}");
        assert!(!expression.holds(&facts(target, &sent), Readings::Every, 0), "{text}");
        assert_eq!(expression.failures(), 2, "{text}");
    }
}

#[test]
fn readings_of_path_header_and_parameter_are_told_apart() {
    let twice = headers(&[("x-key", "good"), ("x-key", "bad"), ("cookie", "a=1"), ("cookie", "b=2")]);
    for (text, target, any, every) in [
        ("path == \"/login\"", "//login", true, false),
        ("path.startsWith(\"/static/\")", "/static/../login", true, false),
        ("headers[\"X-Key\"] == \"good\"", "/", true, false),
        ("headers[\"X-Key\"] == \"bad\"", "/", true, false),
        ("headers[\"X-Key\"] == \"good, bad\"", "/", true, false),
        ("headers[\"X-Key\"] != \"\"", "/", true, true),
        ("headers[\"Cookie\"] == \"a=1; b=2\"", "/", true, true),
        ("query[\"a\"] == \"1\"", "/?a=1&a=2", true, false),
        ("query[\"b\"] == \"1\"", "/?a=1&a=2&b=1", true, true),
    ] {
        let expression = expression(text);
        assert_eq!(expression.holds(&facts(target, &twice), Readings::Any, 0), any, "{text}");
        assert_eq!(expression.holds(&facts(target, &twice), Readings::Every, 0), every, "{text}");
    }
}

#[test]
fn the_longest_expression_on_the_largest_request_is_over() {
    let target = format!("{}?{}", "/x".repeat(127), "a=b&".repeat(8));
    let large = "v".repeat(8000);
    let mut sent = HeaderMap::new();
    for number in 0..100 {
        let name: HeaderName = format!("x-{number}").parse().unwrap();
        sent.append(name, HeaderValue::from_str(&large).unwrap());
    }
    let sum = "headers[\"X-1\"] + ".repeat(40);
    for text in [format!("size(headers.map(name, {sum}name)) > 0"), format!("segments(path).all(s, {sum}s != \"\")")] {
        assert!(expression(&text).holds(&facts(&target, &sent), Readings::Every, 0), "{text}");
    }
}
