//! Which stream is asked next. Fair by construction: streams wait in the order in which they became due, and
//! one with a backlog goes to the end of the line after every page.

use crate::iys::Sender;
use crate::model::brand::BrandCode;
use crate::model::feed::{Position, Stream};
use std::collections::{BTreeSet, HashMap};
use std::time::Duration;
use tokio::time::Instant;

/// İYS takes 10 requests a second from one address (F§1.2).
const HALF_THE_LIMIT: f64 = 5.0;

/// One stream of one brand.
pub(super) type Key = (BrandCode, Stream);

/// When a stream is to be asked again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Again {
    /// There is more: as soon as those that wait have had their turn.
    Now,
    /// The end is near, and is worth a look before the usual time.
    Soon,
    /// The end was seen.
    Later,
    /// It failed.
    After(Duration),
}

/// A stream whose turn it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Turn {
    pub(super) sender: Sender,
    pub(super) stream: Stream,
    /// None if it was never asked.
    pub(super) position: Option<Position>,
    /// Failures in a row.
    pub(super) failures: u32,
    /// Whether it was behind what İYS still shows at its last page: the gap that was found then goes on.
    pub(super) behind: bool,
}

#[derive(Debug)]
struct Followed {
    sender: Sender,
    position: Option<Position>,
    failures: u32,
    behind: bool,
    /// None while somebody asks it.
    due: Option<(Instant, u64)>,
}

/// Every stream that is followed: at most two a brand.
#[derive(Debug)]
pub(super) struct Streams {
    period: Duration,
    followed: HashMap<Key, Followed>,
    line: BTreeSet<((Instant, u64), Key)>,
    /// Tells apart what is due at the same instant, in the order in which it came.
    number: u64,
}

impl Streams {
    pub(super) fn new(period: Duration) -> Self {
        Self { period, followed: HashMap::new(), line: BTreeSet::new(), number: 0 }
    }

    /// Follows a stream from a position on; one that is followed already goes on.
    pub(super) fn add(&mut self, sender: Sender, stream: Stream, position: Option<Position>, now: Instant) {
        let key = (sender.brand, stream);
        if let Some(known) = self.followed.get_mut(&key) {
            known.sender = sender;
            return;
        }
        self.followed.insert(key, Followed { sender, position, failures: 0, behind: false, due: None });
        self.queue(key, now);
    }

    /// Follows none of a brand's streams any more.
    pub(super) fn remove(&mut self, brand: BrandCode) {
        for stream in Stream::ALL {
            if let Some(Followed { due: Some(due), .. }) = self.followed.remove(&(brand, stream)) {
                self.line.remove(&(due, (brand, stream)));
            }
        }
    }

    /// The stream that is due for longest, or when the next one is; none if there is nothing to wait for.
    pub(super) fn take(&mut self, now: Instant) -> Result<Turn, Option<Instant>> {
        let ((due, number), key) = *self.line.first().ok_or(None)?;
        if due > now {
            return Err(Some(due));
        }
        self.line.remove(&((due, number), key));
        let followed = self.followed.get_mut(&key).ok_or(Some(now))?;
        followed.due = None;
        let Followed { sender, position, failures, behind, .. } = followed;
        Ok(Turn { sender: *sender, stream: key.1, position: position.clone(), failures: *failures, behind: *behind })
    }

    /// Whether the page that came was behind what İYS still shows.
    pub(super) fn note_behind(&mut self, key: Key, behind: bool) {
        if let Some(followed) = self.followed.get_mut(&key) {
            followed.behind = behind;
        }
    }

    /// What became of a turn. `position` is none if it is as it was.
    pub(super) fn done(&mut self, key: Key, position: Option<Position>, again: Again, now: Instant) {
        // It may have been removed meanwhile.
        let Some(followed) = self.followed.get_mut(&key) else { return };
        followed.failures = if matches!(again, Again::After(_)) { followed.failures + 1 } else { 0 };
        if position.is_some() {
            followed.position = position;
        }
        let wait = match again {
            Again::Now => Duration::ZERO,
            Again::Soon if self.has_room() => self.period / 4,
            Again::Soon | Again::Later => self.period,
            Again::After(wait) => wait,
        };
        self.queue(key, now + wait);
    }

    /// Whether all streams together could be asked four times as often and leave half of İYS's limit to others.
    fn has_room(&self) -> bool {
        self.followed.len() as f64 <= HALF_THE_LIMIT * self.period.as_secs_f64() / 4.0
    }

    fn queue(&mut self, key: Key, due: Instant) {
        self.number += 1;
        let due = (due, self.number);
        if let Some(followed) = self.followed.get_mut(&key)
            && followed.due.is_none()
        {
            followed.due = Some(due);
            self.line.insert((due, key));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::brand::IysCode;

    const PERIOD: Duration = Duration::from_mins(10);

    fn sender(brand: u32) -> Sender {
        Sender { iys_code: IysCode::new(7).unwrap(), brand: BrandCode::new(brand).unwrap() }
    }

    fn key(turn: &Turn) -> Key {
        (turn.sender.brand, turn.stream)
    }

    #[tokio::test(start_paused = true)]
    async fn a_backlog_does_not_starve_the_others() {
        let (mut streams, start) = (Streams::new(PERIOD), Instant::now());
        for brand in 1..=3 {
            streams.add(sender(brand), Stream::Iys, None, start);
        }
        let mut order = Vec::new();
        for second in 0..9 {
            let now = start + Duration::from_secs(second);
            let turn = streams.take(now).unwrap();
            order.push(turn.sender.brand.get());
            streams.done(key(&turn), None, Again::Now, now);
        }
        assert_eq!(order, [1, 2, 3, 1, 2, 3, 1, 2, 3]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_stream_is_asked_by_one_at_a_time_and_again_when_it_is_due() {
        let (mut streams, now) = (Streams::new(PERIOD), Instant::now());
        assert_eq!(streams.take(now), Err(None));
        streams.add(sender(1), Stream::Hs, None, now);
        let turn = streams.take(now).unwrap();
        assert!(!turn.behind);
        streams.note_behind(key(&turn), true);
        streams.add(sender(1), Stream::Hs, None, now);
        assert_eq!(streams.take(now), Err(None), "it is under way");
        for (again, wait) in [(Again::Later, PERIOD), (Again::Soon, PERIOD / 4), (Again::After(PERIOD * 2), PERIOD * 2)] {
            streams.done(key(&turn), None, again, now);
            assert_eq!(streams.take(now), Err(Some(now + wait)), "{again:?}");
            let turn = streams.take(now + wait).unwrap();
            assert_eq!((turn.failures, turn.behind), (u32::from(matches!(again, Again::After(_))), true));
        }
        streams.done(key(&turn), None, Again::Now, now);
        streams.remove(sender(1).brand);
        assert_eq!(streams.take(now), Err(None));
        streams.done(key(&turn), None, Again::Now, now);
        assert_eq!(streams.take(now), Err(None), "what was removed stays so");
    }
}
