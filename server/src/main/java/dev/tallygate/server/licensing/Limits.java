package dev.tallygate.server.licensing;

import dev.tallygate.raft.state.Counts;

/** Bounds on what a caller may send, and on what one call may cost. */
final class Limits {
  static final int TENANT_BYTES_MAX = 64;
  static final int REQUEST_ID_BYTES_MAX = 64;
  static final int ENTITLEMENT_BYTES_MAX = 64;
  static final int TYPE_BYTES_MAX = 64;
  static final int ACTION_BYTES_MAX = 64;
  static final int SUBJECT_ID_BYTES_MAX = 256;
  static final int RESOURCE_ID_BYTES_MAX = 256;
  static final int SESSION_BYTES_MAX = 256;
  static final int REASON_BYTES_MAX = 256;
  static final int LABEL_BYTES_MAX = 128;

  /** Of a value that names a partition; longer ones name none. */
  static final int PARTITION_BYTES_MAX = 256;

  /** Of each of subject.properties, resource.properties and context, counted as sent. */
  static final int PROPERTIES_MAX = 64;

  static final int PROPERTY_NAME_BYTES_MAX = 64;
  static final int VALUE_BYTES_MAX = 4_096;
  static final int LIST_VALUES_MAX = 64;

  static final long UNITS_MAX = Counts.UNITS_MAX;
  static final long LIMIT_MAX = Counts.LIMIT_MAX;

  static final long TTL_MIN_US = 1_000_000;

  /** Ten thousand years, what protobuf allows a duration. */
  static final long DURATION_SECONDS_MAX = 315_576_000_000L;

  /** 9999-12-31T23:59:59Z, what protobuf allows a timestamp. */
  static final long TIMESTAMP_SECONDS_MAX = 253_402_300_799L;

  /** Entitlements of one Allocate. */
  static final int ENTITLEMENTS_MAX = 10;

  /** Requests of one batch. */
  static final int BATCH_ITEMS_MAX = 1_000;

  /** Of the strings that name a lease, a token or a revision. */
  static final int ID_BYTES_MAX = 64;

  /** Nesting of groups in unknown fields; protobuf's own bound on recursion. */
  static final int NESTING_MAX = 100;

  /** Pools and reasons that one second's refusals are told apart by; the rest is summed. */
  static final int TALLY_KEYS_MAX = 4_096;

  /** Summaries proposed at once; the least busy wait for the next second. */
  static final int SUMMARIES_MAX = 256;

  static {
    if (TTL_MIN_US / 1_000_000 > DURATION_SECONDS_MAX)
      throw new AssertionError("a ttl must be able to reach its minimum");
    if (SUMMARIES_MAX > TALLY_KEYS_MAX)
      throw new AssertionError("more summaries than keys to summarize");
  }

  private Limits() {}
}
