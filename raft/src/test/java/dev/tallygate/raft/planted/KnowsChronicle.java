package dev.tallygate.raft.planted;

import net.openhft.chronicle.map.ChronicleMap;

/** What a pure package must not do. */
public final class KnowsChronicle {
  Object know(ChronicleMap<?, ?> rows) {
    return rows;
  }
}
