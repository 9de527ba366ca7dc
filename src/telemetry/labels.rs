//! The values that labels have: closed lists.

/// A closed list of words.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$value_doc:meta])* $value:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$value_doc])* $value,)+
        }

        impl $name {
            /// Every one, in the order of their numbers.
            pub const ALL: &'static [Self] = &[$(Self::$value,)+];
            /// Their words, in the same order.
            pub const WORDS: &'static [&'static str] = &[$($word,)+];

            /// The value of the label.
            #[must_use]
            pub const fn name(self) -> &'static str {
                Self::WORDS[self as usize]
            }
        }
    };
}

words! {
    /// Where a check came in.
    Edge {
        /// `PermissionService.Check`
        GrpcUnary = "grpc_unary",
        /// `PermissionService.CheckBatch`
        GrpcBatch = "grpc_batch",
        /// `PermissionService.CheckStream`
        GrpcStream = "grpc_stream",
        /// `POST /v1/check`
        Http = "http",
        /// `GET /v1/check`
        HttpGet = "http_get",
        /// `POST /v1/check/batch`
        HttpBatch = "http_batch",
        /// `POST /v1/filter`
        Filter = "filter",
    }
}

words! {
    /// What became of a movement.
    MovementResult {
        /// It changed what is known.
        Applied = "applied",
        /// It was known, or is older than what is.
        Unchanged = "unchanged",
        /// It was not taken.
        Refused = "refused",
    }
}

words! {
    /// What became of a snapshot of the index.
    SnapshotEvent {
        /// It was written.
        Written = "written",
        /// It could not be written; the one before stays.
        Failed = "failed",
        /// The gateway started from it.
        Loaded = "loaded",
        /// It was of no use, and the gateway started from the store.
        Rejected = "rejected",
    }
}

words! {
    /// Whether the return of a brand to `enforce` is planned.
    ModeEnd {
        /// It is.
        Planned = "planned",
        /// It is not: somebody has to think of it.
        Open = "open",
    }
}

words! {
    /// The direction in which a clock was set.
    ClockDirection {
        /// To a later time.
        Forward = "forward",
        /// To an earlier time.
        Back = "back",
    }
}

words! {
    /// What became of a call to the push receiver.
    PushResult {
        /// It was taken in and acknowledged.
        Taken = "taken",
        /// It came without the right credentials, or for what is not followed.
        Unauthorised = "unauthorised",
        /// It found no room.
        Full = "full",
        /// It could not be taken in.
        Failed = "failed",
    }
}

words! {
    /// What is done with the calls to İYS.
    BreakerWord {
        /// They are sent.
        Closed = "closed",
        /// None is: İYS fails.
        Open = "open",
        /// One is, to see whether İYS is back.
        Probing = "probing",
    }
}

words! {
    /// How we stand with İYS's bad-client rule.
    StandingWord {
        /// Well.
        Good = "good",
        /// Fewer than 80 % of a day's requests succeed; we ask slower.
        Poor = "poor",
        /// Fewer than 75 %; we hardly ask.
        Bad = "bad",
    }
}

words! {
    /// İYS's limits by the hour.
    BudgetWord {
        /// Status queries of one address.
        SingleStatus = "single_status",
        /// History queries.
        History = "history",
        /// Logins.
        Login = "login",
    }
}
