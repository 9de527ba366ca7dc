//! The page, printed from the document: everything in it, without a script and without a part from elsewhere.

use super::document::{Document, written};
use izingate::api::openapi::PAGE;
use serde_json::Value;
use std::fmt::Write;

const STYLE: &str = include_str!("page.css");

/// `UPDATE_API_PAGE=1` writes it.
#[test]
fn the_page_is_printed_from_the_document() {
    let printed = Page { document: &Document::read(), text: String::new() }.print();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/api/openapi.html");
    if std::env::var_os("UPDATE_API_PAGE").is_some() {
        std::fs::write(path, &printed).unwrap();
        return;
    }
    assert!(PAGE == printed, "src/api/openapi.html is not what the document prints; UPDATE_API_PAGE=1 writes it");
    for part in ["<script", "<link", "<img", "<iframe", "src=", "@import", "url(", "javascript:"] {
        assert!(!PAGE.contains(part), "{part}");
    }
    let anchors = |before: &str| PAGE.split(before).skip(1).map(|rest| rest.split('"').next().unwrap()).collect::<Vec<_>>();
    let places = anchors("id=\"");
    for target in anchors("href=\"").iter().filter(|target| **target != "/openapi.json") {
        assert!(places.contains(&target.strip_prefix('#').unwrap()), "{target} leads nowhere");
    }
}

struct Page<'a> {
    document: &'a Document,
    text: String,
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// A text with its `code`.
fn line(value: &Value) -> String {
    let parts = value.as_str().unwrap_or_default().split('`').enumerate();
    parts.map(|(at, part)| if at % 2 == 1 { format!("<code>{}</code>", escaped(part)) } else { escaped(part) }).collect()
}

