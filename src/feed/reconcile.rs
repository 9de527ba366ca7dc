//! A finished day held against İYS's own file (F§1.6): its hash must be the one that İYS agrees to, and
//! whatever is in it that we did not have is taken in and counted.
//!
//! It is looked at the other way round too: what is on record here and not in the file is counted and shown, by the
//! pseudonyms of some of its recipients. It stays: a movement is never unlearned, for one that İYS has taken back is
//! nothing that İYS tells, and a refusal that it lost is still a refusal.
//!
//! The file is read twice. The first reading only hashes it, so that nothing of a file that is not whole is
//! taken in; the second one takes it in, piece by piece, and must find the same hash. Neither holds more than
//! a few pieces in memory.

mod report;

use super::supervise::Fault;
use super::{FollowError, Follower, count};
use crate::files::FileReader;
use crate::iys::Sender;
use crate::iys::{Agreement, Body, Class, Day, IysError, ProcessStatus};
use crate::model::brand::BrandCode;
use crate::model::consent::movement;
use crate::model::consent::movement::{Context, Movement};
use crate::model::feed::Gap;
use crate::model::secret::pseudonym::Pseudonymizer;
use crate::model::text::hex::to_hex;
use crate::model::time::IysTime;
use crate::ports::{FeedNote, FeedRefused, Registered};
use bytes::Bytes;
pub use report::{Outcome, Report};
use sha2::{Digest, Sha384};
use std::collections::{HashMap, HashSet};
use std::io::{self, BufReader, Read};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::sleep;

/// Movements that are taken in together.
const PIECE: usize = 8_192;
/// Pieces of the file, and of movements, that wait at once: each is at most some MB.
const WAITING: usize = 4;
/// İYS keeps a day's file for seven days.
const DAYS: u32 = 7;
/// A day's file is asked for so long after the day ended: by then its hash is made.
const SETTLED: u32 = 2 * 3_600;
/// A day that has no file so long after it ended has none.
const NO_FILE: u32 = 12 * 3_600;
/// Between two looks at what is still to be done.
const LOOK: Duration = Duration::from_hours(1);
/// The same until the first brand is found.
const NOBODY: Duration = Duration::from_secs(10);
const DAY: u32 = 86_400;

/// Why a day was not held against anything.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReconcileError {
    /// A step failed.
    #[error(transparent)]
    Follow(#[from] FollowError),
    /// The file changed between two readings.
    #[error("İYS's file of the day changed while it was read")]
    Changed,
    /// The file is no table of movements.
    #[error("İYS's file of the day cannot be read: {0}")]
    File(String),
}

impl Follower {
    /// Holds a day of a brand against İYS's file.
    pub async fn reconcile(&self, sender: Sender, day: Day, confirm: bool) -> Result<Report, ReconcileError> {
        let iys = &self.parts().iys;
        let mut report = Report::of(sender.brand, day);
        let Some(body) = iys.day_file(sender, day).await.map_err(FollowError::from)? else {
            // Before that İYS may still be making it.
            if self.is_final(day) {
                report.compare(self.registered(sender.brand, day).await);
            }
            return Ok(report);
        };
        (report.hash, report.bytes) = hash(body).await.map_err(FollowError::from)?;
        let agreement = iys.agreement(sender, day).await.map_err(FollowError::from)?;
        let agreed = agreement.filter(|agreement| agreement.status == ProcessStatus::Completed || !agreement.hash.is_empty());
        let Some(Agreement { hash: agreed, confirmed, .. }) = agreed else {
            return Ok(Report { outcome: Outcome::NoHash, ..report });
        };
        report.confirmed = confirmed;
        report.agreed_hash.clone_from(&agreed);
        if agreed != report.hash {
            return Ok(Report { outcome: Outcome::HashDiffers, ..report });
        }
        // Before anything of the file is taken in: whatever of this is in it is struck off.
        let ours = self.registered(sender.brand, day).await;
        let (mut ours, uncounted) = ours.map_or_else(|why| (HashSet::new(), Some(why)), |ours| (ours, None));
        self.take_in(sender, day, &mut report, &mut ours).await?;
        report.compare(uncounted.map_or(Ok(ours), Err));
        report.outcome = match (report.unreadable, report.missing) {
            (0, 0) => Outcome::Agrees,
            (0, _) => Outcome::Mended,
            // A row that cannot be read may be a refusal that is not on record here.
            _ => Outcome::Unreadable,
        };
        // Who has more than the file, or cannot read all of it, does not agree with it.
        if confirm && report.is_whole() && !report.confirmed && report.only_here.unwrap_or(0) == 0 {
            iys.confirm(sender, day).await.map_err(FollowError::from)?;
            report.confirmed = true;
        }
        Ok(report)
    }

