//! What the reader makes of a process that does not do what it should.

use super::grid::Limits;
use super::*;
use std::process::{Command, Stdio};

/// A stream of two rows.
fn stream() -> Vec<u8> {
    let mut grid = Grid::new(Limits { rows: 10, columns: 10 });
    grid.cell(Place { row: 0, column: 0 }, "telefon").unwrap();
    grid.cell(Place { row: 2, column: 1 }, "05321234567").unwrap();
    let mut bytes = Vec::new();
    frame::write(&mut bytes, &grid.finish(Vec::new())).unwrap();
    bytes
}

/// Reads what a process has written that ends so: the number of rows, and the code of an error.
fn read_to_end(written: &[u8], end: &str) -> (usize, Option<&'static str>) {
    let child = Command::new("sh").args(["-c", end]).stdout(Stdio::null()).spawn().unwrap();
    let input: Box<dyn Read + Send> = Box::new(Cursor::new(written.to_vec()));
    let mut reader =
        SheetReader { file: "a.xlsx".to_owned(), head: Head::default(), frames: Frames::new(input), child: Some(child) };
    match reader.frames.head() {
        Ok(head) => reader.head = head.unwrap(),
        Err(broken) => return (0, Some(reader.broken(broken).code())),
    }
    let mut rows = 0;
    loop {
        match reader.next() {
            Ok(Some(_)) => rows += 1,
            Ok(None) => return (rows, None),
            Err(error) => return (rows, Some(error.code())),
        }
    }
}

#[test]
fn a_process_that_ends_early_is_an_error_and_never_the_end() {
    let whole = stream();
    assert_eq!(read_to_end(&whole, "exit 0"), (2, None));
    // A bound is passed: it is ended by a signal.
    for signal in ["KILL", "ABRT", "XCPU", "SEGV"] {
        assert_eq!(
            read_to_end(&whole[..whole.len() - 1], &format!("kill -{signal} $$")),
            (2, Some("SPREADSHEET_TOO_LARGE")),
            "{signal}"
        );
    }
    assert_eq!(read_to_end(b"", "kill -KILL $$"), (0, Some("SPREADSHEET_TOO_LARGE")));
    assert_eq!(read_to_end(&whole[..whole.len() - 9], "exit 1"), (1, Some("BAD_SPREADSHEET")));
    assert_eq!(read_to_end(b"", "exit 0"), (0, Some("BAD_SPREADSHEET")));
}

#[test]
fn a_process_that_writes_something_else_is_ended() {
    assert_eq!(read_to_end(b"memory allocation of 9 bytes failed", "sleep 600"), (0, Some("BAD_SPREADSHEET")));
    let mut more = stream();
    let end = more.len() - 8;
    more[end..].copy_from_slice(&[1, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(read_to_end(&more, "sleep 600"), (2, Some("BAD_SPREADSHEET")), "a row out of order");
}
