pub mod feed;
pub mod import;
pub mod model;
pub mod wire;
