//! `POST /v1/filter`: a list in, the same list with its decisions out, while it comes.
//!
//! A task reads the list, has its rows decided block by block and hands on what is made of them; the connection writes
//! that as fast as its client reads. Memory of one list at most: a block and its rows (2 MB), what was read last (0.5
//! MB), [`QUEUE`] pieces on their way out (1 MB), and with `duplicates` what [`crate::filter::seen`] says.
//!
//! A client that has sent its list and reads what comes hears that it is whole by the end of the body: one that was cut
//! short ends without its last chunk, or with a reset of its stream. Who reads trailers, or asks for `summary`, is also
//! told what became of every line.

use super::body::Shared;
use super::caller::Caller;
use super::gateway::Gateway;
use super::http::parameters;
use super::json::{FilterAsked, FilterQuery};
use super::language;
use super::record::Asked;
use super::status::{Kind, Problem};
use crate::check::Language;
use crate::check::question::{Recipients, Scope};
use crate::filter::block::Bounds;
use crate::filter::encoding::Encoding;
use crate::filter::output::Before;
use crate::filter::seen::Seen;
use crate::filter::{Block, Columns, Intake, ListError, Pair, Tally};
use crate::telemetry::metrics::Edge;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};
use http_body_util::BodyExt;
use hyper::body::Frame;
use serde_json::json;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::time::Sleep;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

/// The path.
pub const PATH: &str = "/v1/filter";

/// Lists at once: each is worked on as fast as it comes.
const MOST: usize = 64;
/// Those among them that remember their addresses, which takes 125 MB for all mobile numbers and 1.3 GB at most.
const MOST_REMEMBERING: usize = 2;
/// A block is decided in about a millisecond: other questions of the same thread wait no longer.
const BLOCK: Bounds = Bounds { bytes: 256 << 10, rows: 8_192 };
/// Pieces that wait for their reader.
const QUEUE: usize = 16;
/// From the last line of an answer that is not whole to its end.
const LINGER: Duration = Duration::from_secs(2);
/// For so many times the patience a client that does not read is let say the rest of its list.
const REST: u32 = 10;
/// Bytes of a piece: a client that reads slowly takes one of them within the patience.
const PIECE: usize = 64 << 10;
/// What became of the list, as JSON.
const SUMMARY: &str = "izingate-filter-summary";

/// What all lists share.
pub struct Filters {
    patience: Duration,
    room: Arc<Semaphore>,
    remembering: Arc<Semaphore>,
    tasks: TaskTracker,
}

/// Held while a list is filtered.
type Room = (OwnedSemaphorePermit, Option<OwnedSemaphorePermit>);

/// The connection that a list comes on: cancelling it hangs up.
#[derive(Clone)]
pub struct Connection(pub CancellationToken);

impl Filters {
    /// Lists whose tasks are spawned on `tasks`; a client that takes nothing for the length of `patience` is given up.
    #[must_use]
    pub fn new(patience: Duration, tasks: TaskTracker) -> Self {
        let [room, remembering] = [MOST, MOST_REMEMBERING].map(|most| Arc::new(Semaphore::new(most)));
        Self { patience, room, remembering, tasks }
    }

    fn room(&self, remembering: bool) -> Result<Room, Problem> {
        let full = |_| {
            let text = format!("{MOST} lists are filtered at once, {MOST_REMEMBERING} of them with duplicates; try again");
            Problem::new(Kind::TooManyLists, text)
        };
        let take = |room: &Arc<Semaphore>| Arc::clone(room).try_acquire_owned().map_err(full);
        Ok((take(&self.room)?, if remembering { Some(take(&self.remembering)?) } else { None }))
    }
}

pub(super) async fn filter(State(shared): State<Shared>, request: Request) -> Response {
    let gateway = shared.gateway;
    match begin(&gateway, request).await {
        Ok(response) => response,
        Err(problem) => {
            gateway.parts().metrics.answers.refused(Edge::Filter, problem.kind.code());
            problem.into_response()
        }
    }
}

