package dev.tallygate.server.licensing;

import dev.tallygate.proto.v1.Subject;
import dev.tallygate.raft.state.Bytes;

/**
 * The name under which the state knows a holder: subject type, a zero byte, subject id. A type
 * contains no zero byte, so no two subjects share a name.
 */
public final class Holders {
  private static final char SEPARATOR = '\0';

  private Holders() {}

  static void write(Text type, Text id, Bytes into) {
    into.clear().add(type.array, type.offset, type.length).addByte(SEPARATOR);
    into.add(id.array, id.offset, id.length);
  }

  /** Type and id of a name. */
  static Subject subject(String holder) {
    int separator = holder.indexOf(SEPARATOR);
    return Subject.newBuilder()
        .setType(separator < 0 ? "" : holder.substring(0, separator))
        .setId(holder.substring(separator + 1))
        .build();
  }

  /** For people: {@code type:id}, or the id alone where the type is empty. */
  public static String display(String holder) {
    int separator = holder.indexOf(SEPARATOR);
    if (separator < 0) return holder;
    if (separator == 0) return holder.substring(1);
    return holder.substring(0, separator) + ':' + holder.substring(separator + 1);
  }
}
