package dev.tallygate.server.config;

import java.nio.file.Path;

/**
 * Where a node keeps what it must not lose.
 *
 * @param dir {@code storage.dir}: identity, log, snapshots and ledger
 * @param tablesDir {@code storage.tables-dir}: the tables, which can be rebuilt; may be on a memory
 *     file system
 */
public record StorageConfig(Path dir, Path tablesDir) {
  public StorageConfig {
    new Faults("storage")
        .check("dir", dir.isAbsolute(), "`" + dir + "` is not an absolute path")
        .check("tables-dir", tablesDir.isAbsolute(), "`" + tablesDir + "` is not an absolute path")
        .check(
            "tables-dir",
            !dir.normalize().startsWith(tablesDir.normalize()),
            "`" + tablesDir + "` holds storage.dir, which would be deleted with the tables")
        .raise();
  }
}
