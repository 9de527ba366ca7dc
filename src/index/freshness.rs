//! How fresh a brand's data is: what the writer notes and a check reads, without a lock.

use crate::model::brand::{Brand, Feed};
use crate::model::consent::channel::Channel;
use crate::model::consent::movement::CLOCK_TOLERANCE;
use crate::model::feed::{Position, Stream};
use crate::model::time::{IysTime, Moment};
use std::sync::atomic::{AtomicU32, Ordering};

/// A moment that may be none yet: Unix seconds, 0 for none. It only ever moves on.
#[derive(Debug, Default)]
struct AtomicTime(AtomicU32);

/// What is known of one stream.
#[derive(Debug, Default)]
struct Followed {
    complete_to: AtomicTime,
    newest: AtomicTime,
    asked: AtomicTime,
}

/// How fresh a brand's data is. Shared by every version of the brand's entry.
#[derive(Debug, Default)]
pub struct Freshness {
    imported: AtomicTime,
    pushed: AtomicTime,
    streams: [Followed; Stream::ALL.len()],
    gap_from: AtomicU32,
    /// The end of what was missed; 0 if nothing was.
    gap_to: AtomicU32,
}

/// How far a stream was followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct StreamFreshness {
    /// Everything that İYS registered before it was seen: the oldest instant not yet seen.
    pub complete_to: Option<IysTime>,
    /// The newest `creationDate` that came.
    pub newest: Option<IysTime>,
    /// When İYS was last asked to the end.
    pub asked: Option<IysTime>,
}

impl StreamFreshness {
    /// What a position tells.
    #[must_use]
    pub const fn of(position: &Position) -> Self {
        Self { complete_to: Some(position.complete_to), newest: position.newest, asked: Some(position.asked) }
    }
}

impl AtomicTime {
    fn get(&self) -> Option<IysTime> {
        match self.0.load(Ordering::Relaxed) {
            0 => None,
            seconds => Some(IysTime::from_unix(seconds)),
        }
    }

    fn reach(&self, time: Option<IysTime>) {
        self.0.fetch_max(time.map_or(0, IysTime::unix), Ordering::Relaxed);
    }
}

impl Freshness {
    /// Data was taken in by an import.
    pub fn imported(&self, at: IysTime) {
        self.imported.reach(Some(at));
    }

    /// A push came.
    pub fn pushed(&self, at: IysTime) {
        self.pushed.reach(Some(at));
    }

    /// A stream was followed so far.
    pub fn followed(&self, stream: Stream, to: StreamFreshness) {
        let followed = &self.streams[stream as usize];
        followed.newest.reach(to.newest);
        followed.asked.reach(to.asked);
        followed.complete_to.reach(to.complete_to);
    }

    /// Sets what was missed; none once it is healed.
    pub fn set_gap(&self, gap: Option<(IysTime, IysTime)>) {
        let (from, to) = gap.map_or((0, 0), |(from, to)| (from.unix(), to.unix()));
        self.gap_from.store(from, Ordering::Relaxed);
        self.gap_to.store(to, Ordering::Release);
    }

    /// Something was missed; joined with what was missed before.
    pub fn add_gap(&self, from: IysTime, to: IysTime) {
        let joined = self.gap().map_or((from, to), |(earlier, later)| (earlier.min(from), later.max(to)));
        self.set_gap(Some(joined));
    }

    /// What was missed, if anything.
    #[must_use]
    pub fn gap(&self) -> Option<(IysTime, IysTime)> {
        let to = self.gap_to.load(Ordering::Acquire);
        (to != 0).then(|| (IysTime::from_unix(self.gap_from.load(Ordering::Relaxed)), IysTime::from_unix(to)))
    }

    /// When a push last came.
    #[must_use]
    pub fn last_push(&self) -> Option<IysTime> {
        self.pushed.get()
    }

    /// How far a stream was followed.
    #[must_use]
    pub fn stream(&self, stream: Stream) -> StreamFreshness {
        let Followed { complete_to, newest, asked } = &self.streams[stream as usize];
        StreamFreshness { complete_to: complete_to.get(), newest: newest.get(), asked: asked.get() }
    }

    /// How old the brand's data may be: the last import, or with a feed the older end of its two streams. None
    /// if nothing was ever taken in.
    #[must_use]
    pub fn as_of(&self, brand: &Brand) -> Option<IysTime> {
        match brand.feed {
            Feed::Import => self.imported.get(),
            Feed::Iys(_) => {
                let [hs, iys] = Stream::ALL.map(|stream| self.streams[stream as usize].complete_to.get());
                Some(hs?.min(iys?))
            }
        }
    }

