#!/usr/bin/env python3
"""Verifies a ledger directory without any of Tallygate's code.

    ledger-verify.py DIRECTORY [--json]

Reads the segment files of one node, checks every record's CRC32C, the order of positions, the SHA-256
chain of each tenant, and counts every pool again: no grant may take a pool above its limit, nothing may
be given back twice, and each record's `free` must be what the records before it leave.

Exit codes: 0 intact, 1 not intact, 2 cannot be read. Needs Python 3.8 and nothing else. The formats are
drawn in LedgerLayout.java and ledger.proto.
"""

import argparse
import hashlib
import json
import os
import re
import struct
import sys

# u32 length of the body, u32 CRC32C of all that follows it, then version, kind, ordinal, tenant, position, clock.
HEAD = struct.Struct("<II")
REST = struct.Struct("<BBHIQQ")
RECORD_HEADER = HEAD.size + REST.size
BODY_MAX = 65_536
VERSION = 1

(GRANTED, RESUMED, RELEASED, LINGERED, EXPIRED, REVOKED, COMMITTED, CANCELLED, HOLD_EXPIRED, POOL_CREATED,
 POOL_DROPPED, LIMIT_SET, WINDOW_CLOSED, SLICE_LEFT, CATALOG_APPLIED, REFUSED, TENANT_CREATED, POOL_RETIRED,
 SEAL) = range(1, 20)
LABEL_RELEASED, LABEL_BLOCKED, THRESHOLD = 30, 31, 32
TENANT_SUSPENDED, TENANT_RESUMED, TENANT_DELETED, TENANT_ENDED, ENTITY_PUT, ENTITY_REMOVED = range(40, 46)
NO_POOL = (CATALOG_APPLIED, REFUSED, TENANT_CREATED, LABEL_RELEASED, LABEL_BLOCKED, TENANT_SUSPENDED,
           TENANT_RESUMED, TENANT_DELETED, TENANT_ENDED, ENTITY_PUT, ENTITY_REMOVED)
LEASE, HOLD, RECEIPT, SEAT = 1, 2, 3, 4
SITE = 4  # the model whose pools limit nothing


class Damage(Exception):
    """The ledger is not what was written."""


def crc32c_table():
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
        table.append(value)
    return table


TABLE = crc32c_table()


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = TABLE[(crc ^ byte) & 0xFF] ^ crc >> 8
    return crc ^ 0xFFFFFFFF


def varint(data, at):
    value = shift = 0
    while True:
        if at >= len(data) or shift > 63:
            raise Damage("body cannot be read")
        value |= (data[at] & 0x7F) << shift
        shift += 7
        at += 1
        if data[at - 1] < 0x80:
            return value & 0xFFFFFFFFFFFFFFFF, at


def signed(value):
    return value - (1 << 64) if value >= 1 << 63 else value


# Fields of LedgerBody that are counted with, by number; the others are only stepped over.
NUMBERS = {1: "pool", 3: "lease", 4: "units", 5: "limit", 6: "free", 11: "grant", 16: "count", 20: "charged", 21: "model",
           22: "carried", 23: "overage"}
# Of thresholds each byte is one: they are below 128.
BYTES = {12: "entitlement", 13: "partition", 14: "detail", 19: "head", 31: "thresholds"}
LAST_FIELD = 23
LABELS, THRESHOLDS = 30, 31


def body_of(data):
    body = dict.fromkeys(NUMBERS.values(), 0)
    body.update((field, b"") for field in BYTES.values())
    at = 0
    while at < len(data):
        tag, at = varint(data, at)
        field, wire = tag >> 3, tag & 7
        if not 1 <= field <= LAST_FIELD and field not in (LABELS, THRESHOLDS):
            raise Damage("has a field that this version does not know")
        if wire == 0:
            value, at = varint(data, at)
            value = signed(value)
        elif wire == 1:
            if at + 8 > len(data):
                raise Damage("body cannot be read")
            value, at = struct.unpack_from("<Q", data, at)[0], at + 8
        elif wire == 2:
            length, at = varint(data, at)
            if at + length > len(data):
                raise Damage("body cannot be read")
            value, at = data[at:at + length], at + length
        else:
            raise Damage("body cannot be read")
        if field in NUMBERS and wire != 2:
            body[NUMBERS[field]] = value
        elif field in BYTES and wire == 2:
            body[BYTES[field]] = value
    return body


