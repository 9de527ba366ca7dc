//! Everything İYS knows, and its answer to a request.

use super::accounts::{Grant, Role, User};
use super::answer::{Outcome, Problem, nothing, response};
use super::brand::{Brand, Registration, Truth};
use super::clock::Moment;
use super::faults::{Fault, FaultKind, Faults};
use super::generate::Generator;
use super::limits::Limits;
use super::movement::{Address, Movement};
use super::push::Probe;
use super::route::{Call, Endpoint};
use super::settings::Settings;
use super::token::Tokens;
use super::{changes, files, history, partner, push, retailers, status};
use bytes::Bytes;
use http::{Request, Response, header};
use izingate::model::consent::channel::Cell;
use izingate::model::time::IysTime;
use std::collections::BTreeMap;

pub struct World {
    pub settings: Settings,
    pub(super) brands: BTreeMap<u32, Brand>,
    pub(super) users: BTreeMap<String, User>,
    pub(super) tokens: Tokens,
    pub(super) limits: Limits,
    pub(super) faults: Faults,
    pub(super) counts: BTreeMap<(Endpoint, u16), u64>,
    pub(super) codes: BTreeMap<&'static str, u64>,
    /// Numbers for what needs one: requests, connections.
    pub(super) numbers: u64,
}

/// A whole answer, or one that waits for a probe of a receiver.
pub(super) enum Answer {
    Whole(Response<Bytes>),
    Waits(Probe),
}

impl From<Response<Bytes>> for Answer {
    fn from(response: Response<Bytes>) -> Self {
        Self::Whole(response)
    }
}

impl World {
    pub fn new(settings: Settings, seed: u64) -> Self {
        Self {
            settings,
            brands: BTreeMap::new(),
            users: BTreeMap::new(),
            tokens: Tokens::default(),
            limits: Limits::default(),
            faults: Faults::new(seed),
            counts: BTreeMap::new(),
            codes: BTreeMap::new(),
            numbers: 0,
        }
    }

    /// A user of a provider: every brand of it.
    pub fn add_provider_user(&mut self, username: &str, password: &str, iys_code: u32) {
        self.add_user(username, password, Role::Provider { iys_code });
    }

    /// A user of a partner, who has no rights yet.
    pub fn add_partner_user(&mut self, username: &str, password: &str, integrator_code: u32) {
        self.add_user(username, password, Role::Partner { integrator_code, grants: BTreeMap::new() });
    }

    fn add_user(&mut self, username: &str, password: &str, role: Role) {
        self.users.insert(username.to_owned(), User { password: password.to_owned(), role });
    }

    pub fn set_password(&mut self, username: &str, password: &str) {
        password.clone_into(&mut self.users.get_mut(username).expect("a user").password);
    }

    /// A brand; the master brand's number is its provider's.
    pub fn add_brand(&mut self, code: u32, iys_code: u32) -> &mut Brand {
        self.brands.entry(code).or_insert_with(|| Brand::new(code, iys_code))
    }

    /// Sets a partner's rights for a brand; [`Grant::NONE`] takes them away.
    pub fn grant(&mut self, username: &str, brand: u32, grant: Grant) {
        let user = self.users.get_mut(username).expect("a user");
        let Role::Partner { grants, .. } = &mut user.role else { panic!("{username} is no partner") };
        grants.insert(brand, grant);
    }

    /// Lets a brand's movements come from a seed.
    pub fn generate(&mut self, brand: u32, generator: Generator) {
        self.brand_mut(brand).generator = Some(generator);
    }

    /// Registers a movement, by İYS's rules if the settings say so.
    pub fn register(&mut self, asked: &Registration<'_>, now: Moment) -> Result<Movement, Problem> {
        let now = self.clock(now);
        let rules = self.settings.record_rules;
        let brand = self.brand_mut(asked.brand);
        brand.catch_up(now.time());
        if rules {
            brand.check(asked, now)?;
        }
        Ok(brand.record(asked, now.time()))
    }