fn entries(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// A text that is written as JSON, or the JSON itself.
fn text(json: &str) -> String {
    serde_json::from_str(json).unwrap_or_else(|_| json.to_owned())
}

/// The name of what a reference leads to.
fn referred(value: &Value) -> Option<&str> {
    value["$ref"].as_str()?.rsplit('/').next()
}

fn code(value: &Value) -> String {
    format!("<code>{}</code>", escaped(&value.as_str().map_or_else(|| value.to_string(), str::to_owned)))
}

/// What a value is, in a few words.
fn kind(schema: &Value) -> String {
    if let Some(name) = referred(schema) {
        return format!("<a href=\"#{name}\">{name}</a>");
    }
    if schema["enum"].is_array() {
        return items(&schema["enum"]).map(code).collect::<Vec<_>>().join(", ");
    }
    if schema["oneOf"].is_array() && schema["properties"].is_null() {
        return items(&schema["oneOf"]).map(kind).collect::<Vec<_>>().join(" or ");
    }
    let types = schema["type"]
        .as_str()
        .map_or_else(|| items(&schema["type"]).filter_map(Value::as_str).collect::<Vec<_>>().join(" or "), str::to_owned);
    let mut words = vec![if types == "array" { format!("list of {}", kind(&schema["items"])) } else { types }];
    for (keyword, before) in [
        ("const", "always"),
        ("minimum", "from"),
        ("maximum", "to"),
        ("maxItems", "at most"),
        ("maxLength", "at most"),
        ("pattern", "like"),
        ("format", ""),
    ] {
        if !schema[keyword].is_null() {
            words.push(format!("{before} {}", code(&schema[keyword])));
        }
    }
    words.join(" ")
}

/// The codes of an error.
fn codes(response: &Value) -> String {
    let narrowed = &response["content"]["application/problem+json"]["schema"]["allOf"][1]["properties"];
    items(&narrowed["code"]["enum"]).map(code).collect::<Vec<_>>().join(" ")
}

impl Page<'_> {
    fn put(&mut self, text: &str) {
        self.text += text;
        self.text.push('\n');
    }

    fn print(mut self) -> String {
        let info = &self.document.json["info"];
        self.put("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">");
        self.put("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>izingate: HTTP API</title>");
        self.put(&format!("<style>\n{STYLE}</style>\n</head>\n<body>"));
        self.put(&format!("<h1>izingate <small>{}</small></h1>\n<p>{}</p>", line(&info["version"]), line(&info["summary"])));
        for paragraph in info["description"].as_str().unwrap().split("\n\n") {
            self.put(&format!("<p>{}</p>", line(&paragraph.into())));
        }
        self.put("<p>For programs: <a href=\"/openapi.json\">openapi.json</a>, an OpenAPI 3.1 document.</p>");
        self.contents();
        let document = self.document;
        for tag in items(&document.json["tags"]) {
            for (path, method, operation) in document.operations().filter(|(_, _, operation)| operation["tags"][0] == tag["name"])
            {
                self.operation(path, method, operation);
            }
        }
        self.put("<h2 id=\"answers\">Answers that several paths give</h2>");
        for (name, response) in entries(&document.json["components"]["responses"]) {
            self.put(&format!("<h3 id=\"{name}\">{name}</h3>"));
            self.response(&["components", "responses", name], response);
        }
        self.put("<h2 id=\"values\">Values</h2>");
        for (name, schema) in entries(&document.json["components"]["schemas"]) {
            self.put(&format!("<h3 id=\"{name}\">{name}</h3>\n<p>{}</p>", line(&schema["description"])));
            self.schema(schema);
        }
        self.put("</body>\n</html>");
        self.text.replace("<p></p>\n", "")
    }

    fn contents(&mut self) {
        let document = self.document;
        for tag in items(&document.json["tags"]) {
            self.put(&format!("<h2>{}</h2>\n<ul>", line(&tag["description"])));
            for (path, method, operation) in document.operations().filter(|(_, _, operation)| operation["tags"][0] == tag["name"])
            {
                let (id, summary) = (operation["operationId"].as_str().unwrap(), line(&operation["summary"]));
                self.put(&format!("<li><a href=\"#{id}\"><code>{} {path}</code></a> {summary}</li>", method.to_uppercase()));
            }
            self.put("</ul>");
        }
        self.put("<p><a href=\"#answers\">Answers that several paths give</a>, <a href=\"#values\">values</a></p>");
    }

    fn operation(&mut self, path: &str, method: &str, operation: &Value) {
        let document = self.document;
        let id = operation["operationId"].as_str().unwrap();
        self.put(&format!("<h2 id=\"{id}\"><code>{} {path}</code></h2>", method.to_uppercase()));
        self.put(&format!("<p>{}. {}</p>", line(&operation["summary"]), line(&operation["description"])));
        if let Some(server) = document.json["paths"][path]["servers"].get(0) {
            self.put(&format!("<p>{}: {}</p>", line(&server["description"]), code(&server["url"])));
        }
        if operation["parameters"].is_array() {
            self.put("<table>\n<tr><th>parameter</th><th>value</th><th>meaning</th></tr>");
            for parameter in items(&operation["parameters"]).map(|parameter| document.resolve(parameter)) {
                let required = parameter["required"] == true;
                self.row(
                    &parameter["name"],
                    parameter["in"] == "header",
                    required,
                    &parameter["schema"],
                    &parameter["description"],
                );
            }
            self.put("</table>");
        }
        for (media, content) in entries(&operation["requestBody"]["content"]) {
            self.put(&format!(
                "<p>Body: <code>{media}</code>, {}. {}</p>",
                kind(&content["schema"]),
                line(&content["schema"]["description"])
            ));
        }
        for (status, response) in entries(&operation["responses"]) {
            let shared = referred(response).map(|name| format!(" <a href=\"#{name}\">{name}</a>")).unwrap_or_default();
            self.put(&format!("<h4>{status}{shared}</h4>"));
            if shared.is_empty() {
                self.response(&["paths", path, method, "responses", status], response);
            } else {
                let resolved = document.resolve(response);
                self.put(&format!("<p>{}</p>", codes(resolved)));
            }
        }
    }

    fn row(&mut self, name: &Value, is_header: bool, required: bool, schema: &Value, description: &Value) {
        let place = if is_header { " header" } else { "" };
        let required = if required { " <b>required</b>" } else { "" };
        let _ = writeln!(
            self.text,
            "<tr><td>{}{place}{required}</td><td>{}</td><td>{}</td></tr>",
            code(name),
            kind(schema),
            line(description)
        );
    }

    fn response(&mut self, place: &[&str], response: &Value) {
        self.put(&format!("<p>{}</p>\n<p>{}</p>", line(&response["description"]), codes(response)));
        for (name, header) in entries(&response["headers"]) {
            let header = self.document.resolve(header);
            self.put(&format!("<p>Header <code>{name}</code>: {}</p>", line(&header["description"])));
        }
        for (media, content) in entries(&response["content"]) {
            if content["schema"]["allOf"].is_null() {
                self.put(&format!("<p><code>{media}</code>, {}</p>", kind(&content["schema"])));
            }
            for (name, example) in entries(&content["examples"]) {
                let place = [place, &["content", media, "examples", name, "value"]].concat();
                self.example(name, example, &written(&place));
            }
        }
    }

    /// The request, and below it the answer.
    fn example(&mut self, name: &str, example: &Value, answer: &str) {
        let request = example["x-request"].as_str().unwrap();
        let mut asked = request.to_owned();
        if let Some(media) = self.document.media_of_body(name, request) {
            let (method, target) = request.lines().next().unwrap().split_once(' ').unwrap();
            let (method, path) = (method.to_lowercase(), target.split('?').next().unwrap());
            let body = written(&["paths", path, &method, "requestBody", "content", &media, "examples", name, "value"]);
            let _ = write!(asked, "\nContent-Type: {media}\n\n{}", text(&body));
        }
        self.put(&format!("<p>{}:</p>", line(&example["summary"])));
        self.put(&format!("<pre>{}</pre>\n<pre>{}</pre>", escaped(&asked), escaped(&text(answer))));
    }

    fn schema(&mut self, schema: &Value) {
        if schema["properties"].is_null() {
            self.put(&format!("<p>{}</p>", kind(schema)));
            return;
        }
        self.put("<table>\n<tr><th>field</th><th>value</th><th>meaning</th></tr>");
        let required: Vec<_> = items(&schema["required"]).filter_map(Value::as_str).collect();
        // Those that are always there in the order of their list, then the others.
        let mut members: Vec<_> = entries(&schema["properties"]).collect();
        members.sort_by_key(|(name, _)| required.iter().position(|known| known == name).unwrap_or(required.len()));
        for (name, member) in members {
            let described = self.document.resolve(member);
            let description = if member["description"].is_null() { &described["description"] } else { &member["description"] };
            self.row(&name.as_str().into(), false, required.contains(&name.as_str()), member, description);
        }
        self.put("</table>");
        for way in items(&schema["oneOf"]) {
            self.put(&format!(
                "<p>Exactly one way: with {}.</p>",
                items(&way["required"]).map(code).collect::<Vec<_>>().join(" and ")
            ));
        }
    }
}
