//! `izingate filter`.

mod turkish;

use super::brand::remote_brands;
use super::{CommandError, gateway, runtime};
use crate::cli::args::filter::FilterArgs;
use crate::cli::{Target, locale};
use crate::config::SecretSource;
use crate::filter::layout::Named;
use crate::filter::{Pair, Wanted};
use crate::lists;
use crate::lists::offline::{Offline, OfflineError, Places, Question};
use crate::lists::online::Online;
use crate::lists::{Decider, Input, Outputs, Plan, Report, SinkError, Stop};
use crate::model::brand::retailer::Retailer;
use crate::model::brand::{Brand, RetailerCode};
use crate::model::consent::channel::Cell;
use crate::model::decision::question::Scope;
use crate::model::language::Language;
use crate::net::endpoint::GatewayUrl;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;
use turkish::in_turkish;

/// Between the first two tries of a gateway that is not there, and between two at most.
const FIRST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(3);

/// Filters a list; what it returns is for standard output, and the exit code.
pub fn filter(args: &FilterArgs) -> Result<(String, u8), CommandError> {
    let words = locale::language();
    filtered(args, words).map_err(|error| if words == Language::Turkish { in_turkish(error) } else { error })
}

fn filtered(args: &FilterArgs, words: Language) -> Result<(String, u8), CommandError> {
    let scopes = scopes(args)?;
    if args.split && scopes.len() > 1 {
        return Err(CommandError::refused("ONE_PAIR", "--split takes one brand and one type"));
    }
    let runtime = runtime()?;
    let question = Question {
        scopes: scopes.clone(),
        caller: args.caller.clone(),
        reference: args.question.reference.clone(),
        min_revision: args.question.min_revision,
    };
    let decider = match (&args.data, &args.endpoint) {
        (Some(data), _) => Decider::Offline(offline(args, data, question)?),
        (None, endpoint) => {
            let target = Target { data: None, endpoint: endpoint.clone() };
            let url = gateway(&target)?;
            let on_file = brands_of(&target, &url, args.retry_for, words, &runtime)?;
            if let Some(scope) = scopes.iter().find(|scope| !on_file.iter().any(|brand| brand.code == scope.brand)) {
                return Err(CommandError::UnknownBrand(scope.brand));
            }
            let connected = Online::connect(&url, question, Duration::from_secs(args.retry_for));
            Decider::Online(runtime.block_on(connected).map_err(|stop| said(&stop, words))?)
        }
    };
    let report = lists::run(plan(args, &scopes, words), &decider, &runtime).map_err(|stop| said(&stop, words))?;
    // The record is sealed before anybody hears that the list is whole.
    drop(decider);
    match report.stopped {
        Some(stop) if report.tally.lines == 0 && args.skip_lines == 0 => Err(said(&stop, words)),
        _ => Ok(summary(args, &scopes, &report, words)),
    }
}

/// The brands of a gateway; one that is not there, or loading, is tried again for so many seconds.
fn brands_of(
    target: &Target,
    url: &GatewayUrl,
    seconds: u64,
    words: Language,
    runtime: &Runtime,
) -> Result<Vec<Brand>, CommandError> {
    let (begun, mut wait) = (Instant::now(), FIRST_WAIT);
    loop {
        let failed = match remote_brands(target) {
            Ok(brands) => return Ok(brands),
            Err(failed) => failed,
        };
        let is_away = is_away(&failed);
        if begun.elapsed() + wait > Duration::from_secs(seconds) || !(is_away || failed.code() == "NOT_READY") {
            return Err(if is_away { CommandError::Gateway(away(url, words)) } else { failed });
        }
        if wait == FIRST_WAIT {
            waits(url, seconds, words);
        }
        runtime.block_on(async { tokio::time::sleep(wait).await });
        wait = (wait * 2).min(LONGEST_WAIT);
    }
}

/// Whether nobody answered.
fn is_away(error: &CommandError) -> bool {
    matches!(error, CommandError::Gateway(text) if text.ends_with("no gateway answers there"))
}

