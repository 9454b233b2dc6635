//! Workers that die: a driver that crashes, memory that runs out, a browser that saves power.

use crate::chromium::Launch;
use crate::site::Site;

#[tokio::test]
async fn workers_that_fall_silent_are_replaced_and_the_visitor_gets_in() {
    let site = Site::with(|settings| settings.difficulty(1 << 24)).await;
    Launch::default()
        .visit(async |browser| {
            browser.runs_first(MORTAL_WORKERS).await;
            browser.open(&site.url("/login")).await;
            let script = "return document.documentElement.dataset.died === '2'";
            browser.until("both workers have died", script).await;
            browser.sees_login().await;
            assert_eq!(site.log().count("solved"), 1);
        })
        .await;
}

/// The first two workers are terminated as soon as they report: as on a device that kills them, nobody is told.
const MORTAL_WORKERS: &str = "
    let died = 0;
    globalThis.Worker = class extends Worker {
      constructor(...how) {
        super(...how);
        const die = () => {
          if (died >= 2) return;
          died += 1;
          this.terminate();
          document.documentElement.dataset.died = died;
        };
        this.addEventListener('message', die, { once: true });
      }
    };
";
