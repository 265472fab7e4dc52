//! Strict JSON in, RFC 8785 JSON out.
