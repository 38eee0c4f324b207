package dev.tallygate.raft.store;

import java.io.IOException;
import java.nio.file.Path;

/** A process that applies entries until it is killed, and says how far it is. */
final class KillVictim {
  static final int SNAPSHOT_AT = 400;

  private KillVictim() {}

  /**
   * @param arguments folder, seed
   */
  public static void main(String[] arguments) throws IOException {
    Path dir = Path.of(arguments[0]);
    Scenario scenario = new Scenario(Long.parseLong(arguments[1]));
    StateReplica replica = open(dir);
    while (true) {
      scenario.play(replica, 50);
      if (scenario.index() == SNAPSHOT_AT)
        replica.beginSnapshot(1, SNAPSHOT_AT - 1).write(dir.resolve("snapshot"));
      System.out.println(scenario.index());
    }
  }

  static StateReplica open(Path dir) throws IOException {
    return new StateReplica(
        StoreConfig.of(dir.resolve("storage"), "n1", "cluster", TableBounds.SMALL),
        Scenario::result,
        (why, cause) -> Runtime.getRuntime().halt(3));
  }
}