    /// Movements of a day that are on record, or why they are not known.
    async fn registered(&self, brand: BrandCode, day: Day) -> Result<HashSet<Registered>, String> {
        let (book, (from, to)) = (Arc::clone(&self.parts().book), (day.start(), day.start().plus(DAY)));
        // Whoever stops waiting ends the look-up.
        let wanted = Arc::new(());
        let waited_for = Arc::downgrade(&wanted);
        let look = move || book.registered(brand, from, to, &|| waited_for.strong_count() > 0);
        let found = tokio::task::spawn_blocking(look).await.map_err(|error| error.to_string())?;
        drop(wanted);
        found.map_err(|why| why.to_string())
    }

    /// A day without a file has none any more.
    fn is_final(&self, day: Day) -> bool {
        self.now() >= day.start().plus(DAY + NO_FILE)
    }

    /// The second reading.
    async fn take_in(
        &self,
        sender: Sender,
        day: Day,
        report: &mut Report,
        ours: &mut HashSet<Registered>,
    ) -> Result<(), ReconcileError> {
        let body = self.parts().iys.day_file(sender, day).await.map_err(FollowError::from)?.ok_or(ReconcileError::Changed)?;
        let (chunks, reader) = mpsc::channel(WAITING);
        let (pieces, read) = mpsc::channel(WAITING);
        let (now, pseudonymizer) = (self.receipt(), self.parts().pseudonymizer.clone());
        let parsing = tokio::task::spawn_blocking(move || parse(reader, &pieces, sender.brand, &pseudonymizer, now));
        let taking = async {
            // Its end, however it comes, ends the reader and with it the feeding.
            let mut read = read;
            while let Some(Piece { movements, rows, unreadable, missed }) = read.recv().await {
                report.movements += rows + unreadable;
                report.unreadable += unreadable;
                for movement in &movements {
                    ours.remove(&Registered::of(movement));
                }
                let gap = Gap { brand: sender.brand, from: day.start(), to: day.start().plus(DAY), found: now };
                let notes = missed.then_some(FeedNote::Missed(gap)).into_iter().collect();
                report.missing += self.parts().sink.follow(movements, notes).await?.applied;
            }
            Ok::<(), FollowError>(())
        };
        let (hash, taken) = tokio::join!(feed(body, chunks), taking);
        taken?;
        let died = |error: tokio::task::JoinError| ReconcileError::File(error.to_string());
        let hash = hash.map_err(FollowError::from)?;
        parsing.await.map_err(died)?.map_err(ReconcileError::File)?;
        if hash == report.hash { Ok(()) } else { Err(ReconcileError::Changed) }
    }
}

impl From<ReconcileError> for FeedRefused {
    fn from(error: ReconcileError) -> Self {
        match error {
            ReconcileError::Follow(FollowError::Iys(error)) => error.into(),
            ReconcileError::Follow(FollowError::Sink(error)) => error.into(),
            other => Self::Unavailable(other.to_string()),
        }
    }
}

/// Rows read together.
struct Piece {
    movements: Vec<Movement>,
    /// Rows that the movements are.
    rows: u64,
    unreadable: u64,
    /// Whether one that is unreadable may be a refusal.
    missed: bool,
}

async fn hash(mut body: Body) -> Result<(String, u64), IysError> {
    let (mut hash, mut bytes) = (Sha384::new(), 0);
    while let Some(chunk) = body.next().await {
        let chunk = chunk?;
        bytes += chunk.len() as u64;
        hash.update(&chunk);
    }
    Ok((to_hex(&hash.finalize()), bytes))
}

/// Hands the file to whoever parses it; returns its hash.
async fn feed(mut body: Body, chunks: mpsc::Sender<io::Result<Bytes>>) -> Result<String, IysError> {
    let mut hash = Sha384::new();
    while let Some(chunk) = body.next().await {
        if let Err(error) = &chunk {
            // What came is no whole file, and must not pass for one.
            let _ = chunks.send(Err(io::Error::other(error.to_string()))).await;
        }
        let chunk = chunk?;
        hash.update(&chunk);
        if chunks.send(Ok(chunk)).await.is_err() {
            break;
        }
    }
    Ok(to_hex(&hash.finalize()))
}

/// Chunks of a file as they come, for a thread that reads it.
struct Chunks {
    chunks: mpsc::Receiver<io::Result<Bytes>>,
    current: Bytes,
}

impl Read for Chunks {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.current.is_empty() {
            let Some(chunk) = self.chunks.blocking_recv() else { return Ok(0) };
            self.current = chunk?;
        }
        let taken = self.current.split_to(out.len().min(self.current.len()));
        out[..taken.len()].copy_from_slice(&taken);
        Ok(taken.len())
    }
}

