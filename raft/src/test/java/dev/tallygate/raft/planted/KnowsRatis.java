package dev.tallygate.raft.planted;

import org.apache.ratis.protocol.RaftPeerId;

/** What a pure package must not do. */
public final class KnowsRatis {
  Object know(RaftPeerId id) {
    return id;
  }
}
