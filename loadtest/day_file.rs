//! Writes an İYS day file of any length to standard output: `day_file ROWS [SEED]`.
//!
//! Every row is a function of the seed and its place alone, so that nothing is held in memory and the
//! same call makes the same bytes. The mix is that of `tests/tools/movements.py`: of ten rows six meet a
//! recipient for the first time or nearly so, every sixteenth repeats an earlier row, and of recipients
//! 72 % are mobiles, 23 % e-mails and 5 % fixed lines. Times fill the year 2025.
#![allow(
    missing_docs,
    unreachable_pub,
    clippy::cast_sign_loss,
    reason = "a tool that benchmarks use too; fractions of positive numbers"
)]

use izingate::model::text::hex::hex_into;
use izingate::model::time::IysTime;
use std::fmt::Write as _;
use std::io::{self, BufWriter, Write};
use std::process::ExitCode;
use xxhash_rust::xxh3::xxh3_64_with_seed;

const HEADER: &str = "creationDate,transactionId,recipient,recipientType,type,status,consentDate,source\n";
/// 2025-01-01 00:00:00, Türkiye time.
const FIRST: u32 = 1_735_678_800;
const YEAR: u64 = 365 * 86_400;
const MOBILE: [u32; 12] = [501, 505, 506, 530, 532, 533, 535, 542, 543, 544, 552, 555];
const FIXED: [u32; 4] = [212, 216, 312, 232];
const NAMES: [&str; 6] = ["ayse", "mehmet", "zeynep", "can", "deniz", "elif"];
const APPROVALS: [&str; 6] = ["HS_WEB", "HS_MOBIL", "HS_FIZIKSEL_ORTAM", "HS_CAGRI_MERKEZI", "HS_MESAJ", "IYS_WEB"];
const REFUSALS: [&str; 5] = ["IYS_KISAMESAJ", "IYS_WEB", "IYS_CM", "HS_KARAR", "IYS_AHS_HAT_KAPATMA"];

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1).map(|argument| argument.parse::<u64>());
    let (Some(Ok(rows)), seed) = (arguments.next(), arguments.next().unwrap_or(Ok(1)).unwrap_or(1)) else {
        let _ = writeln!(io::stderr(), "day_file ROWS [SEED]");
        return ExitCode::FAILURE;
    };
    match write(rows, seed, io::stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

/// Writes the whole file.
pub fn write(rows: u64, seed: u64, out: impl Write) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(1 << 20, out);
    out.write_all(HEADER.as_bytes())?;
    let file = DayFile { rows, seed };
    let mut line = String::new();
    for place in 0..rows {
        line.clear();
        file.row(place, &mut line);
        out.write_all(line.as_bytes())?;
    }
    out.flush()
}

struct DayFile {
    rows: u64,
    seed: u64,
}

/// Takes small numbers off a hash, one after another.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        let product = u128::from(self.0) * u128::from(bound);
        self.0 = product as u64;
        (product >> 64) as u64
    }

    fn of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len() as u64) as usize]
    }
}

impl DayFile {
    fn dice(&self, kind: u8, number: u64) -> Dice {
        let mut bytes = [kind; 9];
        bytes[..8].copy_from_slice(&number.to_le_bytes());
        Dice(xxh3_64_with_seed(&bytes, self.seed))
    }

    fn row(&self, place: u64, line: &mut String) {
        let mut dice = self.dice(0, place);
        let repeats = dice.below(16) == 0 && place > 0;
        self.original(if repeats { dice.below(place) } else { place }, line);
    }

    fn original(&self, place: u64, line: &mut String) {
        let mut dice = self.dice(1, place);
        let created = FIRST + (u128::from(place) * u128::from(YEAR) / u128::from(self.rows)) as u32;
        let mut id = [0; 32];
        for (part, bytes) in (0..).zip(id.chunks_exact_mut(8)) {
            bytes.copy_from_slice(&self.dice(2 + part, place).0.to_le_bytes());
        }
        let mut digits = [0; 64];
        let id = std::str::from_utf8(hex_into(&id, &mut digits)).unwrap_or_default();
        let people = (self.rows as f64 * 0.6).max(10.0);
        // Some are met more often than others.
        let person = (people * (dice.below(1 << 40) as f64 / (1_u64 << 40) as f64).powf(1.3)) as u64;
        let _ = write!(line, "{},{id},", IysTime::from_unix(created));
        let channel = self.recipient(person, dice.below(2) == 0, line);
        let kind = if dice.below(100) < 85 { "BIREYSEL" } else { "TACIR" };
        let refused = dice.below(100) < 20;
        let (status, source) = if refused { ("RET", dice.of(&REFUSALS)) } else { ("ONAY", dice.of(&APPROVALS)) };
        let consented = IysTime::from_unix(created - 3600 * (1 + dice.below(47) as u32));
        let _ = writeln!(line, ",{kind},{channel},{status},{consented},{source}");
    }

    /// Writes the address of a person; the channel.
    fn recipient(&self, person: u64, call: bool, line: &mut String) -> &'static str {
        let mut dice = self.dice(9, person);
        let kind = dice.below(100);
        if kind < 72 {
            let _ = write!(line, "+90{}{:07}", dice.of(&MOBILE), dice.below(10_000_000));
            return if call { "ARAMA" } else { "MESAJ" };
        }
        if kind < 95 {
            let _ = write!(line, "{}{}@ornek{}.com.tr", dice.of(&NAMES), dice.below(100_000_000), dice.below(50));
            return "EPOSTA";
        }
        let _ = write!(line, "+90{}{}", dice.of(&FIXED), 2_000_000 + dice.below(7_000_000));
        "ARAMA"
    }
}
