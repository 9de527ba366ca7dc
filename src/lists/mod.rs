//! `izingate filter`: a list read, decided and written at once, each in a thread of its own.
//!
//! ```text
//! reader ──► blocks, bounded ──► decided here or by a gateway, several in flight ──► writer ──► OUT.partial ──► OUT
//! ```
//! Memory: a few blocks between each two of them, whatever the length of the list; a spreadsheet as [`crate::files`]
//! bounds it; and with duplicates what [`crate::filter::duplicates`] says.

pub mod list_records;
pub mod offline;
pub mod online;
mod output;
mod reader;
mod stream;

pub use crate::lists::output::{Outputs, SinkError};
pub use reader::Input;

use crate::files::FileError;
use crate::filter::block::Bounds;
use crate::filter::{Block, ListError, Pair, Tally, Wanted};
use crate::import::{Progress, Words};
use crate::lists::output::{Sink, system_in_turkish};
use crate::model::decision::question::Scope;
use crate::model::language::Language;
use futures_util::StreamExt;
use offline::Offline;
use online::Online;
use reader::{Rows, Source};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{Builder, JoinHandle};
use tokio::runtime::Runtime;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

/// Blocks between two threads.
const QUEUE: usize = 2;
/// Blocks that are being decided.
const IN_FLIGHT: usize = 4;

/// What is to be done.
pub struct Plan {
    /// Where the list comes from.
    pub input: Input,
    /// What is said of it.
    pub wanted: Wanted,
    /// What is asked for each row.
    pub scopes: Vec<Scope>,
    /// A sentence with each reason.
    pub language: Option<Language>,
    /// Whether addresses that came before are marked.
    pub duplicates: bool,
    /// Where the rows go.
    pub outputs: Outputs,
    /// All of the above that must be the same when the work goes on.
    pub settings: String,
    /// The language of errors and of the summary.
    pub words: Language,
}

/// Who decides.
pub enum Decider {
    /// This process.
    Offline(Offline),
    /// A running gateway.
    Online(Online),
}

/// Why a list was not worked off. What came before it is answered.
#[derive(Debug, thiserror::Error)]
pub enum Stop {
    /// It is none.
    #[error(transparent)]
    List(#[from] ListError),
    /// It is no spreadsheet that can be read.
    #[error(transparent)]
    Sheet(#[from] FileError),
    /// It cannot be read.
    #[error("the list cannot be read: {0}")]
    Input(io::Error),
    /// It is not the one whose work is to go on, or not cut there.
    #[error("{0}")]
    Elsewhere(String),
    /// What comes of it cannot be written.
    #[error(transparent)]
    Output(#[from] SinkError),
    /// Nobody decides any more.
    #[error("{message}")]
    Decider {
        /// A stable code.
        code: String,
        /// For people.
        message: String,
    },
    /// Somebody asked for it.
    #[error("stopped, as asked")]
    Asked,
}

/// What became of a list.
pub struct Report {
    /// Of every line that was worked off.
    pub tally: Tally,
    /// Physical lines that are answered for: from here on work can go on.
    pub answered: u64,
    /// Why it is not the whole list, if so.
    pub stopped: Option<Stop>,
}

impl Stop {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::List(error) => error.code(),
            Self::Sheet(error) => error.code(),
            Self::Input(_) => "LIST_UNREADABLE",
            Self::Elsewhere(_) => "CANNOT_RESUME",
            Self::Output(error) => error.code(),
            Self::Decider { code, .. } => code,
            Self::Asked => "STOPPED",
        }
    }
}

impl Stop {
    /// The reason for people.
    #[must_use]
    pub fn text(&self, language: Language) -> String {
        if language == Language::English {
            return self.to_string();
        }
        match self {
            Self::List(error) => error.turkish(),
            Self::Sheet(error) => error.turkish(),
            Self::Input(error) => {
                let (text, said) = (error.to_string(), system_in_turkish(error));
                let path = text.rsplit_once(": ").map(|(path, _)| format!("{path}: ")).filter(|_| said != text);
                format!("liste okunamıyor: {}{said}", path.unwrap_or_default())
            }
            Self::Elsewhere(_) => "bu, yarıda kalan liste değil ya da başka türlü okunuyor".to_owned(),
            Self::Output(error) => error.turkish(),
            Self::Decider { code, .. } if code == "UNAVAILABLE" => {
                "ağ geçidi yanıt vermiyor; çalıştığını ve --endpoint adresini denetleyin".to_owned()
            }
            Self::Decider { message, .. } => message.clone(),
            Self::Asked => "durduruldu (Ctrl-C)".to_owned(),
        }
    }
}

impl Decider {
    fn bounds(&self) -> Bounds {
        match self {
            Self::Offline(_) => Offline::BLOCK,
            Self::Online(_) => Online::BLOCK,
        }
    }

