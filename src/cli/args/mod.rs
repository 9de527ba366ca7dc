//! Arguments of each command, and their help; no logic.

pub mod agi;
pub mod backup;
pub mod brand;
pub mod check;
pub mod clock;
pub mod completions;
pub mod declaration;
pub mod evidence;
pub mod filter;
pub mod import;
pub mod inspect;
pub mod iys;
pub mod man;
pub mod policy;
pub mod question;
pub mod recipient;
pub mod reconcile;
pub mod retailer;
pub mod serve;
pub mod verify;
pub mod watch;
