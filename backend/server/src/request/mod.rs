//! Owns how a request is read apart from credentials and body: its id, its peer, its path and its query parameters.

mod facts;
mod head;
mod id;
mod if_match;
mod origin;
mod path;
mod query_string;

pub(crate) use facts::RequestFacts;
pub(crate) use head::check_head;
pub(crate) use id::{REQUEST_ID_HEADER, RequestId};
pub(crate) use if_match::IfMatch;
pub(crate) use origin::OriginOf;
pub(crate) use path::PathSegment;
pub(crate) use query_string::{NoQuery, QueryPairs};

/// The address at the other end of the connection.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PeerAddress(pub(crate) std::net::SocketAddr);
