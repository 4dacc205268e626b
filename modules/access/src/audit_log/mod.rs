//! The audit log, for whoever may see it. It is written by every command, in its transaction.

pub(crate) mod api;
