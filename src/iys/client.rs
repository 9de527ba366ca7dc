//! The client as a whole.

use super::breaker::Breaker;
use super::figures::{Counters, Figures};
use super::link::{Clock, Link};
use super::settings::Settings;
use super::token::Tokens;
use super::transport::Transport;
use crate::iys::error_rate::Conduct;
use crate::iys::rate_limit::{Budget, Metered};
use crate::iys::usage::Ledger;
use crate::model::time::IysTime;
use std::sync::Arc;
use tokio::time::Instant;

/// A client of İYS's API for one API user. Clones share everything: token, limits, breaker.
#[derive(Clone)]
pub struct Iys {
    pub(super) shared: Arc<Shared>,
    pub(super) tries: u32,
}

pub(super) struct Shared {
    pub(super) link: Link,
    pub(super) tokens: Tokens,
    pub(super) breaker: Breaker,
}

impl Iys {
    /// A client alone on its address.
    #[must_use]
    pub fn new(settings: Settings, transport: Arc<dyn Transport>) -> Self {
        let budget = Arc::new(Budget::new(&settings.limits));
        Self::with(settings, transport, budget, IysTime::now)
    }

    /// A client that shares its address, and so İYS's limits, with others. `clock` tells the time where
    /// İYS's answer does not.
    #[must_use]
    pub fn with(
        settings: Settings,
        transport: Arc<dyn Transport>,
        budget: Arc<Budget>,
        clock: impl Fn() -> IysTime + Send + Sync + 'static,
    ) -> Self {
        Self::build(settings, transport, budget, Conduct::new(Instant::now()), None, Arc::new(clock))
    }

    /// A client alone on its address, for which the logins and failures of before a restart count too.
    #[must_use]
    pub fn remembering(settings: Settings, transport: Arc<dyn Transport>, ledger: Ledger) -> Self {
        let budget = Arc::new(Budget::after(&settings.limits, &ledger.logins()));
        let conduct = Conduct::after(&ledger.hours(), Instant::now());
        let clock = ledger.clock();
        Self::build(settings, transport, budget, conduct, Some(ledger), clock)
    }

    fn build(
        settings: Settings,
        transport: Arc<dyn Transport>,
        budget: Arc<Budget>,
        conduct: Conduct,
        ledger: Option<Ledger>,
        clock: Clock,
    ) -> Self {
        let tries = settings.limits.tries;
        let link = Link { settings, transport, budget, conduct, ledger, counters: Counters::new(), clock };
        Self { shared: Arc::new(Shared { link, tokens: Tokens::new(), breaker: Breaker::default() }), tries }
    }

    /// The same client, whose calls are sent at most so often.
    #[must_use]
    pub fn trying(&self, tries: u32) -> Self {
        Self { shared: Arc::clone(&self.shared), tries }
    }

    /// What was counted so far, and how things stand.
    #[must_use]
    pub fn figures(&self) -> Figures {
        let link = &self.shared.link;
        Figures {
            waiting: link.budget.waiting(),
            left: [Metered::SingleStatus, Metered::History, Metered::Login]
                .map(|limit| link.budget.left(limit).unwrap_or_default()),
            breaker: self.shared.breaker.state(),
            standing: link.conduct.standing(Instant::now()),
            ..link.counters.read()
        }
    }

    pub(super) fn counters(&self) -> &Counters {
        &self.shared.link.counters
    }

    pub(super) fn now(&self) -> IysTime {
        (self.shared.link.clock)()
    }
}
