package dev.tallygate.raft.state;

import java.util.Iterator;
import java.util.Map;
import java.util.TreeMap;

/**
 * The voters' digests, compared through the log. An index is agreed once a majority of voters named
 * the same digest for it; a node that named another has diverged and must stop. If an index has
 * every vote and no majority, nobody knows the truth: the cluster takes nothing any more.
 */
final class Agreement {
  /** Indexes for which votes are kept. */
  static final int INDEXES_MAX = 8;

  private final TreeMap<Long, TreeMap<String, Long>> votes = new TreeMap<>();
  private long agreedIndex;
  private long agreedDigest;
  private long disputedIndex;

  /** The highest index on which a majority agreed; 0 for none yet. */
  long agreedIndex() {
    return agreedIndex;
  }

  long agreedDigest() {
    return agreedDigest;
  }

  /** An index on which no digest can reach a majority; 0 for none. */
  long disputedIndex() {
    return disputedIndex;
  }

  void vote(String node, long index, long digest, int voters) {
    if (index <= agreedIndex) return;
    TreeMap<String, Long> of = votes.computeIfAbsent(index, i -> new TreeMap<>());
    of.put(node, digest);
    int most = mostAlike(of);
    int majority = voters / 2 + 1;
    if (alike(of, digest) >= majority) {
      agreedIndex = index;
      agreedDigest = digest;
      votes.headMap(index, true).clear();
    } else if (most + (voters - of.size()) < majority) {
      disputedIndex = index;
    }
    for (Iterator<Long> oldest = votes.keySet().iterator();
        votes.size() > INDEXES_MAX && oldest.hasNext(); ) {
      oldest.next();
      oldest.remove();
    }
  }

  private static int mostAlike(TreeMap<String, Long> of) {
    int most = 0;
    for (long digest : of.values()) most = Math.max(most, alike(of, digest));
    return most;
  }

  private static int alike(TreeMap<String, Long> of, long digest) {
    int count = 0;
    for (long other : of.values()) if (other == digest) count++;
    return count;
  }

  void writeTo(Bytes row) {
    row.addLong(agreedIndex).addLong(agreedDigest).addLong(disputedIndex).addInt(votes.size());
    for (Map.Entry<Long, TreeMap<String, Long>> index : votes.entrySet()) {
      row.addLong(index.getKey()).addInt(index.getValue().size());
      for (Map.Entry<String, Long> vote : index.getValue().entrySet()) {
        byte[] node = vote.getKey().getBytes(java.nio.charset.StandardCharsets.UTF_8);
        row.addLong(vote.getValue()).addShort(node.length).add(node, 0, node.length);
      }
    }
  }

  /** Returns the offset behind what was read. */
  int readFrom(Bytes row, int offset) {
    votes.clear();
    agreedIndex = row.getLong(offset);
    agreedDigest = row.getLong(offset + 8);
    disputedIndex = row.getLong(offset + 16);
    int at = offset + 28;
    for (int left = row.getInt(offset + 24); left > 0; left--) {
      TreeMap<String, Long> of = new TreeMap<>();
      votes.put(row.getLong(at), of);
      int voters = row.getInt(at + 8);
      at += 12;
      for (; voters > 0; voters--) {
        int length = row.getShort(at + 8);
        of.put(row.utf8(at + 10, length), row.getLong(at));
        at += 10 + length;
      }
    }
    return at;
  }
}
