package dev.tallygate.server.licensing;

/**
 * A {@code tallygate.v1.AllocateRequest} as pointers into its bytes. Reused by one thread: valid
 * until its next request.
 *
 * <p>Bounds are checked in the order of the fields, after the wire format and the bounds on
 * properties, which are found while reading.
 */
final class ParsedAllocate {
  private static final int LENGTH = RequestReader.LENGTH;
  private static final int VARINT = RequestReader.VARINT;
  private static final int SEVERAL = 100;
  private static final String FIRST = "entitlements[0].entitlement";

  final Text tenant = new Text();
  final Text requestId = new Text();
  long issuedAtUs;
  int attempt;
  final Text subjectType = new Text();
  final Text subjectId = new Text();
  final Properties subject = new Properties();

  /** The first of {@link #entitlements}. */
  final Text entitlement;

  /** 1 to {@link #entitlements}, as parsed. */
  int parts;

  final Text[] entitlements = new Text[Limits.ENTITLEMENTS_MAX];
  final long[] units = new long[Limits.ENTITLEMENTS_MAX];
  final Text session = new Text();
  final Text device = new Text();

  /** 0 where the caller leaves it to the entitlement. */
  long ttlUs;

  boolean hold;
  final Text action = new Text();
  final Text resourceType = new Text();
  final Text resourceId = new Text();
  final Properties resource = new Properties();
  final Properties context = new Properties();
  final ParsedLabels labels = new ParsedLabels();

  private final RequestReader in = new RequestReader();
  private final ContentHash hash = new ContentHash();
  private final WireTime issuedAt = new WireTime();
  private final WireTime ttl = new WireTime();
  private byte[] request = new byte[0];
  private boolean hasSubject;

  ParsedAllocate() {
    for (int i = 0; i < entitlements.length; i++) entitlements[i] = new Text();
    entitlement = entitlements[0];
  }

  /** Reads and checks a request. */
  void parse(byte[] bytes) throws Malformed {
    clear(bytes);
    in.over(bytes, "request");
    for (int tag = in.tag(); tag != 0; tag = in.tag()) {
      switch (tag) {
        case 1 << 3 | LENGTH -> read("tenant", tenant);
        case 2 << 3 | LENGTH -> read("request_id", requestId);
        case 3 << 3 | LENGTH -> issuedAt.read(in, "issued_at");
        case 4 << 3 | VARINT -> attempt = (int) in.varint();
        case 5 << 3 | LENGTH -> readSubject();
        case 6 << 3 | LENGTH -> readEntitlement();
        case 7 << 3 | LENGTH -> read("session", session);
        case 8 << 3 | LENGTH -> read("device", device);
        case 9 << 3 | LENGTH -> ttl.read(in, "ttl");
        case 10 << 3 | VARINT -> hold = in.bool();
        case 11 << 3 | LENGTH -> readAction();
        case 12 << 3 | LENGTH -> readResource();
        case 13 << 3 | LENGTH -> {
          in.at("context");
          context.read(in, "context");
        }
        case 20 << 3 | LENGTH -> {
          in.at("labels");
          labels.add(request, in, in.text());
        }
        default -> in.skip(tag);
      }
      in.at("request");
    }
    check();
  }

  /** Adds everything the caller asked for but not how often: equal questions hash alike. */
  ContentHash contentHash() {
    // Another kind of content for each number of parts, so that no two of them can be alike.
    hash.start(parts == 1 ? 1 : SEVERAL + parts).add(tenant).add(subjectType).add(subjectId);
    subject.addTo(hash);
    for (int i = 0; i < parts; i++) hash.add(entitlements[i]).add(units[i]);
    hash.add(session).add(device).add(ttlUs).add(hold ? 1 : 0);
    hash.add(action).add(resourceType).add(resourceId);
    resource.addTo(hash);
    context.addTo(hash);
    labels.addTo(hash);
    return hash;
  }

  private void clear(byte[] bytes) {
    request = bytes;
    tenant.clear();
    requestId.clear();
    issuedAt.clear();
    attempt = 0;
    hasSubject = false;
    subjectType.clear();
    subjectId.clear();
    subject.clear(bytes);
    for (int i = 0; i < parts; i++) {
      entitlements[i].clear();
      units[i] = 0;
    }
    parts = 0;
    session.clear();
    device.clear();
    ttl.clear();
    hold = false;
    action.clear();
    resourceType.clear();
    resourceId.clear();
    resource.clear(bytes);
    context.clear(bytes);
    labels.clear();
  }