/// What is said while a gateway that is not there is waited for.
fn waits(url: &GatewayUrl, seconds: u64, words: Language) {
    let text = match words {
        Language::English => format!("{url}: no gateway answers there; trying for {seconds} s"),
        Language::Turkish => format!("{url}: bu adreste ağ geçidi yanıt vermiyor; {seconds} saniye boyunca yeniden denenecek"),
    };
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// The error of a gateway that is not there.
fn away(url: &GatewayUrl, words: Language) -> String {
    match words {
        Language::English => {
            format!("{url}: no gateway answers there; is it running (izingate serve), and is --endpoint its address?")
        }
        Language::Turkish => {
            format!("{url}: bu adreste ağ geçidi yanıt vermiyor; çalıştığını (izingate serve) ve --endpoint adresini denetleyin")
        }
    }
}

fn offline(args: &FilterArgs, data: &Path, question: Question) -> Result<Offline, CommandError> {
    let secret = SecretSource::load(args.secret_file.as_deref())?;
    let beside = match (&args.evidence, stem(args)) {
        (Some(folder), _) => folder.clone(),
        (None, Some(stem)) => ending(&stem, ".evidence"),
        (None, None) => {
            let text = "say with --evidence where the decisions are recorded";
            return Err(CommandError::refused("EVIDENCE_WHERE", text));
        }
    };
    let places = Places { data, evidence: &beside, secret: &secret, accepts_exempt_only: args.exempt_only };
    Ok(Offline::open(&places, question)?)
}

/// Every brand with every type.
fn scopes(args: &FilterArgs) -> Result<Vec<Scope>, CommandError> {
    /// Each adds two columns to every row.
    const MOST: usize = 16;
    let retailer = args.question.retailer.map_or(RetailerCode::BRAND, Retailer::code);
    let mut scopes: Vec<Scope> = Vec::new();
    for brand in &args.brand {
        for channel in &args.channel {
            let scope = Scope {
                brand: *brand,
                cell: Cell::new(*channel, args.question.recipient_type),
                retailer,
                purpose: args.question.purpose,
            };
            if scopes.contains(&scope) || scopes.len() == MOST {
                let text = format!("--brand and --type are each given once, and make {MOST} pairs at most");
                return Err(CommandError::refused("TOO_MANY_PAIRS", text));
            }
            scopes.push(scope);
        }
    }
    Ok(scopes)
}

fn plan(args: &FilterArgs, scopes: &[Scope], words: Language) -> Plan {
    let phones = scopes.iter().any(|scope| scope.cell.channel.takes_phones());
    let emails = scopes.iter().any(|scope| !scope.cell.channel.takes_phones());
    let column = args.column.clone().unwrap_or_default();
    // Of one kind of address --column is its column.
    let email_column = args.email_column.clone().or_else(|| (!phones).then(|| column.clone())).unwrap_or_default();
    let wanted = Wanted {
        phones: phones.then_some(column),
        emails: emails.then_some(email_column),
        delimiter: args.delimiter,
        header: args.header,
        encoding: args.encoding,
        appends_letters: args.language == Some(Language::Turkish),
    };
    Plan {
        input: if is_stdin(args) { Input::Stdin(args.sheet.clone()) } else { Input::File(args.file.clone(), args.sheet.clone()) },
        settings: settings(args, scopes, &wanted),
        wanted,
        scopes: scopes.to_vec(),
        language: args.language,
        duplicates: args.duplicates,
        words,
        outputs: Outputs {
            out: args.out.clone(),
            split: args.split,
            rejected: args.rejected.clone().or_else(|| stem(args).map(|stem| ending(&stem, ".rejected.csv"))),
            list: (!is_stdin(args)).then(|| args.file.clone()),
            resume: args.resume,
            force: args.force || (args.out.is_none() && (args.rejected.is_none() || args.skip_lines > 0)),
            skip_lines: args.skip_lines,
        },
    }
}

/// What has to be the same when the work goes on, for people too: a line for each flag, `-` where it is not given.
fn settings(args: &FilterArgs, scopes: &[Scope], wanted: &Wanted) -> String {
    let named = |named: &Option<Named>| match named {
        None | Some(Named::Found) => "-".to_owned(),
        Some(Named::Name(name)) => format!("{name:?}"),
        Some(Named::Position(position)) => position.to_string(),
    };
    let given = |given: Option<String>| given.unwrap_or_else(|| "-".to_owned());
    let each = |part: &dyn Fn(&Scope) -> String| scopes.iter().map(part).collect::<Vec<_>>().join(",");
    let lines = [
        ("--brand", each(&|scope| scope.brand.to_string())),
        ("--type", each(&|scope| scope.cell.channel.name().to_owned())),
        ("--recipient-type", each(&|scope| scope.cell.recipient_type.name().to_owned())),
        ("--retailer", each(&|scope| scope.retailer.get().to_string())),
        ("--purpose", each(&|scope| scope.purpose.name().to_owned())),
        ("--column", named(&wanted.phones)),
        ("--email-column", named(&wanted.emails)),
        ("--delimiter", given(wanted.delimiter.map(|byte| format!("{:?}", char::from(byte))))),
        ("--header", given(wanted.header.map(|header| header.to_string()))),
        ("--encoding", given(wanted.encoding.map(|encoding| format!("{encoding:?}")))),
        ("--sheet", given(args.sheet.as_ref().map(|sheet| format!("{sheet:?}")))),
        ("--split", args.split.to_string()),
        ("--duplicates", args.duplicates.to_string()),
        ("--language", given(args.language.map(|language| format!("{language:?}")))),
    ];
    lines.map(|(flag, value)| format!("{flag}={value}")).join("\n")
}

fn is_stdin(args: &FilterArgs) -> bool {
    args.file == Path::new("-")
}

/// What the files beside the result are named after; none between two pipes.
fn stem(args: &FilterArgs) -> Option<PathBuf> {
    args.out.clone().or_else(|| (!is_stdin(args)).then(|| args.file.clone()))
}

fn ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// The summary, and the exit code: on standard error where standard output has the rows.
fn summary(args: &FilterArgs, scopes: &[Scope], report: &Report, words: Language) -> (String, u8) {
    let pairs: Vec<Pair> = scopes.iter().map(|scope| Pair { brand: scope.brand, channel: scope.cell.channel }).collect();
    let mut text = report.tally.text(&pairs, words);
    let code = match &report.stopped {
        None => report.tally.outcome() as u8,
        Some(stop) => {
            let how = match words {
                Language::English => how_to_go_on(args, stop, report.answered),
                Language::Turkish => turkish::how_to_go_on(args, stop, report.answered),
            };
            let _ = write!(text, "\n{}: {}\n{how}\n", stop.code(), stop.text(words));
            1
        }
    };
    if args.out.is_some() {
        return (text, code);
    }
    let _ = std::io::stderr().write_all(text.as_bytes());
    (String::new(), code)
}

fn how_to_go_on(args: &FilterArgs, stop: &Stop, lines: u64) -> String {
    match (&args.out, stop) {
        (Some(_), _) if stop.code() == "CANNOT_RESUME" => "To begin anew: the same command with --force".to_owned(),
        (Some(_), _) => {
            let room = if needs_room(stop) { "Make room on the disk, then go" } else { "Go" };
            let lines = match lines {
                0 => "No line is noted as answered for: all are asked about again".to_owned(),
                lines => format!("{lines} lines are answered for, those of the header and blank ones too"),
            };
            format!("{lines}. {room} on with: the same command with --resume")
        }
        // How much of the last block was taken is not known.
        (None, Stop::Output(_)) => "Standard output may end in the middle of a row: begin anew, with --out".to_owned(),
        (None, _) => {
            format!(
                "{lines} lines are answered for. Go on with: the same command with --skip-lines {lines}, and append what comes"
            )
        }
    }
}

/// Whether work ended for want of room on the disk.
fn needs_room(stop: &Stop) -> bool {
    use std::io::ErrorKind::{QuotaExceeded, StorageFull};
    matches!(stop, Stop::Output(SinkError::Io { source, .. }) if matches!(source.kind(), StorageFull | QuotaExceeded))
}

/// The error of a list that was not begun.
fn said(stop: &Stop, words: Language) -> CommandError {
    CommandError::Refused { code: stop.code().to_owned(), message: stop.text(words) }
}

impl From<OfflineError> for CommandError {
    fn from(error: OfflineError) -> Self {
        match error {
            OfflineError::Open(error) => Self::Open(error),
            OfflineError::Evidence(error) => Self::Evidence(error),
            OfflineError::UnknownBrand(brand) => Self::UnknownBrand(brand),
            error @ OfflineError::OfGateway(_) => Self::refused("EVIDENCE_OF_GATEWAY", error),
        }
    }
}