/// Reads the file's rows into movements. On a thread of its own.
fn parse(
    chunks: mpsc::Receiver<io::Result<Bytes>>,
    pieces: &mpsc::Sender<Piece>,
    brand: BrandCode,
    pseudonymizer: &Pseudonymizer,
    now: IysTime,
) -> Result<(), String> {
    let input = BufReader::with_capacity(256 << 10, Chunks { chunks, current: Bytes::new() });
    let mut file = FileReader::csv("the day's file", Box::new(input)).map_err(|error| error.to_string())?;
    let context = Context { pseudonymizer, brand: Some(brand), now, export_as_of: None };
    while let Some(batch) = file.next_batch(PIECE).map_err(|error| error.to_string())? {
        let unreadable = batch.bad.len() as u64;
        let mut piece = Piece { movements: Vec::with_capacity(batch.rows.len()), rows: 0, unreadable, missed: unreadable > 0 };
        for row in &batch.rows {
            match movement::parse(&row.raw(), &context) {
                Ok(parsed) => {
                    piece.rows += 1;
                    piece.movements.extend(parsed.into_movements());
                }
                Err(refusal) => {
                    piece.unreadable += 1;
                    piece.missed |= refusal.leaves_gap(&row.raw());
                }
            }
        }
        if pieces.blocking_send(piece).is_err() {
            break;
        }
    }
    Ok(())
}

/// Holds every finished day of every brand against İYS's file, once, as it becomes available.
pub(super) async fn run(follower: Follower, confirm: bool) -> Fault {
    let mut done: HashMap<BrandCode, Day> = HashMap::new();
    let mut differing: HashSet<BrandCode> = HashSet::new();
    loop {
        if follower.senders().is_empty() {
            sleep(NOBODY).await;
            continue;
        }
        if let Some(yesterday) = Day::of(follower.now().minus(SETTLED + DAY)) {
            let senders = follower.senders();
            differing.retain(|brand| senders.iter().any(|sender| sender.brand == *brand));
            for sender in senders {
                match catch_up(&follower, sender, yesterday, confirm, &mut done).await {
                    Ok(Some(Outcome::HashDiffers)) => {
                        differing.insert(sender.brand);
                    }
                    Ok(_) => {
                        differing.remove(&sender.brand);
                    }
                    Err(error) => {
                        tracing::warn!(brand = sender.brand.get(), %error, "feed: a day could not be held against İYS's file");
                        let ReconcileError::Follow(error) = error else { continue };
                        if !error.is_of_the_brand() {
                            return error.fault();
                        }
                    }
                }
                follower.counters().hash_differs.store(differing.len() as u64, Ordering::Relaxed);
            }
        }
        sleep(LOOK).await;
    }
}

/// Nothing of a day that was held against its file is missing: what a gap has of it is no gap any more.
async fn cover(follower: &Follower, brand: BrandCode, day: Day) -> Result<(), FollowError> {
    let (from, to) = (day.start(), day.start().plus(DAY));
    follower.parts().sink.follow(Vec::new(), vec![FeedNote::Healed(Gap { brand, from, to, found: to })]).await?;
    Ok(())
}

/// The days of a brand that are not done, oldest first; after a start that is all that İYS still has. What came of a day
/// that has to be looked at again ends it.
async fn catch_up(
    follower: &Follower,
    sender: Sender,
    yesterday: Day,
    confirm: bool,
    done: &mut HashMap<BrandCode, Day>,
) -> Result<Option<Outcome>, ReconcileError> {
    let first = yesterday.start().minus((DAYS - 1) * DAY);
    let mut next = done.get(&sender.brand).map_or(first, |day| day.start().plus(DAY).max(first));
    while next <= yesterday.start() {
        let Some(day) = Day::of(next) else { return Ok(None) };
        let report = match follower.reconcile(sender, day, confirm).await {
            // It has just left the window: there is no more to be had of it.
            Err(ReconcileError::Follow(FollowError::Iys(error))) if error.class() == Class::Resync => {
                done.insert(sender.brand, day);
                next = next.plus(DAY);
                continue;
            }
            report => report?,
        };
        report.log(follower.is_final(day));
        // Without a file nothing moved, or it is not made yet.
        let nothing_moved = report.outcome == Outcome::NoFile && follower.is_final(day);
        if report.is_whole() {
            cover(follower, sender.brand, day).await?;
        }
        count(&follower.counters().hashes, u64::from(report.outcome == Outcome::HashDiffers));
        // A file that has its hash does not change: reading it again would find the same unreadable rows.
        let read_once = report.outcome == Outcome::Unreadable;
        if !report.is_whole() && !nothing_moved && !read_once {
            return Ok(Some(report.outcome));
        }
        count(&follower.counters().days, 1);
        count(&follower.counters().missing, report.missing);
        count(&follower.counters().only_here, report.only_here.unwrap_or(0));
        done.insert(sender.brand, day);
        next = next.plus(DAY);
    }
    Ok(None)
}
