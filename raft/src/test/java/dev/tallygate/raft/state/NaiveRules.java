package dev.tallygate.raft.state;

import dev.tallygate.raft.state.NaiveState.Org;
import dev.tallygate.raft.state.NaiveState.Stock;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** The part of {@link NaiveModel} that no holder calls: catalogs, tenants, votes on the digest. */
final class NaiveRules {
  private final NaiveState state;
  private final TreeMap<Long, TreeMap<String, Long>> votes = new TreeMap<>();
  private long agreed;
  private boolean disputed;

  NaiveRules(NaiveState state) {
    this.state = state;
  }

  Seen catalog(Call.Catalog catalog) {
    Org org = state.asked(catalog.tenant());
    if (org == null) return NaiveModel.notFound();
    if (catalog.expectVersion() != org.catalogVersion) return Seen.retry();
    List<Right> others = new ArrayList<>(org.rights.values());
    others.removeAll(org.in(catalog.set()));
    if (others.size() + catalog.rights().size() > state.settings.entitlementsMax())
      return Seen.full(TableId.ENTITLEMENTS);
    if (catalog.set().isEmpty()) return Seen.internal();
    Set<String> names = new HashSet<>();
    for (Right right : others) names.add(right.name());
    for (Right right : catalog.rights()) {
      boolean limited = right.model() == Right.Model.SITE && right.limitOf("") != Right.UNLIMITED;
      if (limited || !names.add(right.name())) return Seen.internal();
    }
    TreeMap<Integer, Right> after = new TreeMap<>();
    for (Map.Entry<Integer, Right> right : org.rights.entrySet())
      if (others.contains(right.getValue())) after.put(right.getKey(), right.getValue());
    int made = org.rightsMade;
    for (Right right : catalog.rights()) {
      int old = org.right(right.name());
      Right before = org.rights.get(old);
      int number = before != null && right.continues(before) ? old : 0;
      // What was removed and comes back as it was goes on.
      for (Map.Entry<Integer, Right> retired : org.retired.entrySet())
        if (retired.getValue().name().equals(right.name()) && right.continues(retired.getValue()))
          number = retired.getKey();
      after.put(number == 0 ? ++made : number, right);
    }
    List<Stock> ending = new ArrayList<>();
    TreeMap<Integer, Right> retired = new TreeMap<>();
    for (Stock stock : state.stocks) {
      if (stock.org != org || after.containsKey(stock.right)) continue;
      state.refresh(stock);
      if (stock.retired() || !state.empty(stock)) retired.put(stock.right, stock.right());
      else ending.add(stock);
    }
    if (retired.size() > state.settings.entitlementsMax()) return Seen.full(TableId.ENTITLEMENTS);
    for (Stock stock : ending) state.leave(stock);
    state.stocks.removeAll(ending);
    for (Stock stock : state.stocks) {
      if (stock.org != org) continue;
      Right next = after.get(stock.right);
      boolean stays =
          next != null
              && !stock.retired()
              && next.limitOf(stock.partition) == stock.right().limitOf(stock.partition);
      if (stays) continue;
      stock.override = null;
      stock.until = 0;
    }
    org.rightsMade = made;
    org.rights.clear();
    org.rights.putAll(after);
    org.retired.clear();
    org.retired.putAll(retired);
    org.sets.values().removeIf(catalog.set()::equals);
    for (Right right : catalog.rights()) org.sets.put(right.name(), catalog.set());
    for (Stock stock : state.stocks) state.numbers(stock);
    org.catalogVersion++;
    org.history.add(org.version(catalog.set(), state.civil));
    while (org.history.size() > state.settings.catalogVersionsMax()) org.history.removeFirst();
    return Seen.done(null);
  }

  Seen newTenant(Call.NewTenant made) {
    for (Org org : state.orgs)
      if (org.name.equals(made.name())) return org.ending ? Seen.retry() : Seen.done(null);
    if (state.orgs.size() >= state.settings.tenantsMax()) return Seen.full(TableId.TENANTS);
    state.orgs.add(new Org(++state.orgsMade, made.name()));
    return Seen.done(null);
  }

  Seen suspend(Call.Suspend suspend) {
    Org org = state.asked(suspend.tenant());
    if (org == null) return NaiveModel.notFound();
    org.suspended = !suspend.resume();
    return Seen.done(null);
  }

  Seen delete(Call.Delete delete) {
    if (delete.tenant() < 1 || delete.tenant() > state.orgsMade) return NaiveModel.notFound();
    Org org = state.asked(delete.tenant());
    if (org == null) return Seen.done(null);
    boolean used = org.rights.size() > 0;
    for (Stock stock : state.stocks) used |= stock.org == org;
    for (NaiveState.Holding holding : state.holdings) used |= holding.org == org;
    if (used && !org.suspended) return Seen.retry();
    org.ending = true;
    return Seen.done(null);
  }

  Seen vote(Call.Vote vote) {
    if (vote.index() <= agreed) return Seen.done(null);
    TreeMap<String, Long> of = votes.computeIfAbsent(vote.index(), index -> new TreeMap<>());
    of.put(vote.node(), vote.digest());
    int majority = state.settings.voters() / 2 + 1;
    long most = 0;
    for (long digest : of.values())
      most = Math.max(most, of.values().stream().filter(other -> other == digest).count());
    if (most >= majority) {
      agreed = vote.index();
      votes.headMap(agreed, true).clear();
    } else if (most + state.settings.voters() - of.size() < majority) {
      disputed = true;
    }
    return Seen.done(null);
  }

  boolean disputed() {
    return disputed;
  }

  long agreed() {
    return agreed;
  }
}
