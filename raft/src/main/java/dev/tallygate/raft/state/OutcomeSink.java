package dev.tallygate.raft.state;

/**
 * Takes the outcomes of one entry, by position, on the apply thread. Must not throw and must copy
 * what it keeps.
 */
public interface OutcomeSink {
  /** For replicas whose outcomes nobody waits for. */
  OutcomeSink NOBODY = (index, outcome) -> {};

  void outcome(int index, Outcome outcome);
}
