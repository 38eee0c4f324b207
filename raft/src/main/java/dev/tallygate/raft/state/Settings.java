package dev.tallygate.raft.state;

/**
 * Every bound that apply compares with. Replicated: configuration only seeds it, so that two nodes
 * configured differently still decide alike. Times in microseconds.
 *
 * @param tickUs how often an idle cluster moves its clocks; an entry moves {@code elapsed} by at
 *     most twice as much
 * @param requestWindowUs how long a request id is remembered, counted from {@code issued_at}
 * @param requestAheadUs how far ahead of the civil clock a request may be issued
 * @param civilLeadUs how far the civil clock may lead the confirmed median, beside the time since
 * @param poolsMax pools of all tenants
 * @param leasesMax leases and holds of all tenants
 * @param requestsMax remembered request ids of all tenants
 * @param subjectsMax holders known by name, of all tenants; and as many entities
 * @param tenantsMax tenants
 * @param entitlementsMax entitlements of one tenant
 * @param sweepMax rows of one kind that one entry sweeps
 * @param ledgerSegmentBytes length at which a segment of the ledger ends
 * @param digestEvery indexes between two votes on the digest
 * @param voters nodes that vote
 * @param catalogVersionsMax versions of one tenant's catalog that are kept
 */
public record Settings(
    long tickUs,
    long requestWindowUs,
    long requestAheadUs,
    long civilLeadUs,
    long poolsMax,
    long leasesMax,
    long requestsMax,
    long subjectsMax,
    int tenantsMax,
    int entitlementsMax,
    int sweepMax,
    long ledgerSegmentBytes,
    long digestEvery,
    int voters,
    int catalogVersionsMax) {

  /** What holds until the first leader has seeded them. */
  public static final Settings DEFAULTS =
      new Settings(
          250_000,
          600_000_000,
          60_000_000,
          500_000,
          200_000,
          2_000_000,
          8_000_000,
          2_000_000,
          100,
          1_000,
          4_000,
          64L << 20,
          1_024,
          1,
          100);

  static final int FIELDS = 15;

  /** One version can take back as many entitlements as there may be, and add as many. */
  private static final int CATALOG_ROWS_PART = 10;

  /** Most leases stand under no label, few under many. */
  private static final int LABEL_ROWS_PART = 2;

  public Settings {
    check("tick_us", tickUs, 10_000, 10_000_000);
    check("request_window_us", requestWindowUs, 60_000_000, 3_600_000_000L);
    check("request_ahead_us", requestAheadUs, 1_000_000, 600_000_000);
    check("civil_lead_us", civilLeadUs, 1_000, 60_000_000);
    check("pools_max", poolsMax, 1, 10_000_000);
    check("leases_max", leasesMax, 1, 100_000_000);
    check("requests_max", requestsMax, 1, 1_000_000_000);
    check("subjects_max", subjectsMax, 1, 100_000_000);
    check("tenants_max", tenantsMax, 1, 10_000);
    check("entitlements_max", entitlementsMax, 1, 100_000);
    check("sweep_max", sweepMax, 1, 100_000);
    check("ledger_segment_bytes", ledgerSegmentBytes, 4_096, 1L << 30);
    check("digest_every", digestEvery, 1, 1_000_000);
    check("voters", voters, 1, 5);
    check("catalog_versions_max", catalogVersionsMax, 1, 10_000);
  }

  static Settings of(dev.tallygate.proto.log.v1.Settings proto) {
    return new Settings(
        proto.getTickUs(),
        proto.getRequestWindowUs(),
        proto.getRequestAheadUs(),
        proto.getCivilLeadUs(),
        proto.getPoolsMax(),
        proto.getLeasesMax(),
        proto.getRequestsMax(),
        proto.getSubjectsMax(),
        proto.getTenantsMax(),
        proto.getEntitlementsMax(),
        proto.getSweepMax(),
        proto.getLedgerSegmentBytes(),
        proto.getDigestEvery(),
        proto.getVoters(),
        proto.getCatalogVersionsMax());
  }

  public dev.tallygate.proto.log.v1.Settings proto() {
    return dev.tallygate.proto.log.v1.Settings.newBuilder()
        .setTickUs(tickUs)
        .setRequestWindowUs(requestWindowUs)
        .setRequestAheadUs(requestAheadUs)
        .setCivilLeadUs(civilLeadUs)
        .setPoolsMax(poolsMax)
        .setLeasesMax(leasesMax)
        .setRequestsMax(requestsMax)
        .setSubjectsMax(subjectsMax)
        .setTenantsMax(tenantsMax)
        .setEntitlementsMax(entitlementsMax)
        .setSweepMax(sweepMax)
        .setLedgerSegmentBytes(ledgerSegmentBytes)
        .setDigestEvery(digestEvery)
        .setVoters(voters)
        .setCatalogVersionsMax(catalogVersionsMax)
        .build();
  }

  void writeTo(Bytes row) {
    row.addLong(tickUs).addLong(requestWindowUs).addLong(requestAheadUs).addLong(civilLeadUs);
    row.addLong(poolsMax).addLong(leasesMax).addLong(requestsMax).addLong(subjectsMax);
    row.addLong(tenantsMax).addLong(entitlementsMax).addLong(sweepMax);
    row.addLong(ledgerSegmentBytes).addLong(digestEvery).addLong(voters);
    row.addLong(catalogVersionsMax);
  }

  static Settings readFrom(Bytes row, int offset) {
    long[] fields = new long[FIELDS];
    for (int i = 0; i < FIELDS; i++) fields[i] = row.getLong(offset + i * Long.BYTES);
    return new Settings(
        fields[0],
        fields[1],
        fields[2],
        fields[3],
        fields[4],
        fields[5],
        fields[6],
        fields[7],
        (int) fields[8],
        (int) fields[9],
        (int) fields[10],
        fields[11],
        fields[12],
        (int) fields[13],
        (int) fields[14]);
  }

  /** The bound on the rows of a table; {@code Long.MAX_VALUE} where there is none of its own. */
  public long bound(TableId table) {
    return switch (table) {
      case POOLS -> poolsMax;
      case LEASES, SESSIONS, HOLDERS, GROUPS -> leasesMax;
      case REQUESTS -> requestsMax;
      case SUBJECTS, NAMES, ENTITIES -> subjectsMax;
      case TENANTS -> tenantsMax;
      case ENTITLEMENTS -> (long) entitlementsMax * tenantsMax;
      case CATALOG_VERSIONS -> catalogRowsMax() * tenantsMax;
      // One row for each lease under each of its labels, one for each label.
      case LABELS -> LABEL_ROWS_PART * leasesMax;
      case LABEL_BLOCKS -> (long) LabelBlocks.BLOCKS_MAX * tenantsMax;
      case META -> 1;
    };
  }

  /** Rows that the versions of one tenant's catalog may take: older ones go before. */
  long catalogRowsMax() {
    return CATALOG_ROWS_PART * (entitlementsMax + 1L);
  }

  private static void check(String name, long value, long min, long max) {
    if (value < min || value > max) {
      throw new IllegalArgumentException(
          "setting " + name + " `" + value + "` is outside `" + min + ".." + max + "`");
    }
  }
}
