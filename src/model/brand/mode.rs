//! How a brand's rows are enforced on a channel, and from when on.

use crate::model::time::{IysTime, Moment};
use std::fmt;

/// What becomes of a message that the rows of stale data, refusals, missing records and retailers stop.
/// All other rows always stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
#[repr(u8)]
pub enum Mode {
    /// It is stopped.
    #[default]
    Enforce = 1,
    /// It is let through, and told why it would have been stopped.
    Advise = 2,
    /// The same, counted apart: for a rollout.
    Shadow = 3,
}

/// A mode and when it began, or is to begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ModeFrom {
    /// The mode.
    pub mode: Mode,
    /// From this moment on.
    pub from: IysTime,
}

/// The modes of one channel: what is in force, and what is to follow it. Before both it is enforced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ModePlan {
    /// What was in force when the plan was made.
    pub current: ModeFrom,
    /// What follows, if anything does.
    pub next: Option<ModeFrom>,
}

impl Mode {
    /// Every mode, in the order of its number.
    pub const ALL: [Self; 3] = [Self::Enforce, Self::Advise, Self::Shadow];

    /// The name on the command line and in metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Enforce => "enforce",
            Self::Advise => "advise",
            Self::Shadow => "shadow",
        }
    }

    /// Reads the name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.name() == name)
    }

    /// The mode of a stored number.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| *mode as u8 == code)
    }
}

impl ModePlan {
    /// Enforced, always.
    pub const ENFORCED: Self = Self { current: ModeFrom { mode: Mode::Enforce, from: IysTime::from_unix(0) }, next: None };

    /// What is in force at a moment. A clock that was set back does not bring a mode back that let more through.
    #[must_use]
    pub fn at(&self, at: Moment) -> Mode {
        let mode = |now| self.begun(now).map_or(Mode::Enforce, |begun| begun.mode);
        if mode(at.latest) == Mode::Enforce { Mode::Enforce } else { mode(at.now) }
    }

    /// What lets messages through at a moment, and since when; none while everything is enforced.
    #[must_use]
    pub fn not_enforced(&self, at: Moment) -> Option<ModeFrom> {
        if self.at(at) == Mode::Enforce { None } else { self.begun(at.now) }
    }

    /// Whether the return to [`Mode::Enforce`] is planned.
    #[must_use]
    pub fn is_to_be_enforced(&self) -> bool {
        self.next.is_some_and(|next| next.mode == Mode::Enforce)
    }

    /// The plan with `mode` from a moment on, instead of whatever was planned. It never reaches back: what was
    /// decided was decided under the mode of its time.
    #[must_use]
    pub fn with(&self, mode: Mode, from: IysTime, now: IysTime) -> Self {
        let current = self.begun(now).unwrap_or(Self::ENFORCED.current);
        if from > now {
            return Self { current, next: Some(ModeFrom { mode, from }) };
        }
        Self { current: if current.mode == mode { current } else { ModeFrom { mode, from: now } }, next: None }
    }

    /// What the plan says, in the order of time.
    pub fn steps(&self) -> impl Iterator<Item = ModeFrom> {
        let said = *self != Self::ENFORCED;
        std::iter::once(self.current).filter(move |_| said).chain(self.next)
    }

    fn begun(&self, now: IysTime) -> Option<ModeFrom> {
        let next = self.next.filter(|next| next.from <= now);
        next.or_else(|| Some(self.current).filter(|current| current.from <= now))
    }
}

impl Default for ModePlan {
    fn default() -> Self {
        Self::ENFORCED
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: IysTime = IysTime::from_unix(1_800_000_000);

    #[test]
    fn a_mode_begins_at_its_moment() {
        let plan = ModePlan::default().with(Mode::Shadow, NOW, NOW).with(Mode::Enforce, NOW.plus(100), NOW.plus(10));
        let at = [NOW.minus(1), NOW, NOW.plus(99), NOW.plus(100), NOW.plus(1000)].map(|now| plan.at(Moment::of(now)));
        assert_eq!(at, [Mode::Enforce, Mode::Shadow, Mode::Shadow, Mode::Enforce, Mode::Enforce]);
        let steps = [(Mode::Shadow, NOW), (Mode::Enforce, NOW.plus(100))].map(|(mode, from)| ModeFrom { mode, from });
        assert_eq!(plan.steps().collect::<Vec<_>>(), steps);
        assert_eq!(ModePlan::default().steps().count(), 0);
    }

    #[test]
    fn a_new_plan_takes_the_place_of_the_old_one_and_never_reaches_back() {
        let advised = ModePlan::default().with(Mode::Advise, NOW.minus(500), NOW);
        assert_eq!(advised.current, ModeFrom { mode: Mode::Advise, from: NOW }, "not from 500 seconds ago");
        let planned = advised.with(Mode::Enforce, NOW.plus(100), NOW);
        assert_eq!(planned.with(Mode::Advise, NOW.plus(5), NOW.plus(5)), advised, "the plan is taken back");
        assert_eq!(planned.with(Mode::Shadow, NOW.plus(50), NOW).at(Moment::of(NOW.plus(100))), Mode::Shadow);
        let later = planned.with(Mode::Shadow, NOW.plus(300), NOW.plus(200));
        assert_eq!([200, 300].map(|after| later.at(Moment::of(NOW.plus(after)))), [Mode::Enforce, Mode::Shadow]);
    }

    #[test]
    fn a_clock_that_is_set_back_brings_no_laxer_mode_back() {
        let plan = ModePlan::default().with(Mode::Shadow, NOW, NOW).with(Mode::Enforce, NOW.plus(100), NOW.plus(10));
        assert_eq!(plan.at(Moment { now: NOW.plus(50), latest: NOW.plus(100) }), Mode::Enforce);
        let planned = ModePlan::default().with(Mode::Shadow, NOW.plus(100), NOW);
        assert_eq!(planned.at(Moment { now: NOW.plus(50), latest: NOW.plus(100) }), Mode::Enforce, "it has not begun");
    }

    #[test]
    fn what_is_not_enforced_is_known_with_its_beginning_and_whether_it_has_an_end() {
        let shadow = ModePlan::default().with(Mode::Shadow, NOW, NOW);
        let planned = shadow.with(Mode::Enforce, NOW.plus(100), NOW.plus(10));
        let since = Some(ModeFrom { mode: Mode::Shadow, from: NOW });
        let at = [0, 99, 100].map(|after| planned.not_enforced(Moment::of(NOW.plus(after))));
        assert_eq!(at, [since, since, None]);
        assert_eq!(ModePlan::default().not_enforced(Moment::of(NOW)), None);
        assert!(planned.is_to_be_enforced() && !shadow.is_to_be_enforced());
        assert!(!shadow.with(Mode::Advise, NOW.plus(100), NOW).is_to_be_enforced(), "another mode is no end");
    }

    #[test]
    fn numbers_and_names_lead_back() {
        for mode in Mode::ALL {
            assert_eq!((Mode::from_name(mode.name()), Mode::from_code(mode as u8)), (Some(mode), Some(mode)));
        }
        assert_eq!((Mode::from_name("ENFORCE"), Mode::from_code(0)), (None, None));
    }
}