class Pool:
    def __init__(self, created):
        self.name = (created["entitlement"], created["partition"])
        self.counts = created["model"] != SITE
        self.limit = created["limit"]
        # Taken beyond the limit as its overage allowed, and not back.
        self.overage = 0
        self.taken = 0
        self.used = 0
        self.windows = 0


class Pools:
    """Counts one tenant's pools by the units that change hands."""

    def __init__(self):
        self.pools = {}
        # By name; more than one where all but the last retired.
        self.named = {}
        # Lease to [pool, units, stage, window]; stages are "live", "lingering" (a seat: cooling down) and "hold".
        self.open = {}

    def take(self, kind, body):
        if kind in NO_POOL:
            return
        number = body["pool"]
        if kind == POOL_CREATED:
            if number in self.pools:
                raise Damage(f"pool {number} exists")
            pool = self.pools[number] = Pool(body)
            self.named.setdefault(pool.name, []).append(pool)
            return self.compare(body)
        pool = self.pools.get(number)
        settles = kind in (COMMITTED, CANCELLED, HOLD_EXPIRED, REVOKED)
        if pool is None and not settles:
            raise Damage(f"pool {number} does not exist")
        if kind == GRANTED:
            self.grant(pool, body)
        elif kind == RESUMED:
            self.lease(body, ("live", "lingering"))[2] = "live"
        elif kind in (RELEASED, EXPIRED, REVOKED) and body["units"] == 0:
            self.lease(body, ("live",), any_units=True)[2] = "lingering"
        elif kind in (RELEASED, EXPIRED):
            self.end(pool, body, ("live",))
        elif kind == LINGERED:
            self.end(pool, body, ("lingering",))
        elif settles:
            stage = self.open.get(body["lease"], [0, 0, ""])[2]
            if kind == REVOKED and stage != "hold":
                self.end(pool, body, ("live", "lingering"))
            else:
                self.settle(pool, body)
        elif kind == WINDOW_CLOSED:
            if pool.taken != body["units"]:
                raise Damage(f"a window closes with {body['units']} units, {pool.taken} are taken")
            pool.taken = pool.used = 0
            pool.windows += 1
        elif kind == SLICE_LEFT:
            if body["units"] > pool.used:
                raise Damage(f"{body['units']} units leave a window that holds {pool.used}")
            pool.used -= body["units"]
            pool.taken -= body["units"]
        elif kind == THRESHOLD:
            taken = pool.taken
            if body["count"] != taken:
                raise Damage(f"pool {number} says {body['count']} units of use, its records say {taken}")
            for percent in body["thresholds"]:
                if not taken or taken * 100 < percent * body["limit"]:
                    raise Damage(f"{taken} units are not {percent} % of {body['limit']}")
        elif kind in (LIMIT_SET, POOL_RETIRED):
            if kind == POOL_RETIRED and body["limit"]:
                raise Damage(f"a pool retires with limit {body['limit']}")
            pool.limit = body["limit"]
        elif kind == POOL_DROPPED:
            if pool.taken:
                raise Damage(f"a pool is dropped with {pool.taken} units taken")
            self.compare(body)
            del self.pools[number]
            self.named[pool.name].remove(pool)
            return
        else:
            raise Damage("kind is unknown")
        # A hold may have outlived its pool: then there is nothing to compare.
        if pool is not None:
            self.compare(body)

    def grant(self, pool, body):
        if body["units"] <= 0:
            raise Damage(f"grants {body['units']} units")
        free = max(0, pool.limit - pool.taken - body["carried"])
        pool.overage = min(pool.overage, max(0, pool.taken + body["carried"] - pool.limit))
        pool.taken += body["units"]
        # What is taken beyond the limit must say so.
        if body["units"] > free:
            pool.overage += body["units"] - free
            if body["overage"] != pool.overage:
                raise Damage(f"pool {body['pool']}: {pool.taken} units are taken, the limit is {pool.limit}")
        # What was given out under a name counts against it for as long as it is out.
        before = sum(other.taken for other in self.named[pool.name] if other is not pool and other.counts)
        if body["carried"] < before:
            raise Damage(f"pool {body['pool']} carries {body['carried']} units; "
                         f"retired pools of its name hold {before}")
        if body["grant"] == RECEIPT:
            pool.used += body["units"]
        elif body["grant"] in (LEASE, HOLD, SEAT):
            if body["lease"] in self.open:
                raise Damage(f"lease {body['lease']} is granted again")
            stage = "hold" if body["grant"] == HOLD else "live"
            self.open[body["lease"]] = [body["pool"], body["units"], stage, pool.windows]
        else:
            raise Damage(f"kind {body['grant']} of a grant is unknown")

    def lease(self, body, stages, any_units=False):
        lease = self.open.get(body["lease"])
        if lease is None or lease[0] != body["pool"] or lease[2] not in stages:
            raise Damage(f"lease {body['lease']} is not one that can end or go on so")
        if not any_units and lease[1] != body["units"]:
            raise Damage(f"lease {body['lease']} was granted {lease[1]} units, not {body['units']}")
        return lease

    def end(self, pool, body, stages):
        self.lease(body, stages)
        del self.open[body["lease"]]
        if pool is None:
            raise Damage(f"pool {body['pool']} does not exist")
        pool.taken -= body["units"]

    def settle(self, pool, body):
        lease = self.lease(body, ("hold",))
        del self.open[body["lease"]]
        if not 0 <= body["charged"] <= body["units"]:
            raise Damage(f"charges {body['charged']} of {body['units']} units on hold")
        # What was on hold in a calendar window that has closed is settled on paper only.
        if pool is not None and lease[3] == pool.windows:
            pool.taken -= body["units"] - body["charged"]
            pool.used += body["charged"]

    def compare(self, body):
        pool = self.pools[body["pool"]]
        if pool.taken < 0:
            raise Damage(f"pool {body['pool']} gave back more than was taken")
        # Above the limit, which a cut or a predecessor may have left behind, nothing is free.
        free = max(0, pool.limit - pool.taken - body["carried"])
        # What comes back repays a cut limit first, then overage.
        pool.overage = min(pool.overage, max(0, pool.taken + body["carried"] - pool.limit))
        if (pool.limit, free, pool.overage) != (body["limit"], body["free"], body["overage"]):
            raise Damage(
                f"pool {body['pool']} says limit {body['limit']}, free {body['free']}, overage {body['overage']}; "
                f"its records say limit {pool.limit}, free {free}, overage {pool.overage}")


