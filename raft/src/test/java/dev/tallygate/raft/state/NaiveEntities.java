package dev.tallygate.raft.state;

import dev.tallygate.proto.v1.EndReason;
import dev.tallygate.raft.state.NaiveState.Holding;
import dev.tallygate.raft.state.NaiveState.Org;
import dev.tallygate.raft.state.NaiveState.Standing;
import dev.tallygate.raft.state.NaiveState.Stock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The part of {@link NaiveModel} that knows entities, and ends what removed ones held. */
final class NaiveEntities {
  /** Rows that are looked at for each that may be ended. */
  private static final int LOOKS = 8;

  /** A text and whose it is. */
  record Fact(String source, String text) {}

  /** An entity as it stands. */
  record Known(TreeMap<String, Fact> facts, long position) {}

  /** Somebody was removed at a position. */
  record Gone(String holder, long position) {}

  private final NaiveState state;

  NaiveEntities(NaiveState state) {
    this.state = state;
  }

  Seen put(Call.Put put, long position) {
    Org org = state.asked(put.tenant());
    if (org == null) return NaiveModel.notFound();
    if (put.source().isEmpty()) return Seen.internal();
    Known before = org.entities.get(put.entity());
    TreeMap<String, Fact> after = before == null ? new TreeMap<>() : new TreeMap<>(before.facts);
    List<String> touched = new ArrayList<>(put.attributes().keySet());
    touched.addAll(put.removed());
    for (String name : touched)
      if (before != null && foreign(before, name, put.source())) return Seen.retry();
    if (put.expect() != 0 && put.expect() != (before == null ? 0 : before.position))
      return Seen.retry();
    if (put.all()) after.values().removeIf(fact -> fact.source.equals(put.source()));
    put.attributes().forEach((name, text) -> after.put(name, new Fact(put.source(), text)));
    put.removed().forEach(after::remove);
    if (before != null && before.facts.equals(after))
      return Seen.done(0, before.position, false, null);
    if (before == null && state.entityRows() >= state.settings.subjectsMax())
      return Seen.full(TableId.ENTITIES);
    if (!org.subjects.containsKey(put.entity())) {
      if (put.subjectRef() == 0 || org.subjects.containsValue(put.subjectRef()))
        return Seen.retry();
      if (state.named() >= state.settings.subjectsMax()) return Seen.full(TableId.SUBJECTS);
      org.subjects.put(put.entity(), put.subjectRef());
    }
    org.entities.put(put.entity(), new Known(after, position));
    return Seen.done(0, position, false, null);
  }

  private static boolean foreign(Known known, String name, String source) {
    Fact fact = known.facts.get(name);
    return fact != null && !fact.source.equals(source);
  }

  Seen forget(Call.Forget forget, long position) {
    Org org = state.asked(forget.tenant());
    if (org == null) return NaiveModel.notFound();
    Known before = org.entities.get(forget.entity());
    if (forget.expect() != 0 && forget.expect() != (before == null ? 0 : before.position))
      return Seen.retry();
    org.entities.remove(forget.entity());
    boolean holds = state.holdings.stream().anyMatch(holding -> holding.org == org);
    if (org.subjects.containsKey(forget.entity()) && holds)
      org.removals.put(position, new Gone(forget.entity(), position));
    return Seen.done(before == null ? 0 : 1, 0, false, null);
  }

  /** Ends what removed ones hold: a walk through all leases of each tenant, so much an entry. */
  void sweep() {
    int[] left = {LOOKS * state.settings.sweepMax(), state.settings.sweepMax()};
    for (Org org : List.copyOf(state.orgs))
      if (!org.ending && !org.removals.isEmpty() && !walk(org, left)) return;
  }

  private boolean walk(Org org, int[] left) {
    if (org.walkUpTo == 0) {
      org.walkUpTo = org.removals.lastKey();
      org.walked.clear();
    }
    TreeMap<Long, Stock> pools = new TreeMap<>();
    for (Stock stock : state.stocks) if (stock.org == org) pools.put(stock.number, stock);
    for (Stock stock : pools.values()) {
      if (stock.number < org.walkPool) continue;
      org.walkPool = stock.number;
      TreeMap<Long, Holding> open = new TreeMap<>();
      for (Holding holding : state.holdings)
        if (holding.stock == stock && holding.standing != Standing.SETTLED)
          open.put(holding.id, holding);
      for (Holding holding : open.values()) {
        if (holding.id > org.walkUpTo) break;
        if (org.walked.contains(holding.id)) continue;
        if (left[0] == 0 || left[1] == 0) return false;
        left[0]--;
        if (wanted(org, holding)) {
          left[1]--;
          end(holding);
        }
        org.walked.add(holding.id);
      }
      org.walkPool = stock.number + 1;
    }
    org.walkPool = Long.MAX_VALUE;
    while (!org.removals.isEmpty() && org.removals.firstKey() <= org.walkUpTo) {
      if (left[1] == 0) return false;
      left[1]--;
      org.removals.pollFirstEntry();
    }
    org.walkUpTo = 0;
    org.walkPool = 0;
    return true;
  }

  private static boolean wanted(Org org, Holding holding) {
    for (Map.Entry<Long, Gone> gone : org.removals.headMap(org.walkUpTo, true).entrySet())
      if (gone.getValue().holder.equals(holding.holder) && holding.id <= gone.getKey()) return true;
    return false;
  }

  private void end(Holding holding) {
    if (!holding.stock.dropped) state.refresh(holding.stock);
    if (state.endsAt(holding) <= state.elapsed) {
      state.end(holding);
      return;
    }
    switch (holding.standing) {
      case SEAT -> state.unassign(holding, EndReason.END_REASON_REVOKED);
      case COOLING -> {
        if (holding.stock.right().model() == Right.Model.SEATS) return;
        state.over(holding, EndReason.END_REASON_REVOKED);
        state.holdings.remove(holding);
      }
      case LIVE -> {
        state.over(holding, EndReason.END_REASON_REVOKED);
        state.holdings.remove(holding);
      }
      case HOLD -> state.settle(holding, 0, EndReason.END_REASON_REVOKED);
      case SETTLED -> throw new AssertionError("a settled hold is not listed");
    }
  }
}
