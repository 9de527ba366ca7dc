//! The client against scripted answers on a virtual clock.
