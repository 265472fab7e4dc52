//! Owns the members that each object of an event may have, one table for each object. Any other member is refused.

/// The meaning of empty values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EmptyValues {
    /// `null`, `[]`, `{}` and `""` mean that the member is absent.
    Absent,
    /// The same without `""`, for which another text is kept.
    Defaulted,
    /// All of them are values.
    Kept,
}

/// A member of an object: one variant for each name.
pub(super) trait Member: Copy + 'static {
    /// The member with this name.
    fn parse(name: &str) -> Option<Self>;

    /// The member's name.
    fn name(self) -> &'static str;

    /// The member's place in a set of members.
    fn bit(self) -> u32;

    /// Which empty values are values of this member.
    fn empty_values(self) -> EmptyValues {
        EmptyValues::Absent
    }
}

macro_rules! members {
    ($(#[$meta:meta])* $name:ident { $($variant:ident = $text:literal),+ $(,)? } $($method:item)*) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum $name { $($variant),+ }

        impl Member for $name {
            fn parse(name: &str) -> Option<Self> {
                match name { $($text => Some(Self::$variant),)+ _ => None }
            }

            fn name(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }

            fn bit(self) -> u32 {
                1 << self as u32
            }

            $($method)*
        }
    };
}

members! {
    /// The event itself.
    EventMember {
        Action = "action",
        Actor = "actor",
        Adjustments = "adjustments",
        Category = "category",
        Changes = "changes",
        Context = "context",
        ExternalId = "external_id",
        Id = "id",
        Message = "message",
        Metadata = "metadata",
        OccurredAt = "occurred_at",
        OnBehalfOf = "on_behalf_of",
        Outcome = "outcome",
        Producer = "producer",
        Raw = "raw",
        Reason = "reason",
        ReceivedAt = "received_at",
        Severity = "severity",
        Source = "source",
        SubmittedBy = "submitted_by",
        Targets = "targets",
        TenantId = "tenant_id",
    }
}

members! {
    /// `actor`, and the items of `on_behalf_of`.
    ActorMember {
        Attributes = "attributes",
        Email = "email",
        Groups = "groups",
        Id = "id",
        Name = "name",
        Type = "type",
    }

    fn empty_values(self) -> EmptyValues {
        if self == Self::Id { EmptyValues::Defaulted } else { EmptyValues::Absent }
    }
}

members! {
    /// The items of `targets`.
    TargetMember { Attributes = "attributes", Id = "id", Name = "name", Type = "type", Url = "url" }

    fn empty_values(self) -> EmptyValues {
        if matches!(self, Self::Id | Self::Name) { EmptyValues::Defaulted } else { EmptyValues::Absent }
    }
}

members! {
    /// The items of `changes`.
    ChangeMember { New = "new", Old = "old", Op = "op", Path = "path" }

    fn empty_values(self) -> EmptyValues {
        match self {
            Self::New | Self::Old => EmptyValues::Kept,
            // The empty pointer is the whole value.
            Self::Path => EmptyValues::Defaulted,
            Self::Op => EmptyValues::Absent,
        }
    }
}

members! {
    /// `outcome`.
    OutcomeMember { Code = "code", Reason = "reason", Status = "status" }
}

members! {
    /// `source`.
    SourceMember {
        Component = "component",
        Environment = "environment",
        Host = "host",
        Region = "region",
        Service = "service",
        Version = "version",
    }
}

members! {
    /// `context`.
    ContextMember {
        Address = "address",
        AuthMethod = "auth_method",
        CorrelationId = "correlation_id",
        Ip = "ip",
        Location = "location",
        RequestId = "request_id",
        SessionId = "session_id",
        SpanId = "span_id",
        TraceId = "trace_id",
        UserAgent = "user_agent",
    }
}

members! {
    /// `context.location`.
    LocationMember { City = "city", Country = "country", Region = "region" }
}

members! {
    /// `reason`.
    ReasonMember { Text = "text", Ticket = "ticket" }

    fn empty_values(self) -> EmptyValues {
        if self == Self::Text { EmptyValues::Defaulted } else { EmptyValues::Absent }
    }
}

members! {
    /// `producer`.
    ProducerMember { Id = "id", Sequence = "sequence" }
}

members! {
    /// `submitted_by`, of stored events only.
    SubmitterMember { Id = "id", Type = "type" }
}

members! {
    /// The items of `adjustments`, of stored events only.
    AdjustmentMember {
        Code = "code",
        Original = "original",
        Pointer = "pointer",
        Sha256 = "sha256",
        Size = "size",
    }

    fn empty_values(self) -> EmptyValues {
        // The pointer of `more` is empty.
        if self == Self::Pointer { EmptyValues::Defaulted } else { EmptyValues::Absent }
    }
}

members! {
    /// `raw`.
    RawMember { Body = "body", Format = "format", Sha256 = "sha256", Size = "size", Truncated = "truncated" }
}