class Tenant:
    def __init__(self):
        self.name = ""
        self.records = 0
        self.position = 0
        self.ordinal = 0
        self.unsealed = False
        self.head = bytes(32)
        self.hash = hashlib.sha256(self.head)
        self.pools = Pools()

    def take(self, kind, ordinal, position, record, body):
        if kind == SEAL:
            if not self.unsealed or ordinal or position < self.position:
                raise Damage("a seal out of order")
            head = self.hash.digest()
            if head != body["head"]:
                raise Damage("the seal is not the hash of the records before it")
            self.head = head
            self.hash = hashlib.sha256(self.head)
            self.unsealed = False
        else:
            follows = position > self.position and ordinal == 0
            same = self.unsealed and position == self.position and ordinal == self.ordinal + 1
            if not follows and not same:
                raise Damage(f"position {position}.{ordinal} follows {self.position}.{self.ordinal}")
            self.hash.update(record)
            self.unsealed = True
            if kind == TENANT_CREATED:
                self.name = body["detail"].decode("utf-8", "replace")
            self.pools.take(kind, body)
        self.position, self.ordinal = position, ordinal
        self.records += 1


class Ledger:
    def __init__(self):
        self.tenants = {}
        self.records = 0
        self.end = 0

    def segment(self, path, start):
        with open(path, "rb") as file:
            data = file.read()
        if start != self.end:
            raise Damage(f"bytes {self.end} to {start} are missing")
        at = 0
        while at < len(data):
            at = self.record(data, at)
            self.end = start + at

    def record(self, data, at):
        if at + RECORD_HEADER > len(data):
            raise Damage(f"ends after {len(data) - at} bytes of a record")
        length, crc = HEAD.unpack_from(data, at)
        version, kind, ordinal, tenant, position, _ = REST.unpack_from(data, at + HEAD.size)
        if length > BODY_MAX:
            raise Damage(f"length {length} of a body")
        end = at + RECORD_HEADER + length
        if end > len(data):
            raise Damage(f"ends after {len(data) - at} bytes of a record")
        if version != VERSION:
            raise Damage(f"version {version}")
        if crc32c(data[at + HEAD.size:end]) != crc:
            raise Damage("fails its checksum")
        body = body_of(data[at + RECORD_HEADER:end])
        self.tenants.setdefault(tenant, Tenant()).take(kind, ordinal, position, data[at:end], body)
        self.records += 1
        return end

    def finish(self):
        for number, tenant in sorted(self.tenants.items()):
            if tenant.unsealed:
                raise Damage(f"the last records of tenant {number} are not sealed")


