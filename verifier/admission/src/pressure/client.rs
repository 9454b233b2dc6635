//! What is known of a client when it asks, and what it can be asked for.

use portcullis_clearance::network::NetworkPrefix;

/// The network that a request comes from, and the group of networks that it is counted with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientNetwork {
    /// The network.
    pub network: NetworkPrefix,
    /// The group that the network belongs to, if that is known: the number of its autonomous system.
    pub group: Option<u32>,
}

/// The valid tokens that a client shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShownToken {
    /// Nothing.
    Nothing,
    /// A standing token from before the gate was lowered.
    Standing,
    /// A clearance token: verified work.
    Clearance,
}

/// What a request is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Requirement {
    /// Nothing: it goes on, within the budget of what it shows.
    Nothing,
    /// Work.
    Work,
    /// To wait for its turn.
    Turn,
}
