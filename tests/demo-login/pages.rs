//! What Harbour Post's pages say. Every value that came in is escaped.

use axum::http::HeaderMap;

/// The front page.
pub(super) fn home() -> String {
    page(
        "Welcome",
        "<p>Letters and parcels for the islands and the mainland, every tide.</p>\n\
         <p><a class=\"button\" href=\"/login?next=/parcels\">Sign in to your parcels</a></p>",
    )
}

/// The login form. It posts to the very URL it was asked for, so that path and query make the whole round trip.
pub(super) fn form(target: &str) -> String {
    let target = escape(target);
    page(
        "Sign in",
        &format!(
            "<form method=\"post\">\n\
             <label>Name <input name=\"user\" autocomplete=\"username\" required autofocus></label>\n\
             <label>Password <input name=\"password\" type=\"password\" autocomplete=\"current-password\" required></label>\n\
             <button>Sign in</button>\n</form>\n\
             <p class=\"small\">You asked for <code id=\"target\">{target}</code>. Any name and password will do: this is \
             a demonstration, and nothing is kept.</p>"
        ),
    )
}

/// Says that a login arrived, whose, and what the gateway in front added to the request.
pub(super) fn arrived(user: &str, target: &str, headers: &HeaderMap) -> String {
    let (user, target) = (escape(user), escape(target));
    page(
        "Signed in",
        &format!(
            "<p id=\"outcome\">The login of <strong id=\"user\">{user}</strong> arrived at Harbour Post.</p>\n\
             <p class=\"small\">It was posted to <code id=\"target\">{target}</code>. What the gateway said about you:</p>\n\
             <dl id=\"forwarded\">{}</dl>\n<p><a href=\"/\">Back to the front page</a></p>",
            forwarded(headers)
        ),
    )
}

/// The headers by which gateways tell an origin about the client.
fn forwarded(headers: &HeaderMap) -> String {
    let tells = |name: &str| name.starts_with("x-forwarded-") || name == "forwarded" || name == "x-real-ip";
    let rows: String = headers
        .iter()
        .filter(|(name, _)| tells(name.as_str()))
        .map(|(name, value)| format!("<dt>{name}</dt><dd>{}</dd>", escape(&String::from_utf8_lossy(value.as_bytes()))))
        .collect();
    if rows.is_empty() { "<dt>nothing</dt><dd>no X-Forwarded header came</dd>".to_owned() } else { rows }
}

fn page(title: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>{title} · Harbour Post</title>\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<meta name=\"color-scheme\" content=\"light dark\">\n\
         <link rel=\"stylesheet\" href=\"/style.css\">\n\
         <header><a href=\"/\"><span aria-hidden=\"true\">⚓</span> Harbour Post</a></header>\n\
         <main>\n<h1>{title}</h1>\n{body}\n</main>\n</html>\n"
    )
}

/// Escapes text for HTML content and quoted attributes.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            _ => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_in_is_escaped_wherever_it_is_shown() {
        let hostile = "<script>alert('\"&')</script>";
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-host", hostile.parse().unwrap());
        for page in [form(hostile), arrived(hostile, hostile, &headers)] {
            assert!(!page.contains("<script"), "{page}");
            assert!(page.contains("&lt;script&gt;alert(&#39;&quot;&amp;&#39;)&lt;/script&gt;"), "{page}");
        }
    }

    #[test]
    fn only_headers_about_the_client_are_shown() {
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", "203.0.113.7".parse().unwrap());
        headers.insert("cookie", "secret".parse().unwrap());
        let page = arrived("ada", "/login", &headers);
        assert!(page.contains("<dt>x-forwarded-for</dt><dd>203.0.113.7</dd>"), "{page}");
        assert!(!page.contains("secret"), "{page}");
    }
}
