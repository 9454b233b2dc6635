//! The challenge page and Harbour Post's pages, as a visitor uses them.

use crate::browser::Browser;
use crate::trace::LEAVING;
use fantoccini::Locator;

impl Browser {
    /// Where the challenge page stands; nothing on any other page.
    pub(crate) async fn state(&self) -> Option<String> {
        let state = self.ask("return document.querySelector('main')?.dataset.state").await?;
        state.as_str().map(str::to_owned)
    }

    /// Waits until the challenge page stands at `state`, which is one that it stays in.
    ///
    /// # Panics
    ///
    /// When it does not come there, or would leave it before anyone can look.
    pub(crate) async fn reaches(&self, state: &str) {
        assert!(!LEAVING.contains(&state), "a page that is {state} leaves");
        let what = format!("the challenge page is {state}");
        self.waits_for(&what, async || (self.state().await.as_deref() == Some(state)).then_some(())).await;
    }

    /// Has the page show a state, whatever really happens: it follows its own `data-state`. The progress, and with it the
    /// time left, are put in as they would look.
    pub(crate) async fn shows(&self, state: &str, progress: f64) {
        let script = format!(
            "const main = document.querySelector('main');
             const {{ lang }} = document.documentElement;
             const text = (options, value) => new Intl.NumberFormat(lang, options).format(value);
             main.querySelector('progress').value = {progress};
             main.querySelector('#percent').textContent = text({{ style: 'percent' }}, {progress});
             main.style.setProperty('--progress', {progress});
             const [left, time] = main.querySelectorAll('#time-left, #time-left span');
             time.textContent = text({{ style: 'unit', unit: 'second', unitDisplay: 'long' }}, 15);
             left.hidden = '{state}' !== 'working';
             main.dataset.state = '{state}';
             return true"
        );
        self.until(&format!("{state} is shown"), &script).await;
    }

    /// The same for the page of a busy site.
    pub(crate) async fn shows_busy(&self, state: &str, fraction: f64) {
        let script = format!(
            "const main = document.querySelector('main');
             const format = new Intl.NumberFormat(
               document.documentElement.lang, {{ style: 'unit', unit: 'second', unitDisplay: 'long' }});
             main.querySelector('progress').value = {fraction};
             main.dataset.formNotice = 'carried';
             main.querySelector('#time-left').hidden = false;
             main.querySelector('#time-left span').textContent = format.format(5);
             main.dataset.state = '{state}';
             return true"
        );
        self.until(&format!("{state} is shown"), &script).await;
    }

    /// Waits until the solver has found its first share, and has not found its last.
    pub(crate) async fn is_mid_solve(&self) {
        let script = "const { value } = document.querySelector('progress'); return value > 0 && value < 1";
        self.until("the challenge is half solved", script).await;
    }

    /// Waits for Harbour Post's login form.
    pub(crate) async fn sees_login(&self) {
        let script = "return document.readyState === 'complete' && document.querySelector('input[name=user]') !== null";
        self.until("the login form is there", script).await;
    }

    /// The current address.
    pub(crate) async fn address(&self) -> String {
        // Not the driver's own word, which could rewrite it.
        self.ask("return location.href").await.and_then(|href| href.as_str().map(str::to_owned)).unwrap_or_default()
    }

    /// What an element says; empty when there is none.
    pub(crate) async fn text(&self, selector: &str) -> String {
        match self.client.find(Locator::Css(selector)).await {
            Ok(element) => element.text().await.unwrap_or_default(),
            Err(_) => String::new(),
        }
    }

    /// Presses the challenge page's button for `action`.
    pub(crate) async fn presses(&self, action: &str) {
        let button = self.element(&format!("button[data-action={action}]")).await;
        button.click().await.expect("the button can be pressed");
    }

    /// Fills in the login form.
    pub(crate) async fn fills_in(&self, user: &str) {
        self.element("input[name=user]").await.send_keys(user).await.expect("the name can be typed");
        self.element("input[name=password]").await.send_keys("correct horse").await.expect("so can the password");
    }

    /// Sends the login form.
    pub(crate) async fn sends_form(&self) {
        self.element("form button").await.click().await.expect("the form can be sent");
    }

    /// Waits until Harbour Post says that the login of `user` arrived.
    pub(crate) async fn arrives_as(&self, user: &str) {
        let what = format!("the login of {user} arrives");
        self.waits_for(&what, async || (self.text("#user").await == user).then_some(())).await;
        // Only then is it in the trace.
        self.until("its page has loaded", "return document.readyState === 'complete'").await;
    }
}
