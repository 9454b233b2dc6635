//! What a client posts to redeem a solution.

use http::{HeaderMap, HeaderValue, header};
use serde::Deserialize;

use crate::verdict::Rejection;
use portcullis_issuer::solutions::redeem::Submission;
use portcullis_issuer::tokens::response::ResponsePurpose;
use portcullis_policy::ReportedSignals;

/// What was posted.
pub(crate) struct PostedSubmission {
    pub(crate) submission: Submission,
    /// What the response is for, if the submission is not for a clearance.
    pub(crate) purpose: Option<ResponsePurpose>,
    /// What the page says about its browser.
    pub(crate) signals: ReportedSignals,
}

impl PostedSubmission {
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
            response: Option<ResponsePurpose>,
            #[serde(default)]
            signals: ReportedSignals,
        }
        let content_type = headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
        let media_type = content_type.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
        let is_json = media_type.eq_ignore_ascii_case(b"application/json");
        if !is_json {
            return Err(Rejection::Malformed("send application/json"));
        }
        let body: Body<'_> = serde_json::from_slice(body)
            .map_err(|_| Rejection::Malformed("send {\"challenge\": …, \"solution\": …}"))?;
        let submission = Submission::parse(body.challenge.as_bytes(), body.solution.as_bytes())?;
        Ok(Self { submission, purpose: body.response, signals: body.signals })
    }
}
