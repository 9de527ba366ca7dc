//! One page of one stream: asked for, read, taken in together with where the next one begins.

use super::streams::{Again, Turn};
use super::supervise::Fault;
use super::{FollowError, Follower, count};
use crate::iys::{Class, Cursor, IysError, Page};
use crate::model::consent::movement;
use crate::model::consent::movement::{Context, Movement};
use crate::model::feed::{Gap, Position, Stream};
use crate::model::time::IysTime;
use crate::ports::FeedNote;
use crate::sys::backoff::{Backoff, random};
use std::sync::PoisonError;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// İYS never shows the last 60 minutes (F§1.6).
const BLIND: u32 = 3_600;
/// How far back it shows anything.
const WINDOW: u32 = 7 * 86_400;
/// A position so near the window's end is not relied on: the clocks and the way to İYS take their time.
const MARGIN: u32 = 60;
/// A cursor that may fall out of the window before it arrives is not sent: what İYS answers then is not
/// documented. The window is read from its start instead, which repeats and loses nothing.
const FRESH_CURSOR: u32 = WINDOW - 3_600;
/// What İYS gives at most at once.
const WHOLE_PAGE: usize = 1_000;
/// So far behind what İYS shows, a stream is still being caught up with.
const FAR: u32 = 3_600;
/// From a failed page of a stream to its next try.
const PAUSE: Backoff = Backoff { first: Duration::from_secs(5), longest: Duration::from_mins(10) };

/// Asks whatever stream is due, one page at a time, until something is wrong that concerns all of them.
pub(super) async fn run(feed: Follower) -> Fault {
    loop {
        let more = feed.0.more.notified();
        match feed.streams(|streams| streams.take(Instant::now())) {
            Ok(turn) => {
                if let Some(fault) = take_turn(&feed, turn).await {
                    return fault;
                }
            }
            Err(Some(due)) => tokio::select! {
                () = sleep_until(due) => {}
                () = more => {}
            },
            Err(None) => more.await,
        }
    }
}

/// A turn that is given back if its task is dropped in the middle.
struct Taken<'a> {
    feed: &'a Follower,
    turn: Turn,
    outcome: Option<(Option<Position>, Again)>,
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        let key = (self.turn.sender.brand, self.turn.stream);
        let (position, again) = self.outcome.take().unwrap_or((None, Again::Now));
        let mut streams = self.feed.0.streams.lock().unwrap_or_else(PoisonError::into_inner);
        streams.done(key, position, again, Instant::now());
        drop(streams);
        self.feed.0.more.notify_one();
    }
}

async fn take_turn(feed: &Follower, turn: Turn) -> Option<Fault> {
    let mut taken = Taken { feed, turn, outcome: None };
    match pull(feed, &taken.turn).await {
        Ok((position, again)) => {
            taken.outcome = Some((Some(position), again));
            None
        }
        Err(error) => {
            count(&feed.counters().failures, 1);
            let Turn { sender, stream, failures, .. } = &taken.turn;
            tracing::warn!(brand = sender.brand.get(), stream = stream.name(), %error, "feed: a page did not come");
            let pause = PAUSE.after(*failures + 1, random());
            taken.outcome = Some((None, Again::After(pause)));
            let of_all = match &error {
                FollowError::Iys(error) => error.class() == Class::Stop || error.retry_after().is_some(),
                FollowError::Sink(_) | FollowError::Read(_) => true,
            };
            (of_all && !error.is_of_the_brand()).then(|| error.fault())
        }
    }
}

/// Says that movements up to `window` are missing: those since `known_to`, or all that there ever were.
fn warn_of_gap(turn: &Turn, known_to: IysTime, window: IysTime) {
    let (brand, stream) = (turn.sender.brand.get(), turn.stream);
    if known_to.unix() == 0 {
        tracing::warn!(brand, %stream, before = %window, "feed: the brand was never loaded, and İYS shows the last seven days alone; it is STALE until an export is imported or its gap is healed");
    } else {
        tracing::warn!(brand, %stream, from = %known_to, to = %window, "feed: movements were missed; the brand is STALE until its gap is healed");
    }
}

