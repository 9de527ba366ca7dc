#!/usr/bin/env python3
"""Verifies that a decision of izingate is on record. Standard library only; shares no code with izingate.

  verify_evidence.py PROOF KEY

PROOF is what `izingate evidence prove ID` printed ("-": standard input). KEY is the public key that you were given
before, name+hash+key as `izingate evidence key` shows it, or a file that holds it: not a key that came with the proof.

What is checked, from the decision up to the signature:
  decision    the columns of the frame are well-formed, and the decision's id is in them
  frame       SHA-256 (RFC 6962) of the frame leads along its path to the root in the seal of the segment
  seal        the seal is of that segment, and says of its decisions what the frame says
  tree        SHA-256 (RFC 6962) of the seal leads along its path to the root in the checkpoint
  checkpoint  the checkpoint is a signed note (C2SP) with an Ed25519 signature (RFC 8032) of your key

Prints the decision and ends with 0 only if all of it holds; otherwise says what does not, and ends with 1 (2: it was
called wrongly).
"""
import base64, hashlib, json, struct, sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

FORMAT = "izingate evidence proof 1"
TEXTS = ("format", "decisionId", "columns", "recipients", "seal", "checkpoint")
NUMBERS = ("segment", "frame", "leaf")
PATHS = ("framePath", "treePath")

DECISIONS = {1: "ALLOW", 2: "DENY", 3: "DEFER"}
# The reasons by their numbers, each with the decision that it leads to where it is enforced.
REASONS = {
    1: ("NOT_READY", "DEFER"), 2: ("REVISION_NOT_REACHED", "DEFER"), 3: ("INVALID_RECIPIENT", "DENY"),
    4: ("OUT_OF_SCOPE", "ALLOW"), 5: ("SENDER_NOT_REGISTERED", "DENY"), 6: ("EXEMPT", "ALLOW"),
    7: ("DECLARATION_MISSING", "DENY"), 8: ("STALE", "DEFER"), 9: ("REFUSED", "DENY"), 10: ("NO_RECORD", "DENY"),
    11: ("RETAILER_NOT_AUTHORISED", "DENY"), 12: ("APPROVED", "ALLOW"), 13: ("EVIDENCE_UNAVAILABLE", "DEFER"),
}
REFUSAL_ON_RECORD = 0x20
CELLS = [(channel, kind) for channel in ("ARAMA", "MESAJ", "EPOSTA") for kind in ("BIREYSEL", "TACIR")]
PURPOSES = ["TICARI", "MUAF_6_1", "MUAF_6_2", "MUAF_6_4", "KAPSAM_DISI"]
MODES = {1: "enforce", 2: "advise", 3: "shadow"}


class Wrong(ValueError):
    """Something does not hold, and what."""


def need(holds, what):
    if not holds:
        raise Wrong(what)


# --- Bytes in text: exactly one text stands for some bytes ---------------------------------------------------------

def from_base64(text):
    data = base64.b64decode(text, validate=True)
    need(base64.b64encode(data).decode() == text, "Base64 that nobody writes so")
    return data


def from_hex(text, length):
    need(len(text) == 2 * length and set(text) <= set("0123456789abcdef"), "%d hexadecimal digits are needed" % (2 * length))
    return bytes.fromhex(text)


# --- The columns of a frame ----------------------------------------------------------------------------------------