/// Reads until it is plain what the list looks like; the rest is a task's.
async fn begin(gateway: &Gateway, request: Request) -> Result<Response, Problem> {
    let (head, body) = request.into_parts();
    let charset = charset_of(&head.headers)?;
    let mut query = FilterQuery::default();
    for (name, value) in parameters(head.uri.query().map(str::to_owned))? {
        query.set(&name, value)?;
    }
    let mut asked = query.asked()?;
    asked.wanted.encoding = asked.wanted.encoding.or(charset);
    known(gateway, &asked.scopes)?;
    let caller = gateway.caller(&head.headers)?;
    let filters = &gateway.parts().filters;
    let room = filters.room(asked.duplicates)?;
    let revision_reached = gateway.await_revision(asked.min_revision, None).await;
    let language = language::accepted(&head.headers);
    let mut list = List::new(gateway.clone(), asked, caller, language, revision_reached, body);
    // What is no list is told as a problem; from the first row on it is 200.
    let first = list.first().await?;
    let (pieces, queue) = mpsc::channel(QUEUE);
    let (tell_end, end) = oneshot::channel();
    let connection = head.extensions.get::<Connection>().cloned();
    let gone = CancellationToken::new();
    let answer = Answer { queue, end: Some(end), _gone: gone.clone().drop_guard(), trailers: None, linger: None };
    let task = Task { list, pieces, tell_end, patience: filters.patience, connection, gone, _room: room };
    filters.tasks.spawn(task.run(first));
    let mut response = Body::new(answer).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv"));
    headers.insert(header::TRAILER, HeaderValue::from_static(SUMMARY));
    Ok(response)
}

/// A list under a wrong brand would come back with a refusal in every row.
fn known(gateway: &Gateway, scopes: &[Scope]) -> Result<(), Problem> {
    let index = gateway.parts().checker.index();
    match scopes.iter().find(|scope| index.is_loaded() && index.brands().get(scope.brand).is_none()) {
        Some(scope) => Err(Problem::new(Kind::UnknownBrand, format!("brand {} is not on file", scope.brand))),
        None => Ok(()),
    }
}

/// A list is text/csv: a web page can make any browser send text/plain to a loopback address, but not this.
fn charset_of(headers: &HeaderMap) -> Result<Option<Encoding>, Problem> {
    let unsupported = |text: &'static str| Problem::new(Kind::UnsupportedMediaType, text);
    let media = headers.get(header::CONTENT_TYPE).and_then(|media| media.to_str().ok()).unwrap_or_default();
    let mut parts = media.split(';').map(str::trim);
    if !parts.next().is_some_and(|name| name.eq_ignore_ascii_case("text/csv")) {
        return Err(unsupported("send text/csv, for one address a line too"));
    }
    if headers.get(header::CONTENT_ENCODING).is_some_and(|coding| coding != "identity") {
        return Err(unsupported("send the list as it is, not compressed"));
    }
    let charset = parts.filter_map(|part| part.split_once('=')).find(|(name, _)| name.trim().eq_ignore_ascii_case("charset"));
    let Some((_, charset)) = charset else { return Ok(None) };
    let encoding = Encoding::from_name(charset.trim().trim_matches('"'));
    encoding.map(Some).ok_or_else(|| unsupported("the charset is utf-8, utf-16 or iso-8859-9"))
}

/// Why a list ends early.
enum Stop {
    /// Its client hung up: nobody hears anything.
    Gone,
    /// Its client is told.
    Told(Problem),
}

impl From<ListError> for Problem {
    fn from(error: ListError) -> Self {
        Self::new(Kind::List(error.code()), error.to_string())
    }
}

