//! The page's content security policy holds in a browser: whatever found its way into the page could do nothing.

use crate::browser::Browser;
use crate::chromium::Launch;
use crate::site::Site;

#[tokio::test]
async fn nothing_that_is_not_the_pages_own_runs_or_loads() {
    let site = Site::with_endless_work().await;
    Launch::default()
        .visit(async |browser| {
            browser.open(&site.url("/login")).await;
            browser.reaches("working").await;
            for (attempt, directive) in [
                ("add('script', { text: 'globalThis.hurt = true' })", "script-src-elem"),
                ("add('script', { src: 'http://127.0.0.1:1/hurt.js' })", "script-src-elem"),
                ("add('script', { src: 'data:text/javascript,globalThis.hurt = true' })", "script-src-elem"),
                ("add('a', { href: '#' }).setAttribute('onclick', 'globalThis.hurt = true')", "script-src-attr"),
                ("eval('globalThis.hurt = true')", "script-src"),
                ("setTimeout('globalThis.hurt = true')", "script-src"),
                ("new Worker(URL.createObjectURL(new Blob(['1'])))", "worker-src"),
                ("fetch('http://127.0.0.1:1/').catch(() => {})", "connect-src"),
                ("add('img', { src: 'data:image/gif;base64,R0lGODlhAQABAAAAACw=' })", "img-src"),
                ("add('style', { textContent: '* { display: none }' })", "style-src-elem"),
                ("add('p').setAttribute('style', 'display: none')", "style-src-attr"),
                ("add('iframe', { src: '/login' })", "frame-src"),
                ("add('object', { data: '/login' })", "object-src"),
                ("add('form', { action: 'http://127.0.0.1:1/', method: 'post' }).submit()", "form-action"),
                ("add('base', { href: 'http://127.0.0.1:1/' })", "base-uri"),
            ] {
                assert_eq!(blocked_directive(browser, attempt).await, directive, "{attempt}");
            }
            assert_eq!(browser.ask("return globalThis.hurt ?? null").await, None);
            assert_eq!(browser.state().await.as_deref(), Some("working"));
            browser.forget_console().await;
        })
        .await;
}

/// Makes an attempt in the page, in a task of its own (the driver's own scripts may do what the page's may not), and
/// gives the policy's directive that stopped it.
async fn blocked_directive(browser: &Browser, attempt: &str) -> String {
    let script = format!(
        "const add = (name, properties) => {{
           const element = Object.assign(document.createElement(name), properties);
           document.body.append(element);
           return element;
         }};
         return new Promise((stopped) => {{
           document.addEventListener('securitypolicyviolation', (event) => stopped(event.effectiveDirective), {{ once: true }});
           setTimeout(() => {{ try {{ {attempt} }} catch {{}} }});
           setTimeout(() => stopped('nothing'), 10_000);
         }});"
    );
    browser.ask(&script).await.and_then(|directive| directive.as_str().map(str::to_owned)).unwrap_or_default()
}
