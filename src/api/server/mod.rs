//! The service of a listening port: connections, routes, and what is common to all requests.

pub mod listen;
pub mod patience;
pub mod router;
pub mod service;
pub mod status_layer;