/// A list on its way.
struct List {
    gateway: Gateway,
    scopes: Vec<Scope>,
    pairs: Vec<Pair>,
    summary: bool,
    reference: String,
    caller: Caller,
    language: Option<Language>,
    revision_reached: bool,
    body: Body,
    intake: Intake,
    columns: Option<Columns>,
    seen: Option<Seen>,
    tally: Tally,
    ended: bool,
}

impl List {
    fn new(
        gateway: Gateway,
        asked: FilterAsked,
        caller: Caller,
        language: Option<Language>,
        revision_reached: bool,
        body: Body,
    ) -> Self {
        let pairs = asked.pairs();
        let FilterAsked { scopes, wanted, duplicates, summary, reference, .. } = asked;
        let (intake, seen) = (Intake::new(wanted, BLOCK), duplicates.then(Seen::default));
        let (columns, tally) = (None, Tally::default());
        Self {
            gateway,
            scopes,
            pairs,
            summary,
            reference,
            caller,
            language,
            revision_reached,
            body,
            intake,
            columns,
            seen,
            tally,
            ended: false,
        }
    }

    /// The first block. That there is none means that the list has no rows.
    async fn first(&mut self) -> Result<Option<Block>, Problem> {
        match self.next().await {
            Ok(block) => Ok(block),
            Err(Stop::Told(problem)) => Err(problem),
            Err(Stop::Gone) => Err(Problem::new(Kind::List("BODY_CUT_SHORT"), "the body ended early")),
        }
    }

    /// The next block; none at the end.
    async fn next(&mut self) -> Result<Option<Block>, Stop> {
        let told = |error: ListError| Stop::Told(error.into());
        loop {
            if let Some(block) = self.intake.block().map_err(told)? {
                return Ok(Some(block));
            }
            if self.ended {
                return Ok(None);
            }
            if let Some(bytes) = self.chunk().await? {
                self.intake.push(&bytes);
            } else {
                self.intake.end().map_err(told)?;
                self.ended = true;
            }
        }
    }

    /// What comes next of the body; none at its end.
    async fn chunk(&mut self) -> Result<Option<Bytes>, Stop> {
        let draining = self.gateway.parts().draining.clone();
        loop {
            let frame = tokio::select! {
                frame = self.body.frame() => frame,
                () = draining.cancelled() => {
                    return Err(Stop::Told(Problem::new(Kind::ShuttingDown, "the gateway is shutting down")));
                }
            };
            match frame {
                None => return Ok(None),
                Some(Err(_)) => return Err(Stop::Gone),
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        return Ok(Some(data));
                    }
                }
            }
        }
    }

    /// The bytes that come of a block.
    async fn decided(&mut self, block: &Block) -> Bytes {
        let asked = Asked {
            caller: self.caller.clone(),
            edge: Edge::Filter,
            reference: &self.reference,
            revision_reached: self.revision_reached,
        };
        let mut results = Vec::with_capacity(self.scopes.len());
        for scope in &self.scopes {
            // What nobody asks is not on record.
            if block.rows() == 0 {
                results.push(Vec::new());
                continue;
            }
            let emails = if scope.cell.channel.takes_phones() { Vec::new() } else { block.emails() };
            let emails: Vec<&str> = emails.iter().map(AsRef::as_ref).collect();
            let recipients =
                if scope.cell.channel.takes_phones() { Recipients::Phones(block.phones()) } else { Recipients::Each(&emails) };
            results.push(self.gateway.check_batch(&asked, scope, recipients).await.0.results);
        }
        let before: Vec<Before> = self.seen.as_mut().map_or_else(Vec::new, |seen| seen.note(block));
        self.tally.add(block, &results, &before);
        let mut out = Vec::new();
        if let Some(columns) = self.columns() {
            columns.write(block, &results, &before, &mut out);
        }
        out.into()
    }

    /// What is appended: known with the first block.
    fn columns(&mut self) -> Option<&Columns> {
        if self.columns.is_none() {
            let layout = self.intake.layout()?;
            let duplicates = self.seen.is_some();
            self.columns = Some(Columns::new(layout, self.intake.encoding(), &self.pairs, self.language, duplicates));
        }
        self.columns.as_ref()
    }

    /// What became of the list.
    fn figures(&self) -> serde_json::Value {
        let Tally { lines, headers, blank, rows, refused, answers, duplicates, unknown } = &self.tally;
        let of_pair = |(pair, answers): (&Pair, _)| json!({ "brandCode": pair.brand.get(), "type": pair.channel.name(), "answers": answers });
        let answers: Vec<_> = self.pairs.iter().zip(answers).map(of_pair).collect();
        json!({
            "lines": lines, "rowsIn": self.tally.rows_in(), "rows": rows, "refused": refused, "header": headers, "blank": blank,
            "duplicates": duplicates, "unknown": unknown, "answers": answers,
        })
    }

    /// A last line, in the encoding of the list.
    fn last_line(&self, text: &str) -> Bytes {
        let encoding = self.intake.encoding();
        encoding.encode(encoding.of_text(&format!("#izingate {text}\n"))).into()
    }
}

