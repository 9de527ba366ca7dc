#!/usr/bin/env python3
"""Derives the table that answers of the simulated İYS are held against. Standard library only.

  spec_table.py openapi.json > tests/iys_sim/spec_table.json

Of every method that the simulator serves: its statuses, the media type of each, and every field with the JSON types
that the schema or a sample gives it, as paths (`list[].status`). Of every error code: the statuses it comes with, by
the chapter of codes and by the samples.
"""
import json, re, sys

PREFIX = "/sps/{iysCode}/brands/{brandCode}"
SERVED = [
    ("post", "/oauth2/token"),
    ("get", "/sps/{iysCode}/brands"),
    ("get", "/integrator/{integratorCode}/sps"),
    ("get", "/integrator/{integratorCode}/sps/{iysCode}"),
    ("post", PREFIX + "/consents"),
    ("get", PREFIX + "/consents/changes"),
    ("post", PREFIX + "/consents/status"),
    ("post", PREFIX + "/consents/{recipientType}/status/{type}"),
    ("post", PREFIX + "/consents/history"),
    ("get", PREFIX + "/changes/{reportDate}/recipients/{recipientType}"),
    ("get", PREFIX + "/changes/{reportDate}/file"),
    ("get", PREFIX + "/agreements/{reportDate}"),
    ("put", PREFIX + "/agreements/{reportDate}"),
    ("post", PREFIX + "/consent/retailers/access/list"),
    ("post", PREFIX + "/push/registration"),
    ("get", PREFIX + "/push/registration"),
    ("post", PREFIX + "/push/unregistration"),
]


class Table:
    def __init__(self, document):
        self.document = document
        self.codes = {}

    def resolved(self, node):
        while isinstance(node, dict) and "$ref" in node:
            target = self.document
            for part in node["$ref"].split("/")[1:]:
                target = target[part]
            node = target
        return node or {}

    def of_schema(self, schema, path, fields):
        schema = self.resolved(schema)
        for word in ("allOf", "oneOf", "anyOf"):
            for part in schema.get(word, []):
                self.of_schema(part, path, fields)
        kind = schema.get("type") or ("object" if "properties" in schema else None)
        if kind:
            fields.setdefault(path, set()).add(kind)
        for name, value in schema.get("properties", {}).items():
            self.of_schema(value, f"{path}.{name}" if path else name, fields)
        if kind == "array":
            self.of_schema(schema.get("items"), path + "[]", fields)

    def of_sample(self, value, path, fields):
        kinds = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}
        fields.setdefault(path, set()).add(kinds.get(type(value), "null"))
        if isinstance(value, dict):
            for name, inner in value.items():
                self.of_sample(inner, f"{path}.{name}" if path else name, fields)
        if isinstance(value, list):
            for inner in value:
                self.of_sample(inner, path + "[]", fields)

    def note_codes(self, sample, status):
        for error in sample.get("errors", []) if isinstance(sample, dict) else []:
            code = error.get("code") or error.get("code:")
            if code:
                self.codes.setdefault(code, set()).add(int(status))

    def answer(self, response, status):
        response = self.resolved(response)
        media, fields = "", {}
        for media, content in response.get("content", {}).items():
            if media == "text/csv":
                continue
            self.of_schema(content.get("schema"), "", fields)
            samples = [sample.get("value") for sample in content.get("examples", {}).values()]
            for sample in samples + [content.get("example")]:
                if sample is not None:
                    self.of_sample(sample, "", fields)
                    self.note_codes(sample, status)
        return {"media": media, "fields": {path: sorted(kinds) for path, kinds in sorted(fields.items())}}

    def chapter_of_codes(self):
        chapter = next(tag for tag in self.document["tags"] if tag["name"] == "HATA KODLARI")["description"]
        for code, status in re.findall(r"^\|\s*(H\d+)\s*\|\s*(\d{3})\s*\|", chapter, re.M):
            self.codes.setdefault(code, set()).add(int(status))

    def whole(self):
        self.chapter_of_codes()
        methods = {}
        for method, path in SERVED:
            responses = self.document["paths"][path][method]["responses"]
            answers = {status: self.answer(response, status) for status, response in sorted(responses.items())}
            methods[f"{method.upper()} {path}"] = answers
        return {"methods": methods, "codes": {code: sorted(all_of) for code, all_of in sorted(self.codes.items())}}


def main():
    with open(sys.argv[1], encoding="utf-8") as source:
        table = Table(json.load(source)).whole()
    sys.stdout.reconfigure(encoding="utf-8")
    json.dump(table, sys.stdout, ensure_ascii=False, indent=1)
    print()


if __name__ == "__main__":
    main()
