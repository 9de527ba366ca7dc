//! `POST /v1/filter`: a list in, the same list with its decisions out, while it comes.
//!
//! A task reads the list, has its rows decided block by block and hands on what is made of them; the connection writes
//! that as fast as its client reads. Memory of one list at most: a block and its rows (2 MB; with sixteen pairs, each
//! explained, some 20), what was read last (0.5 MB), [`QUEUE`] pieces on their way out (1 MB), and with `duplicates` what
//! [`crate::filter::duplicates`] says.
//!
//! A client that has sent its list and reads what comes hears that it is whole by the end of the body: one that was cut
//! short ends without its last chunk, or with a reset of its stream. Who reads trailers, or asks for `summary`, is also
//! told what became of every line.

mod answer;
mod list;
mod task;

use super::body::Shared;
use super::gateway::Gateway;
use super::http::parameters;
use super::json::FilterQuery;
use crate::api::error::{Kind, Problem};
use crate::api::negotiation::language;
use crate::model::decision::question::Scope;
use crate::model::language::Language;
use crate::model::text::encoding::Declared;
use crate::net::{payload, streams};
use crate::telemetry::metrics::Edge;
use answer::{Answer, SUMMARY};
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, header};
use list::List;
use std::sync::Arc;
use std::time::Duration;
use task::Task;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// The path.
pub const PATH: &str = "/v1/filter";

/// For so many times the patience the next bytes of a list are waited for.
const SILENCE: u32 = 10;
/// Lists at once: each is worked on as fast as it comes.
const MOST: usize = 64;
/// Those among them that remember their addresses, which takes 125 MB for all mobile numbers and 1.3 GB at most.
const MOST_REMEMBERING: usize = 2;
/// Pieces that wait for their reader.
const QUEUE: usize = 16;

/// What all lists share.
pub struct Filters {
    patience: Duration,
    room: Arc<Semaphore>,
    remembering: Arc<Semaphore>,
    tasks: TaskTracker,
}

/// Held while a list is filtered.
type Room = (OwnedSemaphorePermit, Option<OwnedSemaphorePermit>);

/// The connection that a list comes on: cancelling it hangs up. Of HTTP/2 it is the list's stream that ends instead, and
/// the other calls of the connection go on.
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
    asked.wanted.appends_letters = language == Some(Language::Turkish);
    let body = (body, SILENCE * filters.patience);
    let mut list = List::new(gateway.clone(), asked, caller, language, revision_reached, body);
    // What is no list is told as a problem; from the first row on it is 200.
    let first = list.first().await?;
    let (pieces, queue) = mpsc::channel(QUEUE);
    let (tell_end, end) = oneshot::channel();
    let hang_up =
        streams::end_of_current().or_else(|| head.extensions.get::<Connection>().map(|connection| connection.0.clone()));
    let gone = CancellationToken::new();
    let answer = Answer::new(queue, end, gone.clone().drop_guard());
    let task = Task { list, pieces, tell_end, patience: filters.patience, hang_up, gone, _room: room };
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
fn charset_of(headers: &HeaderMap) -> Result<Option<Declared>, Problem> {
    let unsupported = |text: &'static str| Problem::new(Kind::UnsupportedMediaType, text);
    let media = headers.get(header::CONTENT_TYPE).and_then(|media| media.to_str().ok()).unwrap_or_default();
    let mut parts = media.split(';').map(str::trim);
    if !parts.next().is_some_and(|name| name.eq_ignore_ascii_case("text/csv")) {
        return Err(unsupported("send text/csv, for one address a line too"));
    }
    payload::check_encoding(headers)?;
    let charset = parts.filter_map(|part| part.split_once('=')).find(|(name, _)| name.trim().eq_ignore_ascii_case("charset"));
    let Some((_, charset)) = charset else { return Ok(None) };
    let encoding = Declared::from_name(charset.trim().trim_matches('"'));
    encoding.map(Some).ok_or_else(|| unsupported("the charset is utf-8, utf-16, windows-1254 or iso-8859-9"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_csv() {
        let of = |media: &str| charset_of(&HeaderMap::from_iter([(header::CONTENT_TYPE, media.parse().unwrap())]));
        assert_eq!(of("text/csv"), Ok(None));
        assert_eq!(of("Text/CSV; header=present; charset=\"ISO-8859-9\""), Ok(Some(Declared::Windows1254)));
        for media in ["text/plain", "application/json", "text/csv; charset=x"] {
            assert_eq!(of(media).map_err(|problem| problem.kind), Err(Kind::UnsupportedMediaType), "{media}");
        }
        assert!(charset_of(&HeaderMap::new()).is_err());
    }
}
