//! `izingate man`.

use super::CommandError;
use crate::cli::Cli;
use crate::cli::args::man::ManArgs;
use std::fs;

/// Writes the manual pages: one for the program, one for each command that its help names.
pub fn man(args: &ManArgs) -> Result<(), CommandError> {
    fs::create_dir_all(&args.dir)
        .and_then(|()| clap_mangen::generate_to(Cli::with_examples(), &args.dir))
        .map_err(|error| CommandError::refused("OUTPUT_FAILED", format!("{} cannot be written: {error}", args.dir.display())))
}
