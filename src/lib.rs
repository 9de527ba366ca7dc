pub mod model;
pub mod wire;
