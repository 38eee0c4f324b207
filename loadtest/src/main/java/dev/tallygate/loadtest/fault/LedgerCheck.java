package dev.tallygate.loadtest.fault;

import dev.tallygate.loadtest.exact.Checker;
import dev.tallygate.loadtest.exact.Fault;
import dev.tallygate.loadtest.exact.LedgerRecount;
import dev.tallygate.loadtest.peer.Cluster;
import dev.tallygate.loadtest.peer.ClusterNode;
import dev.tallygate.proto.v1.Pool;
import dev.tallygate.proto.v1.VerifyLedgerResponse;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/**
 * At the end, while nobody takes: the ledger of every node against the answers, the pools and the
 * other nodes.
 */
final class LedgerCheck {
  private final Cluster cluster;
  private final Checker checker;
  private final LedgerRecount recount;
  private final List<Fault> faults = new ArrayList<>();

  LedgerCheck(Cluster cluster, Checker checker) {
    this.cluster = cluster;
    this.checker = checker;
    this.recount = new LedgerRecount(checker);
  }

  /**
   * @param meters all pools that were spent
   */
  List<Fault> run(List<KillPools.Pool> meters) {
    ClusterNode first = cluster.nodes().getFirst();
    long upTo = Long.MAX_VALUE;
    for (ClusterNode node : cluster.nodes()) {
      VerifyLedgerResponse verified = cluster.admin(node.id()).verifyLedger();
      if (!verified.getIntact()) fault("of " + node.id() + " is broken: " + verified.getFault());
      upTo = Math.min(upTo, verified.getPosition());
    }
    Map<String, String> hashes = new HashMap<>();
    for (ClusterNode node : cluster.nodes()) {
      hashes.put(node.id(), hash(node, upTo, node.equals(first)));
    }
    if (hashes.values().stream().distinct().count() > 1) fault("differs between nodes: " + hashes);
    faults.addAll(recount.finish());
    meters.forEach(this::checkMeter);
    return faults;
  }

  long records() {
    return recount.records();
  }

  // Only up to where all have proved theirs: partitions that fell idle are dropped meanwhile, which
  // one node records before another is asked.
  private String hash(ClusterNode node, long upTo, boolean counts) {
    MessageDigest digest = sha256();
    cluster
        .admin(node.id())
        .readLedger(
            record -> {
              if (record.getPosition() <= upTo) digest.update(record.toByteArray());
              if (counts) recount.accept(record);
            });
    return HexFormat.of().formatHex(digest.digest()).substring(0, 16);
  }

  private void checkMeter(KillPools.Pool meter) {
    long recounted = recount.taken(meter.name());
    Checker.Taken taken = checker.taken(meter.name());
    if (recounted < taken.least() || recounted > taken.most()) {
      fault("has " + recounted + " of " + meter.name() + " taken, answers say " + taken);
    }
    Pool pool =
        cluster
            .admin(cluster.nodes().getFirst().id())
            .pool(meter.entitlement(), meter.account())
            .getPool();
    if (pool.getUsed() + pool.getOnHold() != recounted) {
      fault("has " + recounted + " of " + meter.name() + " taken, the pool says " + pool);
    }
  }

  private void fault(String text) {
    faults.add(new Fault(Fault.Kind.LEDGER, "the ledger " + text));
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
