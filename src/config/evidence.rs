//! `[evidence]`: when a decision is on disk, and what happens when the disk cannot keep up.

use super::kinds::{AnyPath, Choice, Days, Names};
use super::reader::Reader;
use super::resolve::{length, whole};
use crate::evidence::settings::{Durability, Overload, Settings};
use crate::model::consent::retention::HistoryRetention;
use std::path::PathBuf;
use std::time::Duration;

/// How evidence is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    /// All but the key, which is read when it is used.
    pub settings: Settings,
    /// The Ed25519 key that signs checkpoints, as 64 hexadecimal digits; none for one of the data directory's own.
    pub signing_key_file: Option<PathBuf>,
}

const DURABILITIES: &[(&str, Durability)] = &[
    (Durability::BeforeAnswer.name(), Durability::BeforeAnswer),
    (Durability::Interval.name(), Durability::Interval),
    (Durability::Off.name(), Durability::Off),
];
const OVERLOADS: &[(&str, Overload)] = &[
    (Overload::Block.name(), Overload::Block),
    (Overload::Defer.name(), Overload::Defer),
    (Overload::DropAndCount.name(), Overload::DropAndCount),
];
const LONGEST_WINDOW: Duration = Duration::from_secs(10);
const LONGEST_PATIENCE: Duration = Duration::from_mins(1);
const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

/// Takes the section.
pub(super) fn take(reader: &mut Reader<'_>) -> Evidence {
    let base = Settings::default();
    let durability = reader.take("evidence.durability", None, &Choice(DURABILITIES));
    let overload = reader.take("evidence.overload", None, &Choice(OVERLOADS));
    let retention = Days(HistoryRetention::SHORTEST_DAYS..=HistoryRetention::LONGEST_DAYS);
    let retention = reader.take("evidence.retention", None, &retention);
    let mut settings = Settings {
        durability: durability.map_or(base.durability, |found| found.value),
        window: length(reader, "evidence.window", LONGEST_WINDOW, base.window).max(Duration::from_millis(1)),
        overload: overload.map_or(base.overload, |found| found.value),
        patience: length(reader, "evidence.patience", LONGEST_PATIENCE, base.patience),
        buffer_bytes: whole(reader, "evidence.buffer_bytes", (MIB, 64 * GIB), base.buffer_bytes as usize) as u64,
        segment_bytes: whole(reader, "evidence.segment_bytes", (MIB, GIB), base.segment_bytes as usize) as u64,
        retention_days: retention.map_or(base.retention_days, |found| found.value),
        ..base
    };
    callers(reader, &mut settings);
    let signing_key_file = reader.take("evidence.signing_key_file", None, &AnyPath).map(|found| found.value);
    Evidence { settings, signing_key_file }
}

/// The callers that are named, each in one list.
fn callers(reader: &mut Reader<'_>, settings: &mut Settings) {
    let lists = [
        ("evidence.before_answer", Durability::BeforeAnswer),
        ("evidence.interval", Durability::Interval),
        ("evidence.off", Durability::Off),
    ];
    for (key, durability) in lists {
        let Some(found) = reader.take(key, None, &Names) else { continue };
        for name in found.value {
            let other = settings.callers.insert(name.clone(), durability).filter(|other| *other != durability);
            if other.is_some() {
                reader.error(found.origin.clone(), format!("names {name}, which another list of [evidence] names too"));
            }
        }
    }
}
