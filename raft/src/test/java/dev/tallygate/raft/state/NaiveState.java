package dev.tallygate.raft.state;

import dev.tallygate.proto.v1.EndReason;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What {@link NaiveModel} knows, as plain lists that are scanned, and what time alone does to it.
 * Written from the description of the license models; shares nothing with the core but the enums of
 * the contract.
 */
final class NaiveState {
  /** How long a partition without anything outstanding may stay. */
  static final long IDLE_US = 60_000_000;

  private static final long SEAT_LOOK_US = 3_600_000_000L;

  enum Standing {
    LIVE,
    COOLING,
    HOLD,
    SETTLED,
    SEAT
  }

  /** What one request got: a token, and why it is over if it is. */
  static final class Grant {
    final int kind;
    final long token;
    @Nullable EndReason end;
    long charged;

    Grant(int kind, long token) {
      this.kind = kind;
      this.token = token;
    }
  }

  /** A lease or a hold. */
  static final class Holding {
    final Org org;
    final Stock stock;
    final long id;
    final String holder;
    final String session;
    final long units;
    Grant grant;
    Standing standing;
    long ttlEnds;
    long ends;
    long wakes;
    boolean attached = true;
    long forgetAt;

    /** Of a seat, elapsed clock. */
    final long assigned;

    long used;

    /** The group that it counts to. */
    final @Nullable String group;

    /** Whether the catalog had a maximum per holder when it was opened. */
    final boolean ofHolder;

    /** What its entitlement declared when it was opened; binds where the pool is gone. */
    final boolean cancels;

    /** Of the request that gave the token, for as long as something of it can be released. */
    List<String> labels = List.of();

    Holding(Stock stock, Call.Take take, Grant grant, Standing standing, long now) {
      this.org = stock.org;
      this.stock = stock;
      this.id = grant.token;
      this.holder = take.holder();
      this.session = take.session();
      this.units = take.units();
      this.grant = grant;
      this.standing = standing;
      this.cancels = stock.right().holdCancels();
      this.group = take.group() == 0 ? null : stock.right().groups().get(take.group() - 1);
      this.ofHolder = stock.right().holderMax() > 0;
      this.assigned = now;
      this.used = now;
    }

    boolean cancelsAtItsEnd() {
      return stock.dropped ? cancels : stock.right().holdCancels();
    }
  }

  /** Units that were used at a moment of the elapsed clock. */
  record Charge(long units, long at) {}

  /** A pool. */
  static final class Stock {
    final Org org;
    final int right;
    final String partition;
    final long number;
    final List<Charge> charges = new ArrayList<>();
    @Nullable Long override;
    long until;
    long windowStart;
    long windowEnd;
    boolean dropped;
    long idleSince = -1;

    /** Taken beyond the limit as overage allows, and not back. */
    long overage;

    long overageSince;

    /** The highest threshold that was raised and not armed again since, in per cent. */
    int raised;

    /** How many were raised in all. */
    long raises;

    Stock(Org org, int right, String partition, long number) {
      this.org = org;
      this.right = right;
      this.partition = partition;
      this.number = number;
    }

    Right right() {
      Right found = retired() ? org.retired.get(right) : org.rights.get(right);
      if (found == null) throw new AssertionError("pool without its entitlement");
      return found;
    }

    /** The catalog has its entitlement no more: it drains, and is gone when that is done. */
    boolean retired() {
      return !org.rights.containsKey(right);
    }
  }

  /** A catalog as it stood, all of it: by name, and the set of each. */
  record Version(
      long number,
      String set,
      long civil,
      TreeMap<String, Right> rights,
      Map<String, String> sets) {
    List<Right> in(String set) {
      List<Right> found = new ArrayList<>();
      for (Right right : rights.values()) if (set.equals(sets.get(right.name()))) found.add(right);
      return found;
    }
  }

  /** A tenant. */
  static final class Org {
    final int number;
    final String name;
    final TreeMap<Integer, Right> rights = new TreeMap<>();

    /** What the catalog has no more and pools drain under. */
    final TreeMap<Integer, Right> retired = new TreeMap<>();

    /** By name of the entitlement. */
    final Map<String, String> sets = new HashMap<>();

    /** The versions that are kept, the oldest first. */
    final List<Version> history = new ArrayList<>();

    final Map<String, Long> subjects = new HashMap<>();
    final TreeMap<String, NaiveEntities.Known> entities = new TreeMap<>();

    /** By position. */
    final TreeMap<Long, NaiveEntities.Gone> removals = new TreeMap<>();

