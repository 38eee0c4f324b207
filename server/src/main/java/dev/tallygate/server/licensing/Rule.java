package dev.tallygate.server.licensing;

import dev.tallygate.proto.log.v1.Reservation;
import dev.tallygate.proto.log.v1.Scope;
import dev.tallygate.proto.log.v1.Sharing;
import dev.tallygate.raft.state.Bytes;
import dev.tallygate.raft.state.Entitlement;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * An entitlement as a proposer needs it: where its partitions are named, what makes a session, when
 * its window begins and ends. Any thread.
 */
final class Rule {
  private static final Text NO_SESSION = new Text();

  private final Entitlement entitlement;
  private final @Nullable AttributePath partitionBy;
  private final List<Scoped> scope = new ArrayList<>();
  private final @Nullable ZoneId zone;
  private final List<Scoped> groups = new ArrayList<>();
  private List<Rule> chain = List.of();
  private List<Entitlement> entitlements = List.of();

  /** One attribute of a site's scope, and the values that are inside it. */
  private record Scoped(AttributePath path, Set<Bytes> values) {
    static Scoped of(Reservation reservation) {
      Bytes value = Bytes.ofUtf8(reservation.getValue());
      return new Scoped(AttributePath.of(reservation.getPathList()), Set.of(value));
    }

    static Scoped of(Scope scope) {
      Set<Bytes> values = new HashSet<>();
      for (String value : scope.getValuesList()) values.add(Bytes.ofUtf8(value));
      return new Scoped(AttributePath.of(scope.getPathList()), values);
    }
  }

  private volatile CalendarWindow lastWindow = new CalendarWindow(0, 0);

  Rule(Entitlement entitlement) {
    this.entitlement = entitlement;
    partitionBy = entitlement.partitioned() ? AttributePath.of(entitlement.partitionBy()) : null;
    for (Scope part : entitlement.scope()) scope.add(Scoped.of(part));
    for (Reservation reservation : entitlement.reservationList())
      groups.add(Scoped.of(reservation));
    zone = entitlement.calendar() ? ZoneId.of(entitlement.timeZone()) : null;
  }

  /** Follows the fallbacks by name, once all rules are made. */
  void chain(Map<String, Rule> rules) {
    List<Rule> found = new ArrayList<>();
    for (Rule at = this;
        at != null && !found.contains(at);
        at = rules.get(at.entitlement.fallback())) found.add(at);
    chain = List.copyOf(found);
    entitlements = found.stream().map(Rule::entitlement).toList();
  }

  /** This one, and those that it falls back to, in the order in which they are tried. */
  List<Rule> chain() {
    return chain;
  }

  /** Those of {@link #chain}. */
  List<Entitlement> entitlements() {
    return entitlements;
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
    return switch (entitlement.model()) {
      // Beside others, it may be one of those that the key is meant for.
      case METERED ->
          question.parts > 1 || (question.session.isEmpty() && question.device.isEmpty());
      // A key of a session says nothing to them: callers need not know which of these it is.
      case NAMED_USER, SITE -> !question.hold;
      case CONCURRENT_SESSION ->
          !question.hold
              && (entitlement.sharing() == Sharing.SHARING_SUBJECT || !session(question).isEmpty());
    };
  }

  /**
   * Whether each attribute of the scope has one of its values.
   *
   * @param scratch overwritten
   */
  boolean inScope(ParsedAllocate question, Bytes scratch) {
    for (Scoped part : scope)
      if (!part.path().read(question, scratch) || !part.values().contains(scratch)) return false;
    return true;
  }

  /**
   * Number of the first reservation in whose group the question is, from 1; 0 for none.
   *
   * @param scratch overwritten
   */
  int group(ParsedAllocate question, Bytes scratch) {
    for (int i = 0; i < groups.size(); i++)
      if (groups.get(i).path().read(question, scratch) && groups.get(i).values().contains(scratch))
        return i + 1;
    return 0;
  }

  /** What makes it one session, beside the holder. */
  Text session(ParsedAllocate question) {
    return switch (entitlement.sharing()) {
      case SHARING_SESSION -> question.session;
      case SHARING_SUBJECT_AND_DEVICE -> question.device;
      default -> NO_SESSION;
    };
  }

  /** The calendar window of an instant; null where the entitlement has no calendar. */
  @Nullable CalendarWindow window(long civilUs) {
    if (zone == null) return null;
    CalendarWindow window = lastWindow;
    if (!window.contains(civilUs)) {
      window = CalendarWindow.of(entitlement.calendarUnit(), zone, civilUs);
      lastWindow = window;
    }
    return window;
  }
}