/// How an answer ends.
struct End {
    /// What stands behind its rows.
    last: Option<Bytes>,
    /// What became of the list; none of one that is not whole.
    summary: Option<HeaderValue>,
}

/// A list being filtered.
struct Task {
    list: List,
    pieces: mpsc::Sender<Bytes>,
    tell_end: oneshot::Sender<End>,
    patience: Duration,
    connection: Option<Connection>,
    /// Cancelled when nobody is there to read any more, or everything was read.
    gone: CancellationToken,
    _room: Room,
}

impl Task {
    async fn run(mut self, first: Option<Block>) {
        match self.work(first).await {
            Ok(()) => {
                let figures = self.list.figures().to_string();
                let last = self.list.summary.then(|| self.list.last_line(&figures));
                let _ = self.tell_end.send(End { last, summary: HeaderValue::try_from(figures).ok() });
            }
            Err(Stop::Gone) => {}
            Err(Stop::Told(problem)) => self.give_up(&problem).await,
        }
    }

    async fn work(&mut self, first: Option<Block>) -> Result<(), Stop> {
        let mut next = first;
        while let Some(block) = next {
            let mut bytes = self.list.decided(&block).await;
            while !bytes.is_empty() {
                let piece = bytes.split_to(bytes.len().min(PIECE));
                hand_on(&self.pieces, piece, self.patience, self.list.tally.lines).await?;
            }
            next = self.list.next().await?;
        }
        Ok(())
    }

    /// Ends the answer before the list does. Its client is let say the rest, which nobody looks at, so that one that
    /// writes without reading comes to read; one that goes on longer is hung up on.
    async fn give_up(self, problem: &Problem) {
        let Self { mut list, pieces, tell_end, patience, connection, gone, .. } = self;
        let code = problem.kind.code();
        list.gateway.parts().metrics.answers.refused(Edge::Filter, code);
        let lines = list.tally.lines;
        tracing::warn!(code, lines, caller = &*list.caller.name, "a list was not filtered to its end");
        let last = list.last_line(&format!("{code}: {}", problem.detail));
        let _ = tell_end.send(End { last: Some(last), summary: None });
        drop(pieces);
        if problem.kind != Kind::FilterClientNotReading {
            return;
        }
        let rest = async { while let Some(Ok(_)) = list.body.frame().await {} };
        let written = tokio::time::timeout(REST * patience, rest).await.is_ok();
        let read = written && tokio::time::timeout(patience + LINGER, gone.cancelled()).await.is_ok();
        if let Some(Connection(cut)) = connection.filter(|_| !read) {
            cut.cancel();
        }
    }
}

