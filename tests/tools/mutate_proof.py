#!/usr/bin/env python3
"""Changes a proof in every place, and counts what deploy/verify_evidence.py refuses. Standard library only.

  mutate_proof.py SCRIPT PROOF KEY

Prints how many changed proofs were refused. Ends with 1 if the proof itself is not accepted, or a changed one is, and
says which.
"""
import base64, functools, importlib.util, json, sys
from pathlib import Path


def flipped(data):
    """Bytes with one bit of each in turn changed, cut by one, longer by one."""
    for place in range(len(data)):
        for bit in (0x01, 0x80):
            yield data[:place] + bytes([data[place] ^ bit]) + data[place + 1:]
    yield data[:-1]
    yield data + b"\x00"


def texts(text):
    """The same of a text, as far as it stays text."""
    for data in flipped(text.encode()):
        yield data.decode("utf-8", "replace")


def signed_otherwise(note, order):
    """The note with the other number that a careless check of its signature takes: s + the order of the curve's group."""
    start, _, signature = note.rpartition(" ")
    data = base64.b64decode(signature)
    number = int.from_bytes(data[36:], "little") + order
    return start + " " + base64.b64encode(data[:36] + number.to_bytes(32, "little")).decode() + "\n"


def changed(proof, order):
    """Every changed proof, each with what was done to it."""
    yield "another s", {**proof, "checkpoint": signed_otherwise(proof["checkpoint"], order)}
    for name in proof:
        yield "without " + name, {other: proof[other] for other in proof if other != name}
        yield name + " null", {**proof, name: None}
    yield "another field", {**proof, "other": 1}
    for name in ("columns", "recipients", "seal"):
        for place, data in enumerate(flipped(base64.b64decode(proof[name]))):
            yield "%s %d" % (name, place), {**proof, name: base64.b64encode(data).decode()}
    for name in ("format", "decisionId", "columns", "recipients", "seal", "checkpoint"):
        for place, text in enumerate(texts(proof[name])):
            yield "%s text %d" % (name, place), {**proof, name: text}
    for name in ("segment", "frame", "leaf"):
        for number in (proof[name] + 1, proof[name] - 1, 1 << 70, True, str(proof[name])):
            yield "%s %r" % (name, number), {**proof, name: number}
    for name in ("framePath", "treePath"):
        path = proof[name]
        for step in range(len(path)):
            for place, text in enumerate(texts(path[step])):
                yield "%s %d %d" % (name, step, place), {**proof, name: path[:step] + [text] + path[step + 1:]}
            yield "%s without %d" % (name, step), {**proof, name: path[:step] + path[step + 1:]}
        yield name + " longer", {**proof, name: path + ["00" * 32]}
        if path != path[::-1]:
            yield name + " turned round", {**proof, name: path[::-1]}


def main(script, proof, key):
    spec = importlib.util.spec_from_file_location("verify_evidence", script)
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    # The same signature of the same text is the same each time.
    script.is_signed = functools.lru_cache(None)(script.is_signed)
    proof = json.loads(Path(proof).read_text("utf-8"))

    def convinces(other, key):
        """Whether it is accepted for the decision of the proof: under another id of its frame it proves another one."""
        problems, decision = script.verify(other, key)
        return not problems and dict(decision)["decisionId"] == proof["decisionId"]

    accepted = [what for what, other in changed(proof, script.ORDER) if other != proof and convinces(other, key)]
    accepted += ["key %d" % place for place, other in enumerate(texts(key)) if convinces(proof, other)]
    if accepted or not convinces(proof, key):
        print("\n".join(accepted) or "not even the proof itself is accepted")
        return 1
    print(sum(1 for _ in changed(proof, script.ORDER)) + sum(1 for _ in texts(key)), "refused")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
