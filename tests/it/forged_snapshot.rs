//! A snapshot of the index that somebody wrote who does not hold the secret is not believed: with its refusals turned into approvals a
//! start fills the index from the store, and says why.

use crate::support::Gateway;
use crate::support::ask::{check_one, verdict};
use crate::support::known::{APPROVED, Known, REFUSED};
use std::fs;
use xxhash_rust::xxh3::xxh3_64_with_seed;

const HEAD: usize = 5;

/// A snapshot in pieces: version, preface without its code, and kind and content of each block.
struct Pieces {
    preface: Vec<u8>,
    blocks: Vec<(u8, Vec<u8>)>,
}

impl Pieces {
    fn of(bytes: &[u8]) -> Self {
        // Version 1: a sum of 8 bytes that anybody can make. Version 2: random bytes more, and a code of 16.
        let (preface, code) = if bytes[8] == 1 { (61, 8) } else { (77, 16) };
        let (mut rest, mut blocks) = (&bytes[preface + code..], Vec::new());
        while let Some((head, behind)) = rest.split_at_checked(HEAD) {
            let length = u32::from_le_bytes([head[1], head[2], head[3], head[4]]) as usize;
            blocks.push((head[0], behind[..length].to_vec()));
            rest = &behind[length + code..];
        }
        Self { preface: bytes[..preface].to_vec(), blocks }
    }

    /// Turns every refusal into an approval; how many relations changed.
    fn approve(&mut self) -> usize {
        let mut changed = 0;
        for (_, block) in self.blocks.iter_mut().filter(|(kind, _)| *kind == b'S') {
            let mut at = 0;
            while at < block.len() {
                let count = u32::from_le_bytes(*block[at..].first_chunk().unwrap()) as usize;
                for slot in 0..count {
                    let state = &mut block[at + 4 + 8 * slot];
                    let approved = (0..4).map(|cell| *state >> (2 * cell) & 3).map(|cell| if cell == 2 { 1 } else { cell });
                    let approved = approved.enumerate().fold(0, |byte, (place, cell)| byte | cell << (2 * place));
                    changed += usize::from(*state != approved);
                    *state = approved;
                }
                at += 4 + 8 * count;
            }
        }
        changed
    }

    /// The file with the sums of version 1, in the place of whatever code there was.
    fn with_sums(&self, code: usize) -> Vec<u8> {
        let mut bytes = self.preface.clone();
        let sum = |bytes: &[u8], place| {
            let mut sum = xxh3_64_with_seed(bytes, place).to_le_bytes().to_vec();
            sum.resize(code, 0);
            sum
        };
        bytes.extend(sum(&bytes, u64::MAX));
        for (place, (kind, content)) in (0..).zip(&self.blocks) {
            let block = [&[*kind][..], &(content.len() as u32).to_le_bytes(), content].concat();
            let of_block = sum(&block, place);
            bytes.extend([block, of_block].concat());
        }
        bytes
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_that_were_turned_into_approvals_are_not_believed() {
    let Known { gateway, dir } = Known::start().await;
    assert!(gateway.stop().success());
    let data = dir.path().join("data");
    let path = data.join("snapshot/index.snap");
    let whole = fs::read(&path).unwrap();
    let mut pieces = Pieces::of(&whole);
    assert_eq!(pieces.approve(), 1, "there is a refusal to turn");
    let code = if whole[8] == 1 { 8 } else { 16 };
    // As it is, with sums for codes; and as version 1 was, which anybody could write.
    let mut earlier = Pieces { preface: pieces.preface[..61].to_vec(), blocks: pieces.blocks.clone() };
    earlier.preface[8] = 1;
    // The genuine preface, and its code, before changed blocks.
    let behind = [&whole[..pieces.preface.len() + code], &pieces.with_sums(code)[pieces.preface.len() + code..]].concat();
    for (what, forged) in
        [("sums for codes", pieces.with_sums(code)), ("version 1", earlier.with_sums(8)), ("changed blocks", behind)]
    {
        fs::write(&path, forged).unwrap();
        let gateway = Gateway::start(&data);
        let mut permission = gateway.permission().await;
        let answers =
            [check_one(&mut permission, REFUSED, "MESAJ", 0).await, check_one(&mut permission, APPROVED, "MESAJ", 0).await];
        assert_eq!(answers.map(|answer| verdict(&answer).1), ["REFUSED", "APPROVED"], "{what}");
        let log = fs::read_to_string(&gateway.log).unwrap();
        assert!(log.contains("the snapshot is of no use"), "{what}: {log}");
        drop(permission);
        assert!(gateway.stop().success());
        fs::remove_file(data.with_extension("log")).unwrap();
        // What is written in its place is of the store.
        let mut again = Pieces::of(&fs::read(&path).unwrap());
        assert_eq!(again.approve(), 1, "{what}");
    }
    fs::write(&path, whole).unwrap();
    let gateway = Gateway::start(&data);
    let log = fs::read_to_string(&gateway.log).unwrap();
    assert!(log.contains("the index came from its snapshot"), "its own is believed: {log}");
}
