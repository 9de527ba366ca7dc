//! Makes data look as if a newer program had written it. The format number of a store that was just made
//! lies in RocksDB's write-ahead log; it is changed there, and the record's checksum with it.

use std::fs;
use std::path::Path;

/// As the program writes it: the key with its length, the value with its.
const FORMAT: &[u8] = b"\x06format\x04\0\0\0\x04";
/// Checksum, length, kind.
const HEADER: usize = 7;

/// Sets the format of a data directory that no process has opened again since it was made.
pub fn set_format(data: &Path, format: u8) {
    let files = fs::read_dir(data.join("store")).unwrap().map(|entry| entry.unwrap().path());
    let log = files.filter(|path| path.extension().is_some_and(|kind| kind == "log")).find(|path| change(path, format));
    log.expect("no log holds the format");
}

fn change(path: &Path, format: u8) -> bool {
    let mut bytes = fs::read(path).unwrap();
    let Some(at) = bytes.windows(FORMAT.len()).position(|window| window == FORMAT) else { return false };
    bytes[at + FORMAT.len() - 1] = format;
    let mut record = 0;
    loop {
        let length = usize::from(u16::from_le_bytes([bytes[record + 4], bytes[record + 5]]));
        let end = record + HEADER + length;
        if end > at {
            let checksum = masked(crc32c(&bytes[record + 6..end]));
            bytes[record..record + 4].copy_from_slice(&checksum.to_le_bytes());
            break;
        }
        record = end;
    }
    fs::write(path, bytes).is_ok()
}

fn crc32c(bytes: &[u8]) -> u32 {
    let bit = |crc: u32, _| if crc & 1 == 1 { crc >> 1 ^ 0x82F6_3B78 } else { crc >> 1 };
    !bytes.iter().fold(!0, |crc, &byte| (0..8).fold(crc ^ u32::from(byte), bit))
}

/// As RocksDB stores a checksum.
const fn masked(crc: u32) -> u32 {
    crc.rotate_right(15).wrapping_add(0xA282_EAD8)
}
