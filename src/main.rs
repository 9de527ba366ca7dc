//! The command line: arguments to a call, an outcome to an exit code.

use izingate::cli::args::serve::ServeArgs;
use izingate::cli::commands::CommandError;
use izingate::cli::{Cli, Command, commands, locale, turkish};
use izingate::config::{self, Config, ConfigErrors, LogFormat};
use izingate::model::language::Language;
use izingate::net::endpoint::GatewayUrlError;
use izingate::server::Progress;
use izingate::server::shutdown::{Shutdown, Signals};
use izingate::sys::{descriptors, private_file};
use izingate::telemetry::logs;
use izingate::{files, server};
use std::error::Error;
use std::fmt::Display;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;
use tikv_jemallocator::Jemalloc;

/// For us and for RocksDB: with the system's, what one thread lets go stays with it, and a gateway that takes movements in
/// for hours holds more than it uses.
#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

/// Wrong settings or arguments, as `sysexits.h` has it.
const USAGE: u8 = 64;

/// Exit code of a command whose answer is not whole: evidence is missing.
const INCOMPLETE: u8 = 3;

/// Time for what still runs on other threads when everything is flushed: reads for clients that are gone.
const ABANDONED: Duration = Duration::from_secs(1);

fn main() -> ExitCode {
    private_file::keep_private();
    // For stores of many files, and for connections: most shells allow far fewer than the system does.
    descriptors::raise_limit();
    let command = match Cli::parse_in(locale::language()) {
        Ok(cli) => cli.command,
        Err(told) => return not_run(&told),
    };
    if !matches!(command, Command::Serve(_) | Command::ReadWorkbook) {
        // A command that cannot show its warnings still does its work.
        let _ = logs::init(logs::Format::Human, "warn");
    }
    // The configuration of `serve` names every mistake at once; a child that reads a workbook has no environment.
    if !matches!(command, Command::Serve(_) | Command::ReadWorkbook)
        && let Err(errors) = config::refuse_unknown_variables()
    {
        return fail(ConfigErrors::CODE, &errors, USAGE);
    }
    if let Some(program) = own_program() {
        files::read_in_child(program);
    }
    match command {
        Command::Serve(args) => serve(args),
        Command::Import(args) => done(commands::import(&args).map(|summary| (summary.to_string() + "\n", summary.exit_code()))),
        Command::Brand(command) => done(commands::brand(command).map(|text| (text, 0))),
        Command::Declaration(command) => done(commands::declaration(command).map(|text| (text, 0))),
        Command::Policy(command) => done(Ok((commands::policy(&command), 0))),
        Command::Recipient(command) => done(commands::recipient(command).map(|text| (text, 0))),
        Command::Retailer(command) => done(commands::retailer(command)),
        Command::Iys(command) => done(commands::iys(command).map(|text| (text, 0))),
        Command::Reconcile(args) => done(commands::reconcile(&args)),
        Command::Inspect(args) => done(commands::inspect(&args).map(|text| (text, 0))),
        Command::Verify(args) => done(commands::verify(&args)),
        Command::Agi(args) => done(commands::agi(&args, &mut io::stdout()).map(|()| (String::new(), 0))),
        Command::Check(args) => done(commands::check(&args)),
        Command::Filter(args) => done(commands::filter(&args)),
        Command::Watch(args) => done(commands::watch(&args, &mut io::stdout()).map(|()| (String::new(), 0))),
        Command::Evidence(command) => done(commands::evidence(&command)),
        Command::Clock(command) => done(commands::clock(&command).map(|text| (text, 0))),
        Command::Backup(args) => done(commands::backup(&args).map(|text| (text, 0))),
        Command::Restore(args) => done(commands::restore(&args).map(|text| (text, 0))),
        Command::Completions(args) => done(Ok((commands::completions(args), 0))),
        Command::Man(args) => done(commands::man(&args).map(|()| (String::new(), 0))),
        // What is wrong stands in what it writes, or in how it ends.
        Command::ReadWorkbook => ExitCode::from(u8::from(files::serve_workbook().is_err())),
    }
}

/// This program as it runs, also when another one has its name by now.
fn own_program() -> Option<PathBuf> {
    let linked = Path::new("/proc/self/exe");
    if linked.exists() { Some(linked.to_owned()) } else { std::env::current_exe().ok() }
}

