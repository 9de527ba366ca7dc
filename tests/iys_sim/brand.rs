//! A brand: its movements in two streams, what they leave, and who is told of them.

use super::answer::Problem;
use super::clock::Moment;
use super::generate::Generator;
use super::movement::{Address, Movement, Source, digest, order_of};
use super::push::Connection;
use izingate::model::consent::channel::{Cell, Channel, RecipientType};
use izingate::model::consent::state::Status;
use izingate::model::time::IysTime;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Whose consents hold what.
pub type Truth = BTreeMap<(String, Channel, RecipientType), Status>;

/// The two streams of `changes`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// What the provider wrote.
    Hs,
    /// What recipients and İYS wrote.
    Iys,
}

pub struct Brand {
    pub code: u32,
    pub iys_code: u32,
    pub name: String,
    /// Movements up to here may be dropped from the streams, never from what they leave.
    pub(super) hs: Vec<Movement>,
    pub(super) iys: Vec<Movement>,
    pub(super) standing: HashMap<(Address, Cell), Standing>,
    /// Who has access to which consent.
    pub(super) retailers: HashMap<(Address, Cell), BTreeSet<u32>>,
    pub(super) generator: Option<Generator>,
    pub(super) connections: Vec<Connection>,
    /// Movements on their way to a connection.
    pub(super) outbox: Vec<(u64, Movement)>,
    /// Days that were agreed upon, as days since 1970 in Türkiye.
    pub(super) agreed: BTreeSet<u32>,
}

/// What the movements of one consent leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    pub created: IysTime,
    pub consented: Option<IysTime>,
    pub source: Source,
    pub status: Status,
}

/// A movement to register.
#[derive(Clone, Copy)]
pub struct Registration<'a> {
    pub brand: u32,
    pub recipient: &'a str,
    pub cell: Cell,
    pub status: Status,
    pub source: &'a str,
    /// By default that of İYS: now for a consumer, none for a merchant, the last known for a line closure.
    pub consented: Option<IysTime>,
    /// By default now.
    pub created: Option<IysTime>,
}

impl<'a> Registration<'a> {
    /// A consumer's approval, by the provider.
    pub const fn onay(brand: u32, recipient: &'a str, channel: Channel) -> Self {
        let cell = Cell::new(channel, RecipientType::Bireysel);
        Self { brand, recipient, cell, status: Status::Onay, source: "HS_WEB", consented: None, created: None }
    }

    /// A consumer's refusal, at İYS.
    pub const fn ret(brand: u32, recipient: &'a str, channel: Channel) -> Self {
        Self { status: Status::Ret, source: "IYS_WEB", ..Self::onay(brand, recipient, channel) }
    }

    pub const fn source(self, source: &'a str) -> Self {
        Self { source, ..self }
    }

    pub const fn tacir(self) -> Self {
        Self { cell: Cell::new(self.cell.channel, RecipientType::Tacir), ..self }
    }

    /// Registered at `YYYY-MM-DD HH:mm:ss`.
    pub fn created(self, time: &str) -> Self {
        Self { created: Some(IysTime::parse(time).expect("a time")), ..self }
    }

    /// Given at `YYYY-MM-DD HH:mm:ss`.
    pub fn consented(self, time: &str) -> Self {
        Self { consented: Some(IysTime::parse(time).expect("a time")), ..self }
    }
}

impl Brand {
    pub fn new(code: u32, iys_code: u32) -> Self {
        Self {
            code,
            iys_code,
            name: format!("Marka {code}"),
            hs: Vec::new(),
            iys: Vec::new(),
            standing: HashMap::new(),
            retailers: HashMap::new(),
            generator: None,
            connections: Vec::new(),
            outbox: Vec::new(),
            agreed: BTreeSet::new(),
        }
    }

    pub const fn is_master(&self) -> bool {
        self.code == self.iys_code
    }

    pub fn stream(&self, stream: Stream) -> &[Movement] {
        match stream {
            Stream::Hs => &self.hs,
            Stream::Iys => &self.iys,
        }
    }

    pub fn standing(&self, recipient: &str, cell: Cell) -> Option<Standing> {
        self.standing.get(&(Address::of(recipient), cell)).copied()
    }

