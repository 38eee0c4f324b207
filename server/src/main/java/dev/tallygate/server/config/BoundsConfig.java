package dev.tallygate.server.config;

/**
 * Bounds of the replicated state, keys {@code bounds.*}. They seed the settings of a new cluster
 * and size the tables of this node; a cluster that exists goes by its own settings.
 *
 * @param poolsMax pools of all tenants
 * @param leasesMax leases and holds, lingering ones included
 * @param requestsMax request ids of the last ten minutes: rate times 600
 * @param subjectsMax holders ever seen and not forgotten
 * @param tenantsMax tenants
 * @param entitlementsMax entitlements of one tenant
 * @param tickMs longest time between two entries, so the grain of expiry
 * @param civilLeadMs how far the cluster's wall clock may lead the median of a majority's
 * @param sweepMax leases that end by expiry in one entry
 * @param ledgerSegmentBytes size at which the ledger rolls to a new file
 * @param digestEvery entries between two votes on the digest
 * @param catalogVersionsMax versions of one tenant's catalog that are kept
 */
public record BoundsConfig(
    long poolsMax,
    long leasesMax,
    long requestsMax,
    long subjectsMax,
    int tenantsMax,
    int entitlementsMax,
    int tickMs,
    int civilLeadMs,
    int sweepMax,
    long ledgerSegmentBytes,
    long digestEvery,
    int catalogVersionsMax) {

  static final BoundsConfig DEFAULT =
      new BoundsConfig(
          200_000,
          1_200_000,
          60_000_000,
          1_200_000,
          100,
          1_000,
          100,
          500,
          1_000,
          64L << 20,
          1_024,
          100);

  public BoundsConfig {
    new Faults("bounds")
        .range("pools-max", poolsMax, 1, 10_000_000)
        .range("leases-max", leasesMax, 1, 100_000_000)
        .range("requests-max", requestsMax, 600, 200_000_000)
        .range("subjects-max", subjectsMax, 1, 100_000_000)
        .range("tenants-max", tenantsMax, 1, 10_000)
        .range("entitlements-max", entitlementsMax, 1, 100_000)
        .range("tick-ms", tickMs, 10, 10_000)
        .range("civil-lead-ms", civilLeadMs, 1, 60_000)
        .range("sweep-max", sweepMax, 1, 100_000)
        .range("ledger-segment-bytes", ledgerSegmentBytes, 1 << 20, 1L << 30)
        .range("digest-every", digestEvery, 1, 32_768)
        .range("catalog-versions-max", catalogVersionsMax, 1, 10_000)
        .raise();
  }
}
