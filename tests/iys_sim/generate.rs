//! Movements made of a seed, as time passes: nothing is made before it is asked for.

use super::brand::{Brand, Registration};
use izingate::model::consent::channel::{Cell, Channel, RecipientType};
use izingate::model::consent::state::Status;
use izingate::model::time::IysTime;

const DAY: u64 = 86_400;
const MOBILE: [u32; 12] = [501, 505, 506, 530, 532, 533, 535, 542, 543, 544, 552, 555];
const NAMES: [&str; 6] = ["ayse", "mehmet", "zeynep", "can", "deniz", "elif"];
const HS: [&str; 6] = ["HS_WEB", "HS_MOBIL", "HS_FIZIKSEL_ORTAM", "HS_CAGRI_MERKEZI", "HS_MESAJ", "HS_EORTAM"];
const IYS: [&str; 7] = ["IYS_KISAMESAJ", "IYS_CM", "IYS_WEB", "IYS_MOBIL", "IYS_EPOSTA", "IYS_FRAME_SMS", "IYS_WEB_YENI"];
/// Outside the specification: kept, never a stop.
const ODD: [&str; 4] = ["IYS_3338", "IYS_KISA_LINK", "KURUMSAL", "HS_YENI_KANAL"];

/// The coming movements of one brand.
#[derive(Clone, Debug)]
pub struct Generator {
    seed: u64,
    /// The first movement's second.
    from: IysTime,
    per_day: u64,
    /// How many recipients there are; some are met more often than others.
    people: u64,
    next: u64,
}

impl Generator {
    pub const fn new(seed: u64, from: IysTime, per_day: u64) -> Self {
        Self { seed, from, per_day, people: per_day * 4 + 10, next: 0 }
    }

    /// The same of so many recipients.
    pub const fn people(self, people: u64) -> Self {
        Self { people, ..self }
    }

    const fn time(&self) -> u64 {
        self.from.unix() as u64 + self.next * DAY / self.per_day
    }
}

/// The next number of a seed (`SplitMix64`).
pub const fn next(seed: &mut u64) -> u64 {
    *seed = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut mixed = *seed;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

struct Dice(u64);

impl Dice {
    /// A number below `bound`.
    const fn below(&mut self, bound: u64) -> u64 {
        next(&mut self.0) % bound
    }

    fn of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len() as u64) as usize]
    }
}

impl Brand {
    /// Makes what has happened by now.
    pub fn catch_up(&mut self, now: IysTime) {
        let Some(mut generator) = self.generator.take() else { return };
        while generator.per_day > 0 && generator.time() <= u64::from(now.unix()) {
            let at = IysTime::from_unix(generator.time() as u32);
            self.happen(&generator, at);
            generator.next += 1;
        }
        self.generator = Some(generator);
    }

    fn happen(&mut self, generator: &Generator, at: IysTime) {
        let mut seed = generator.seed ^ u64::from(self.code) << 32 ^ generator.next;
        let mut dice = Dice(next(&mut seed));
        let person = dice.below(generator.people).min(dice.below(generator.people));
        let (recipient, channel) = recipient(generator.seed ^ u64::from(self.code), person, &mut dice);
        let kind = if dice.below(100) < 85 { RecipientType::Bireysel } else { RecipientType::Tacir };
        let cell = Cell::new(channel, kind);
        let first = self.standing(&recipient, cell).is_none();
        let movement = Registration { cell, created: Some(at), ..Registration::onay(self.code, &recipient, channel) };
        for (status, source) in story(first, &mut dice) {
            let consented = given(&movement, first, source, at, &mut dice);
            self.record(&Registration { status, source, consented, ..movement }, at);
        }
    }
}

/// When the recipient spoke: up to a day before. İYS says for line closures, nobody for a new merchant.
fn given(movement: &Registration<'_>, first: bool, source: &str, at: IysTime, dice: &mut Dice) -> Option<IysTime> {
    let new_merchant = first && movement.cell.recipient_type == RecipientType::Tacir && dice.below(2) == 0;
    let by_iys = source == "IYS_AHS_HAT_KAPATMA";
    (!new_merchant && !by_iys).then(|| at.minus(dice.below(DAY) as u32))
}

/// What happens: a first record approves; later ones go either way, sometimes both ways in one second.
fn story(first: bool, dice: &mut Dice) -> Vec<(Status, &'static str)> {
    let roll = dice.below(100);
    match roll {
        _ if first && roll < 60 => vec![(Status::Onay, dice.of(&HS))],
        _ if first => vec![(Status::Onay, dice.of(&IYS))],
        0..40 => vec![(Status::Onay, dice.of(&HS))],
        40..80 => vec![(Status::Ret, dice.of(&IYS))],
        80..86 => vec![(Status::Ret, "IYS_AHS_HAT_KAPATMA")],
        86..90 => vec![(dice.of(&[Status::Onay, Status::Ret]), dice.of(&ODD))],
        90..93 => vec![(Status::Onay, "HS_WEB"), (Status::Ret, "IYS_WEB")],
        93..96 => vec![(Status::Ret, "IYS_WEB"), (Status::Onay, "IYS_WEB")],
        _ => vec![(Status::Ret, "HS_KARAR")],
    }
}

fn recipient(seed: u64, person: u64, dice: &mut Dice) -> (String, Channel) {
    let mut seed = seed.wrapping_mul(31) ^ person;
    let mut own = Dice(next(&mut seed));
    if own.below(100) < 75 {
        let channel = dice.of(&[Channel::Arama, Channel::Mesaj]);
        return (format!("+90{}{:07}", own.of(&MOBILE), own.below(10_000_000)), channel);
    }
    let name = own.of(&NAMES);
    (format!("{name}{}@ornek{}.com.tr", own.below(100_000_000), own.below(50)), Channel::Eposta)
}