    /// Sets which retailers have access to a consent.
    pub fn set_retailers(&mut self, brand: u32, recipient: &str, cell: Cell, retailers: &[u32]) {
        let consent = (Address::of(recipient), cell);
        self.brand_mut(brand).retailers.insert(consent, retailers.iter().copied().collect());
    }

    /// What holds at a moment: the latest creationDate, and of one second the RET.
    pub fn truth(&mut self, brand: u32, now: Moment) -> Truth {
        let now = self.clock(now);
        let brand = self.brand_mut(brand);
        brand.catch_up(now.time());
        brand.truth()
    }

    pub fn brand(&self, code: u32) -> &Brand {
        self.brands.get(&code).expect("a brand")
    }

    fn brand_mut(&mut self, code: u32) -> &mut Brand {
        self.brands.get_mut(&code).expect("a brand")
    }

    /// Drops older movements from every stream; what they leave stays true.
    pub fn forget_before(&mut self, time: IysTime) {
        for brand in self.brands.values_mut() {
            brand.forget_before(time);
        }
    }

    pub fn add_fault(&mut self, fault: Fault) {
        self.faults.add(fault);
    }

    pub fn clear_faults(&mut self) {
        self.faults.clear();
    }

    /// Withdraws every access token; refresh tokens stay good.
    pub fn expire_access_tokens(&mut self) {
        self.tokens.expire_access();
    }

    pub fn expire_all_tokens(&mut self) {
        self.tokens.expire_all();
    }

    pub fn reset_limits(&mut self) {
        self.limits.reset();
    }

    /// How many answers of a status an endpoint gave.
    pub fn count(&self, endpoint: Endpoint, status: u16) -> u64 {
        self.counts.get(&(endpoint, status)).copied().unwrap_or(0)
    }

    /// How often an endpoint was asked.
    pub fn asked(&self, endpoint: Endpoint) -> u64 {
        self.counts.iter().filter(|((of, _), _)| *of == endpoint).map(|(_, count)| count).sum()
    }

    pub const fn counts(&self) -> &BTreeMap<(Endpoint, u16), u64> {
        &self.counts
    }

