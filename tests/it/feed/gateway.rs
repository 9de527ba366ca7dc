//! A real gateway that follows a simulated İYS over HTTP.
