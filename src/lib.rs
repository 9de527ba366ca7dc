pub mod check;
pub mod index;
pub mod model;
pub mod ports;
pub mod wire;
