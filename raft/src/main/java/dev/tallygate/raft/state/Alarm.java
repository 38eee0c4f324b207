package dev.tallygate.raft.state;

/**
 * Hears of a broken rule that changed nothing: somebody must look, the node goes on. Apply thread;
 * must not throw.
 */
public interface Alarm {
  void raise(String message);
}
