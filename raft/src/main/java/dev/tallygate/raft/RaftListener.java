package dev.tallygate.raft;

import org.jspecify.annotations.Nullable;

/** Hears what happens to the lead. Called on threads of consensus: must neither block nor throw. */
public interface RaftListener {

  /** This node sees another leader than before, or none. */
  default void leaderChanged(@Nullable String leaderId, long term) {}

  /** This node leads and has applied the first entry of its term: it may propose. */
  default void leaderReady(long term) {}

  /**
   * This node has seen no leader for {@link RaftNodeConfig#noLeaderMs}; repeated while it lasts.
   */
  default void noLeader(long term) {}

  /** The state was replaced by a snapshot from the leader. */
  default void snapshotInstalled(long term, long index) {}
}
