package dev.tallygate.raft.store;

import java.nio.file.Path;

/**
 * Where one node keeps its state, and how much of it. Immutable.
 *
 * @param storageDir holds the ledger, the marker of a clean stop and, by default, the tables; must
 *     be on a disk
 * @param tablesDir holds the table files. May be on a memory file system: after a reboot they are
 *     rebuilt from snapshot and log
 * @param nodeId this node's id, so that a directory that was copied from another node is noticed
 * @param clusterId the cluster's id; a snapshot of another cluster is refused
 */
public record StoreConfig(
    Path storageDir, Path tablesDir, String nodeId, String clusterId, TableBounds bounds) {

  /** Tables beside the rest. */
  public static StoreConfig of(
      Path storageDir, String nodeId, String clusterId, TableBounds bounds) {
    return new StoreConfig(storageDir, storageDir.resolve("tables"), nodeId, clusterId, bounds);
  }

  Path ledgerDir() {
    return storageDir.resolve("ledger");
  }
}