    long walkUpTo;
    long walkPool;

    /** Leases that the walk under way has looked at. */
    final Set<Long> walked = new HashSet<>();

    boolean suspended;

    /** Deleted, and not yet gone. */
    boolean ending;

    /** Nothing is left of it when the entry is over. */
    boolean gone;

    long position;
    long catalogVersion;
    int rightsMade;
    long stocksMade;

    Org(int number, String name) {
      this.number = number;
      this.name = name;
    }

    /** In the order of their numbers. */
    List<Right> in(String set) {
      List<Right> found = new ArrayList<>();
      for (Right right : rights.values()) if (set.equals(sets.get(right.name()))) found.add(right);
      return found;
    }

    /** The catalog as it stands. */
    Version version(String applied, long civil) {
      TreeMap<String, Right> byName = new TreeMap<>();
      for (Right right : rights.values()) byName.put(right.name(), right);
      return new Version(catalogVersion, applied, civil, byName, new HashMap<>(sets));
    }

    int right(String of) {
      for (Map.Entry<Integer, Right> right : rights.entrySet())
        if (right.getValue().name().equals(of)) return right.getKey();
      return 0;
    }
  }

  /** What a request id was answered. */
  record Answered(
      int tenant,
      Call.Key key,
      Seen first,
      @Nullable Grant grant,
      @Nullable Holding holding,
      @Nullable Stock stock,
      List<Answered> parts) {}

  Settings settings = Settings.DEFAULTS;
  final List<Org> orgs = new ArrayList<>();
  int orgsMade;

  /** A position that no new tenant may come to. */
  long positionsEnded;

  final List<Stock> stocks = new ArrayList<>();
  final List<Holding> holdings = new ArrayList<>();
  final List<Answered> answered = new ArrayList<>();

  /** Blocked labels by name, until when; of each tenant. */
  final Map<Integer, TreeMap<String, Long>> blocks = new HashMap<>();

  /** What labels may still release in this entry. */
  int releasesLeft;

  long elapsed;
  long civil;
  boolean medianKnown;

  /** Whether the last sweep may have left leases that are due. */
  boolean overdue;

  /** Tenant and number of pools that the core dropped in this entry. */
  private final List<long[]> drained = new ArrayList<>();

  /** What was issued up to here is too old for good. */
  long forgotten = Long.MIN_VALUE;

  private long term;
  private long monotonic;
  private long median;
  private long medianAt;

  /** The tenant that somebody asks for; null where there is none or it was deleted. */
  @Nullable Org asked(int number) {
    Org org = org(number);
    return org == null || org.ending ? null : org;
  }

  @Nullable Org org(int number) {
    for (Org org : orgs) if (org.number == number) return org;
    return null;
  }

  @Nullable Stock stock(Org org, int right, String partition) {
    for (Stock stock : stocks)
      if (stock.org == org && stock.right == right && stock.partition.equals(partition))
        return stock;
    return null;
  }

  @Nullable Holding holding(Org org, long id) {
    for (Holding holding : holdings) if (holding.org == org && holding.id == id) return holding;
    return null;
  }

  /** Names of holders and entities, of all tenants. */
  long named() {
    long named = 0;
    for (Org org : orgs) named += org.subjects.size();
    return named;
  }

  /** Entities and removals of all tenants. */
  long entityRows() {
    long rows = 0;
    for (Org org : orgs) rows += org.entities.size() + org.removals.size();
    return rows;
  }

  /**
   * What retired pools of the name hold: where they had the same partitions, that of the partition;
   * else all. A site holds nothing of what others may have.
   */
  private long carried(Stock heir) {
    long carried = 0;
    for (Stock stock : stocks) {
      if (stock.org != heir.org || !stock.retired()) continue;
      Right right = stock.right();
      if (right.model() == Right.Model.SITE || !right.name().equals(heir.right().name())) continue;
      boolean same = right.partitioned() == heir.right().partitioned();
      if (same && !stock.partition.equals(heir.partition)) continue;
      carried += taken(stock);
    }
    return carried;
  }

  private long taken(Stock stock) {
    long taken = sum(stock, Standing.LIVE) + sum(stock, Standing.SEAT);
    taken += sum(stock, Standing.COOLING) + sum(stock, Standing.HOLD);
    for (Charge charge : stock.charges) if (counts(stock.right(), charge)) taken += charge.units;
    return taken;
  }