class Bytes:
    """Bytes that are taken from the front."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, count):
        need(count <= len(self.data) - self.at, "the columns end too early")
        self.at += count
        return self.data[self.at - count:self.at]

    def number(self):
        """LEB128 of at most 64 bits, in its shortest form."""
        number, shift = 0, 0
        while True:
            byte = self.take(1)[0]
            number |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                need((byte or shift == 7) and number < 1 << 64, "a number is malformed")
                return number
            need(shift < 70, "a number is malformed")

    def numbers(self, count):
        return [self.number() for _ in range(count)]

    def steps(self, count, skip=None):
        """Numbers that are written as what is added to the one before (and to how many that one spans)."""
        numbers, before = [], 0
        for place in range(count):
            folded = self.number()
            before = (before + ((folded >> 1) ^ -(folded & 1))) % (1 << 64)
            numbers.append(before)
            before += skip[place] if skip else 0
        return numbers

    def text(self):
        return self.take(self.number()).decode()


def decisions_of(columns, recipients):
    """Every entry of a frame, as a dictionary, with the outcome bytes and recipients of its decisions."""
    rest = Bytes(columns)
    need(rest.take(1) == b"\x01", "the columns are of another version")
    count, decisions, written, node = rest.numbers(4)
    need(1 <= count <= decisions <= 1024 and node < 1 << 32, "the columns' counts are malformed")
    need(len(recipients) == 16 * decisions, "there are more or fewer recipients than decisions")
    asked = rest.steps(count)
    # How many decisions an entry has stands behind its number, which is counted on from the entry before.
    before_numbers = rest.at
    rest.numbers(count)
    counts = rest.numbers(count)
    after_counts, rest.at = rest.at, before_numbers
    numbers = rest.steps(count, counts)
    rest.at = after_counts
    brands, retailers = rest.steps(count), rest.numbers(count)
    cells, purposes, modes = rest.take(count), rest.take(count), rest.take(count)
    declarations, revisions, as_of, callers = rest.numbers(count), rest.steps(count), rest.steps(count), rest.numbers(count)
    names = [rest.text() for _ in range(rest.number())]
    references = [rest.text() for _ in range(count)]
    outcomes = rest.take(decisions)
    need(rest.at == len(columns) and 0 not in counts and sum(counts) == decisions, "the columns' counts are malformed")
    entries, at = [], 0
    for i in range(count):
        whole = asked[i] < 1 << 32 and 0 < brands[i] < 1 << 32 and retailers[i] < 1 << 32 and as_of[i] < 1 << 32
        known = cells[i] < len(CELLS) and purposes[i] < len(PURPOSES) and modes[i] in MODES and callers[i] < len(names)
        need(whole and known, "an entry of the columns is malformed")
        entries.append({
            "node": node, "written": written, "asked": asked[i], "first": asked[i] << 96 | node << 64 | numbers[i],
            "brand": brands[i], "retailer": retailers[i], "cell": CELLS[cells[i]], "purpose": PURPOSES[purposes[i]],
            "mode": MODES[modes[i]], "declaration": declarations[i], "revision": revisions[i], "asOf": as_of[i],
            "caller": names[callers[i]], "reference": references[i], "outcomes": outcomes[at:at + counts[i]],
            "recipients": [recipients[16 * j:16 * j + 16] for j in range(at, at + counts[i])],
        })
        at += counts[i]
    return entries


def find(entries, decision_id):
    """The decision of an id, in words."""
    for entry in entries:
        place = int.from_bytes(decision_id, "big") - entry["first"]
        if 0 <= place < len(entry["outcomes"]):
            break
    else:
        raise Wrong("the id is not among the frame's decisions")
    byte = entry["outcomes"][place]
    decision, (reason, usual) = DECISIONS.get(byte >> 6), REASONS.get(byte & 0x1F, (None, None))
    need(decision and reason, "the outcome is unknown")
    return [
        ("decisionId", decision_id.hex()),
        ("time", moment(entry["asked"])),
        ("caller", quoted(entry["caller"])),
        ("brandCode", entry["brand"]),
        ("retailerCode", entry["retailer"]),
        ("type", entry["cell"][0]),
        ("recipientType", entry["cell"][1]),
        ("recipient", entry["recipients"][place].hex()),
        ("purpose", entry["purpose"]),
        ("declarationId", entry["declaration"] or "none"),
        ("decision", decision),
        ("reason", reason),
        ("enforced", "yes" if decision == usual else "no"),
        ("refusalOnRecord", "yes" if byte & REFUSAL_ON_RECORD else "no"),
        ("mode", entry["mode"]),
        ("revision", entry["revision"]),
        ("asOf", moment(entry["asOf"]) if entry["asOf"] else "unknown"),
        ("reference", quoted(entry["reference"])),
        ("writtenAt", moment(entry["written"] // 1000)),
    ]


def moment(seconds):
    """A moment in Türkiye time, which is UTC+3 all year."""
    epoch = datetime(1970, 1, 1, tzinfo=timezone.utc)
    need(seconds < 1 << 36, "a time is malformed")
    return (epoch + timedelta(seconds=seconds)).astimezone(timezone(timedelta(hours=3))).isoformat()


def quoted(text):
    """A caller's text, with nothing in it that a terminal obeys."""
    shown = json.dumps(text, ensure_ascii=False)
    return "".join(c if c.isprintable() else "\\u%04x" % ord(c) for c in shown)


