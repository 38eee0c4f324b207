package dev.tallygate.loadtest.peer;

import java.util.List;

/** Something under load: separate processes on loopback, started and ended by this run. */
public interface Peer extends AutoCloseable {
  /** Host and port that takes all calls now: the leader's, where there is one. */
  String leader() throws InterruptedException;

  /**
   * How each node makes its log durable, and how often it has done so; empty for one without a log.
   */
  List<NodeFsyncs> fsyncs() throws InterruptedException;

  /** Ends the processes. */
  @Override
  void close();
}
