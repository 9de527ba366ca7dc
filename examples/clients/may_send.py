"""A client of izingate for a service: channels that live on, deadlines, retries as docs/errors.md says, a second gateway, batches.

    gateway = Gateway(["127.0.0.1:7070", "127.0.0.1:7080"], caller="shop")
    if gateway.may_send(brand_code=601234, channel=v1.CHANNEL_MESAJ, recipient="05320000001", reference="order-17").allowed:
        ...

By hand: python may_send.py 127.0.0.1:7070,127.0.0.1:7080 601234 05320000001 05320000005
Once, beside this file: what check.py says.
"""
import random
import re
import sys
import time
from typing import NamedTuple

import grpc
from izingate.v1 import izingate_pb2 as v1
from izingate.v1 import izingate_pb2_grpc

# Pass within seconds. STALE does not: it is returned, to be asked again after minutes.
PASSING = {v1.REASON_NOT_READY, v1.REASON_REVISION_NOT_REACHED, v1.REASON_EVIDENCE_UNAVAILABLE}
# No gateway answered. An error with any other status is a fault of the question, or one that an operator has to end.
NO_ANSWER = {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED}


class Answer(NamedTuple):
    """What to do with a message: send it only if `allowed`."""

    decision: str
    reason: str
    decision_id: str = ""

    @property
    def allowed(self) -> bool:
        return self.decision == "ALLOW"


class Refused(Exception):
    """The question was not taken: asking again does not help before it is corrected. `code` is one of docs/errors.md."""

    def __init__(self, status: grpc.StatusCode, details: str):
        super().__init__(details)
        named = re.match(r"([A-Z][A-Z0-9_]+): ", details)
        self.code = named[1] if named else status.name


class Gateway:
    """One or more gateways that may be asked alike. Made once, used by all threads."""

    def __init__(self, endpoints, caller, deadline=3.0, patience=30.0):
        """`deadline` is for one call: longer than max_revision_wait and evidence.patience. `patience` is for all tries together."""
        channels = [grpc.insecure_channel(endpoint) for endpoint in endpoints]
        self._stubs = [izingate_pb2_grpc.PermissionServiceStub(channel) for channel in channels]
        self._channels, self._metadata = channels, [("izingate-caller", caller)]
        self._deadline, self._patience = deadline, patience

    def close(self):
        for channel in self._channels:
            channel.close()

    def may_send(self, **question) -> Answer:
        """Asks about one message. DEFER means: do not send now; after the patience it stays DEFER, never ALLOW."""
        request = v1.CheckRequest(**question)  # an unknown field or word is a ValueError here
        answer = self._ask("Check", request, lambda answer: answer.reason in PASSING)
        if answer is None:
            return Answer("DEFER", "NO_ANSWER")
        return Answer(_word(v1.Decision, answer.decision), _word(v1.Reason, answer.reason), answer.decision_id)

    def may_send_all(self, recipients, **question) -> list[Answer]:
        """Asks about up to 100,000 recipients of one brand, channel and purpose; answers come in their order."""
        request = v1.CheckBatchRequest(recipients=recipients, **question)
        answer = self._ask("CheckBatch", request, lambda answer: any((byte & 63) in PASSING for byte in answer.results))
        if answer is None:
            return [Answer("DEFER", "NO_ANSWER")] * len(recipients)
        first = int(answer.decision_id, 16)
        # A result is one byte: the decision in the upper two bits, the reason in the lower six. The id of result i is the first + i.
        return [
            Answer(_word(v1.Decision, byte >> 6), _word(v1.Reason, byte & 63), f"{first + place:032x}")
            for place, byte in enumerate(answer.results)
        ]

    def _ask(self, method, request, passes):
        """The first answer that does not pass by itself; the last one where the patience ends; None if there was none."""
        end, wait, last = time.monotonic() + self._patience, 1.0, None
        # A revision is of the gateway that gave it: who demands one asks the same gateway, which is the first here.
        stubs = self._stubs[:1] if request.min_revision else self._stubs
        while True:
            for stub in stubs:
                try:
                    last = getattr(stub, method)(request, timeout=self._deadline, metadata=self._metadata)
                except grpc.RpcError as error:
                    if error.code() not in NO_ANSWER:
                        raise Refused(error.code(), error.details()) from error
                    continue
                if not passes(last):
                    return last
            rest = end - time.monotonic()
            if rest <= 0:
                return last
            # Not all clients at once, and never longer than the patience.
            time.sleep(min(rest, wait * random.uniform(0.5, 1.0)))
            wait = min(2 * wait, 60.0)


def _word(enum, number):
    """ALLOW of DECISION_ALLOW: the word that HTTP has. A word of a newer gateway that is not known here is its number, and no ALLOW."""
    prefix = enum.DESCRIPTOR.name.upper() + "_"
    return enum.Name(number).removeprefix(prefix) if number in enum.values() else str(number)


if __name__ == "__main__":
    gateways = Gateway(sys.argv[1].split(","), caller="example-python", patience=5.0)
    asked = {"brand_code": int(sys.argv[2]), "channel": v1.CHANNEL_MESAJ, "reference": "example"}
    for number in sys.argv[3:]:
        print(number, *gateways.may_send(recipient=number, **asked))
    for number, told in zip(sys.argv[3:], gateways.may_send_all(sys.argv[3:], **asked)):
        print("batch", number, *told)
    gateways.close()
