package dev.tallygate.server.licensing;

import dev.tallygate.proto.v1.Subject;
import dev.tallygate.raft.state.Bytes;
import java.nio.charset.StandardCharsets;

/** What the calls about seats have in common: which pool, and whose seat. */
final class SeatRequests {
  private SeatRequests() {}

  static void check(String tenant, String entitlement, String partition, Subject subject)
      throws Malformed {
    FieldBounds.text("tenant", tenant, 0, Limits.TENANT_BYTES_MAX);
    FieldBounds.text("entitlement", entitlement, 1, Limits.ENTITLEMENT_BYTES_MAX);
    FieldBounds.text("partition", partition, 0, Limits.PARTITION_BYTES_MAX);
    FieldBounds.text("subject.type", subject.getType(), 0, Limits.TYPE_BYTES_MAX);
    if (subject.getType().indexOf('\0') >= 0)
      throw new Malformed("subject.type", "contains U+0000");
    FieldBounds.text("subject.id", subject.getId(), 1, Limits.SUBJECT_ID_BYTES_MAX);
  }

  /** The holder's name, as {@link Holders} says it. */
  static void holder(Subject subject, Bytes into) {
    Holders.write(text(subject.getType()), text(subject.getId()), into);
  }

  private static Text text(String of) {
    byte[] utf8 = of.getBytes(StandardCharsets.UTF_8);
    Text text = new Text();
    text.set(utf8, 0, utf8.length);
    return text;
  }
}