  /** The counts of a pool, by adding up. */
  Seen.Numbers numbers(Stock stock) {
    long held = sum(stock, Standing.LIVE) + sum(stock, Standing.SEAT);
    long cooling = sum(stock, Standing.COOLING);
    long onHold = sum(stock, Standing.HOLD);
    long used = 0;
    for (Charge charge : stock.charges) if (counts(stock.right(), charge)) used += charge.units;
    long limit = stock.override == null ? stock.right().limitOf(stock.partition) : stock.override;
    if (stock.retired()) limit = 0;
    long carried = stock.retired() ? 0 : carried(stock);
    long spare = limit - held - cooling - onHold - used - carried;
    // What comes back repays a cut limit first, then what was taken beyond it.
    stock.overage = Math.min(stock.overage, Math.max(0, -spare));
    if (stock.overage == 0) stock.overageSince = 0;
    long deficit = Math.max(0, -spare) - stock.overage;
    return new Seen.Numbers(
        limit, deficit, Math.max(0, spare), held, onHold, cooling, used, carried, stock.overage);
  }

  /** Whether units may be taken, beyond the limit where they are not free. */
  boolean room(Stock stock, Seen.Numbers now, Call.Take take) {
    long units = take.units();
    long kept = keptForOthers(stock, take.group());
    if (units <= now.free() - kept) return true;
    if (Math.min(kept, now.free()) > 0) return false;
    long most = stock.right().beyond(now.limit());
    long time = stock.right().overageFor();
    boolean over = time > 0 && stock.overageSince > 0 && civil - stock.overageSince >= time;
    return !over && now.overage() + now.deficit() + units - now.free() <= most;
  }

  private long keptForOthers(Stock stock, int group) {
    long kept = 0;
    List<String> groups = stock.right().groups();
    for (int number = 1; number <= groups.size(); number++) {
      String other = groups.get(number - 1);
      if (number == group) continue;
      long taken = 0;
      for (Holding holding : holdings)
        if (holding.stock == stock && other.equals(holding.group)) taken += holding.units;
      kept += Math.max(0, stock.right().reserved(other) - taken);
    }
    return kept;
  }

  /** Marks what of the units is not free. */
  void takes(Stock stock, Seen.Numbers now, long units) {
    if (units <= now.free()) return;
    if (stock.overage == 0) stock.overageSince = civil;
    stock.overage += units - now.free();
  }

  /** Units of a holder that count against the maximum. */
  long ofHolder(Stock stock, String holder) {
    long sum = 0;
    for (Holding holding : holdings)
      if (holding.stock == stock && holding.ofHolder && holding.holder.equals(holder))
        sum += holding.units;
    return sum;
  }

  private long sum(Stock stock, Standing standing) {
    long sum = 0;
    for (Holding holding : holdings)
      if (holding.stock == stock && holding.standing == standing && holding.attached)
        sum += holding.units;
    return sum;
  }

  /** A slice of a rolling window leaves when its newest unit is out of the window. */
  private boolean counts(Right right, Charge charge) {
    if (right.calendar()) return true;
    long slice = Math.ceilDiv(right.rolling(), right.slices());
    long sliceEnds = (charge.at / slice + 1) * slice;
    return elapsed < sliceEnds + slice * right.slices();
  }

  boolean idle(Stock stock) {
    return stock.override == null && taken(stock) == 0;
  }

  /** Whether it has nothing outstanding, whatever was set beside the catalog. */
  boolean empty(Stock stock) {
    return taken(stock) == 0;
  }

  /** Ends a calendar window and an override whose time is over. */
  void refresh(Stock stock) {
    numbers(stock);
    if (stock.right().calendar() && stock.windowEnd != 0 && civil >= stock.windowEnd) {
      stock.charges.clear();
      for (Holding holding : holdings) if (holding.stock == stock) holding.attached = false;
      numbers(stock);
    }
    if (stock.until != 0 && civil >= stock.until) {
      stock.override = null;
      stock.until = 0;
      numbers(stock);
    }
    look(stock);
  }

  /** Raises what use has reached, and arms again what it has left far enough behind. */
  void look(Stock stock) {
    if (stock.retired()) return;
    Seen.Numbers now = numbers(stock);
    long use = taken(stock);
    int stays = 0;
    for (int percent : stock.right().thresholds()) {
      boolean near = use >= Math.ceilDiv(now.limit() * percent, 100) - now.limit() / 20;
      if (percent <= stock.raised && use > 0 && near) stays = percent;
    }
    stock.raised = stays;
    for (int percent : stock.right().thresholds()) {
      if (percent <= stock.raised || use == 0 || use * 100 < now.limit() * percent) continue;
      stock.raised = percent;
      stock.raises++;
    }
  }