# --- Seals and trees -----------------------------------------------------------------------------------------------

def seal_of(data):
    need(len(data) == 173 and data[0] == 1, "the seal is malformed")
    fields = struct.unpack(">B I Q Q Q 16s 16s I I 32s 32s 32s Q", data)
    names = "version node number frames decisions first last earliest latest previous chain root bytes".split()
    return dict(zip(names, fields))


def sha256(*pieces):
    return hashlib.sha256(b"".join(pieces)).digest()


def leaf_of_frame(columns, recipients):
    return sha256(b"\x00", b"\x01", struct.pack(">I", len(columns)), columns, recipients)


def root_of(leaf, place, size, path):
    """The root that a path leads to from a leaf: RFC 9162, 2.1.3.2, of the trees of RFC 6962."""
    need(0 <= place < size, "there is no such place in the tree")
    last, root = size - 1, leaf
    for other in path:
        need(last != 0, "the path is too long")
        if place & 1 or place == last:
            root = sha256(b"\x01", other, root)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            root = sha256(b"\x01", root, other)
        place, last = place >> 1, last >> 1
    need(last == 0, "the path is too short")
    return root


# --- Ed25519, RFC 8032 5.1 -----------------------------------------------------------------------------------------

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT_OF_MINUS_1 = pow(2, (P - 1) // 4, P)


def add(a, b):
    """The sum of two points (X : Y : Z : T), x = X/Z, y = Y/Z, xy = T/Z."""
    e, f = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    g, h = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    e, f, g, h = f - e, h - g, h + g, f + e
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(number, point):
    result = (0, 1, 1, 0)
    while number:
        if number & 1:
            result = add(result, point)
        point, number = add(point, point), number >> 1
    return result


def point_of(data):
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    need(y < P, "a point is malformed")
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT_OF_MINUS_1 % P
    need((x * x - square) % P == 0 and (x or not sign), "a point is malformed")
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


def bytes_of(point):
    inverse = pow(point[2], P - 2, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


BASE = point_of((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def is_signed(key, message, signature):
    need(len(signature) == 64, "the signature is malformed")
    r, s = signature[:32], int.from_bytes(signature[32:], "little")
    x, y, z, t = point_of(key)
    k = int.from_bytes(hashlib.sha512(r + key + message).digest(), "little") % ORDER
    return s < ORDER and bytes_of(add(times(s, BASE), times(k, (P - x, y, z, P - t)))) == r


# --- Signed notes, C2SP --------------------------------------------------------------------------------------------

def key_of(text):
    parts = text.strip().split("+", 2)
    need(len(parts) == 3 and parts[0] and not any(c.isspace() for c in parts[0]), "a key is written name+hash+key")
    data = from_base64(parts[2])
    key_id = sha256(parts[0].encode(), b"\n", data)[:4]
    need(len(data) == 33 and data[0] == 1, "it is no Ed25519 key")
    need(key_id.hex() == parts[1], "its hash is wrong")
    return parts[0], key_id, data[1:]


def checkpoint_of(note, key):
    """Size and root of the tree that a note says the key signed."""
    name, key_id, public = key
    text, empty_line, signatures = note.rpartition("\n\n")
    need(empty_line and signatures.endswith("\n"), "it is no signed note")
    text += "\n"
    start = "\u2014 " + name + " "
    lines = [line for line in signatures.split("\n")[:-1] if line.startswith(start)]
    ours = [data[4:] for data in (from_base64(line[len(start):]) for line in lines) if data[:4] == key_id]
    need(ours, "it is not signed by this key")
    need(all(is_signed(public, text.encode(), signature) for signature in ours), "its signature is wrong")
    lines = text.split("\n")
    need(len(lines) >= 4 and lines[0] == name, "it is another log's")
    need(lines[1].isdecimal() and str(int(lines[1])) == lines[1], "its size is malformed")
    root = from_base64(lines[2])
    need(len(root) == 32, "its root is malformed")
    return int(lines[1]), root


# --- All of it -----------------------------------------------------------------------------------------------------

def well_formed(proof):
    need(isinstance(proof, dict) and set(proof) == {*TEXTS, *NUMBERS, *PATHS}, "it has not the fields of a proof")
    need(all(isinstance(proof[name], str) for name in TEXTS), "a field is no text")
    need(all(type(proof[name]) is int and proof[name] >= 0 for name in NUMBERS), "a field is no number")
    hashes = [item for name in PATHS for item in (proof[name] if isinstance(proof[name], list) else [None])]
    need(all(isinstance(item, str) for item in hashes), "a path is no list of hashes")
    need(proof["format"] == FORMAT, "it is of another format")


def verify(proof, key_text):
    """What does not hold, a line each; and the decision, in words."""
    problems = []

    def step(name, check, *needed):
        """The result of a check; none if it fails, or rests on one that did."""
        if any(value is None for value in needed):
            return None
        try:
            return check(*needed)
        except ValueError as error:
            problems.append("%s: %s" % (name, error))
            return None

    def frame_leads_to_seal(columns, recipients, path, seal):
        root = root_of(leaf_of_frame(columns, recipients), proof["frame"], seal["frames"], path)
        need(root == seal["root"], "the frame is not the one that the segment was sealed with")

    def seal_fits(seal, entries, decision_id):
        need(seal["number"] == proof["segment"] == proof["leaf"] + 1, "it is another segment's")
        need(all(entry["node"] == seal["node"] for entry in entries), "it is another node's")
        need(seal["first"] <= decision_id <= seal["last"], "the decision's id is not among its ids")
        asked = int.from_bytes(decision_id[:4], "big")
        need(seal["earliest"] <= asked <= seal["latest"], "the decision was made at another time")

    def seal_leads_to_tree(data, path, checkpoint):
        root = root_of(sha256(b"\x00", data), proof["leaf"], checkpoint[0], path)
        need(root == checkpoint[1], "the segment is not the one that is in the signed tree")

    step("proof", well_formed, proof)
    if problems:
        return problems, None
    columns = step("decision", from_base64, proof["columns"])
    recipients = step("decision", from_base64, proof["recipients"])
    decision_id = step("decision", lambda text: from_hex(text, 16), proof["decisionId"])
    entries = step("decision", decisions_of, columns, recipients)
    decision = step("decision", find, entries, decision_id)
    data = step("seal", from_base64, proof["seal"])
    seal = step("seal", seal_of, data)
    hashes = lambda path: [from_hex(text, 32) for text in path]
    step("frame", frame_leads_to_seal, columns, recipients, step("frame", hashes, proof["framePath"]), seal)
    step("seal", seal_fits, seal, entries, decision_id)
    key = step("key", key_of, key_text)
    checkpoint = step("checkpoint", lambda key: checkpoint_of(proof["checkpoint"], key), key)
    step("tree", seal_leads_to_tree, data, step("tree", hashes, proof["treePath"]), checkpoint)
    return problems, decision


def main(arguments):
    if len(arguments) != 2:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    proof_path, key = arguments
    try:
        proof = json.loads(sys.stdin.read() if proof_path == "-" else Path(proof_path).read_text("utf-8"))
        key = Path(key).read_text("utf-8") if Path(key).is_file() else key
    except (OSError, ValueError, RecursionError) as error:
        print("NOT PROVED  proof: cannot be read: %s" % error, file=sys.stderr)
        return 1
    problems, decision = verify(proof, key)
    if problems or decision is None:
        for problem in problems:
            print("NOT PROVED  " + problem, file=sys.stderr)
        return 1
    for name, value in decision:
        print("%-16s %s" % (name, value))
    size = int(proof["checkpoint"].split("\n")[1])
    print("proved: this decision is in segment %d of the %d that %s signed" % (proof["segment"], size, key.strip().split("+")[0]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