    async fn decide(&self, block: &Block) -> Result<Vec<Vec<u8>>, Stop> {
        match self {
            Self::Offline(offline) => offline.decide(block).await,
            Self::Online(online) => online.decide(block).await,
        }
    }
}

/// Works a list off.
///
/// # Errors
/// Nothing was begun.
pub fn run(plan: Plan, decider: &Decider, runtime: &Runtime) -> Result<Report, Stop> {
    let Plan { input, wanted, scopes, language, duplicates, outputs, settings, words } = plan;
    let pairs: Vec<Pair> = scopes.iter().map(|scope| Pair { brand: scope.brand, channel: scope.cell.channel }).collect();
    let (taken, source) = (Arc::new(AtomicU64::new(0)), runtime.block_on(opened(input))?);
    let sink = Sink::open(outputs, settings, pairs, language, duplicates, words)?;
    let start = sink.start();
    let mut progress = Progress::stderr().of(words_of(words));
    progress.begin(source.length);
    let (blocks, read) = mpsc::channel(QUEUE);
    let reader = {
        let (bounds, taken) = (decider.bounds(), Arc::clone(&taken));
        spawn("izingate-reader", move || reader::read(source, wanted, bounds, start, duplicates, &taken, &blocks))?
    };
    let (hand_on, to_write) = sync_channel(QUEUE);
    let writer = spawn("izingate-lists", move || write(sink, &to_write))?;
    let stopped = runtime.block_on(pass(read, decider, &hand_on, &mut progress, &taken)).err();
    drop(hand_on);
    let panicked = |who: &str| Stop::Input(io::Error::other(format!("the {who} thread panicked")));
    let Ok((mut sink, failed)) = writer.join() else { return Err(panicked("writing")) };
    // Of nothing there are no figures.
    if (stopped.is_none() && failed.is_none()) || sink.tally().rows_in() > 0 {
        progress.finish();
    }
    // A reader that still has blocks finds nobody to take them; one that waits for input is let wait.
    let whole = stopped.is_none() && failed.is_none();
    let stopped = if (whole || reader.is_finished()) && reader.join().is_err() { Some(panicked("reading")) } else { stopped };
    let stopped = match (failed, stopped) {
        (Some(failed), _) => {
            sink.give_up();
            Some(failed.into())
        }
        (None, None) => sink.finish().err().map(Stop::from),
        (None, Some(stop)) => {
            sink.stop()?;
            Some(stop)
        }
    };
    Ok(Report { tally: sink.tally().clone(), answered: sink.answered(), stopped })
}

/// Opens a list, which of a large workbook takes a while, unless somebody asks to stop meanwhile.
async fn opened(input: Input) -> Result<Source, Stop> {
    let (mut interrupt, mut terminate) = (listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?);
    let (done, opened) = tokio::sync::oneshot::channel();
    // It is left behind if it is not waited for.
    drop(spawn("izingate-opener", move || done.send(input.open()).is_ok())?);
    tokio::select! {
        opened = opened => opened.unwrap_or_else(|_| Err(Stop::Input(io::Error::other("the opening thread panicked")))),
        _ = interrupt.recv() => Err(Stop::Asked),
        _ = terminate.recv() => Err(Stop::Asked),
    }
}

/// A block with its answers.
struct Answered {
    rows: Rows,
    results: Vec<Vec<u8>>,
}

/// Has blocks decided in their order, and hands them on.
async fn pass(
    read: mpsc::Receiver<Result<Rows, Stop>>,
    decider: &Decider,
    hand_on: &SyncSender<Answered>,
    progress: &mut Progress,
    taken: &AtomicU64,
) -> Result<(), Stop> {
    let (mut interrupt, mut terminate) = (listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?);
    let decide = |rows: Result<Rows, Stop>| async {
        let rows = rows?;
        let results = decider.decide(&rows.block).await?;
        Ok::<_, Stop>(Answered { rows, results })
    };
    let mut answers = std::pin::pin!(ReceiverStream::new(read).map(decide).buffered(IN_FLIGHT));
    loop {
        let answered = tokio::select! {
            answered = answers.next() => answered,
            _ = interrupt.recv() => return Err(Stop::Asked),
            _ = terminate.recv() => return Err(Stop::Asked),
        };
        let Some(answered) = answered.transpose()? else { return Ok(()) };
        let (rows, refused) = (answered.rows.block.rows() as u64, answered.rows.block.refused().count() as u64);
        // The writer has failed, and says so itself.
        if hand_on.send(answered).is_err() {
            return Ok(());
        }
        progress.advance(rows + refused, refused, taken.load(Ordering::Relaxed));
    }
}

const fn words_of(language: Language) -> Words {
    match language {
        Language::English => {
            Words { doing: "filtering", done: "filtered", rows: "rows", refused: "unreadable", per_second: "rows/s" }
        }
        Language::Turkish => {
            Words { doing: "süzülüyor", done: "süzüldü:", rows: "satır", refused: "okunamayan", per_second: "satır/sn" }
        }
    }
}

fn listen(kind: SignalKind) -> Result<tokio::signal::unix::Signal, Stop> {
    signal(kind).map_err(Stop::Input)
}

/// Writes until nothing more comes, or until that fails.
fn write(mut sink: Sink, to_write: &Receiver<Answered>) -> (Sink, Option<SinkError>) {
    for Answered { rows, results } in to_write {
        if let Err(error) = sink.write(&rows, &results) {
            return (sink, Some(error));
        }
    }
    (sink, None)
}

fn spawn<T: Send + 'static>(name: &str, run: impl FnOnce() -> T + Send + 'static) -> Result<JoinHandle<T>, Stop> {
    Builder::new().name(name.to_owned()).spawn(run).map_err(Stop::Input)
}