/// Help and version are what was asked for; anything else is a mistake in the arguments, which must not
/// look like an import with refusals.
fn not_run(told: &clap::Error) -> ExitCode {
    if let Some(error) = told.source().and_then(|source| source.downcast_ref::<GatewayUrlError>()) {
        let command = std::env::args_os().nth(1).and_then(|command| command.into_string().ok()).unwrap_or_default();
        let told = turkish::endpoint(&command, error).filter(|_| locale::language() == Language::Turkish);
        return fail(error.code(), &told.unwrap_or_else(|| error.to_string()), USAGE);
    }
    if locale::language() == Language::Turkish
        && let Some(command) = std::env::args_os().nth(1).and_then(|command| command.into_string().ok())
        && let Some(text) = turkish::error(&command, told)
    {
        let _ = writeln!(std::io::stderr(), "{text}");
        return ExitCode::from(USAGE);
    }
    if told.use_stderr() {
        let _ = told.print();
        return ExitCode::from(USAGE);
    }
    match told.print().and_then(|()| io::stdout().flush()) {
        Err(error) => not_shown(&error),
        Ok(()) => ExitCode::SUCCESS,
    }
}

/// Prints to standard output.
fn show(text: &str) -> io::Result<()> {
    let mut output = io::stdout();
    output.write_all(text.as_bytes())?;
    output.flush()
}

/// Exit code of a command whose output cannot be written. A reader that has gone (`| head`) has what it wanted.
fn not_shown(error: &io::Error) -> ExitCode {
    if error.kind() == io::ErrorKind::BrokenPipe {
        return ExitCode::SUCCESS;
    }
    fail("OUTPUT_FAILED", &format!("standard output cannot be written: {error}"), 1)
}

fn done(outcome: Result<(String, u8), CommandError>) -> ExitCode {
    match outcome {
        Ok((text, code)) => match show(&text) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => not_shown(&error),
            _ => ExitCode::from(code),
        },
        Err(CommandError::Config(errors)) => fail(ConfigErrors::CODE, &errors, USAGE),
        Err(CommandError::Endpoint { code, message }) => fail(code, &message, USAGE),
        Err(CommandError::Incomplete { shown, code, message }) => {
            // Its own code says the worse thing.
            if let Err(error) = show(&shown) {
                let _ = not_shown(&error);
            }
            fail(code, &message, INCOMPLETE)
        }
        Err(error) => fail(error.code(), &error, 1),
    }
}

fn fail(code: &str, error: &impl Display, exit: u8) -> ExitCode {
    let _ = writeln!(io::stderr(), "izingate: {code}: {error}");
    ExitCode::from(exit)
}

fn serve(args: ServeArgs) -> ExitCode {
    let config = match Config::load(args.clone().into(), args.config) {
        Ok(config) => config,
        Err(errors) => return fail(ConfigErrors::CODE, &errors, USAGE),
    };
    let format = match config.log.format {
        LogFormat::Human => logs::Format::Human,
        LogFormat::Json => logs::Format::Json,
    };
    if let Err(error) = logs::init(format, &config.log.level) {
        return fail("INTERNAL", &error, 1);
    }
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return fail("INTERNAL", &error, 1),
    };
    let ended = match runtime.block_on(run(&config)) {
        Ok(()) => ExitCode::SUCCESS,
        Err((code, error)) => fail(&code, &error, 1),
    };
    // All that must be finished is. A store that is still being opened when the end is asked for is not waited for.
    runtime.shutdown_timeout(ABANDONED);
    ended
}

async fn run(config: &Config) -> Result<(), (String, String)> {
    let shutdown = Shutdown::new();
    let signals = Signals::listen().map_err(|error| ("INTERNAL".to_owned(), error.to_string()))?;
    let mut forwarding = tokio::task::JoinSet::new();
    forwarding.spawn(signals.forward(shutdown.clone()));
    let demo = config.demo;
    let tell = |progress| tell(progress, demo);
    server::run(config, shutdown, tell).await.map_err(|error| (error.code().to_owned(), error.to_string()))
}

fn tell(progress: Progress, demo: bool) {
    match progress {
        Progress::Listening(at) => tracing::info!(listen = %at.listen, admin = %at.admin, "listening; loading"),
        Progress::Ready(at) if demo => drop(show(&server::try_these(at))),
        Progress::Ready(_) => {}
    }
}
