//! Brands whose rows are not enforced: counted, and named in the log until somebody ends it.

use crate::index::BrandEntry;
use crate::model::brand::BrandCode;
use crate::model::brand::mode::ModeFrom;
use crate::model::consent::channel::Channel;
use crate::model::time::Moment;
use crate::telemetry::metrics::{Answers, ModeEnd};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// From one reminder to the next, while nothing changes.
const EVERY: Duration = Duration::from_hours(1);
/// Named in one line at most.
const NAMED: usize = 20;

/// A channel of a brand that is not enforced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NotEnforced {
    brand: BrandCode,
    channel: Channel,
    /// The mode, and since when.
    since: ModeFrom,
    end: ModeEnd,
}

/// Reminds of brands that are not enforced.
#[derive(Debug, Default)]
pub(crate) struct Reminder {
    named: Vec<NotEnforced>,
    last: Option<Instant>,
}

/// What is not enforced at a moment, of active brands: a brand that is not active allows nothing.
pub(crate) fn not_enforced(brands: &[Arc<BrandEntry>], at: Moment) -> Vec<NotEnforced> {
    let of_brand = |entry: &Arc<BrandEntry>| {
        let brand = &entry.brand;
        let of_channel = |channel: Channel| {
            let plan = &brand.modes[channel as usize];
            let end = if plan.is_to_be_enforced() { ModeEnd::Planned } else { ModeEnd::Open };
            Some(NotEnforced { brand: brand.code, channel, since: plan.not_enforced(at)?, end })
        };
        Channel::ALL.into_iter().filter_map(of_channel).collect::<Vec<_>>()
    };
    brands.iter().filter(|entry| entry.brand.active).flat_map(of_brand).collect()
}

/// Counts them.
pub(crate) fn show(answers: &Answers, found: &[NotEnforced]) {
    let counted: Vec<_> = found.iter().map(|one| (one.channel, one.since.mode, one.end)).collect();
    answers.brands_not_enforced(&counted);
}

impl Reminder {
    /// Names them in the log: at the start, whenever they change, and every hour.
    pub(crate) fn look(&mut self, found: Vec<NotEnforced>, now: Instant) {
        if !self.is_due(&found, now) {
            return;
        }
        if found.is_empty() {
            tracing::info!("every brand is enforced again");
        } else {
            tracing::warn!(
                brands = text(&found),
                "not enforced: on these brands and channels refused and unknown recipients are ALLOW by the mode alone; end it with \
                 izingate brand mode --mode enforce"
            );
        }
        (self.named, self.last) = (found, Some(now));
    }

    fn is_due(&self, found: &[NotEnforced], now: Instant) -> bool {
        let is_hourly = self.last.is_none_or(|last| now.duration_since(last) >= EVERY);
        found != self.named || (!found.is_empty() && is_hourly)
    }
}

/// `700001 MESAJ shadow since 2026-11-30 12:00:00; …`
fn text(found: &[NotEnforced]) -> String {
    let one = |one: &NotEnforced| {
        let NotEnforced { brand, channel, since, end } = one;
        let planned = if *end == ModeEnd::Planned { ", its end is planned" } else { "" };
        format!("{brand} {} {} since {}{planned}", channel.name(), since.mode, since.from)
    };
    let mut named: Vec<String> = found.iter().take(NAMED).map(one).collect();
    if let Some(more @ 1..) = found.len().checked_sub(NAMED) {
        named.push(format!("and {more} more"));
    }
    named.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::Index;
    use crate::model::brand::mode::Mode;
    use crate::model::brand::{Brand, IysCode};
    use crate::model::time::IysTime;

    const NOW: IysTime = IysTime::from_unix(1_800_000_000);

    fn brand(code: u32, modes: &[(Channel, Mode)]) -> Brand {
        let mut brand = Brand::imported(BrandCode::new(code).unwrap(), IysCode::new(7).unwrap(), "Örnek".to_owned());
        for (channel, mode) in modes {
            let plan = &mut brand.modes[*channel as usize];
            *plan = plan.with(*mode, NOW, NOW);
        }
        brand
    }

    fn found(brands: Vec<Brand>) -> Vec<NotEnforced> {
        let index = Index::default();
        for brand in brands {
            index.brands().put(brand);
        }
        not_enforced(&index.brands().all(), Moment::of(NOW.plus(60)))
    }

    #[test]
    fn active_brands_are_named_with_channel_mode_and_beginning() {
        let mut ending = brand(4, &[(Channel::Arama, Mode::Advise)]);
        let plan = &mut ending.modes[Channel::Arama as usize];
        *plan = plan.with(Mode::Enforce, NOW.plus(3600), NOW.plus(30));
        let inactive = Brand { active: false, ..brand(3, &[(Channel::Mesaj, Mode::Shadow)]) };
        let shadow = brand(2, &[(Channel::Mesaj, Mode::Shadow), (Channel::Eposta, Mode::Enforce)]);
        let found = found(vec![brand(1, &[]), shadow, inactive, ending]);
        assert_eq!(text(&found), format!("2 MESAJ shadow since {NOW}; 4 ARAMA advise since {NOW}, its end is planned"));
        let many: Vec<_> = std::iter::repeat_n(found[0], NAMED + 3).collect();
        assert!(text(&many).ends_with("; and 3 more") && text(&many).matches("shadow").count() == NAMED);
        assert!(!text(&many[..NAMED]).contains("more"));
    }

    #[test]
    fn they_are_named_at_once_when_they_change_and_every_hour() {
        let (one, two) =
            (found(vec![brand(1, &[(Channel::Mesaj, Mode::Shadow)])]), found(vec![brand(2, &[(Channel::Arama, Mode::Advise)])]));
        let begun = Instant::now();
        let mut reminder = Reminder::default();
        let mut due = |found: &[NotEnforced], minutes: u64| {
            let now = begun + Duration::from_mins(minutes);
            let due = reminder.is_due(found, now);
            reminder.look(found.to_vec(), now);
            due
        };
        assert!(!due(&[], 0), "nothing to say of what was always enforced");
        let said = [(&one, 1), (&one, 60), (&one, 61), (&one, 62), (&two, 63), (&two, 122), (&two, 123)]
            .map(|(found, at)| due(found, at));
        assert_eq!(said, [true, false, true, false, true, false, true]);
        assert!(due(&[], 124) && !due(&[], 300), "its end is told once");
    }
}
