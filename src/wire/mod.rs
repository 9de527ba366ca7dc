//! The edge: wire shapes in, wire shapes out.

/// Generated from `proto/` and checked in, so that a plain build needs no protoc; a test compares.
#[allow(missing_docs, unreachable_pub, clippy::all, clippy::pedantic, clippy::unwrap_used)]
#[rustfmt::skip]
pub mod proto {
    include!("proto/izingate.v1.rs");

    /// The descriptors, for reflection.
    pub const DESCRIPTORS: &[u8] = include_bytes!("proto/izingate.v1.bin");
}
