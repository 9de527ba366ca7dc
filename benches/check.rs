//! What a decision costs, beside a bare look-up in the same kind of table: the ratio is what parsing,
//! pseudonym, hash and policy add.

#[path = "support/mod.rs"]
#[allow(dead_code, unreachable_pub, clippy::print_stdout, reason = "each benchmark uses its part, and speaks on the terminal")]
mod support;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group};
use dashmap::DashMap;
use izingate::check::{Checker, Circumstances};
use izingate::index::Index;
use izingate::model::address::recipient::Phone;
use izingate::model::brand::{Brand, BrandCode, IysCode, RetailerCode};
use izingate::model::consent::channel::{Cell, Channel, RecipientType};
use izingate::model::consent::key::RelationKey;
use izingate::model::consent::state::{State, Status};
use izingate::model::decision::id::DecisionIds;
use izingate::model::decision::question::{Purpose, Recipients, Scope};
use izingate::model::secret::pseudonym::{Pseudonymizer, Secret};
use izingate::model::time::IysTime;
use std::hint::black_box;

const RELATIONS: u64 = 1_000_000;
const FIRST: u64 = 905_320_000_000;
const NOW: IysTime = IysTime::from_unix(1_795_000_000);

/// Phones in an order that no cache likes; one in two is on record.
fn questions(count: u64) -> Vec<u64> {
    (0..count).map(|i| FIRST + i.wrapping_mul(0x9E37_79B9_7F4A_7C15) % (2 * RELATIONS)).collect()
}

fn checker(scope: &Scope) -> Checker {
    let index = Index::default();
    let pseudonymizer = Pseudonymizer::new(&Secret::from_bytes([7; 32]));
    if let Some(iys_code) = IysCode::new(600_000) {
        index.brands().put(Brand::imported(scope.brand, iys_code, String::new()));
        index.brands().note(scope.brand, |freshness| freshness.imported(NOW));
    }
    fill(&index, &pseudonymizer, scope);
    index.mark_loaded();
    Checker::new(index, pseudonymizer)
}

fn fill(index: &Index, pseudonymizer: &Pseudonymizer, scope: &Scope) {
    let state = State::EMPTY.with(scope.cell, Status::Onay);
    let mut writer = index.write();
    for phone in (FIRST..FIRST + RELATIONS).filter_map(Phone::from_packed) {
        let _ = writer.set(RelationKey::of_brand(pseudonymizer.phone(phone), scope.brand).hash(), state);
    }
}

fn decisions(criterion: &mut Criterion) {
    let Some(brand) = BrandCode::new(601_234) else { return };
    let cell = Cell::new(Channel::Mesaj, RecipientType::Bireysel);
    let scope = Scope { brand, cell, retailer: RetailerCode::BRAND, purpose: Purpose::Commercial };
    let checker = checker(&scope);
    let under = Circumstances {
        id: DecisionIds::new(1, 0).take(NOW, 1),
        at: izingate::model::time::Moment::of(NOW),
        revision_reached: true,
        recordable: true,
    };
    let bare: DashMap<u64, u8> = (FIRST..FIRST + RELATIONS).map(|phone| (phone, 1)).collect();
    let mut group = criterion.benchmark_group("check, 1 M relations");
    for count in [1, 1_000, 100_000] {
        let packed = questions(count);
        let spelled: Vec<String> = packed.iter().map(|phone| format!("+{phone}")).collect();
        group.throughput(Throughput::Elements(count));
        let packed = &packed[..];
        group.bench_with_input(BenchmarkId::new("bare DashMap get", count), packed, |bench, phones| {
            bench.iter(|| phones.iter().filter(|phone| bare.get(black_box(phone)).is_some_and(|state| *state == 1)).count());
        });
        group.bench_with_input(BenchmarkId::new("batch of packed phones", count), packed, |bench, phones| {
            bench.iter(|| checker.check_batch(&scope, Recipients::Phones(black_box(phones)), &under));
        });
        group.bench_with_input(BenchmarkId::new("batch of spelled phones", count), &spelled[..], |bench, phones| {
            bench.iter(|| checker.check_batch(&scope, Recipients::Spelled(black_box(phones)), &under));
        });
    }
    group.throughput(Throughput::Elements(1));
    group.bench_function("one question", |bench| bench.iter(|| checker.check(&scope, black_box("0532 123 45 67"), &under)));
    group.finish();
}

criterion_group!(benches, decisions);

fn main() -> support::Outcome<()> {
    benches();
    Criterion::default().configure_from_args().final_summary();
    let group = "check, 1 M relations";
    let of = |count: &str| {
        ["bare DashMap get", "batch of packed phones", "batch of spelled phones"].map(|name| format!("{name}/{count}"))
    };
    let functions: Vec<String> = ["1", "1000", "100000"].iter().flat_map(|count| of(count)).collect();
    // One group a size.
    let groups: Vec<(&str, Vec<&str>)> =
        functions.chunks(3).map(|three| (group, three.iter().map(String::as_str).collect())).collect();
    support::criterion::section("30-check", "A decision, in memory", &groups)
}
