//! The feed, put together from its configuration.

use super::AppError;
use crate::config::{Account as ConfiguredAccount, Iys as Configured, PasswordSource};
use crate::feed::{Account, Follower, Pace, Parts, RECONCILE};
use crate::ingest::WriterHandle;
use crate::iys::breaker::BreakerState;
use crate::iys::error_rate::Standing;
use crate::iys::{BaseUrl, HttpSettings, HttpTransport, Iys, Ledger, Limits, Password, Settings};
use crate::model::brand::IysCode;
use crate::model::secret::pseudonym::Pseudonymizer;
use crate::model::time::IysTime;
use crate::ports::{FeedTask, TaskState};
use crate::server::shutdown::Shutdown;
use crate::store::Store;
use crate::sys::clock::Clock;
use crate::telemetry::labels::{BreakerWord, BudgetWord, StandingWord};
use crate::telemetry::metrics::{FeedCount, Metrics};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Why the feed cannot be put together.
#[derive(Debug, thiserror::Error)]
pub enum FeedSetupError {
    /// A file cannot be read.
    #[error("{path}: {source}")]
    Unreadable {
        /// Which one.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file with nothing in it.
    #[error("{0}: there is no password in the first line")]
    NoPassword(PathBuf),
    /// A setting that only its user can judge.
    #[error("{0}")]
    Invalid(String),
}

impl FeedSetupError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "IYS_FILE_UNREADABLE",
            Self::NoPassword(_) => "IYS_PASSWORD_MISSING",
            Self::Invalid(_) => "IYS_SETTINGS",
        }
    }
}

/// A feed of an account, which does nothing yet.
pub(super) fn follower(
    configured: &Configured,
    usage: PathBuf,
    sink: &WriterHandle,
    store: &Arc<Store>,
    pseudonymizer: &Pseudonymizer,
    clock: &Clock,
) -> Result<Follower, AppError> {
    let iys = client(configured, usage)?;
    let invalid = || FeedSetupError::Invalid("an account's code is a number from 1 on".to_owned());
    let code = |code| IysCode::new(code).ok_or_else(invalid);
    let account = match configured.account {
        ConfiguredAccount::Own(own) => Account::Own(code(own)?),
        ConfiguredAccount::Partner(partner) => Account::Partner(code(partner)?),
    };
    Ok(Follower::new(Parts {
        iys,
        account,
        sink: Arc::new(sink.clone()),
        book: Arc::clone(store) as Arc<_>,
        pseudonymizer: pseudonymizer.clone(),
        clock: clock.clone(),
        pace: Pace { pull: configured.pull_every, ..Pace::default() },
        reconcile: configured.reconcile,
        confirm: configured.confirm_agreements,
        push_url: configured.push.as_ref().map(|push| push.public_url.clone()),
    }))
}

/// Shows what the feed counts.
pub(super) async fn show(follower: Follower, metrics: Arc<Metrics>, shutdown: Shutdown) {
    let mut tick = tokio::time::interval(Duration::from_secs(1));
    loop {
        tokio::select! {
            _ = tick.tick() => {}
            () = shutdown.cut().cancelled() => return,
        }
        let (figures, counters) = (follower.parts().iys.figures(), follower.counters());
        let total = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        for (count, total) in [
            (FeedCount::Requests, figures.requests),
            (FeedCount::Logins, figures.logins),
            (FeedCount::Pages, total(&counters.pages)),
            (FeedCount::PagesFailed, total(&counters.failures)),
            (FeedCount::Applied, total(&counters.applied)),
            (FeedCount::Unreadable, total(&counters.unreadable)),
            (FeedCount::Gaps, total(&counters.gaps)),
            (FeedCount::Days, total(&counters.days)),
            (FeedCount::Missing, total(&counters.missing)),
            (FeedCount::HashesDiffer, total(&counters.hashes)),
            (FeedCount::OnlyHere, total(&counters.only_here)),
        ] {
            metrics.feed.count(count, total);
        }
        for (code, total) in figures.failures {
            metrics.feed.errors(code, total);
        }
        // Days can be compared later; what is pulled cannot come later.
        let is_down = |task: &&FeedTask| match task.state {
            TaskState::Running => false,
            TaskState::Waiting => task.name != RECONCILE,
            TaskState::Stopped => true,
        };
        let down = follower.board().all().iter().filter(is_down).count();
        metrics.feed.tasks_down.set_count(down as u64);
        metrics.feed.brands.set_count(follower.senders().len() as u64);
        metrics.feed.hash_differs.set_count(total(&counters.hash_differs));
        metrics.feed.waiting.set_count(figures.waiting as u64);
        metrics.feed.breaker(match figures.breaker {
            BreakerState::Closed => BreakerWord::Closed,
            BreakerState::Open => BreakerWord::Open,
            BreakerState::Probing => BreakerWord::Probing,
        });
        metrics.feed.standing(match figures.standing {
            Standing::Good => StandingWord::Good,
            Standing::Poor => StandingWord::Poor,
            Standing::Bad => StandingWord::Bad,
        });
        for (budget, left) in [BudgetWord::SingleStatus, BudgetWord::History, BudgetWord::Login].into_iter().zip(figures.left) {
            metrics.feed.budget(budget, left as u64);
        }
    }
}

fn client(configured: &Configured, usage: PathBuf) -> Result<Iys, FeedSetupError> {
    let invalid = |error: &dyn std::fmt::Display| FeedSetupError::Invalid(error.to_string());
    let base_url = BaseUrl::parse(&configured.url).map_err(|error| invalid(&error))?;
    let extra_ca = configured.ca_file.as_deref().map(read).transpose()?;
    let http = HttpSettings { extra_ca, ..HttpSettings::default() };
    let transport = HttpTransport::new(&base_url, &http).map_err(|error| invalid(&error))?;
    let password = match &configured.password {
        PasswordSource::Given(password) => Password::new(password.clone()),
        PasswordSource::File(path) => first_line(path)?,
    };
    let settings = Settings { base_url, username: configured.username.clone(), password, limits: Limits::default() };
    let ledger = Ledger::open(usage, settings.limits.logins, IysTime::now);
    Ok(Iys::remembering(settings, Arc::new(transport), ledger))
}

fn first_line(path: &Path) -> Result<Password, FeedSetupError> {
    let bytes = read(path)?;
    let text = String::from_utf8_lossy(&bytes);
    let line = text.lines().next().unwrap_or_default();
    if line.is_empty() { Err(FeedSetupError::NoPassword(path.to_owned())) } else { Ok(Password::new(line)) }
}

fn read(path: &Path) -> Result<Vec<u8>, FeedSetupError> {
    std::fs::read(path).map_err(|source| FeedSetupError::Unreadable { path: path.to_owned(), source })
}
