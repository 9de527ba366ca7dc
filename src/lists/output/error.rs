//! Why nothing can be written.

use crate::lists::Stop;
use std::fmt::Write;
use std::io;
use std::path::{Path, PathBuf};

/// Why nothing can be written.
#[derive(Debug, thiserror::Error)]
pub enum SinkError {
    /// There is a result.
    #[error("{path}: is there already; give another name, or --force to replace it")]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// There is a part of one.
    #[error("{path}: was left after {lines} lines; go on with --resume, or begin anew with --force")]
    Unfinished {
        /// The file.
        path: PathBuf,
        /// Physical lines that it answers for.
        lines: u64,
    },
    /// Another command writes it now.
    #[error("{path}: another command is writing it; wait for that one")]
    Busy {
        /// The file.
        path: PathBuf,
    },
    /// There is none to go on with.
    #[error("{path}: there is nothing to go on with; leave out --resume")]
    NothingLeft {
        /// The note that was looked for.
        path: PathBuf,
    },
    /// It was of other work.
    #[error(
        "{path}: was begun with other arguments, so it cannot go on with these:{}\ngive those of then, or begin anew with --force",
        differences(.then, .now, ["then", "now"])
    )]
    OtherWork {
        /// The note.
        path: PathBuf,
        /// Its arguments.
        then: String,
        /// These.
        now: String,
    },
    /// The list looks otherwise now: what is behind would not be answered as what is before.
    #[error(
        "the list is not read as it was when its work was broken off: another delimiter, header or column would hold from here on; \
         begin again with --force"
    )]
    OtherLayout,
    /// What was written is not there.
    #[error("{path}: is not what was written there; begin anew with --force")]
    NotWhatWasWritten {
        /// The file.
        path: PathBuf,
    },
    /// The list goes on behind what was filtered of it, whole.
    #[error(
        "the list goes on behind line {lines}, where it ended when it was filtered; filter the rest as a list of its own, or begin anew with --force"
    )]
    LongerList {
        /// Physical lines that are answered for.
        lines: u64,
    },
    /// Two things are to be written to one file, or over the list.
    #[error("{path}: is given twice, for two of the list, the rows and the refused rows; give each a file of its own")]
    OneFile {
        /// The file.
        path: PathBuf,
    },
    /// Rows that could not be read go into no workbook.
    #[error("{path}: unreadable rows are written as text; give --rejected a name that ends with .csv")]
    RejectedForm {
        /// The file.
        path: PathBuf,
    },
    /// A workbook of a format that is not written.
    #[error("{path}: give a name that ends with .xlsx for a workbook, or with .csv for text")]
    OutputForm {
        /// The file.
        path: PathBuf,
    },
    /// The system says no.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What it said.
        source: io::Error,
    },
}

impl SinkError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Exists { .. } => "OUTPUT_EXISTS",
            Self::Unfinished { .. } => "OUTPUT_UNFINISHED",
            Self::NothingLeft { .. } => "NOTHING_TO_RESUME",
            Self::OtherWork { .. } | Self::OtherLayout | Self::NotWhatWasWritten { .. } | Self::LongerList { .. } => {
                "CANNOT_RESUME"
            }
            Self::OneFile { .. } => "ONE_FILE",
            Self::OutputForm { .. } | Self::RejectedForm { .. } => "OUTPUT_FORM",
            Self::Busy { .. } | Self::Io { .. } => "OUTPUT_FAILED",
        }
    }

    /// The text in Turkish.
    #[must_use]
    pub fn turkish(&self) -> String {
        match self {
            Self::Exists { path } => {
                format!("{}: zaten var; başka bir ad verin ya da üzerine yazmak için --force", path.display())
            }
            Self::Unfinished { path, lines } => {
                let path = path.display();
                format!("{path}: {lines} satırdan sonra yarım kalmış; --resume ile sürdürün ya da --force ile yeniden başlayın")
            }
            Self::Busy { path } => format!("{}: başka bir komut şu anda bu dosyayı yazıyor; bitmesini bekleyin", path.display()),
            Self::NothingLeft { path } => format!("{}: sürdürülecek bir şey yok; --resume vermeyin", path.display()),
            Self::OtherWork { path, then, now } => {
                format!(
                    "{}: başka seçeneklerle başlanmış, bunlarla sürdürülemez:{}\naynı seçenekleri verin ya da --force ile baştan başlayın",
                    path.display(),
                    differences(then, now, ["önce", "şimdi"])
                )
            }
            Self::OtherLayout => {
                "liste, yarıda kaldığı zamanki gibi okunmuyor (ayırıcı, başlık ya da sütun farklı); --force ile yeniden başlayın"
                    .to_owned()
            }
            Self::NotWhatWasWritten { path } => {
                format!("{}: orada yazılmış olan değil; --force ile yeniden başlayın", path.display())
            }
            Self::LongerList { lines } => format!(
                "liste, süzüldüğünde bittiği {lines}. satırdan sonra sürüyor; kalanı ayrı bir liste olarak süzün ya da --force ile yeniden başlayın"
            ),
            Self::OneFile { path } => {
                format!(
                    "{}: sonuç ya da okunamayan satırlar, listenin ya da birbirinin üzerine yazılamaz; --out ve --rejected ile başka bir ad verin",
                    path.display()
                )
            }
            Self::OutputForm { path } => {
                format!("{}: çalışma kitabı için .xlsx, metin için .csv ile biten bir ad verin", path.display())
            }
            Self::RejectedForm { path } => {
                format!(
                    "{}: okunamayan satırlar metin olarak yazılır; --rejected için .csv ile biten bir ad verin",
                    path.display()
                )
            }
            Self::Io { path, source } => format!("{}: {}", path.display(), system_in_turkish(source)),
        }
    }

    pub(super) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| match source.kind() {
            io::ErrorKind::ResourceBusy => Self::Busy { path },
            _ => Self::Io { path, source },
        }
    }
}

/// The arguments that differ, a line each: both are lines of `--flag=value`, `-` for a flag that is not given.
fn differences(then: &str, now: &str, words: [&str; 2]) -> String {
    let lines = then.lines().zip(now.lines()).filter(|(then, now)| then != now);
    let each = |text: String, (then, now): (&str, &str)| {
        let value = |line: &str| line.split_once('=').map_or_else(|| line.to_owned(), |(_, value)| value.to_owned());
        let flag = then.split_once('=').map_or("", |(flag, _)| flag);
        let mut text = text;
        let _ = write!(text, "\n  {flag}: {} {}, {} {}", words[0], value(then), words[1], value(now));
        text
    };
    lines.fold(String::new(), each)
}

/// What the system says, in Turkish; what is rare stays as it is.
pub(in crate::lists) fn system_in_turkish(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "diskte yer kalmadı".to_owned(),
        io::ErrorKind::NotFound => "böyle bir dosya ya da klasör yok".to_owned(),
        io::ErrorKind::PermissionDenied => "erişim izni yok".to_owned(),
        io::ErrorKind::IsADirectory => "bu bir klasör".to_owned(),
        io::ErrorKind::ReadOnlyFilesystem => "dosya sistemi salt okunur".to_owned(),
        _ => error.to_string(),
    }
}

impl From<SinkError> for Option<Stop> {
    fn from(error: SinkError) -> Self {
        Some(error.into())
    }
}