  void lookAtAll() {
    for (Stock stock : stocks) look(stock);
  }

  void clocks(long entryTerm, EntryHeader header) {
    long real = header.monotonicUs();
    if (entryTerm == term)
      elapsed += Math.max(0, Math.min(real - monotonic, 2 * settings.tickUs()));
    else medianKnown = false;
    monotonic = entryTerm == term ? Math.max(monotonic, real) : real;
    term = entryTerm;
    if (header.hasMedian()) {
      medianKnown = true;
      median = header.medianUs();
      medianAt = header.medianAtMonotonicUs();
    }
    if (!medianKnown) return;
    long most = median + Math.max(0, monotonic - medianAt) + settings.civilLeadUs();
    civil = Math.max(civil, Math.min(header.wallUs(), most));
  }

  /** What time does before the commands of an entry. */
  void sweep() {
    forgotten = Math.max(forgotten, civil - settings.requestWindowUs());
    answered.removeIf(
        row -> (Math.floorDiv(row.key.issuedAt(), 60_000_000L) + 1) * 60_000_000L <= forgotten);
    for (Stock stock : stocks) {
      look(stock);
      refresh(stock);
    }
    List<Holding> due = new ArrayList<>();
    for (Holding holding : holdings)
      if (holding.standing != Standing.SETTLED && holding.wakes <= elapsed) due.add(holding);
    due.sort(
        Comparator.comparingLong((Holding holding) -> holding.wakes)
            .thenComparingInt(holding -> holding.org.number)
            .thenComparingLong(holding -> holding.id));
    overdue = due.size() >= settings.sweepMax();
    releasesLeft = settings.sweepMax();
    for (Holding holding : due.subList(0, Math.min(due.size(), settings.sweepMax()))) {
      if (endsAt(holding) <= elapsed) end(holding);
      if (!holding.stock.dropped) look(holding.stock);
      holding.wakes = looksAt(holding);
    }
    List<Holding> settled = new ArrayList<>();
    for (Holding holding : holdings)
      if (holding.standing == Standing.SETTLED && holding.forgetAt <= civil) settled.add(holding);
    settled.sort(
        Comparator.comparingLong((Holding holding) -> holding.forgetAt)
            .thenComparingInt(holding -> holding.org.number)
            .thenComparingLong(holding -> holding.id));
    holdings.removeAll(settled.subList(0, Math.min(settled.size(), settings.sweepMax())));
  }

  /** Ends what deleted tenants had, one row after another, as many as one entry may. */
  void endTenants() {
    int left = settings.sweepMax();
    for (Org org : List.copyOf(orgs)) {
      if (!org.ending || org.gone) continue;
      while (left > 0 && !org.gone && endOne(org)) left--;
      if (left == 0) return;
    }
  }

  /** False where nothing is left to be ended now. */
  private boolean endOne(Org org) {
    Stock first = null;
    for (Stock stock : stocks)
      if (stock.org == org && (first == null || stock.number < first.number)) first = stock;
    Holding open = null;
    for (Holding holding : holdings) {
      if (holding.org != org || holding.standing == Standing.SETTLED) continue;
      boolean next = first == null || holding.stock == first;
      if (next && (open == null || holding.id < open.id)) open = holding;
    }
    if (open != null) endLast(open);
    else if (first != null) {
      leave(first);
      stocks.remove(first);
    } else if (!org.rights.isEmpty()) org.rights.pollFirstEntry();
    else if (!org.history.isEmpty()) org.history.removeFirst();
    else if (!org.entities.isEmpty()) org.entities.pollFirstEntry();
    else if (!org.removals.isEmpty()) org.removals.pollFirstEntry();
    else if (!org.subjects.isEmpty()) org.subjects.remove(org.subjects.keySet().iterator().next());
    else if (holdings.stream().noneMatch(holding -> holding.org == org)) {
      positionsEnded = Math.max(positionsEnded, org.position);
      org.gone = true;
    } else return false;
    return true;
  }

  private void endLast(Holding holding) {
    if (!holding.stock.dropped) refresh(holding.stock);
    if (holding.standing == Standing.HOLD) {
      settle(holding, 0, EndReason.END_REASON_REVOKED);
      return;
    }
    over(holding, EndReason.END_REASON_REVOKED);
    holdings.remove(holding);
  }

