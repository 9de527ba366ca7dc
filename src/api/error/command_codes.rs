//! The codes of commands and of a start, and what to do about each: the third table of `docs/errors.md`.

/// Codes that have the same cure, and the cure.
pub(super) type Cure = (&'static [&'static str], &'static str);

/// Every code that a command or a start ends with and no call has.
pub(super) const CURES: &[Cure] = &[
    (
        &["CONFIG_INVALID", "ENDPOINT_INVALID", "ENDPOINT_TLS_UNSUPPORTED"],
        "correct the argument, variable or setting that the text names; nothing was begun (exit code 64)",
    ),
    (&["GATEWAY_FAILED"], "no gateway answers at the address: start it or correct `--endpoint`, then run the command again"),
    (
        &["DATA_MISSING", "DATA_FOREIGN", "DATA_NOT_EMPTY", "DATA_UNUSABLE"],
        "correct `--data`: it is no data directory, or none that can be used; nothing in it was changed",
    ),
    (
        &["DATA_OWNER"],
        "run the command as the user of the service, `sudo -u izingate`: root would leave files that it cannot read",
    ),
    (&["NOT_HEALED"], "the gap is not ended: take in what is missing, then `--vouch` or `--drop-doubtful`"),
    (&["INVALID_PERIOD"], "give `--from` and `--to` in order"),
    (&["DATA_IN_USE"], "a gateway or command has the directory: go through the gateway (`--endpoint`), or stop it first"),
    (&["PORT_TAKEN", "CANNOT_LISTEN"], "another process has the port, or the address is not this machine's: give another one"),
    (&["ADDRESS_NOT_LOCAL"], "listen on a loopback address"),
    (
        &["SECRET_MISSING", "SECRET_UNREADABLE"],
        "bring the secret of this data back from its copy (`--secret-file`, `IZINGATE_SECRET`)",
    ),
    (&["SECRET_MALFORMED", "WRONG_SECRET"], "give the secret of this data, 64 hexadecimal digits: a new one does not open it"),
    (&["NO_RANDOM", "TOO_FEW_DESCRIPTORS", "MEMORY_REFUSED"], "give the process what the text says that the system refused"),
    (
        &["STORE_DAMAGED", "STORE_BEHIND_EVIDENCE", "DATA_CORRUPT"],
        "follow what stands behind `Way on:`, and the [runbook](runbook.md#izingatedown)",
    ),
    (&["DATA_FORMAT_NEWER", "BACKUP_FORMAT_NEWER"], "use the version that wrote it, or a newer one"),
    (&["STORE_REOPENING", "STORE_MOVED_ON"], "run the command again"),
    (&["RESTORE_UNFINISHED"], "run the same `restore` again to its end"),
    (&["BACKUP_DAMAGED"], "take another backup: this one is not as it was made"),
    (&["CLOCK_NOT_AHEAD"], "nothing is to be done: no date on record lies ahead"),
    (
        &["IYS_FILE_UNREADABLE", "IYS_PASSWORD_MISSING", "IYS_SETTINGS", "PUSH_CERTIFICATE"],
        "correct the setting or file of `[iys]` that the text names",
    ),
    (
        &[
            "UNKNOWN_FILE_TYPE",
            "OTHER_ENCODING",
            "EMPTY_FILE",
            "BAD_GZIP",
            "BAD_SPREADSHEET",
            "FILE_UNREADABLE",
            "LIST_UNREADABLE",
        ],
        "correct the file, or save it again, as the text says; nothing of it was taken in",
    ),
    (
        &["HEADER_MISSING", "HEADER_INCOMPLETE", "HEADER_REPEATS"],
        "give the file the header of [movements.md](movements.md), each column once; nothing of it was taken",
    ),
    (
        &["SPREADSHEET_PASSWORD", "SPREADSHEET_TOO_LARGE", "SHEET_FORMULA", "SHEET_HIDDEN", "SHEET_UNCLEAR", "SHEET_UNKNOWN"],
        "name the sheet (`--sheet`) or save the workbook as the text says ([workbooks](lists.md#workbooks))",
    ),
    (
        &[
            "MEMORY_BOUND",
            "MEMORY_SHORT",
            "DISK_BOUND",
            "DISK_SHORT",
            "IMPORT_DISK_LIMIT",
            "IMPORT_FOLDER",
            "IMPORT_SPILL_FAILED",
            "REJECTS_UNWRITABLE",
            "REJECTS_TOO_LARGE",
            "REJECTS_AMONG_FILES",
        ],
        "give the import the room or folder that the text names, and run it again: what was taken already changes nothing",
    ),
    (
        &["IMPORT_UNFINISHED", "IMPORT_FILE_LOST", "IMPORT_RUN_DAMAGED", "IMPORT_OUT_OF_TURN"],
        "run the import of the same files again, to its end",
    ),
    (
        &[
            "OUTPUT_EXISTS",
            "OUTPUT_UNFINISHED",
            "NOTHING_TO_RESUME",
            "CANNOT_RESUME",
            "ONE_FILE",
            "OUTPUT_FORM",
            "ONE_PAIR",
            "TOO_MANY_PAIRS",
        ],
        "give another `--out`, or the flags that the text names ([lists](lists.md))",
    ),
    (
        &["OUTPUT_FAILED", "CANNOT_WRITE", "EXPORT_FAILED", "FOREIGN_FILE"],
        "the output could not be written: make its place writable, and run it again",
    ),
    (&["BAD_ANSWER"], "the gateway is of another version: use the same one"),
    (
        &["EVIDENCE_WHERE", "EVIDENCE_OF_GATEWAY", "UNKNOWN_FORMAT", "INVALID_ID", "INVALID_KEY", "EVIDENCE_KEY"],
        "correct the argument that the text names ([evidence.md](evidence.md))",
    ),
    (&["NOT_SEALED", "NOTHING_READ"], "ask again once the segment is sealed, within the hour"),
    (&["UNKNOWN_DECISION", "UNKNOWN_CLOSURE"], "there is none of that id in this directory: look where it was made"),
    (&["NOTHING_LOST"], "nothing is to be accepted"),
    (
        &["EVIDENCE_BROKEN", "EVIDENCE_MISSING", "EVIDENCE_CHECKPOINT", "EVIDENCE_UNUSABLE", "PERIOD_NOT_ON_RECORD"],
        "the record is not whole: find out who changed it before anything else ([evidence.md](evidence.md#verifying))",
    ),
    (
        &["AGI_REQUEST_INVALID", "GATEWAY_TIMEOUT", "GATEWAY_UNREACHABLE"],
        "of `izingate agi`, as the reason of a `DEFER`: the call is not made; see the [dialers](../deploy/dialers/README.md)",
    ),
];
