//! Owns what the server does, apart from how it is asked over HTTP.
