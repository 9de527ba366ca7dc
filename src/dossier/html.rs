//! The dossier as one HTML file: styled inside it, nothing fetched, no script; a policy in it forbids
//! both, should anything ever get past the escaping.

use super::page::{Block, Page, Table};
use crate::model::language::Language;
use std::fmt::{self, Display, Formatter};

const STYLE: &str = include_str!("html.css");

/// The file.
pub(super) fn render(page: &Page, language: Language) -> String {
    let blocks: String = page.blocks.iter().map(|block| Markup(block).to_string()).collect();
    format!(
        "<!DOCTYPE html>\n<html lang=\"{language}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n\
         <title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n{blocks}<footer>{footer}</footer>\n</body>\n</html>\n",
        language = language.code(),
        title = Escaped(&page.title),
        footer = Escaped(&page.footer),
    )
}

/// A block in HTML.
struct Markup<'a>(&'a Block);

/// Text in HTML: none of its characters is markup, inside an element or an attribute.
struct Escaped<'a>(&'a str);

impl Display for Markup<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            Block::Title(text) => element(f, "h1", text),
            Block::Section(text) => element(f, "h2", text),
            Block::Warning(text) => writeln!(f, "<p class=\"warning\">{}</p>", Escaped(text)),
            Block::Caption(text) => element(f, "h3", text),
            Block::Text(text) => element(f, "p", text),
            Block::Pairs(pairs) => write_pairs(f, pairs),
            Block::Table(table) => write_table(f, table),
            Block::Verbatim(lines) => element(f, "pre", &lines.join("\n")),
        }
    }
}

fn element(f: &mut Formatter<'_>, name: &str, text: &str) -> fmt::Result {
    writeln!(f, "<{name}>{}</{name}>", Escaped(text))
}

fn write_pairs(f: &mut Formatter<'_>, pairs: &[(String, String)]) -> fmt::Result {
    writeln!(f, "<table class=\"pairs\"><tbody>")?;
    for (name, value) in pairs {
        writeln!(f, "<tr><th scope=\"row\">{}</th><td>{}</td></tr>", Escaped(name), Escaped(value))?;
    }
    writeln!(f, "</tbody></table>")
}

fn write_table(f: &mut Formatter<'_>, table: &Table) -> fmt::Result {
    write!(f, "<table class=\"{}\"><colgroup>", if table.dense { "rows dense" } else { "rows" })?;
    let whole: u16 = table.columns.iter().map(|(_, share)| share).sum();
    for (_, share) in &table.columns {
        write!(f, "<col style=\"width:{:.1}%\">", f32::from(*share) * 100.0 / f32::from(whole))?;
    }
    write!(f, "</colgroup>\n<thead><tr>")?;
    for (head, _) in &table.columns {
        write!(f, "<th scope=\"col\">{}</th>", Escaped(head))?;
    }
    writeln!(f, "</tr></thead>\n<tbody>")?;
    for row in &table.rows {
        write!(f, "<tr>")?;
        for cell in row {
            write!(f, "<td>{}</td>", Escaped(cell))?;
        }
        writeln!(f, "</tr>")?;
    }
    writeln!(f, "</tbody></table>")
}

impl Display for Escaped<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let mut rest = self.0;
        while let Some(at) = rest.find(['&', '<', '>', '"', '\'']) {
            let (before, after) = rest.split_at(at);
            let (letter, after) = after.split_at(1);
            let escaped = match letter {
                "&" => "&amp;",
                "<" => "&lt;",
                ">" => "&gt;",
                "\"" => "&quot;",
                _ => "&#39;",
            };
            f.write_str(before)?;
            f.write_str(escaped)?;
            rest = after;
        }
        f.write_str(rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn marks_are_escaped() {
        assert_eq!(
            Escaped("<a href=\"x\">'&amp;'</a>ı").to_string(),
            "&lt;a href=&quot;x&quot;&gt;&#39;&amp;amp;&#39;&lt;/a&gt;ı"
        );
    }

    proptest! {
        #[test]
        fn no_text_becomes_markup(text in any::<String>()) {
            let markup = Markup(&Block::Text(text)).to_string();
            let inner = markup.strip_prefix("<p>").and_then(|rest| rest.strip_suffix("</p>\n")).unwrap();
            prop_assert!(!inner.contains(['<', '>', '"', '\'']));
        }
    }
}
