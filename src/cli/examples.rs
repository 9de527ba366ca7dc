//! An example of each command, which its help ends with.

use clap::Command;

/// Commands by their path, each with a line that does something; a test parses them all.
const EXAMPLES: [(&str, &str); 42] = [
    ("serve", "izingate serve --data data"),
    ("import", "izingate import --data data --brand 700001 movements.csv"),
    ("brand add", "izingate brand add --brand 700001 --iys-code 700000 --title \"Deneme\""),
    ("brand list", "izingate brand list"),
    ("brand mode", "izingate brand mode --brand 700001 --type MESAJ --mode enforce"),
    ("brand deactivate", "izingate brand deactivate --brand 700001"),
    ("brand heal", "izingate brand heal --brand 700001"),
    (
        "declaration add",
        "izingate declaration add --brand 700001 --purpose MUAF_6_2 --declared-by \"Ayşe Yılmaz\" --document declaration.pdf",
    ),
    ("declaration list", "izingate declaration list --brand 700001"),
    ("declaration revoke", "izingate declaration revoke 7"),
    ("policy table", "izingate policy table --lang tr"),
    ("recipient close", "izingate recipient close --recipient \"+90 532 000 10 01\" --at \"2026-11-20 09:00:00\""),
    ("recipient closures", "izingate recipient closures --csv closures.csv"),
    ("recipient reported", "izingate recipient reported 12 13"),
    ("recipient erase", "izingate recipient erase --recipient \"+90 532 000 10 01\""),
    ("retailer access", "izingate retailer access --brand 700001 --retailer 54856321 --allow addresses.csv"),
    ("retailer refresh", "izingate retailer refresh --brand 700001 --type MESAJ --recipient \"+90 532 000 10 01\""),
    ("iys push register", "izingate iys push register --brand 700001 --type MESAJ"),
    ("iys push state", "izingate iys push state --brand 700001 --type MESAJ"),
    ("iys push remove", "izingate iys push remove --brand 700001 --type MESAJ"),
    ("iys sweep", "izingate iys sweep --brand 700001 --type MESAJ addresses.csv"),
    ("reconcile", "izingate reconcile --brand 700001 --date 2026-11-22"),
    ("inspect", "izingate inspect --data data"),
    ("verify", "izingate verify --data data"),
    ("agi", "izingate agi --endpoint http://127.0.0.1:7070"),
    ("check", "izingate check --brand 700001 --type MESAJ \"+90 532 000 10 01\""),
    ("filter", "izingate filter --brand 700001 --type MESAJ --out clean.xlsx list.xlsx"),
    ("watch", "izingate watch --from earliest"),
    ("evidence verify", "izingate evidence verify --data data"),
    ("evidence prove", "izingate evidence prove --data data 0123456789abcdef0123456789abcdef"),
    ("evidence key", "izingate evidence key --data data"),
    ("evidence find", "izingate evidence find --data data --recipient \"+90 532 000 10 01\" --from 2026-03-03"),
    ("evidence dossier", "izingate evidence dossier --data data --recipient \"+90 532 000 10 01\" --out dossier.pdf"),
    ("evidence export", "izingate evidence export --data data --out parquet"),
    ("evidence accept-loss", "izingate evidence accept-loss --data data --of evidence --reason \"the disk of 3 May\""),
    ("evidence rotate-key", "izingate evidence rotate-key --data data"),
    ("clock accept", "izingate clock accept --data data"),
    ("backup", "izingate backup monday"),
    ("restore", "izingate restore --from data/backups/monday --data restored"),
    ("completions", "izingate completions bash > /etc/bash_completion.d/izingate"),
    ("man", "izingate man man1"),
    ("read-workbook", ""),
];

/// The command line with its examples.
pub(super) fn with_examples(command: Command) -> Command {
    EXAMPLES.iter().filter(|(_, line)| !line.is_empty()).fold(command, |command, (path, line)| with(command, path, line))
}

fn with(command: Command, path: &str, line: &'static str) -> Command {
    let (name, rest) = path.split_once(' ').unwrap_or((path, ""));
    command.mut_subcommand(name, |inner| match rest {
        "" => inner.after_help(format!("Example:\n  {line}")),
        rest => with(inner, rest, line),
    })
}

#[cfg(test)]
mod tests {
    use super::super::Cli;
    use super::*;
    use clap::{CommandFactory, Parser};

    /// The words of a line, as a shell splits it.
    fn words(line: &str) -> Vec<String> {
        let line = line.split(" > ").next().unwrap();
        let quoted = line.split('"').enumerate();
        quoted
            .flat_map(|(place, part)| match place % 2 {
                0 => part.split_whitespace().map(str::to_owned).collect(),
                _ => vec![part.to_owned()],
            })
            .collect()
    }

    fn leaves(command: &Command, path: &str, found: &mut Vec<String>) {
        if !command.has_subcommands() {
            found.push(path.to_owned());
        }
        for inner in command.get_subcommands() {
            leaves(inner, format!("{path} {}", inner.get_name()).trim(), found);
        }
    }

    #[test]
    fn every_command_has_an_example_that_can_be_given() {
        let (mut commands, mut examples) = (Vec::new(), EXAMPLES.map(|(path, _)| path.to_owned()).to_vec());
        leaves(&Cli::command(), "", &mut commands);
        commands.sort();
        examples.sort();
        assert_eq!(examples, commands);
        for (path, line) in EXAMPLES.iter().filter(|(_, line)| !line.is_empty()) {
            assert!(line.starts_with(&format!("izingate {path}")), "{line}");
            assert!(Cli::try_parse_from(words(line)).is_ok(), "{line}");
        }
        let mut shown = with_examples(Cli::command());
        let list =
            shown.find_subcommand_mut("brand").unwrap().find_subcommand_mut("list").unwrap().render_long_help().to_string();
        assert!(list.ends_with("Example:\n  izingate brand list\n"), "{list}");
    }
}
