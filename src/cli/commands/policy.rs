//! `izingate policy table`.

use crate::check::table;
use crate::cli::args::policy::PolicyCommand;

/// Does what is asked; what it returns is for standard output.
#[must_use]
pub fn policy(command: &PolicyCommand) -> String {
    match command {
        PolicyCommand::Table(args) => table::markdown(args.lang),
    }
}
