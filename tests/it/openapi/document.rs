//! The document, as far as its tests have to read it.

use super::Names;
use izingate::api::openapi::DOCUMENT;
use reqwest::Method;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::collections::HashMap;

/// A port of a gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Port {
    Public,
    Admin,
}

pub struct Document {
    pub json: Value,
}

/// A request, and the answer that the document shows for it.
pub struct Example {
    /// The request as the document writes it.
    pub request: String,
    pub port: Port,
    pub method: Method,
    pub target: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
    /// The name of the example that the body is, if it is one.
    pub body_name: Option<String>,
    pub status: u16,
    pub media: String,
    pub schema: Value,
    pub answer: Value,
}

/// A request that is made of the examples of parameters.
pub struct Question {
    pub port: Port,
    pub method: Method,
    pub target: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

fn entries(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

fn texts(value: &Value) -> Names {
    value.as_array().into_iter().flatten().map(|text| text.as_str().unwrap().to_owned()).collect()
}

/// The value at a place, as the document writes it.
pub fn written(place: &[&str]) -> String {
    let raw = place.iter().fold(DOCUMENT, |text, name| {
        let members: HashMap<Cow<'_, str>, &RawValue> = serde_json::from_str(text).unwrap();
        members[*name].get()
    });
    let margin = raw.lines().next_back().unwrap().len() - raw.lines().next_back().unwrap().trim_start().len();
    raw.replace(&format!("\n{}", " ".repeat(margin)), "\n")
}

/// A body as it is sent.
fn sent(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

impl Document {
    pub fn read() -> Self {
        Self { json: serde_json::from_str(DOCUMENT).unwrap() }
    }

    /// What stands behind a reference, or the value itself.
    pub fn resolve<'a>(&'a self, value: &'a Value) -> &'a Value {
        let Some(reference) = value["$ref"].as_str() else { return value };
        self.json.pointer(reference.strip_prefix('#').unwrap()).unwrap_or_else(|| panic!("{reference} leads nowhere"))
    }

    pub fn schema(&self, name: &str) -> &Value {
        &self.json["components"]["schemas"][name]
    }

    pub fn port(&self, path: &str) -> Port {
        let described = self.json["paths"][path]["servers"][0]["description"].as_str().unwrap_or_default();
        if described.contains("admin") { Port::Admin } else { Port::Public }
    }

    pub fn paths(&self, port: Port) -> Names {
        entries(&self.json["paths"]).map(|(path, _)| path.clone()).filter(|path| self.port(path) == port).collect()
    }

    pub fn methods(&self, path: &str) -> Names {
        let methods = entries(&self.json["paths"][path]).filter(|(name, _)| *name != "servers");
        methods.map(|(method, _)| method.to_uppercase()).collect()
    }

    /// Path, method and operation, each.
    pub fn operations(&self) -> impl Iterator<Item = (&String, &String, &Value)> {
        let operations = |(path, item)| entries(item).map(move |(method, operation)| (path, method, operation));
        entries(&self.json["paths"]).flat_map(operations).filter(|(_, method, _)| *method != "servers")
    }

    pub fn parameters(&self, operation: &Value, place: &str) -> Names {
        let parameters = operation["parameters"].as_array().into_iter().flatten().map(|parameter| self.resolve(parameter));
        parameters.filter(|parameter| parameter["in"] == place).map(|parameter| sent(&parameter["name"])).collect()
    }

    /// Every response with its status: those of operations, and those that several share.
    fn responses(&self) -> Vec<(u16, &Value)> {
        let own = self.operations().flat_map(|(_, _, operation)| entries(&operation["responses"]));
        let own =
            own.filter(|(_, response)| response["$ref"].is_null()).map(|(status, response)| (status.parse().unwrap(), response));
        let shared = entries(&self.json["components"]["responses"]).map(|(_, response)| {
            let status = &response["content"]["application/problem+json"]["schema"]["allOf"][1]["properties"]["status"]["const"];
            (u16::try_from(status.as_u64().unwrap()).unwrap(), response)
        });
        own.chain(shared).collect()
    }

    /// Every error with its status and codes.
    pub fn problems(&self) -> Vec<(u64, Names, &Value)> {
        let mut problems = Vec::new();
        for (status, response) in self.responses() {
            let narrowed = &response["content"]["application/problem+json"]["schema"]["allOf"][1]["properties"];
            if narrowed.is_object() {
                assert_eq!(narrowed["status"]["const"], status, "{response}");
                problems.push((u64::from(status), texts(&narrowed["code"]["enum"]), response));
            }
        }
        problems
    }

    pub fn examples(&self) -> Vec<Example> {
        let mut examples = Vec::new();
        for (status, response) in self.responses() {
            for (media, content) in entries(&response["content"]) {
                for (name, example) in entries(&content["examples"]) {
                    examples.push(self.example(name, example, status, media, &content["schema"]));
                }
            }
        }
        examples
    }

    fn example(&self, name: &str, example: &Value, status: u16, media: &str, schema: &Value) -> Example {
        let request = example["x-request"].as_str().unwrap_or_else(|| panic!("{name} names no request"));
        let (head, body) = request.split_once("\n\n").map_or((request, None), |(head, body)| (head, Some(body)));
        let mut lines = head.lines();
        let (method, target) = lines.next().unwrap().split_once(' ').unwrap();
        let path = target.split('?').next().unwrap();
        let mut headers: Vec<_> =
            lines.map(|line| line.split_once(": ").unwrap()).map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let shown = self.body(path, method, name).filter(|_| body.is_none());
        if let Some((media, _)) = &shown {
            headers.push(("content-type".to_owned(), media.clone()));
        }
        Example {
            request: request.to_owned(),
            port: self.port(path),
            method: method.parse().unwrap(),
            target: target.to_owned(),
            headers,
            body_name: shown.as_ref().map(|_| name.to_owned()),
            body: body.map(str::to_owned).or(shown.map(|(_, body)| body)).unwrap_or_default(),
            status,
            media: media.to_owned(),
            schema: schema.clone(),
            answer: example["value"].clone(),
        }
    }

    /// The name of the media type of the body that belongs to a request of an example, if it has none of its own.
    pub fn media_of_body(&self, name: &str, request: &str) -> Option<String> {
        let (method, target) = request.lines().next().unwrap().split_once(' ').unwrap();
        let body = self.body(target.split('?').next().unwrap(), method, name).filter(|_| !request.contains("\n\n"));
        body.map(|(media, _)| media)
    }

    /// Media type and text of a body's example.
    fn body(&self, path: &str, method: &str, name: &str) -> Option<(String, String)> {
        let content = &self.json["paths"][path][method.to_lowercase()]["requestBody"]["content"];
        entries(content).find_map(|(media, content)| Some((media.clone(), sent(content["examples"].get(name)?.get("value")?))))
    }

    pub fn body_names(&self) -> Names {
        let contents = self.operations().flat_map(|(_, _, operation)| entries(&operation["requestBody"]["content"]));
        contents.flat_map(|(_, content)| entries(&content["examples"])).map(|(name, _)| name.clone()).collect()
    }

    pub fn questions(&self) -> Vec<Question> {
        self.operations().map(|(path, method, operation)| self.question(path, method, operation)).collect()
    }

    fn question(&self, path: &str, method: &str, operation: &Value) -> Question {
        let (mut query, mut headers) = (Vec::new(), Vec::new());
        for parameter in operation["parameters"].as_array().into_iter().flatten().map(|parameter| self.resolve(parameter)) {
            let (name, value) = (sent(&parameter["name"]), &parameter["example"]);
            let value =
                value.as_array().map_or_else(|| sent(value), |items| items.iter().map(sent).collect::<Vec<_>>().join(","));
            match parameter["in"].as_str() {
                _ if parameter["example"].is_null() => assert_ne!(parameter["required"], true, "{name}"),
                Some("header") => headers.push((name, value)),
                _ => query.push(format!("{name}={value}")),
            }
        }
        let body = entries(&operation["requestBody"]["content"]).next().map(|(media, content)| {
            headers.push(("content-type".to_owned(), media.clone()));
            let examples: &Map<String, Value> = content["examples"].as_object().unwrap();
            sent(&examples.values().next().unwrap()["value"])
        });
        Question {
            port: self.port(path),
            method: method.to_uppercase().parse().unwrap(),
            target: if query.is_empty() { path.to_owned() } else { format!("{path}?{}", query.join("&")) },
            headers,
            body: body.unwrap_or_default(),
        }
    }
}
