//! Calls of İYS's API, one file a subject.

pub(in crate::iys) mod brands;
pub(in crate::iys) mod changes;
pub(in crate::iys) mod cursor;
pub(in crate::iys) mod files;
pub(in crate::iys) mod push;
pub(in crate::iys) mod retailers;
pub(in crate::iys) mod status;
