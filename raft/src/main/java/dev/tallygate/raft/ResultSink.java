package dev.tallygate.raft;

/**
 * Takes the results of one entry's commands on the node that proposed them. Called by the apply
 * thread only, during {@link Replica#apply}.
 */
public interface ResultSink {

  /** The number of commands in the entry, each of which owes one result. */
  int commands();

  /**
   * Takes the result of the next command, in the order of the entry.
   *
   * @param result handed to {@link Proposal#applied} as it is; consensus never looks into it, and
   *     the apply thread must not touch it afterwards
   */
  void accept(Object result);
}
