//! What the system gives: files, memory, time, and errors as text.

pub mod access_denied;
pub mod aligned_buffer;
pub mod atomic_file;
pub mod backoff;
pub mod clock;
pub mod descriptors;
pub mod direct_file;
pub(crate) mod error_chain;
pub mod memory;
pub mod private_file;
pub mod rare_warning;
pub mod shortage;
