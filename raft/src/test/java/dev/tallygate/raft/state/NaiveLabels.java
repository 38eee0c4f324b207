package dev.tallygate.raft.state;

import dev.tallygate.proto.v1.EndReason;
import dev.tallygate.raft.state.NaiveState.Holding;
import dev.tallygate.raft.state.NaiveState.Org;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;

/** The part of {@link NaiveModel} that speaks of labels: what stands under one, and what may. */
final class NaiveLabels {
  private final NaiveState state;
  private final NaiveLeases leases;

  NaiveLabels(NaiveState state, NaiveLeases leases) {
    this.state = state;
    this.leases = leases;
  }

  boolean blocked(Org org, List<String> labels) {
    TreeMap<String, Long> blocks = state.blocks.getOrDefault(org.number, new TreeMap<>());
    for (String label : labels) if (blocks.getOrDefault(label, 0L) > state.civil) return true;
    return false;
  }

  /** A row for each lease under each label, one for each label under which something stands. */
  long rows() {
    long rows = 0;
    Set<List<Object>> lists = new HashSet<>();
    for (Holding holding : state.holdings) {
      rows += holding.labels.size();
      for (String label : holding.labels) lists.add(List.of(holding.org.number, label));
    }
    return rows + lists.size();
  }

  long rowsMax() {
    return 2 * state.settings.leasesMax();
  }

  /** A new token stands under the labels of its request; more use of a seat has no new one. */
  void granted(Org org, Seen seen, List<String> labels) {
    if (seen.status() != Outcome.Status.GRANTED) return;
    Holding holding = state.holding(org, seen.leaseId());
    if (holding != null && seen.token() == org.position) holding.labels = labels;
  }

  Seen release(Org org, Call.Free free) {
    long upTo = free.upTo() == 0 ? Long.MAX_VALUE : free.upTo();
    List<Holding> under = new ArrayList<>();
    for (Holding holding : state.holdings)
      if (holding.org == org
          && holding.labels.contains(free.label())
          && holding.grant.token <= upTo) under.add(holding);
    under.sort(Comparator.comparingLong(holding -> holding.grant.token));
    int now = Math.min(under.size(), state.releasesLeft);
    state.releasesLeft -= now;
    int revoked = 0;
    long lastToken = under.isEmpty() ? 0 : free.upTo() == 0 ? under.getLast().grant.token : upTo;
    for (Holding holding : under.subList(0, now)) {
      Call.Revoke revoke = new Call.Revoke(org.number, holding.id, "", free.reason());
      if (leases.revoke(revoke, org.position).end() == EndReason.END_REASON_REVOKED) revoked++;
    }
    return Seen.done(revoked, under.size() > now ? lastToken : 0, false, null);
  }

  Seen block(Org org, Call.Block block) {
    TreeMap<String, Long> blocks =
        state.blocks.computeIfAbsent(org.number, tenant -> new TreeMap<>());
    if (block.until() > state.civil) blocks.put(block.label(), block.until());
    else blocks.remove(block.label());
    return Seen.done(null);
  }
}
