//! What visitors see of us, as whole answers: bytes and headers, for any server to send.
//!
//! * [`Pages`]: the challenge page, the page of a site that is too busy just now, that of an origin that does not
//!   answer, and that of a request that a rule refuses; in every language, filled for one visitor.
//! * [`PostedForm`]: the form that met the gate, which a page carries through it.
//! * [`assets`]: the browser's files, embedded in the program.
//! * [`Codings`]: the compressions that a client accepts.

pub mod assets;
mod escape;
mod form;
mod gzip;
mod headers;
mod language;
mod pages;
mod preference;
mod template;

pub use form::PostedForm;
pub use headers::CONTENT_SECURITY_POLICY;
pub use pages::{Demand, PageError, Pages, Reader};
pub use preference::Codings;
pub use template::Links;
