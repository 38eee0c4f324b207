package dev.tallygate.loadtest.peer;

import io.grpc.ChannelCredentials;
import io.grpc.InsecureChannelCredentials;
import java.util.List;

/** Something under load: separate processes on loopback, started and ended by this run. */
public interface Peer extends AutoCloseable {
  /** Host and port that takes all calls now: the leader's, where there is one. */
  String leader() throws InterruptedException;

  /** How it is connected to: in plaintext, unless it says otherwise. */
  default ChannelCredentials credentials() {
    return InsecureChannelCredentials.create();
  }

  /**
   * How each node makes its log durable, and how often it has done so; empty for one without a log.
   */
  List<NodeFsyncs> fsyncs() throws InterruptedException;

  /** Ends the processes. */
  @Override
  void close();
}