  private void read(String field, Text into) throws Malformed {
    in.at(field);
    int length = in.text();
    into.set(request, in.position() - length, length);
  }

  private void readSubject() throws Malformed {
    in.at("subject");
    hasSubject = true;
    int outer = in.enter();
    for (int tag = in.tag(); tag != 0; tag = in.tag()) {
      switch (tag) {
        case 1 << 3 | LENGTH -> read("subject.type", subjectType);
        case 2 << 3 | LENGTH -> read("subject.id", subjectId);
        case 3 << 3 | LENGTH -> {
          in.at("subject.properties");
          subject.read(in, "subject.properties");
        }
        default -> in.skip(tag);
      }
      in.at("subject");
    }
    in.leave(outer);
  }

  private void readEntitlement() throws Malformed {
    in.at("entitlements");
    if (parts == Limits.ENTITLEMENTS_MAX)
      throw in.malformed("more than " + Limits.ENTITLEMENTS_MAX + " given");
    int part = parts++;
    int outer = in.enter();
    for (int tag = in.tag(); tag != 0; tag = in.tag()) {
      switch (tag) {
        case 1 << 3 | LENGTH -> read(part == 0 ? FIRST : name(part), entitlements[part]);
        case 2 << 3 | VARINT -> units[part] = in.varint();
        default -> in.skip(tag);
      }
      in.at(part == 0 ? "entitlements[0]" : "entitlements");
    }
    in.leave(outer);
  }

  private void readAction() throws Malformed {
    in.at("action");
    int outer = in.enter();
    for (int tag = in.tag(); tag != 0; tag = in.tag()) {
      if (tag == (1 << 3 | LENGTH)) read("action.name", action);
      else in.skip(tag);
      in.at("action");
    }
    in.leave(outer);
  }

  private void readResource() throws Malformed {
    in.at("resource");
    int outer = in.enter();
    for (int tag = in.tag(); tag != 0; tag = in.tag()) {
      switch (tag) {
        case 1 << 3 | LENGTH -> read("resource.type", resourceType);
        case 2 << 3 | LENGTH -> read("resource.id", resourceId);
        case 3 << 3 | LENGTH -> {
          in.at("resource.properties");
          resource.read(in, "resource.properties");
        }
        default -> in.skip(tag);
      }
      in.at("resource");
    }
    in.leave(outer);
  }

  private static String name(int part) {
    return "entitlements[" + part + "].entitlement";
  }

  private void checkPart(int part, String name) throws Malformed {
    FieldBounds.bytes(name, entitlements[part], 1, Limits.ENTITLEMENT_BYTES_MAX);
    if (units[part] == 0) units[part] = 1;
    if (units[part] < 1 || units[part] > Limits.UNITS_MAX)
      FieldBounds.range("entitlements[" + part + "].units", units[part], 1, Limits.UNITS_MAX);
    for (int other = 0; other < part; other++)
      if (entitlements[other].sameAs(entitlements[part]))
        throw new Malformed(name, "`" + entitlements[part] + "` is named twice");
  }

  private void check() throws Malformed {
    FieldBounds.bytes("tenant", tenant, 0, Limits.TENANT_BYTES_MAX);
    FieldBounds.bytes("request_id", requestId, 1, Limits.REQUEST_ID_BYTES_MAX);
    issuedAtUs = issuedAt.instantUs("issued_at");
    if (!hasSubject) throw new Malformed("subject", "is required");
    FieldBounds.bytes("subject.type", subjectType, 0, Limits.TYPE_BYTES_MAX);
    // Holder names are type, zero byte, id: a zero in the type would make two holders one.
    if (subjectType.contains((byte) 0)) throw new Malformed("subject.type", "contains U+0000");
    FieldBounds.bytes("subject.id", subjectId, 1, Limits.SUBJECT_ID_BYTES_MAX);
    if (parts == 0) throw new Malformed("entitlements", "at least one is required");
    checkPart(0, FIRST);
    for (int part = 1; part < parts; part++) checkPart(part, name(part));
    FieldBounds.bytes("session", session, 0, Limits.SESSION_BYTES_MAX);
    FieldBounds.bytes("device", device, 0, Limits.SESSION_BYTES_MAX);
    ttlUs = ttl.ttlUs("ttl");
    FieldBounds.bytes("action.name", action, 0, Limits.ACTION_BYTES_MAX);
    FieldBounds.bytes("resource.type", resourceType, 0, Limits.TYPE_BYTES_MAX);
    FieldBounds.bytes("resource.id", resourceId, 0, Limits.RESOURCE_ID_BYTES_MAX);
    labels.check();
  }
}
