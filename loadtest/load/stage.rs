//! The servers of a run, and how much they use.

use crate::child::Server;
use crate::fill;
use crate::gateway::{Gateway, Place};
use crate::moves::Moves;
use crate::people::People;
use crate::scenario::{Rival, Scenario};
use crate::scrape;
use crate::support::{Outcome, machine};
use crate::turns::Who;
use izingate::model::time::IysTime;
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// What was loaded counts as registered so long ago: a later run against the same server is younger.
const AGO: u32 = 86_400;

/// Where to find what is needed.
pub struct Wanted<'a> {
    /// The gateway's binary.
    pub binary: &'a Path,
    /// A gateway that runs already.
    pub elsewhere: Option<Place>,
    /// Whether that one knows everybody already.
    pub filled: bool,
    /// Where the gateway's log goes.
    pub log: PathBuf,
}

/// The servers of a run.
pub struct Stage {
    pub people: People,
    pub moves: Rc<Moves>,
    pub place: Place,
    pub gateway: Option<Gateway>,
    noop: Option<Server>,
    redis: Option<Server>,
}

/// What a server has used.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Usage {
    /// Seconds of processor.
    pub processor: Option<f64>,
    /// Resident bytes.
    pub resident: Option<u64>,
    /// The most that they were.
    pub peak: Option<u64>,
}

impl Stage {
    /// Starts everybody and puts everybody on record.
    pub async fn set(scenario: &Scenario, wanted: &Wanted<'_>) -> Outcome<Self> {
        let people = People { still: scenario.still, moving: scenario.moving, loaded: IysTime::now().minus(AGO) };
        let gateway =
            wanted.elsewhere.is_none().then(|| Gateway::start(wanted.binary, &wanted.log, &scenario.config)).transpose()?;
        let place = match (&gateway, &wanted.elsewhere) {
            (Some(gateway), _) => gateway.place.clone(),
            (None, Some(place)) => place.clone(),
            (None, None) => return Err("no gateway".into()),
        };
        if !wanted.filled {
            fill::gateway(&place.listen, &people).await?;
        }
        let (mut noop, mut redis) = (None, None);
        for rival in &scenario.rivals {
            match rival {
                Rival::Noop => noop = Some(Server::of_ours("no-op")?),
                Rival::Redis => redis = Server::of_redis()?,
            }
        }
        if let Some(redis) = &redis {
            fill::redis(redis.port, &people)?;
        }
        Ok(Self { people, moves: Rc::new(Moves::new(people)), place, gateway, noop, redis })
    }

    /// Who is there, with where it listens.
    pub fn contenders(&self) -> Vec<(Who, String)> {
        let local = |server: &Server| format!("127.0.0.1:{}", server.port);
        let mut all = vec![(Who::Gateway, self.place.listen.clone())];
        all.extend(self.noop.iter().map(|server| (Who::Noop, local(server))));
        all.extend(self.redis.iter().map(|server| (Who::Redis, local(server))));
        all
    }

    /// What a server has used so far.
    pub async fn usage(&self, who: Who) -> Usage {
        let rival = match who {
            Who::Gateway => None,
            Who::Noop => self.noop.as_ref(),
            Who::Redis => self.redis.as_ref(),
        };
        let process = rival.map(Server::id).or_else(|| self.gateway.as_ref().map(Gateway::id));
        match process {
            Some(process) => {
                let (resident, peak) = machine::resident_of(process);
                Usage { processor: Some(machine::processor_seconds(process)), resident: Some(resident), peak: Some(peak) }
            }
            None => self.told().await,
        }
    }

    /// What a gateway elsewhere says of itself.
    async fn told(&self) -> Usage {
        let Some(Ok(page)) = (match &self.place.admin {
            Some(admin) => Some(scrape::page(admin).await),
            None => None,
        }) else {
            return Usage::default();
        };
        // Bytes are positive and below 2^52.
        #[allow(clippy::cast_sign_loss, reason = "bytes")]
        let resident = page.value("process_resident_memory_bytes").map(|bytes| bytes as u64);
        Usage { processor: page.value("process_cpu_seconds_total"), resident, peak: None }
    }
}
