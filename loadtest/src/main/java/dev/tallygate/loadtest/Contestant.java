package dev.tallygate.loadtest;

import dev.tallygate.loadtest.drive.Generator;
import dev.tallygate.loadtest.drive.Series;
import dev.tallygate.loadtest.drive.Slice;
import dev.tallygate.loadtest.drive.Workload;
import dev.tallygate.loadtest.peer.Peer;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * One peer under one workload, with what it gave so far. The connections follow the peer's leader:
 * it is asked before each slice.
 */
final class Contestant implements AutoCloseable {
  private final String name;
  private final Peer peer;
  private final Workload workload;
  private final Series many = new Series();
  private final Series one = new Series();
  private final Probe probe;
  private Generator.@Nullable Line line;
  private String address = "";

  /** Is told of every measured slice; for what only one peer reports. */
  interface Probe {
    default void before() throws InterruptedException {}

    default void after(Slice slice) throws InterruptedException {}
  }

  Contestant(String name, Peer peer, Workload workload, Probe probe) {
    this.name = name;
    this.peer = peer;
    this.workload = workload;
    this.probe = probe;
  }

  String name() {
    return name;
  }

  Peer peer() {
    return peer;
  }

  Series many() {
    return many;
  }

  Series one() {
    return one;
  }

  /** Where the latest calls went. */
  String address() {
    return address;
  }

  Slice warmUp(Generator generator, ComparePlan plan, Duration length) throws InterruptedException {
    return connected(generator, plan).runMany(length);
  }

  Slice measureMany(Generator generator, ComparePlan plan) throws InterruptedException {
    Generator.Line connected = connected(generator, plan);
    probe.before();
    Slice slice = connected.runMany(plan.slice());
    probe.after(slice);
    many.add(slice);
    return slice;
  }

  Slice measureOne(Generator generator, ComparePlan plan) throws InterruptedException {
    Slice slice = connected(generator, plan).runOne(plan.singleSlice());
    one.add(slice);
    return slice;
  }

  private Generator.Line connected(Generator generator, ComparePlan plan)
      throws InterruptedException {
    String leader = peer.leader();
    Generator.Line present = line;
    if (present != null && present.address().equals(leader)) return present;
    close();
    Generator.Line fresh =
        generator.line(
            leader, peer.credentials(), workload, plan.connections(), plan.callsPerConnection());
    line = fresh;
    address = leader;
    return fresh;
  }

  @Override
  public void close() {
    if (line != null) line.close();
    line = null;
  }
}
