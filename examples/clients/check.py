"""Asks izingate before a send, over gRPC: python check.py 127.0.0.1:7070 601234 05320000001

Once, beside this file:
    pip install grpcio grpcio-tools
    python -m grpc_tools.protoc -I ../../proto --python_out=. --grpc_python_out=. ../../proto/izingate/v1/izingate.proto
"""
import sys

import grpc
from izingate.v1 import izingate_pb2 as v1
from izingate.v1 import izingate_pb2_grpc

endpoint, brand, recipient = sys.argv[1:4]
with grpc.insecure_channel(endpoint) as channel:
    permission = izingate_pb2_grpc.PermissionServiceStub(channel)
    question = v1.CheckRequest(brand_code=int(brand), channel=v1.CHANNEL_MESAJ, recipient=recipient, reference="example")
    try:
        answer = permission.Check(question, timeout=3, metadata=[("izingate-caller", "example-python")])
    except grpc.RpcError as error:
        # There is no decision: do not send. UNAVAILABLE passes; docs/errors.md says which others do.
        sys.exit(f"{error.code().name}: {error.details()}")
    # Send only what is allowed. DEFER says that it may be asked again later.
    print(v1.Decision.Name(answer.decision), v1.Reason.Name(answer.reason), answer.decision_id)
    sys.exit(0 if answer.allowed else 1)
