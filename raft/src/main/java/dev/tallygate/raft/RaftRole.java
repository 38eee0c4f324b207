package dev.tallygate.raft;

/** What a node is to its Raft group at the moment. */
public enum RaftRole {
  LEADER,
  CANDIDATE,
  FOLLOWER,
  /** Receives entries and does not vote. */
  LISTENER,
  /** Not started, starting or stopped. */
  NONE
}
