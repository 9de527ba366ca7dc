//! A look at an `.xls` before its parser's: the parser makes room for as many cells as a sheet says that it
//! has, and a damaged one may say terabytes, which no program survives.

use memchr::memmem;

/// What a sheet of the format has at most.
const ROWS: u32 = 65_536;
const COLUMNS: u32 = 256;
/// The record of a sheet's dimensions, with the lengths that its parser takes.
const DIMENSIONS: [u8; 2] = [0x00, 0x02];
const NARROW: u16 = 10;
const WIDE: [u16; 2] = [14, 16];

/// Whether anything in the file would be read as a sheet larger than the format allows. Bytes that only look
/// like such a record count too: then the file is refused, and another format of it is not.
pub(super) fn is_impossible(file: &[u8]) -> bool {
    memmem::find_iter(file, &DIMENSIONS).any(|at| says_too_much(&file[at + DIMENSIONS.len()..]))
}

fn says_too_much(rest: &[u8]) -> bool {
    let word = |at: usize| rest.get(at..at + 2).map_or(0, |bytes| u16::from_le_bytes([bytes[0], bytes[1]]));
    let double = |at: usize| u32::from(word(at)) | u32::from(word(at + 2)) << 16;
    let length = word(0);
    let (rows, columns): (u32, u32) = match length {
        NARROW => (word(4).into(), word(8).into()),
        _ if WIDE.contains(&length) => (double(6), word(12).into()),
        _ => return false,
    };
    rows > ROWS || columns > COLUMNS
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wide(rows: u32, columns: u16) -> Vec<u8> {
        let mut record = vec![9, 0x00, 0x02, 14, 0, 0, 0, 0, 0];
        record.extend(rows.to_le_bytes());
        record.extend([0, 0]);
        record.extend(columns.to_le_bytes());
        record.extend([0, 0]);
        record
    }

    #[test]
    fn a_sheet_has_no_more_than_its_format_allows() {
        assert!(!is_impossible(&wide(65_536, 256)) && !is_impossible(b""));
        assert!(is_impossible(&wide(65_537, 8)) && is_impossible(&wide(9, 257)) && is_impossible(&wide(u32::MAX, u16::MAX)));
        assert!(is_impossible(&[0x00, 0x02, 10, 0, 0, 0, 9, 0, 0, 0, 1, 1, 0, 0]), "257 columns in the older form");
        assert!(!is_impossible(&wide(u32::MAX, 1)[..5]), "cut short");
    }
}