/// Asks for a page and takes it in; tells where the stream then stands.
async fn pull(feed: &Follower, turn: &Turn) -> Result<(Position, Again), FollowError> {
    let (brand, before) = (turn.sender.brand, turn.position.as_ref());
    let page = ask(feed, turn).await?;
    count(&feed.counters().pages, 1);
    // İYS's clock or ours, whichever is later where earlier would hide a gap or refuse a movement, and the
    // other way round for what we vouch for.
    let (latest, earliest) = (page.at.max(feed.now()), page.at.min(feed.now()));
    let Read { movements, missed } = read(feed, turn, &page);
    let known_to = match before {
        Some(position) => position.complete_to,
        None => feed.parts().book.exported(brand)?.unwrap_or(IysTime::from_unix(0)),
    };
    let mut notes = Vec::with_capacity(2);
    let window = latest.minus(WINDOW).plus(MARGIN);
    let behind = known_to < window;
    feed.streams(|streams| streams.note_behind((brand, turn.stream), behind));
    if behind {
        // A stream that falls behind with every page has one gap, which grows.
        if !turn.behind {
            count(&feed.counters().gaps, 1);
            warn_of_gap(turn, known_to, window);
        }
        notes.push(FeedNote::Missed(Gap { brand, from: known_to, to: window, found: latest }));
    }
    let position = advance(before, &page, &movements, earliest, known_to.max(window));
    if let Some(missed) = missed {
        count(&feed.counters().gaps, 1);
        // Pages ascend: what is left out was registered behind what was known and before the end of the page.
        let end = page.next.as_ref().and_then(Cursor::instant).max(movements.iter().map(Movement::date).max());
        let (from, stream) = (known_to.max(window), turn.stream);
        let to = missed.latest.max(end).unwrap_or(latest).max(from).plus(1);
        tracing::warn!(brand = brand.get(), %stream, %from, %to, "feed: what is unreadable may be a refusal; the brand is STALE until its gap is healed");
        notes.push(FeedNote::Missed(Gap { brand, from, to, found: latest }));
    }
    // A page may be short in the middle of a stream: İYS does not part two movements of one second, and shows a
    // partner what it may see. Far from the end there is more, if the position moves at all.
    let moved = before.is_none_or(|before| before.cursor != position.cursor);
    let far = moved && position.complete_to < earliest.minus(BLIND + FAR);
    let again = match page.items.len() + page.bad {
        0 => Again::Later,
        WHOLE_PAGE.. => Again::Now,
        _ if far => Again::Now,
        _ => Again::Soon,
    };
    notes.push(FeedNote::Followed(brand, turn.stream, position.clone()));
    let applied = feed.parts().sink.follow(movements, notes).await?;
    count(&feed.counters().applied, applied.applied);
    Ok((position, again))
}

async fn ask(feed: &Follower, turn: &Turn) -> Result<Page, IysError> {
    let iys = &feed.parts().iys;
    let position = turn.position.as_ref();
    let fresh = position.filter(|position| position.complete_to > feed.now().minus(FRESH_CURSOR));
    let cursor = fresh.and_then(|position| Cursor::parse(&position.cursor).ok());
    match iys.changes(turn.sender, turn.stream, cursor.as_ref()).await {
        // A position that İYS does not take any more.
        Err(error) if error.class() == Class::Resync && cursor.is_some() => iys.changes(turn.sender, turn.stream, None).await,
        asked => asked,
    }
}

/// What a page holds.
struct Read {
    movements: Vec<Movement>,
    /// What is left out of it and may be a refusal.
    missed: Option<Missed>,
}

/// What is left out of a page.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Missed {
    /// The latest creationDate of it, where it says one.
    latest: Option<IysTime>,
}

/// Reads the movements of a page. What is unreadable is left out; see [`movement::Refusal::leaves_gap`].
fn read(feed: &Follower, turn: &Turn, page: &Page) -> Read {
    let (pseudonymizer, now) = (&feed.parts().pseudonymizer, feed.receipt());
    let context = Context { pseudonymizer, brand: Some(turn.sender.brand), now, export_as_of: None };
    let mut movements = Vec::with_capacity(page.items.len());
    let mut missed = (page.bad > 0).then_some(Missed { latest: None });
    for item in &page.items {
        let raw = item.raw();
        match movement::parse(&raw, &context) {
            Ok(parsed) => movements.extend(parsed.into_movements()),
            Err(refusal) => {
                count(&feed.counters().unreadable, 1);
                if refusal.leaves_gap(&raw) {
                    missed = missed.max(Some(Missed { latest: IysTime::parse(raw.created.trim()).ok() }));
                }
                let stream = turn.stream;
                tracing::warn!(brand = turn.sender.brand.get(), %stream, code = refusal.code(), "feed: a movement is unreadable");
            }
        }
    }
    count(&feed.counters().unreadable, page.bad as u64);
    Read { movements, missed }
}

/// Where a stream stands after a page. Pages ascend by creationDate, so everything before the last item was
/// seen; after an empty page, everything up to what İYS shows.
fn advance(before: Option<&Position>, page: &Page, movements: &[Movement], now: IysTime, known_to: IysTime) -> Position {
    let shown = now.minus(BLIND);
    let last = movements.iter().map(Movement::date).max();
    let reached = match (page.items.is_empty() && page.bad == 0, page.next.as_ref().and_then(Cursor::instant).or(last)) {
        (true, _) => shown,
        (false, Some(last)) => last.min(shown),
        (false, None) => known_to,
    };
    let newest = before.and_then(|position| position.newest);
    let cursor = page.next.as_ref().map(|next| next.as_str().into());
    Position {
        complete_to: known_to.max(reached),
        newest: newest.max(last),
        asked: now,
        cursor: cursor.or_else(|| before.map(|position| position.cursor.clone())).unwrap_or_default(),
    }
}

/// Follows both streams of a brand from where they are on file.
pub(super) fn follow(feed: &Follower, sender: super::Sender, position: impl Fn(Stream) -> Option<Position>) {
    for stream in Stream::ALL {
        feed.streams(|streams| streams.add(sender, stream, position(stream), Instant::now()));
    }
    feed.0.more.notify_waiters();
}
