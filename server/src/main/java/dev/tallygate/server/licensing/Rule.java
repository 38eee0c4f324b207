package dev.tallygate.server.licensing;

import dev.tallygate.proto.log.v1.Sharing;
import dev.tallygate.raft.state.AllocateCommand;
import dev.tallygate.raft.state.Bytes;
import dev.tallygate.raft.state.Entitlement;
import java.time.ZoneId;
import org.jspecify.annotations.Nullable;

/**
 * An entitlement as a proposer needs it: where its partitions are named, what makes a session, when
 * its window begins and ends. Any thread.
 */
final class Rule {
  private static final Text NO_SESSION = new Text();

  private final Entitlement entitlement;
  private final @Nullable PartitionPath partitionBy;
  private final @Nullable ZoneId zone;
  private volatile CalendarWindow lastWindow = new CalendarWindow(0, 0);

  Rule(Entitlement entitlement) {
    this.entitlement = entitlement;
    partitionBy = entitlement.partitioned() ? PartitionPath.of(entitlement.partitionBy()) : null;
    zone = entitlement.calendar() ? ZoneId.of(entitlement.timeZone()) : null;
  }

  Entitlement entitlement() {
    return entitlement;
  }

  /** Reads the partition's name; false where the question names none and one is needed. */
  boolean partition(ParsedAllocate question, Bytes into) {
    into.clear();
    return partitionBy == null || partitionBy.read(question, into);
  }

  /** Whether the entitlement's model has the call that the question makes. */
  boolean hasCall(ParsedAllocate question) {
    if (entitlement.model() == Entitlement.Model.METERED)
      return question.session.isEmpty() && question.device.isEmpty();
    boolean keyed =
        entitlement.sharing() == Sharing.SHARING_SUBJECT || !session(question).isEmpty();
    return keyed && !question.hold;
  }

  /** What makes it one session, beside the holder. */
  Text session(ParsedAllocate question) {
    return switch (entitlement.sharing()) {
      case SHARING_SESSION -> question.session;
      case SHARING_SUBJECT_AND_DEVICE -> question.device;
      default -> NO_SESSION;
    };
  }

  /** Adds the calendar window of an instant, where the entitlement has a calendar. */
  void window(long civilUs, AllocateCommand command) {
    if (zone == null) return;
    CalendarWindow window = lastWindow;
    if (!window.contains(civilUs)) {
      window = CalendarWindow.of(entitlement.calendarUnit(), zone, civilUs);
      lastWindow = window;
    }
    command.windowStartUs = window.startUs();
    command.windowEndUs = window.endUs();
  }
}