    /// Whether the data of `channel` is older than it may be, has a gap, or may not be read any more. Data that is
    /// younger than the wall clock, by more than another clock may be ahead, has no age that anybody knows.
    #[must_use]
    pub fn is_stale(&self, brand: &Brand, channel: Channel, at: Moment) -> bool {
        // What was missed may be a refusal, however the brand's data comes.
        if self.gap().is_some() {
            return true;
        }
        if let Feed::Iys(readable) = brand.feed
            && !readable.has(channel)
        {
            return true;
        }
        let Some(age) = brand.allowed_age(channel) else { return false };
        self.as_of(brand).is_none_or(|as_of| as_of > at.now.plus(CLOCK_TOLERANCE) || at.latest > as_of.plus(age.seconds()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::brand::{BrandCode, IysCode, MaxAge};
    use crate::model::consent::channel::Channels;

    const NOW: IysTime = IysTime::from_unix(1_800_000_000);

    fn brand(feed: Feed) -> Brand {
        let (code, iys_code) = (BrandCode::new(7).unwrap(), IysCode::new(7).unwrap());
        Brand { feed, ..Brand::imported(code, iys_code, "Örnek".to_owned()) }
    }

    fn complete_to(time: IysTime) -> StreamFreshness {
        StreamFreshness { complete_to: Some(time), ..StreamFreshness::default() }
    }

    #[test]
    fn imported_data_has_no_age_until_one_is_set() {
        let (freshness, mut brand) = (Freshness::default(), brand(Feed::Import));
        assert!(!freshness.is_stale(&brand, Channel::Mesaj, Moment::of(NOW)));
        brand.max_age[Channel::Mesaj as usize] = MaxAge::from_minutes(60);
        assert!(freshness.is_stale(&brand, Channel::Mesaj, Moment::of(NOW)), "nothing was ever taken in");
        assert!(!freshness.is_stale(&brand, Channel::Arama, Moment::of(NOW)));
        freshness.set_gap(Some((NOW.minus(9), NOW.minus(5))));
        assert!(freshness.is_stale(&brand, Channel::Arama, Moment::of(NOW)), "what was missed may be a refusal");
        freshness.set_gap(None);
        freshness.imported(NOW.minus(3600));
        assert_eq!(freshness.as_of(&brand), Some(NOW.minus(3600)));
        assert!(
            !freshness.is_stale(&brand, Channel::Mesaj, Moment::of(NOW))
                && freshness.is_stale(&brand, Channel::Mesaj, Moment::of(NOW.plus(1)))
        );
    }

    #[test]
    fn a_clock_that_is_set_back_makes_nothing_fresh() {
        let (freshness, mut brand) = (Freshness::default(), brand(Feed::Import));
        brand.max_age[Channel::Mesaj as usize] = MaxAge::from_minutes(180);
        freshness.imported(NOW);
        let stale = |now, latest| freshness.is_stale(&brand, Channel::Mesaj, Moment { now, latest });
        assert!(!stale(NOW.plus(3 * 3600), NOW.plus(3 * 3600)));
        assert!(stale(NOW.plus(60), NOW.plus(4 * 3600)), "it was seen to be four hours later");
        assert!(stale(NOW.minus(86_400), NOW.minus(86_400)), "the clock is behind the data");
        assert!(!stale(NOW.minus(CLOCK_TOLERANCE), NOW.minus(CLOCK_TOLERANCE)));
    }

    #[test]
    fn a_feed_is_as_fresh_as_its_older_stream() {
        let (freshness, brand) = (Freshness::default(), brand(Feed::Iys(Channels::ALL)));
        freshness.imported(NOW);
        freshness.followed(Stream::Iys, complete_to(NOW.minus(60)));
        assert_eq!(freshness.as_of(&brand), None);
        assert!(freshness.is_stale(&brand, Channel::Mesaj, Moment::of(NOW)), "the other stream was never seen");
        freshness.followed(Stream::Hs, complete_to(NOW.minus(3 * 3600)));
        assert_eq!(freshness.as_of(&brand), Some(NOW.minus(3 * 3600)));
        assert!(
            !freshness.is_stale(&brand, Channel::Mesaj, Moment::of(NOW))
                && freshness.is_stale(&brand, Channel::Mesaj, Moment::of(NOW.plus(1)))
        );
        freshness.followed(Stream::Hs, complete_to(NOW.minus(4 * 3600)));
        assert_eq!(freshness.as_of(&brand), Some(NOW.minus(3 * 3600)), "it never goes back");
    }

    #[test]
    fn a_gap_and_a_lost_right_are_stale_at_once() {
        let freshness = Freshness::default();
        let brand = brand(Feed::Iys(Channels::NONE.with(Channel::Mesaj)));
        for stream in Stream::ALL {
            freshness.followed(stream, complete_to(NOW));
        }
        assert_eq!(Channel::ALL.map(|channel| freshness.is_stale(&brand, channel, Moment::of(NOW))), [true, false, true]);
        freshness.set_gap(Some((NOW.minus(9), NOW.minus(5))));
        assert!(freshness.is_stale(&brand, Channel::Mesaj, Moment::of(NOW)));
        assert_eq!(freshness.gap(), Some((NOW.minus(9), NOW.minus(5))));
        freshness.set_gap(None);
        assert!(!freshness.is_stale(&brand, Channel::Mesaj, Moment::of(NOW)));
    }
}