    /// How often each code of İYS was an answer's first.
    pub const fn codes(&self) -> &BTreeMap<&'static str, u64> {
        &self.codes
    }

    /// The share of good answers as İYS counts it (F§1.1): under 70 % it takes an address off its list.
    pub fn success_share(&self) -> f64 {
        let sum = |of: fn(u16) -> bool| self.counts.iter().filter(|((_, status), _)| of(*status)).map(|(_, n)| *n).sum::<u64>();
        let bad = sum(|status| matches!(status, 400 | 401 | 403 | 404 | 422));
        1.0 - bad as f64 / sum(|_| true).max(1) as f64
    }

    pub fn forget_counts(&mut self) {
        self.counts.clear();
        self.codes.clear();
    }

    /// What İYS's clock shows.
    pub fn clock(&self, now: Moment) -> Moment {
        now.skewed(self.settings.skew_millis)
    }

    /// Answers a request that arrives now.
    pub fn handle(&mut self, request: &Request<Bytes>, now: Moment) -> Outcome {
        let now = self.clock(now);
        let call = Call::read(request);
        let limited = self.limits.check(&self.settings.limits, call.peer, call.endpoint, now);
        let fault = if limited.is_ok() { self.faults.on_call(&call) } else { None };
        let answer = limited.and_then(|()| match fault.and_then(FaultKind::instead) {
            Some(instead) => instead.map(Answer::Whole),
            None => self.answer(&call, fault, now),
        });
        let (answer, probe) = match answer {
            Ok(Answer::Whole(response)) => (Ok(response), None),
            Ok(Answer::Waits(probe)) => (Ok(nothing()), Some(probe)),
            Err(problem) => (Err(problem), None),
        };
        let response = self.finish(call.endpoint, answer, fault, now, probe.is_none());
        Outcome { response, wire: fault.and_then(FaultKind::wire), probe }
    }

    /// The answer as it leaves: counted, dated, cut if a fault says so.
    pub(super) fn finish(
        &mut self,
        endpoint: Endpoint,
        answer: Result<Response<Bytes>, Problem>,
        fault: Option<FaultKind>,
        now: Moment,
        counts: bool,
    ) -> Response<Bytes> {
        let mut response = answer.unwrap_or_else(|problem| {
            *self.codes.entry(problem.issues[0].code).or_default() += 1;
            problem.response(self.settings.colon_codes && spells_with_colon(endpoint))
        });
        if let Some(FaultKind::Truncated(length)) = fault {
            let kept = response.body().len().min(length);
            *response.body_mut() = response.body().slice(..kept);
        }
        response.headers_mut().insert(header::DATE, now.http_date().parse().expect("a date"));
        if counts {
            *self.counts.entry((endpoint, response.status().as_u16())).or_default() += 1;
        }
        response
    }

    fn answer(&mut self, call: &Call, fault: Option<FaultKind>, now: Moment) -> Result<Answer, Problem> {
        match call.endpoint {
            Endpoint::Unknown | Endpoint::PushDelivery => Ok(response(404, "text/plain", "Not Found").into()),
            Endpoint::Token => self.tokens.grant(call, &self.users, &self.settings, now).map(Into::into),
            _ => self.answer_user(call, fault, now),
        }
    }

    fn answer_user(&mut self, call: &Call, fault: Option<FaultKind>, now: Moment) -> Result<Answer, Problem> {
        let username = self.tokens.user(call, now)?;
        let role = &self.users.get(username).ok_or_else(Problem::no_token)?.role;
        let settings = &self.settings;
        match call.endpoint {
            Endpoint::Brands => {
                let provider = role.provider(call, &self.brands)?;
                Ok(partner::brands(&mut self.brands, provider, role, settings, now).into())
            }
            Endpoint::PartnerBrands | Endpoint::PartnerProvider => {
                partner::granted(call, role, &self.brands, settings).map(Into::into)
            }
            _ => {
                let (code, grant) = role.admit(call, &self.brands)?;
                self.answer_brand(code, grant, call, fault, now)
            }
        }
    }

    fn answer_brand(
        &mut self,
        code: u32,
        grant: Grant,
        call: &Call,
        fault: Option<FaultKind>,
        now: Moment,
    ) -> Result<Answer, Problem> {
        let settings = &self.settings;
        let brand = self.brands.get_mut(&code).expect("an admitted brand");
        brand.catch_up(now.time());
        let response = match call.endpoint {
            Endpoint::Changes => changes::changes(brand, grant, call, settings, fault, now),
            Endpoint::AddConsent => status::add(brand, grant, call, settings, now),
            Endpoint::Status => status::single(brand, grant, call, settings),
            Endpoint::MultiStatus => status::multi(brand, grant, call, settings, &mut self.numbers),
            Endpoint::History => history::history(brand, grant, call, settings),
            Endpoint::Summary => files::summary(brand, grant, call, now),
            Endpoint::DayFile => files::day_file(brand, grant, call, settings, now),
            Endpoint::Agreement => files::agreement(brand, grant, call, settings, now),
            Endpoint::Agree => files::agree(brand, grant, call, settings, now),
            Endpoint::Retailers => retailers::list(brand, grant, call),
            Endpoint::PushState => Ok(push::state(brand)),
            Endpoint::PushUnregister => push::unregister(brand, call, &settings.push),
            Endpoint::PushRegister => {
                return push::register(brand, grant, call, &settings.push, &mut self.numbers, now).map(Answer::Waits);
            }
            _ => return Ok(response(404, "text/plain", "Not Found").into()),
        };
        response.map(Into::into)
    }
}

/// Where the document's samples of 403 spell `code:`.
const fn spells_with_colon(endpoint: Endpoint) -> bool {
    matches!(endpoint, Endpoint::Brands | Endpoint::Status | Endpoint::History | Endpoint::Retailers)
}
