//! `izingate inspect`.

use super::CommandError;
use crate::cli::args::inspect::InspectArgs;
use crate::data::open;
use crate::model::brand::{Brand, IysCode, MaxAge};
use crate::model::consent::channel::Channel;
use crate::model::feed::{Gap, Position, Stream};
use crate::model::text::hex::to_hex;
use crate::model::time::IysTime;
use crate::ports::HistoryReader;
use crate::store::{BrandCensus, Census, FamilyFigures, Store};
use serde_json::{Value, json};
use std::fmt::Write;

/// What a data directory holds. Its memory grows with the brands and files, not with the relations.
struct Report {
    format: u32,
    revision: u64,
    earliest: u64,
    census: Census,
    /// The first byte of the key check.
    key_id: Option<u8>,
    node: u32,
    log_bytes: u64,
    /// A bulk import is under way or was broken off, so the counts may include part of one batch of it.
    open_intent: bool,
    /// Closed lines of which İYS is still to be told.
    unreported: u64,
    families: Vec<FamilyFigures>,
    brands: Vec<BrandReport>,
}

/// One brand: on file, in the relations, or both.
struct BrandReport {
    code: u32,
    on_file: Option<OnFile>,
    census: BrandCensus,
}

/// What is on file of a brand beside its relations.
struct OnFile {
    brand: Brand,
    imported: Option<IysTime>,
    exported: Option<IysTime>,
    streams: Vec<(Stream, Position)>,
    gap: Option<Gap>,
}

/// Counts what a data directory holds, beside a running gateway too; what it returns is for standard output.
pub fn inspect(args: &InspectArgs) -> Result<String, CommandError> {
    let report = Report::of(&open::read_only(&args.data)?)?;
    Ok(if args.json { format!("{:#}\n", report.json()) } else { report.text() })
}

impl Report {
    fn of(store: &Store) -> Result<Self, CommandError> {
        let census = store.census()?;
        let earliest = store.earliest_revision().map_err(|error| CommandError::Internal(error.to_string()))?;
        Ok(Self {
            format: store.format()?,
            revision: store.revision()?,
            earliest: earliest.unwrap_or(0),
            key_id: store.key_check()?.and_then(|check| check.first().copied()),
            node: store.node()?,
            log_bytes: store.log_bytes()?,
            open_intent: store.has_open_intent()?,
            unreported: store.count_duties()?,
            families: store.families()?,
            brands: brands(store, &census)?,
            census,
        })
    }

    fn text(&self) -> String {
        let Self { census, .. } = self;
        let mut text = String::new();
        let counts = [
            ("format", u64::from(self.format)),
            ("revision", self.revision),
            ("earliest revision", self.earliest),
            ("relations", census.relations),
            ("ONAY", census.onay),
            ("RET", census.ret),
            ("stored as +900…", census.misformed),
            ("of retailers", census.retailers),
            ("key id", self.key_id.map_or(0, u64::from)),
            ("closures to report", self.unreported),
        ];
        // Writing to a String cannot fail.
        for (name, count) in counts {
            let _ = writeln!(text, "{name:<20}{count:>14}");
        }
        let _ = writeln!(text, "{:<20}{:>14}", "node", to_hex(&self.node.to_be_bytes()));
        if self.open_intent {
            text.push_str("a bulk import is under way or was broken off: these counts may include part of one batch of it\n");
        }
        self.brands.iter().for_each(|brand| brand.write(&mut text));
        let _ = writeln!(text, "\n{:<20}{:>14}{:>8}{:>16}", "on disk", "entries, about", "files", "bytes");
        for FamilyFigures { name, entries, files, bytes } in &self.families {
            let _ = writeln!(text, "{name:<20}{entries:>14}{files:>8}{bytes:>16}");
        }
        let _ = writeln!(text, "{:<20}{:>14}{:>8}{:>16}", "write-ahead log", "", "", self.log_bytes);
        text
    }

    fn json(&self) -> Value {
        let Self { census, .. } = self;
        let family = |of: &FamilyFigures| json!({ "name": of.name, "entries": of.entries, "files": of.files, "bytes": of.bytes });
        json!({
            "format": self.format,
            "keyId": self.key_id,
            "node": to_hex(&self.node.to_be_bytes()),
            "revision": self.revision,
            "earliestRevision": self.earliest,
            "relations": census.relations,
            "ofRetailers": census.retailers,
            "onay": census.onay,
            "ret": census.ret,
            "misformed": census.misformed,
            "logBytes": self.log_bytes,
            "openIntent": self.open_intent,
            "unreportedClosures": self.unreported,
            "families": self.families.iter().map(family).collect::<Vec<_>>(),
            "brands": self.brands.iter().map(BrandReport::json).collect::<Vec<_>>(),
        })
    }
}

