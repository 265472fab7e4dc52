//! Owns how the refusal of a credential becomes a problem. Only callers that hold a key's secret get these details.

use crate::{
    problem::{Code, Problem},
    standing::NotValid,
};

impl From<NotValid> for Problem {
    fn from(reason: NotValid) -> Self {
        match reason {
            NotValid::Unknown => Self::new(Code::InvalidCredentials, "there is no such API key"),
            NotValid::Revoked => Self::new(Code::KeyRevoked, "this API key was revoked; obtain another one"),
            NotValid::Expired => Self::new(Code::KeyExpired, "this API key has expired; obtain another one"),
            NotValid::WrongAddress => Self::new(
                Code::AddressNotAllowed,
                "this API key is bound to networks, and the connection comes from none of them",
            ),
            NotValid::TenantSuspended => Self::new(Code::TenantSuspended, "the tenant is suspended; its data is kept"),
            NotValid::Unavailable(error) => error.into(),
        }
    }
}
