//! What is posted to be redeemed, and whether the challenge behind it was of the level that its client is asked for.

use http::{HeaderMap, HeaderValue, header};
use serde::Deserialize;

use crate::app::App;
use crate::policy::{ReportedSignals as Told, Signals};
use crate::redeem::{Authentic, Submission};
use crate::rejection::{MalformedPart, Rejection};
use crate::response_token::Purpose;
use crate::verdict::{Asked, level_for_signals};

/// What was posted.
pub(crate) struct Submitted {
    pub(crate) submission: Submission,
    /// What the response that it is to earn is for, if it is not a clearance.
    pub(crate) purpose: Option<Purpose>,
    /// What the page says of its browser.
    pub(crate) told: Told,
}

impl Submitted {
    /// Reads it.
    ///
    /// # Errors
    ///
    /// [`Rejection::Malformed`].
    pub(crate) fn read(headers: &HeaderMap, body: &[u8]) -> Result<Self, Rejection> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Body<'a> {
            challenge: &'a str,
            solution: &'a str,
            #[serde(default)]
            response: Option<Purpose>,
            #[serde(default)]
            signals: Told,
        }
        let content_type = headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
        let media_type = content_type.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
        let is_json = media_type.eq_ignore_ascii_case(b"application/json");
        if !is_json {
            return Err(Rejection::Malformed(MalformedPart::Request("send application/json")));
        }
        let body: Body<'_> = serde_json::from_slice(body)
            .map_err(|_| Rejection::Malformed(MalformedPart::Request("send {\"challenge\": …, \"solution\": …}")))?;
        let submission = Submission::parse(body.challenge.as_bytes(), body.solution.as_bytes())?;
        Ok(Self { submission, purpose: body.response, told: body.signals })
    }
}

/// Makes sure that a submission earns no less than the level its client is asked for, by what the page and the solution
/// show. Whoever is asked for more has lost a solution, and nothing else.
///
/// # Errors
///
/// [`Rejection::MoreWork`].
pub(crate) fn ensure_level(
    app: &App,
    asked: Asked<'_>,
    authentic: &Authentic,
    Told(told): Told,
) -> Result<(), Rejection> {
    let fields = authentic.fields();
    let took = app.clock.steady().0.saturating_sub(fields.issued_at.0);
    let shown = Signals::in_solution(fields.compressions(), fields.shares.count(), took);
    let wanted = level_for_signals(app, asked, told.and(shown));
    if wanted > asked.level { Err(Rejection::MoreWork(wanted)) } else { Ok(()) }
}