/// Waits until there is room for a piece, as long as the patience lasts.
async fn hand_on(pieces: &mpsc::Sender<Bytes>, piece: Bytes, patience: Duration, lines: u64) -> Result<(), Stop> {
    let problem = |_| {
        let text = format!(
            "nothing was read for {} s; read while you write. What came of the first {lines} lines was sent",
            patience.as_secs_f64()
        );
        Stop::Told(Problem::new(Kind::FilterClientNotReading, text))
    };
    let room = tokio::time::timeout(patience, pieces.reserve()).await.map_err(problem)?;
    room.map_err(|_| Stop::Gone)?.send(piece);
    Ok(())
}

/// The body of an answer.
struct Answer {
    queue: mpsc::Receiver<Bytes>,
    end: Option<oneshot::Receiver<End>>,
    _gone: DropGuard,
    trailers: Option<Trailers>,
    /// An error drops what the connection has not written yet: the last line gets time to go out before it.
    linger: Option<Pin<Box<Sleep>>>,
}

/// What is left once the last line is out.
enum Trailers {
    Summary(HeaderValue),
    /// The body has no end: its client is to see that it is not whole.
    CutShort,
}

impl hyper::body::Body for Answer {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let this = self.get_mut();
        if let Some(piece) = ready!(this.queue.poll_recv(context)) {
            return Poll::Ready(Some(Ok(Frame::data(piece))));
        }
        if let Some(end) = &mut this.end {
            let told = ready!(Pin::new(end).poll(context));
            this.end = None;
            let (last, summary) = told.map_or((None, None), |end| (end.last, end.summary));
            this.trailers = Some(summary.map_or(Trailers::CutShort, Trailers::Summary));
            if let Some(last) = last {
                return Poll::Ready(Some(Ok(Frame::data(last))));
            }
        }
        Poll::Ready(match this.trailers.take() {
            Some(Trailers::Summary(summary)) => {
                Some(Ok(Frame::trailers(HeaderMap::from_iter([(header::HeaderName::from_static(SUMMARY), summary)]))))
            }
            Some(Trailers::CutShort) => {
                let linger = this.linger.get_or_insert_with(|| Box::pin(tokio::time::sleep(LINGER)));
                if linger.as_mut().poll(context).is_pending() {
                    this.trailers = Some(Trailers::CutShort);
                    return Poll::Pending;
                }
                Some(Err(io::Error::other("the list was not filtered to its end")))
            }
            None => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece() -> Bytes {
        Bytes::from_static(b"row\n")
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_takes_nothing_is_told_after_the_patience() {
        let (pieces, mut queue) = mpsc::channel(1);
        let patience = Duration::from_secs(30);
        assert!(hand_on(&pieces, piece(), patience, 7).await.is_ok());
        let begun = tokio::time::Instant::now();
        let Err(Stop::Told(problem)) = hand_on(&pieces, piece(), patience, 7).await else { panic!("it was waited for") };
        assert_eq!((problem.kind, begun.elapsed()), (Kind::FilterClientNotReading, patience));
        assert!(problem.detail.contains("first 7 lines"), "{}", problem.detail);
        assert_eq!(queue.recv().await, Some(piece()));
        assert!(hand_on(&pieces, piece(), patience, 7).await.is_ok(), "one that reads goes on");
        drop(queue);
        assert!(matches!(hand_on(&pieces, piece(), patience, 7).await, Err(Stop::Gone)));
    }

    #[test]
    fn a_list_is_csv() {
        let of = |media: &str| charset_of(&HeaderMap::from_iter([(header::CONTENT_TYPE, media.parse().unwrap())]));
        assert_eq!(of("text/csv"), Ok(None));
        assert_eq!(of("Text/CSV; header=present; charset=\"ISO-8859-9\""), Ok(Some(Encoding::Iso8859_9)));
        for media in ["text/plain", "application/json", "text/csv; charset=x"] {
            assert_eq!(of(media).map_err(|problem| problem.kind), Err(Kind::UnsupportedMediaType), "{media}");
        }
        assert!(charset_of(&HeaderMap::new()).is_err());
    }
}