def verify(directory):
    ledger = Ledger()
    try:
        for name in sorted(os.listdir(directory)):
            if not name.endswith(".ledger"):
                continue
            if not re.fullmatch(r"\d{20}\.ledger", name):
                raise Damage(f"{name} is not a file of a ledger")
            ledger.segment(os.path.join(directory, name), int(name[:20]))
        ledger.finish()
        return ledger, None
    except Damage as damage:
        return ledger, f"record at {ledger.end}: {damage}"


def report(ledger, fault):
    tenants = [
        {"tenant": number, "name": tenant.name, "records": tenant.records, "position": tenant.position,
         "pools": len(tenant.pools.pools), "taken": sum(p.taken for p in tenant.pools.pools.values()),
         "head": tenant.head.hex()}
        for number, tenant in sorted(ledger.tenants.items())]
    return {"intact": fault is None, "records": ledger.records, "bytes": ledger.end, "fault": fault or "",
            "tenants": tenants}


def main():
    parser = argparse.ArgumentParser(description="Verifies a ledger directory without any of Tallygate's code.")
    parser.add_argument("directory", help="the `ledger` directory of a node's storage")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    arguments = parser.parse_args()
    try:
        found = report(*verify(arguments.directory))
    except OSError as error:
        print(f"ledger-verify: {error}", file=sys.stderr)
        return 2
    if arguments.json:
        print(json.dumps(found))
    else:
        print(f"{'tenant':>6}  {'name':<16} {'records':>10} {'position':>10} {'pools':>6} {'taken':>8}  head")
        for row in found["tenants"]:
            print(f"{row['tenant']:>6}  {row['name']:<16} {row['records']:>10} {row['position']:>10} "
                  f"{row['pools']:>6} {row['taken']:>8}  {row['head'][:16]}")
        print(f"{found['records']} records, {found['bytes']} bytes: " +
              ("intact" if found["intact"] else "NOT INTACT: " + found["fault"]))
    return 0 if found["intact"] else 1


if __name__ == "__main__":
    sys.exit(main())
