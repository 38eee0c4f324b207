package dev.tallygate.loadtest;

import dev.tallygate.loadtest.drive.Slice;
import dev.tallygate.loadtest.peer.Cluster;
import dev.tallygate.proto.v1.StatusResponse;

/** How far the leader's log and ledger grow during the measured slices of one workload. */
final class LogGrowth implements Contestant.Probe {
  private final Cluster cluster;
  private StatusResponse before = StatusResponse.getDefaultInstance();
  private long entries;
  private long ledgerBytes;
  private long answers;
  private double seconds;

  LogGrowth(Cluster cluster) {
    this.cluster = cluster;
  }

  @Override
  public void before() throws InterruptedException {
    before = cluster.admin(cluster.awaitLeader().id()).status();
  }

  @Override
  public void after(Slice slice) throws InterruptedException {
    StatusResponse now = cluster.admin(cluster.awaitLeader().id()).status();
    entries += now.getCommitIndex() - before.getCommitIndex();
    ledgerBytes += now.getLedgerBytes() - before.getLedgerBytes();
    answers += slice.counted();
    seconds += slice.elapsedNs() / 1e9;
  }

  /**
   * @param entries of the Raft log, ticks of the clock included
   * @param answers counted in the same time
   */
  record Report(long answers, long entries, double entriesPerSecond, long ledgerBytes) {}

  Report report() {
    return new Report(answers, entries, seconds == 0 ? 0 : entries / seconds, ledgerBytes);
  }
}
