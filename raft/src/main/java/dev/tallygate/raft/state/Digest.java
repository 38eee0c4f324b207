package dev.tallygate.raft.state;

/**
 * The wrapping sum of all row checksums: equal on every replica at an equal index, whatever the
 * order of the writes.
 */
final class Digest {
  private long sum;

  long value() {
    return sum;
  }

  void set(long value) {
    sum = value;
  }

  void add(long checksum) {
    sum += checksum;
  }

  void subtract(long checksum) {
    sum -= checksum;
  }

  void replace(long before, long after) {
    sum += after - before;
  }
}
