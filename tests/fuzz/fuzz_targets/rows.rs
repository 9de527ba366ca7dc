//! No file and no JSON panics or is read for ever; rows and bad lines are no more than the text can hold.
#![no_main]

use izingate::files::{FileError, FileReader};
use izingate::model::consent::movement_json;
use libfuzzer_sys::fuzz_target;
use std::io::Cursor;

const HEADER: &[u8] = b"creationDate,transactionId,recipient,recipientType,type,status,consentDate,source,note\n";

fn read(bytes: Vec<u8>) -> Result<(), FileError> {
    let lines = bytes.split(|byte| *byte == b'\n').count();
    let mut file = FileReader::csv("fuzzed", Box::new(Cursor::new(bytes)))?;
    let mut found = 0;
    while let Some(batch) = file.next_batch(7)? {
        found += batch.len();
    }
    // A line that quotes made a part of another is read twice at most: as that part and for a refusal.
    assert!(found <= 2 * lines, "{found} rows of {lines} lines");
    Ok(())
}

fuzz_target!(|bytes: &[u8]| {
    let _ = read(bytes.to_vec());
    let _ = read([HEADER, bytes].concat());
    let _ = movement_json::read(bytes, 100);
});
