//! The query of `POST /v1/filter`.

use super::request::{Code, given_twice, invalid, scope, unknown_parameter};
use crate::api::convert::check_reference;
use crate::api::error::{Kind, Problem};
use crate::filter::layout::Named;
use crate::filter::{Pair, Wanted};
use crate::model::decision::question::Scope;
use crate::model::text::encoding::Declared;

/// Senders and channels of one list at most: each adds two columns to every row.
const MOST_PAIRS: usize = 16;

/// What is asked of a list.
#[derive(Default)]
pub struct FilterQuery {
    brands: Option<String>,
    channels: Option<String>,
    recipient_type: Option<String>,
    retailer: Option<String>,
    purpose: Option<String>,
    column: Option<String>,
    email_column: Option<String>,
    delimiter: Option<String>,
    header: Option<String>,
    encoding: Option<String>,
    duplicates: Option<String>,
    summary: Option<String>,
    reference: Option<String>,
    min_revision: Option<String>,
}

/// The same, read.
pub struct FilterAsked {
    /// What is asked for each row.
    pub scopes: Vec<Scope>,
    /// What is said of the list.
    pub wanted: Wanted,
    /// Whether addresses that came before are marked.
    pub duplicates: bool,
    /// Whether the last line says what became of the list.
    pub summary: bool,
    /// The caller's own mark.
    pub reference: String,
    /// Wait for this revision; 0 asks for none.
    pub min_revision: u64,
}

impl FilterQuery {
    /// The parameters.
    pub const PARAMETERS: [&str; 14] = [
        "brandCode",
        "type",
        "recipientType",
        "retailerCode",
        "purpose",
        "column",
        "emailColumn",
        "delimiter",
        "header",
        "encoding",
        "duplicates",
        "summary",
        "reference",
        "minRevision",
    ];

    /// Reads one parameter.
    pub fn set(&mut self, name: &str, value: String) -> Result<(), Problem> {
        let field = match name {
            "brandCode" => &mut self.brands,
            "type" => &mut self.channels,
            "recipientType" => &mut self.recipient_type,
            "retailerCode" => &mut self.retailer,
            "purpose" => &mut self.purpose,
            "column" => &mut self.column,
            "emailColumn" => &mut self.email_column,
            "delimiter" => &mut self.delimiter,
            "header" => &mut self.header,
            "encoding" => &mut self.encoding,
            "duplicates" => &mut self.duplicates,
            "summary" => &mut self.summary,
            "reference" => &mut self.reference,
            "minRevision" => &mut self.min_revision,
            _ => return Err(unknown_parameter(name, &Self::PARAMETERS)),
        };
        match field.replace(value) {
            Some(_) => Err(given_twice(name)),
            None => Ok(()),
        }
    }

    /// What is asked.
    pub fn asked(self) -> Result<FilterAsked, Problem> {
        let scopes = self.scopes()?;
        let reference = self.reference.unwrap_or_default();
        check_reference(&reference)?;
        let switch = |name, text: Option<String>| text.map(|text| switch(name, &text)).transpose();
        let named = |text: Option<String>| Some(text.map_or(Named::Found, |text| Named::of(&text)));
        let phones = scopes.iter().any(|scope| scope.cell.channel.takes_phones());
        let emails = scopes.iter().any(|scope| !scope.cell.channel.takes_phones());
        // Of one kind of address `column` is its column.
        let email_column = if phones { self.email_column } else { self.email_column.or_else(|| self.column.clone()) };
        let wanted = Wanted {
            phones: if phones { named(self.column) } else { None },
            emails: if emails { named(email_column) } else { None },
            delimiter: self.delimiter.map(|text| delimiter(&text)).transpose()?,
            header: switch("header", self.header)?,
            encoding: self.encoding.map(|text| encoding(&text)).transpose()?,
            appends_letters: false,
        };
        let min_revision =
            self.min_revision.map_or(Ok(0), |text| text.parse().map_err(|_| invalid("minRevision", "a number")))?;
        Ok(FilterAsked {
            scopes,
            wanted,
            duplicates: switch("duplicates", self.duplicates)?.unwrap_or(false),
            summary: switch("summary", self.summary)?.unwrap_or(false),
            reference,
            min_revision,
        })
    }

    /// Every brand with every channel, each given as one or several with commas between them.
    fn scopes(&self) -> Result<Vec<Scope>, Problem> {
        let brands = self.brands.as_deref().ok_or_else(|| Problem::missing("brandCode"))?;
        let channels = self.channels.as_deref().ok_or_else(|| Problem::missing("type"))?;
        let retailer = self.retailer.clone().map(Code::Text);
        let mut scopes: Vec<Scope> = Vec::new();
        for brand in brands.split(',').map(|brand| Code::Text(brand.to_owned())) {
            for channel in channels.split(',') {
                let (recipient_type, purpose) = (self.recipient_type.as_deref(), self.purpose.as_deref());
                let scope = scope(Some(&brand), Some(channel), recipient_type, retailer.as_ref(), purpose)?;
                if scopes.contains(&scope) || scopes.len() == MOST_PAIRS {
                    let text = format!("brandCode and type are each given once, and make {MOST_PAIRS} pairs at most");
                    return Err(Problem::new(Kind::InvalidField, text));
                }
                scopes.push(scope);
            }
        }
        Ok(scopes)
    }
}

impl FilterAsked {
    /// The pairs whose columns are appended.
    #[must_use]
    pub fn pairs(&self) -> Vec<Pair> {
        self.scopes.iter().map(|scope| Pair { brand: scope.brand, channel: scope.cell.channel }).collect()
    }
}

fn switch(name: &str, text: &str) -> Result<bool, Problem> {
    text.parse().map_err(|_| invalid(name, "true or false"))
}

fn encoding(text: &str) -> Result<Declared, Problem> {
    Declared::from_name(text).ok_or_else(|| invalid("encoding", Declared::NAMES))
}

fn delimiter(text: &str) -> Result<u8, Problem> {
    match text.as_bytes() {
        [delimiter @ (b',' | b';' | b'\t' | b'|')] => Ok(*delimiter),
        b"tab" => Ok(b'\t'),
        _ => Err(invalid("delimiter", "one of , ; | and tab")),
    }
}
