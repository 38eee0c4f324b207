package dev.tallygate.server.licensing;

/**
 * A {@code RenewRequest}, {@code ReleaseRequest}, {@code CommitRequest} or {@code CancelRequest}:
 * they agree in their first three fields. Reused by one thread: valid until its next request.
 */
final class ParsedLeaseCall {
  final Text tenant = new Text();
  long leaseId;
  long token;

  /** Renew; 0 where the caller leaves it to the entitlement. */
  long ttlUs;

  /** Commit. */
  long units;

  private final RequestReader in = new RequestReader();
  private final Text leaseIdText = new Text();
  private final Text tokenText = new Text();
  private final WireTime ttl = new WireTime();
  private byte[] request = new byte[0];

  /** Reads and checks a request of the given call. */
  void parse(Method method, byte[] bytes, ClusterIds ids) throws Malformed, ForeignId {
    clear(bytes);
    in.over(bytes, "request");
    for (int tag = in.tag(); tag != 0; tag = in.tag()) {
      switch (tag) {
        case 1 << 3 | RequestReader.LENGTH -> read("tenant", tenant);
        case 2 << 3 | RequestReader.LENGTH -> read("lease_id", leaseIdText);
        case 3 << 3 | RequestReader.LENGTH -> read("token", tokenText);
        case 4 << 3 | RequestReader.LENGTH -> readTtl(method, tag);
        case 4 << 3 | RequestReader.VARINT -> readUnits(method, tag);
        default -> in.skip(tag);
      }
      in.at("request");
    }
    FieldBounds.bytes("tenant", tenant, 0, Limits.TENANT_BYTES_MAX);
    leaseId = ids.parse("lease_id", leaseIdText);
    token = ids.parse("token", tokenText);
    ttlUs = ttl.ttlUs("ttl");
    FieldBounds.range("units", units, 0, Limits.UNITS_MAX);
  }

  private void clear(byte[] bytes) {
    request = bytes;
    tenant.clear();
    leaseIdText.clear();
    tokenText.clear();
    ttl.clear();
    units = 0;
  }

  private void readTtl(Method method, int tag) throws Malformed {
    if (method == Method.RENEW) ttl.read(in, "ttl");
    else in.skip(tag);
  }

  private void readUnits(Method method, int tag) throws Malformed {
    if (method == Method.COMMIT) units = in.varint();
    else in.skip(tag);
  }

  private void read(String field, Text into) throws Malformed {
    in.at(field);
    int length = in.text();
    into.set(request, in.position() - length, length);
  }
}
