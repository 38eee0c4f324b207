package dev.tallygate.server.licensing;

import dev.tallygate.raft.state.AllocateCommand;
import java.util.Arrays;

/**
 * The labels of a request as pointers into its bytes, brought into order: the same labels are the
 * same request. Reused from request to request.
 */
final class ParsedLabels {
  private final Text[] labels = new Text[AllocateCommand.LABELS_MAX];
  private int count;

  ParsedLabels() {
    for (int i = 0; i < labels.length; i++) labels[i] = new Text();
  }

  void clear() {
    count = 0;
  }

  /** Takes the text that was read last. */
  void add(byte[] request, RequestReader in, int length) throws Malformed {
    if (count == labels.length) throw in.malformed("more than " + labels.length + " given");
    labels[count++].set(request, in.position() - length, length);
  }

  /** Sorts them, and refuses what is out of bounds or named twice. */
  void check() throws Malformed {
    for (int i = 0; i < count; i++) {
      FieldBounds.bytes("labels", labels[i], 1, Limits.LABEL_BYTES_MAX);
      for (int at = i; at > 0; at--) {
        int order = compare(labels[at - 1], labels[at]);
        if (order == 0) throw new Malformed("labels", "names `" + labels[at] + "` twice");
        if (order < 0) break;
        Text before = labels[at - 1];
        labels[at - 1] = labels[at];
        labels[at] = before;
      }
    }
  }

  private static int compare(Text one, Text other) {
    return Arrays.compareUnsigned(
        one.array,
        one.offset,
        one.offset + one.length,
        other.array,
        other.offset,
        other.offset + other.length);
  }

  /**
   * Adds nothing where there are none: such a request hashes as it did before there were labels.
   */
  void addTo(ContentHash hash) {
    if (count == 0) return;
    hash.add(count);
    for (int i = 0; i < count; i++) hash.add(labels[i]);
  }

  void copyTo(AllocateCommand command) {
    for (int i = 0; i < count; i++) labels[i].copyTo(command.addLabel());
  }
}
