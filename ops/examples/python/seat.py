"""Takes one seat, renews it, and gives it back: `python seat.py TARGET ENTITLEMENT USER SESSION`.

The stubs are generated beside this file, from the top of the repository:

    python -m venv .build/python && .build/python/bin/pip install -r ops/examples/python/requirements.txt
    .build/python/bin/python -m grpc_tools.protoc -I proto/src/main/proto --python_out=ops/examples/python \
        --grpc_python_out=ops/examples/python tallygate/v1/licensing.proto tallygate/v1/question.proto
"""

import random
import sys
import time
import uuid

import grpc
from google.protobuf.timestamp_pb2 import Timestamp

from tallygate.v1 import licensing_pb2, licensing_pb2_grpc, question_pb2

TRIES = 10
PAUSE_S = 0.2
REFUSED = 3
# Send the same request again after these. grpc says UNAVAILABLE, too, where a connection breaks.
AGAIN = {
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.CANCELLED,
}


def is_to_repeat(error):
    """RESOURCE_EXHAUSTED is repeated only where RetryInfo stands beside it: a message too large stays so."""
    if error.code() != grpc.StatusCode.RESOURCE_EXHAUSTED:
        return error.code() in AGAIN
    details = dict(error.trailing_metadata() or ()).get("grpc-status-details-bin", b"")
    return b"google.rpc.RetryInfo" in details


def retried(call):
    """Calls with the number of the attempt until there is an answer."""
    for attempt in range(1, TRIES + 1):
        try:
            return call(attempt)
        except grpc.RpcError as error:
            if attempt == TRIES or not is_to_repeat(error):
                raise
            time.sleep(PAUSE_S * random.uniform(0.5, 1))


def clocks():
    """One stands still while the machine sleeps, the other jumps: a seat is good by both or not at all."""
    return time.monotonic(), time.time()


def is_good(sent_at, ttl_s):
    return all(now - sent < ttl_s for now, sent in zip(clocks(), sent_at))


def allocate(stub, entitlement, user, session):
    issued_at = Timestamp()
    issued_at.GetCurrentTime()
    # Made once: id and time name the request, and every attempt sends them again.
    request = licensing_pb2.AllocateRequest(
        request_id=str(uuid.uuid4()),
        issued_at=issued_at,
        subject=question_pb2.Subject(type="user", id=user),
        entitlements=[licensing_pb2.EntitlementUnits(entitlement=entitlement, units=1)],
        session=session,
    )

    def attempt(number):
        request.attempt = number
        # The ttl of the answer counts from here, the send of the attempt that was answered.
        sent_at = clocks()
        return sent_at, stub.Allocate(request, timeout=2)

    return retried(attempt)


def main(target, entitlement, user, session):
    with grpc.insecure_channel(target) as channel:
        stub = licensing_pb2_grpc.LicensingServiceStub(channel)
        sent_at, answer = allocate(stub, entitlement, user, session)
        outcome = answer.WhichOneof("outcome")
        if outcome == "refused":
            refused = answer.refused
            reason = licensing_pb2.RefusalReason.Name(refused.reason).removeprefix("REFUSAL_REASON_")
            print(f"refused: {reason}, {refused.taken} of {refused.limit} taken")
            return REFUSED
        if outcome != "granted":
            print("over already")
            return REFUSED
        seat = answer.granted.grants[0]
        ttl_s = seat.ttl.ToNanoseconds() / 1e9
        print(f"granted for {seat.ttl.seconds} s, free: {seat.free}")

        # Work goes here, while is_good and no longer. Renew well before the end, say after a third of the ttl; from then
        # on, what is good counts from the send of the Renew.
        renew = licensing_pb2.RenewRequest(lease_id=seat.lease_id, token=seat.token)
        renewed = retried(lambda _: stub.Renew(renew, timeout=2))
        was_good = is_good(sent_at, ttl_s)
        if renewed.WhichOneof("outcome") != "renewed":
            print("lost: stop working")
            return REFUSED
        # The seat is still held, but work had to stop when its time passed: it may begin anew, and here it ends.
        print("renewed" if was_good else "renewed late: work had stopped")

        release = licensing_pb2.ReleaseRequest(lease_id=seat.lease_id, token=seat.token)
        retried(lambda _: stub.Release(release, timeout=2))
        print("given back")
        return 0


if __name__ == "__main__":
    if len(sys.argv) != 5:
        sys.exit("usage: seat.py TARGET ENTITLEMENT USER SESSION")
    sys.exit(main(*sys.argv[1:]))
