//! What replacing an address costs, beside the alternatives that were not chosen.

#[path = "support/mod.rs"]
#[allow(dead_code, unreachable_pub, clippy::print_stdout, reason = "each benchmark uses its part, and speaks on the terminal")]
mod support;

use aes::Aes128;
use aes::cipher::{Array, BlockCipherEncrypt, KeyInit};
use criterion::{Criterion, Throughput, criterion_group};
use izingate::model::address::recipient::{Email, Phone, Recipient};
use izingate::model::consent::channel::Channel;
use izingate::model::secret::pseudonym::{Pseudonymizer, Secret};
use siphasher::sip128::{Hasher128, SipHasher24};
use std::hash::Hasher;
use std::hint::black_box;

fn pseudonyms(criterion: &mut Criterion) {
    let pseudonymizer = Pseudonymizer::new(&Secret::from_bytes([7; 32]));
    let phone = Phone::from_packed(905_321_234_567).into_iter().next();
    let email = Email::parse("ayse.ilgaz+kampanya@ornek.com.tr").into_iter().next();
    let (Some(phone), Some(email)) = (phone, email) else { return };
    let mut group = criterion.benchmark_group("pseudonym");
    group.throughput(Throughput::Elements(1));
    group.bench_function("phone, one AES-128 block (chosen)", |bench| bench.iter(|| pseudonymizer.phone(black_box(phone))));
    group.bench_function("phone, SipHash-2-4-128", |bench| {
        bench.iter(|| {
            let mut hasher = SipHasher24::new_with_key(&[7; 16]);
            hasher.write(&black_box(phone.packed()).to_be_bytes());
            hasher.finish128().as_bytes()
        });
    });
    group.bench_function("e-mail, SipHash-2-4-128 (chosen)", |bench| bench.iter(|| pseudonymizer.email(black_box(&email))));
    group.bench_function("e-mail, keyed BLAKE3", |bench| {
        bench.iter(|| blake3::keyed_hash(&[7; 32], black_box(email.as_bytes())));
    });
    group.finish();
    grouped(criterion);
    parsing(criterion);
}

/// AES blocks side by side, as a batch may ask for them.
fn grouped(criterion: &mut Criterion) {
    let cipher = Aes128::new(&Array([7; 16]));
    let mut group = criterion.benchmark_group("pseudonym, groups");
    group.throughput(Throughput::Elements(32));
    group.bench_function("phones, 32 AES-128 blocks at once", |bench| {
        let mut blocks = [Array([7; 16]); 32];
        bench.iter(|| cipher.encrypt_blocks(black_box(&mut blocks)));
    });
    group.finish();
}

fn parsing(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("recipient");
    group.throughput(Throughput::Elements(1));
    for (text, channel) in
        [("0532 123 45 67", Channel::Mesaj), ("+905321234567", Channel::Mesaj), ("Ayse@Ornek.com.tr", Channel::Eposta)]
    {
        group.bench_function(format!("parse {text}"), |bench| bench.iter(|| Recipient::parse(black_box(text), channel)));
    }
    group.finish();
}

criterion_group!(benches, pseudonyms);

fn main() -> support::Outcome<()> {
    benches();
    Criterion::default().configure_from_args().final_summary();
    let groups = [
        ("pseudonym", vec!["phone, one AES-128 block (chosen)", "phone, SipHash-2-4-128"]),
        ("pseudonym", vec!["e-mail, SipHash-2-4-128 (chosen)", "e-mail, keyed BLAKE3"]),
        ("pseudonym, groups", vec!["phones, 32 AES-128 blocks at once"]),
        ("recipient", vec!["parse +905321234567", "parse 0532 123 45 67", "parse Ayse@Ornek.com.tr"]),
    ];
    support::criterion::section("40-pseudonym", "Pseudonyms and parsing", &groups)
}
