//! Workbooks by their cells.

use super::table::Sheet;
use crate::support::books::{Part, Seen, packed, parts, place};
use std::collections::BTreeMap;
use std::fmt::Write;
use toml::Value;

/// An `.xlsx` of sheets.
pub fn xlsx(sheets: &[Sheet], epoch_1904: bool) -> Vec<u8> {
    let made: Vec<_> = sheets.iter().map(|sheet| (&sheet.name[..], seen(&sheet.state), rows(sheet))).collect();
    let mut parts = parts(&made);
    for (sheet, number) in sheets.iter().zip(1..) {
        let name = format!("xl/worksheets/sheet{number}.xml");
        if sheet.kind == "chart" {
            parts.retain(|(own, _)| *own != name);
            change(&mut parts, "xl/_rels/workbook.xml.rels", |text| {
                let relation = format!("worksheet\" Target=\"worksheets/sheet{number}.xml");
                text.replace(&relation, &format!("chartsheet\" Target=\"chartsheets/sheet{number}.xml"))
            });
            let chart =
                "<chartsheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><sheetViews/></chartsheet>";
            parts.push((format!("xl/chartsheets/sheet{number}.xml"), chart.to_owned()));
            continue;
        }
        let columns: String =
            sheet.hidden_columns.iter().map(|column| format!("<col min=\"{column}\" max=\"{column}\" hidden=\"1\"/>")).collect();
        let columns = if columns.is_empty() { columns } else { format!("<cols>{columns}</cols>") };
        let merged =
            sheet.merge.as_ref().map(|cells| format!("<mergeCells count=\"1\"><mergeCell ref=\"{cells}\"/></mergeCells>"));
        change(&mut parts, &name, |text| {
            let text = text.replace("<sheetData>", &format!("{columns}<sheetData>"));
            text.replace("</sheetData>", &format!("</sheetData>{}", merged.unwrap_or_default()))
        });
    }
    if epoch_1904 {
        let set = |text: &str| text.replace("<sheets>", "<workbookPr date1904=\"1\"/><sheets>");
        change(&mut parts, "xl/workbook.xml", set);
    }
    packed(&parts)
}

fn change(parts: &mut [Part], name: &str, change: impl FnOnce(&str) -> String) {
    let part = parts.iter_mut().find(|(own, _)| own == name).unwrap();
    part.1 = change(&part.1);
}

fn seen(state: &str) -> Seen {
    match state {
        "" => Seen::Visible,
        "hidden" => Seen::Hidden,
        "veryHidden" => Seen::VeryHidden,
        unknown => panic!("{unknown} is no state"),
    }
}

fn rows(sheet: &Sheet) -> String {
    let mut rows: BTreeMap<usize, String> = BTreeMap::new();
    for (cells, number) in sheet.rows.iter().zip(1..) {
        let hidden = if sheet.hidden_rows.contains(&number) { " hidden=\"1\"" } else { "" };
        let mut xml = format!("<row r=\"{number}\"{hidden}>");
        for (value, column) in cells.iter().zip(0..) {
            xml.push_str(&cell(&place(number as u32 - 1, column), value));
        }
        xml.push_str("</row>");
        rows.insert(number, xml);
    }
    let order = if sheet.order.is_empty() { rows.keys().copied().collect() } else { sheet.order.clone() };
    order.iter().map(|number| rows[number].clone()).collect()
}

fn text(text: &str) -> String {
    format!("<t xml:space=\"preserve\">{}</t>", text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;"))
}

fn cell(at: &str, value: &Value) -> String {
    match value {
        Value::String(empty) if empty.is_empty() => String::new(),
        Value::String(value) => format!("<c r=\"{at}\" t=\"inlineStr\"><is>{}</is></c>", text(value)),
        Value::Integer(number) => format!("<c r=\"{at}\"><v>{number}</v></c>"),
        Value::Float(number) => format!("<c r=\"{at}\"><v>{number}</v></c>"),
        Value::Table(table) => {
            let one = |name: &str| table.get(name);
            if let Some(formula) = one("f") {
                let formula = formula.as_str().unwrap().replace('&', "&amp;").replace('<', "&lt;");
                return match one("v") {
                    None => format!("<c r=\"{at}\"><f>{formula}</f></c>"),
                    Some(Value::String(value)) => format!("<c r=\"{at}\" t=\"str\"><f>{formula}</f><v>{value}</v></c>"),
                    Some(value) => format!("<c r=\"{at}\"><f>{formula}</f><v>{value}</v></c>"),
                };
            }
            let (name, value) = table.iter().next().unwrap();
            match (&name[..], value) {
                ("date", number) => format!("<c r=\"{at}\" s=\"1\"><v>{number}</v></c>"),
                ("plain", Value::String(number)) => format!("<c r=\"{at}\"><v>{number}</v></c>"),
                ("bool", Value::Boolean(yes)) => format!("<c r=\"{at}\" t=\"b\"><v>{}</v></c>", u8::from(*yes)),
                ("error", Value::String(error)) => format!("<c r=\"{at}\" t=\"e\"><v>{error}</v></c>"),
                ("inline", Value::String(value)) => format!("<c r=\"{at}\" t=\"inlineStr\"><is>{}</is></c>", text(value)),
                ("rich", Value::Array(runs)) => {
                    let mut xml = format!("<c r=\"{at}\" t=\"inlineStr\"><is>");
                    for run in runs {
                        let _ = write!(xml, "<r><rPr><b/></rPr>{}</r>", text(run.as_str().unwrap()));
                    }
                    xml + "</is></c>"
                }
                (unknown, _) => panic!("{unknown} is no cell"),
            }
        }
        unknown => panic!("{unknown} is no cell"),
    }
}
