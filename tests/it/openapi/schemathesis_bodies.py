"""Bodies that are no JSON: lists, and movements a line, mostly such as can be read."""

import json

import schemathesis
from hypothesis import strategies as st

PHONES = st.from_regex(r"\A(0|\+90|90)?5[0-9]{9}\Z")
ROWS = st.lists(PHONES | st.text(max_size=20), max_size=20)
MOVEMENTS = st.fixed_dictionaries(
    {"recipient": PHONES, "type": st.sampled_from(["ARAMA", "MESAJ", "EPOSTA"]), "status": st.sampled_from(["ONAY", "RET"])},
    optional={"source": st.text(max_size=10), "creationDate": st.text(max_size=20), "brandCode": st.integers(0, 2**32)},
)
LINES = st.lists(MOVEMENTS, min_size=1, max_size=20).map(lambda rows: "\n".join(map(json.dumps, rows)))

schemathesis.openapi.media_type("text/csv", ROWS.map(lambda rows: "\n".join(["telefon", *rows]).encode()))
schemathesis.openapi.media_type("application/x-ndjson", LINES.map(str.encode))


@schemathesis.serializer("text/csv", "application/x-ndjson")
def as_text(_context, value):
    """What is made up comes as bytes, an example of the document as text."""
    return value if isinstance(value, bytes) else str(value).encode()