    /// Takes a movement without asking for rules; its transactionId.
    pub fn record(&mut self, asked: &Registration<'_>, now: IysTime) -> Movement {
        let created = asked.created.unwrap_or(now);
        let address = Address::of(asked.recipient);
        let consented = asked.consented.or_else(|| self.default_consent(asked, &address, created));
        let order = order_of(&digest(self.code, &address, asked.cell.channel, created));
        let movement = Movement {
            created,
            consented,
            address,
            cell: asked.cell,
            status: asked.status,
            source: Source::of(asked.source),
            order,
        };
        self.take(movement.clone());
        movement
    }

    fn default_consent(&self, asked: &Registration<'_>, address: &Address, created: IysTime) -> Option<IysTime> {
        if asked.source == "IYS_AHS_HAT_KAPATMA" {
            return self.standing.get(&(address.clone(), asked.cell)).and_then(|standing| standing.consented);
        }
        (asked.cell.recipient_type == RecipientType::Bireysel).then_some(created)
    }

    pub(super) fn take(&mut self, movement: Movement) {
        self.settle(&movement);
        let of_iys = movement.source.name().starts_with("IYS");
        if of_iys {
            let waiting = self.connections.iter().filter(|connection| connection.wants(movement.cell.channel));
            self.outbox.extend(waiting.map(|connection| (connection.id, movement.clone())));
        }
        let stream = if of_iys { &mut self.iys } else { &mut self.hs };
        let place = stream.partition_point(|other| other.place() <= movement.place());
        stream.insert(place, movement);
    }

    /// The latest creationDate holds; in the same second a RET does; consentDate never decides.
    fn settle(&mut self, movement: &Movement) {
        let Movement { created, consented, source, status, .. } = *movement;
        let new = Standing { created, consented, source, status };
        let old = self.standing.entry((movement.address.clone(), movement.cell)).or_insert(new);
        if created > old.created || (created == old.created && status == Status::Ret) {
            *old = new;
        }
    }

    /// İYS's own rules for a record (F§1.7); those of its form are checked where a request is read.
    pub fn check(&self, asked: &Registration<'_>, now: Moment) -> Result<(), Problem> {
        let known = self.standing(asked.recipient, asked.cell);
        let tacir = asked.cell.recipient_type == RecipientType::Tacir;
        let of_provider = asked.source.starts_with("HS_");
        if asked.source == "HS_KARAR" && asked.status == Status::Onay {
            return Err(Problem::new(422, "H408", "HS_KARAR kaynağından iletilen izinler için durum bilgisi RET olmalıdır."));
        }
        if asked.consented.is_some_and(|consented| consented > now.time()) {
            return Err(Problem::new(422, "H162", "Mevcut tarih ve saatten ileri bir tarih ve saat girilmemelidir."));
        }
        let Some(known) = known else {
            let first_refusal = asked.status == Status::Ret && of_provider;
            let text = "İlk defa kaydedilen bir iznin durum (status) bilgisi RET olmamalıdır.";
            return if first_refusal { Err(Problem::new(400, "H175", text)) } else { Ok(()) };
        };
        if tacir && of_provider && asked.consented.is_none() {
            return Err(Problem::new(400, "H462", "TACIR izinleri güncellenirken izin tarihi (consentDate) verilmelidir"));
        }
        if known.status == Status::Ret && asked.status == Status::Ret {
            let text = "İzin durumu (status) güncellemesi için farklı bir durum girilmelidir. İzin durumu: RET";
            return Err(Problem::new(400, "H174", text));
        }
        if of_provider && asked.consented < known.consented {
            return Err(Problem::new(400, "H178", "Sistemdeki iznin tarihinden önceki tarihli izinlerle güncelleme yapılamaz."));
        }
        Ok(())
    }

    pub fn truth(&self) -> Truth {
        let held = |((address, cell), standing): (&(Address, Cell), &Standing)| {
            ((address.to_string(), cell.channel, cell.recipient_type), standing.status)
        };
        self.standing.iter().map(held).collect()
    }

    /// Drops older movements from the streams; what they leave stays.
    pub fn forget_before(&mut self, time: IysTime) {
        for stream in [&mut self.hs, &mut self.iys] {
            let kept = stream.partition_point(|movement| movement.created < time);
            stream.drain(..kept);
        }
    }
}
