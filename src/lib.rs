pub mod feed;
pub mod model;
pub mod wire;