fn brands(store: &Store, census: &Census) -> Result<Vec<BrandReport>, CommandError> {
    let (on_file, mut positions) = (store.brands()?, store.positions()?);
    let known = |code: u32| on_file.iter().any(|brand| brand.code.get() == code);
    let stray = census.by_brand.iter().filter(|(code, _)| !known(**code));
    let mut reports: Vec<_> = stray.map(|(&code, &census)| BrandReport { code, on_file: None, census }).collect();
    for brand in on_file {
        let code = brand.code;
        let (imported, exported, gap) = (store.import_cursor(code)?, store.export_cursor(code)?, store.gap(code)?);
        let streams =
            positions.extract_if(.., |(of, _, _)| *of == code).map(|(_, stream, position)| (stream, position)).collect();
        let census = census.by_brand.get(&code.get()).copied().unwrap_or_default();
        let on_file = Some(OnFile { brand, imported, exported, streams, gap });
        reports.push(BrandReport { code: code.get(), on_file, census });
    }
    reports.sort_unstable_by_key(|report| report.code);
    Ok(reports)
}

impl BrandReport {
    fn write(&self, text: &mut String) {
        let about = self.on_file.as_ref().map_or_else(
            || "not on file".to_owned(),
            |on_file| {
                let state = if on_file.brand.active { "active" } else { "not active" };
                let feed = if on_file.brand.is_fed() { "follows İYS" } else { "imported" };
                format!("{state}, {feed}, data as of {}, {}", shown(on_file.as_of()), on_file.brand.title)
            },
        );
        let _ = writeln!(text, "brand {:<14}{:>14}  {about}", self.code, self.census.relations);
        for (name, onay, ret) in self.channels() {
            let _ = writeln!(text, "      {name:<14}{onay:>14} ONAY{ret:>14} RET");
        }
        if let Some(on_file) = &self.on_file {
            on_file.write(text);
        }
    }

    fn json(&self) -> Value {
        let channel = |(name, onay, ret)| json!({ "type": name, "onay": onay, "ret": ret });
        let on_file = self.on_file.as_ref();
        let brand = on_file.map(|on_file| &on_file.brand);
        let time = |of: fn(&OnFile) -> Option<IysTime>| on_file.and_then(of).map(IysTime::rfc3339);
        let gap = on_file.and_then(|on_file| on_file.gap);
        json!({
            "brandCode": self.code,
            "iysCode": brand.and_then(|brand| brand.iys_code).map(IysCode::get),
            "title": brand.map(|brand| &brand.title),
            "active": brand.map(|brand| brand.active),
            "asOf": time(OnFile::as_of),
            "exportOf": time(|on_file| on_file.exported),
            "fed": brand.map(Brand::is_fed),
            "maxAgeMinutes": brand.map(|brand| Channel::ALL.map(|channel| brand.allowed_age(channel).map(MaxAge::minutes))),
            "streams": on_file.map_or(&[][..], |on_file| &on_file.streams).iter().map(stream).collect::<Vec<_>>(),
            "gap": gap.map(|gap| json!({ "from": from(gap), "to": gap.to.rfc3339(), "found": gap.found.rfc3339() })),
            "relations": self.census.relations,
            "channels": self.channels().map(channel).collect::<Vec<_>>(),
        })
    }

    fn channels(&self) -> impl Iterator<Item = (&'static str, u64, u64)> {
        let BrandCensus { onay, ret, .. } = self.census;
        Channel::ALL.into_iter().map(move |channel| (channel.name(), onay[channel as usize], ret[channel as usize]))
    }
}

impl OnFile {
    /// How old its data may be: as of its last import, or with a feed the older end of both streams.
    fn as_of(&self) -> Option<IysTime> {
        if !self.brand.is_fed() {
            return self.imported;
        }
        let ends = self.streams.iter().map(|(_, position)| position.complete_to);
        ends.min().filter(|_| self.streams.len() == Stream::ALL.len())
    }

    fn write(&self, text: &mut String) {
        for (stream, Position { complete_to, newest, asked, .. }) in &self.streams {
            let newest = shown(*newest);
            let _ = writeln!(text, "      stream {:<7}complete to {complete_to}, newest {newest}, asked {asked}", stream.name());
        }
        if let Some(exported) = self.exported {
            let _ = writeln!(text, "      complete as a panel export of {exported} had it");
        }
        if let Some(gap) = self.gap {
            let from = if gap.from.unix() == 0 { "the beginning".to_owned() } else { gap.from.to_string() };
            let _ = writeln!(text, "      missed from {from} to {}, found {}", gap.to, gap.found);
        }
    }
}

fn shown(time: Option<IysTime>) -> String {
    time.map_or_else(|| "never".to_owned(), |time| time.to_string())
}

fn stream((stream, position): &(Stream, Position)) -> Value {
    json!({
        "stream": stream.name(),
        "completeTo": position.complete_to.rfc3339(),
        "newest": position.newest.map(IysTime::rfc3339),
        "asked": position.asked.rfc3339(),
    })
}

/// None from the beginning.
fn from(gap: Gap) -> Option<String> {
    (gap.from.unix() > 0).then(|| gap.from.rfc3339())
}