  /**
   * Drops the pools that the core dropped; they must have been idle. The rest must not be idle for
   * long.
   */
  void drop(List<long[]> dropped, boolean sweepsAll) {
    for (long[] named : dropped)
      stocks.removeIf(
          stock ->
              stock.org.number == named[0]
                  && stock.number == named[1]
                  && !stock.org.ending
                  && leaves(stock));
    // Retired ones may go in the middle of the entry: as soon as they are empty.
    drained.addAll(dropped);
    dropDrained();
    for (Stock stock : stocks) {
      if (sweepsAll
          && !stock.org.ending
          && stock.idleSince >= 0
          && elapsed - stock.idleSince >= IDLE_US)
        throw new AssertionError(
            "partition `"
                + stock.partition
                + "` of "
                + stock.right().name()
                + " leaks: idle since "
                + stock.idleSince);
    }
  }

  /** Lets those retired pools go that the core let go, once they are empty. */
  void dropDrained() {
    for (long[] named : drained)
      stocks.removeIf(
          stock -> {
            boolean gone =
                stock.org.number == named[0]
                    && stock.number == named[1]
                    && !stock.org.ending
                    && stock.retired()
                    && empty(stock);
            if (gone) leave(stock);
            return gone;
          });
    for (Org org : orgs)
      org.retired
          .keySet()
          .removeIf(right -> stocks.stream().noneMatch(s -> s.org == org && s.right == right));
  }

  /** After the commands of an entry: what is drained is gone. */
  void checkDrained(boolean sweepsAll) {
    drained.clear();
    for (Stock stock : stocks)
      if (sweepsAll && !stock.org.ending && stock.retired() && empty(stock))
        throw new AssertionError("a retired pool of " + stock.right().name() + " leaks");
  }

  private boolean leaves(Stock stock) {
    if (stock.retired()) return false;
    if (!stock.right().partitioned() || !idle(stock)) return false;
    leave(stock);
    return true;
  }

  void leave(Stock stock) {
    stock.dropped = true;
    for (Holding holding : holdings) if (holding.stock == stock) holding.attached = false;
  }

  /** After the commands of an entry: since when each partition is idle. */
  void noteIdle() {
    orgs.removeIf(org -> org.gone);
    for (Stock stock : stocks) {
      boolean idle = stock.right().partitioned() && !stock.retired() && idle(stock);
      if (!idle) stock.idleSince = -1;
      else if (stock.idleSince < 0) stock.idleSince = elapsed;
    }
  }

  /** When time alone ends it; never for a seat that may stay unused. */
  long endsAt(Holding holding) {
    if (holding.standing != Standing.SEAT) return holding.ends;
    long idleAfter = holding.stock.right().idleAfter();
    return idleAfter == 0 ? Long.MAX_VALUE : holding.used + idleAfter;
  }

  /** When it is looked at again: a seat at least every hour, for its terms may change. */
  long looksAt(Holding holding) {
    long ends = endsAt(holding);
    return holding.standing == Standing.SEAT ? Math.min(ends, elapsed + SEAT_LOOK_US) : ends;
  }

  /** A holder loses a seat, whose unit comes back when the cool-down is over. */
  void unassign(Holding holding, EndReason why) {
    over(holding, why);
    holding.labels = List.of();
    long freeAt = holding.assigned + holding.stock.right().coolDown();
    if (freeAt <= elapsed) {
      holdings.remove(holding);
      return;
    }
    holding.standing = Standing.COOLING;
    holding.ends = freeAt;
    holding.wakes = Math.min(holding.wakes, freeAt);
  }

  /** The time of a lease, linger or hold is over. */
  void end(Holding holding) {
    switch (holding.standing) {
      case LIVE -> {
        over(holding, EndReason.END_REASON_EXPIRED);
        holdings.remove(holding);
      }
      case SEAT -> unassign(holding, EndReason.END_REASON_EXPIRED);
      case COOLING -> holdings.remove(holding);
      case HOLD ->
          settle(
              holding,
              holding.cancelsAtItsEnd() ? 0 : holding.units,
              EndReason.END_REASON_HOLD_EXPIRED);
      case SETTLED -> throw new AssertionError("a settled hold has no time left");
    }
  }

  void over(Holding holding, EndReason why) {
    if (holding.grant.end == null) holding.grant.end = why;
  }

  void settle(Holding holding, long charged, EndReason why) {
    if (holding.attached && charged > 0) holding.stock.charges.add(new Charge(charged, elapsed));
    holding.standing = Standing.SETTLED;
    holding.labels = List.of();
    holding.grant.end = why;
    holding.grant.charged = charged;
    holding.forgetAt = civil + settings.requestWindowUs();
  }
}
