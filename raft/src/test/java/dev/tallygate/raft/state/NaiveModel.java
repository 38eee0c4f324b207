package dev.tallygate.raft.state;

import dev.tallygate.proto.v1.EndReason;
import dev.tallygate.proto.v1.GrantKind;
import dev.tallygate.proto.v1.RefusalReason;
import dev.tallygate.raft.state.NaiveState.Answered;
import dev.tallygate.raft.state.NaiveState.Grant;
import dev.tallygate.raft.state.NaiveState.Holding;
import dev.tallygate.raft.state.NaiveState.Org;
import dev.tallygate.raft.state.NaiveState.Standing;
import dev.tallygate.raft.state.NaiveState.Stock;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The plainest statement of what a command must be answered. Where the core gives a number that
 * only has to be new and growing, a position, the model takes it over after checking that it is.
 */
final class NaiveModel {
  final NaiveState state = new NaiveState();
  private final NaiveLeases leases = new NaiveLeases(state);
  private final NaiveRules rules = new NaiveRules(state);
  private final NaiveLabels labels = new NaiveLabels(state, leases);
  private final NaiveEntities entities = new NaiveEntities(state);

  /** Pools that parts of the command took from, before the one that is judged. */
  private final List<Stock> taken = new ArrayList<>();

  private static final RefusalReason EXHAUSTED = RefusalReason.REFUSAL_REASON_EXHAUSTED;

  /** Whether one that only observes grants: not while others of its chain may. */
  private boolean observing = true;

  /** What was only noted. */
  private @Nullable RefusalReason observed;

  /** The labels of the request. */
  private List<String> under = List.of();

  /** The pool that was asked last. */
  private @Nullable Stock asked;

  /**
   * What time does at the start of an entry; {@code dropped} are the partitions that the core let
   * go.
   */
  void begin(long term, EntryHeader header, List<long[]> dropped) {
    state.clocks(term, header);
    state.sweep();
    entities.sweep();
    state.lookAtAll();
    state.endTenants();
    state.drop(dropped, state.settings.sweepMax() >= 1000);
  }

  void end() {
    state.checkDrained(state.settings.sweepMax() >= 1000);
    state.noteIdle();
  }

  /**
   * Answers a command.
   *
   * @param position the tenant's position after the command, as the core says
   */
  Seen answer(Call call, long position) {
    Seen seen = answered(call, position);
    state.dropDrained();
    state.lookAtAll();
    return seen;
  }

  private Seen answered(Call call, long position) {
    return switch (call) {
      case Call.Take take -> take(take, List.of(), position);
      case Call.Labelled labelled -> take(labelled.take(), labelled.labels(), position);
      case Call.Free free -> label(free.tenant(), free.key(), org -> labels.release(org, free));
      case Call.Block block -> label(block.tenant(), block.key(), org -> labels.block(org, block));
      case Call.Touch touch -> leases.touch(touch, position);
      case Call.Revoke revoke -> leases.revoke(revoke, position);
      case Call.Cap cap -> cap(cap);
      case Call.Catalog catalog -> rules.catalog(catalog);
      case Call.NewTenant made -> rules.newTenant(made);
      case Call.Suspend suspend -> rules.suspend(suspend);
      case Call.Delete delete -> rules.delete(delete);
      case Call.Put put -> entities.put(put, position);
      case Call.Forget forget -> entities.forget(forget, position);
      case Call.Tune tune -> {
        state.settings = tune.settings();
        yield Seen.done(null);
      }
      case Call.Vote vote -> rules.vote(vote);
      case Call.Summary summary ->
          state.asked(summary.tenant()) == null ? notFound() : Seen.done(null);
    };
  }

  static Seen notFound() {
    return Seen.refused(RefusalReason.REFUSAL_REASON_NOT_FOUND, null);
  }

  /**
   * Age of the id, the id, the bound on ids, the proposer's view: null where the command goes on.
   */
  private @Nullable Seen early(Org org, Call.Key key, long catalogVersion) {
    Seen known = known(org, key);
    if (known != null) return known;
    if (state.answered.size() >= state.settings.requestsMax()) return Seen.full(TableId.REQUESTS);
    return catalogVersion != org.catalogVersion || rules.disputed() ? Seen.retry() : null;
  }

  private @Nullable Seen known(Org org, Call.Key key) {
    if (!state.medianKnown) return Seen.retry();
    if (state.civil >= key.issuedAt() + state.settings.requestWindowUs()
        || key.issuedAt() <= state.forgotten)
      return Seen.refused(RefusalReason.REFUSAL_REASON_REQUEST_TOO_OLD, null);
    if (key.issuedAt() > state.civil + state.settings.requestAheadUs())
      return Seen.refused(RefusalReason.REFUSAL_REASON_REQUEST_FROM_FUTURE, null);
    for (Answered row : state.answered) {
      if (row.tenant() != org.number
          || !row.key().caller().equals(key.caller())
          || !row.key().id().equals(key.id())
          || row.key().issuedAt() != key.issuedAt()) continue;
      return row.key().content() == key.content()
          ? repeatAll(row)
          : Seen.refused(RefusalReason.REFUSAL_REASON_REQUEST_ID_REUSED, null);
    }
    return null;
  }

  private Seen repeatAll(Answered row) {
    return repeatNoted(row).more(row.parts().stream().map(this::repeatNoted).toList());
  }

  private Seen repeatNoted(Answered row) {
    Seen seen = repeat(row);
    return seen.status() == Outcome.Status.GRANTED ? seen.observed(row.first().refusal()) : seen;
  }

  /** What became of the grant: never a newer token, never more than the ttl that is left. */
  private Seen repeat(Answered row) {
    Stock stock = row.stock();
    Seen.Numbers pool = stock == null || stock.dropped ? null : state.numbers(stock);
    Grant grant = row.grant();
    Seen first = row.first();
    if (grant == null) {
      Seen again =
          first.refusal() == null
              ? Seen.done(first.units(), first.token(), true, pool)
              : Seen.refused(first.refusal(), pool);
      return again.asRepeat();
    }
    if (grant.kind == GrantKind.GRANT_KIND_SEAT_VALUE && row.holding() != null)
      return repeatSeat(first, grant, row.holding(), pool);
    if (grant.end != null)
      return Seen.ended(grant.end, first.leaseId(), grant.token, grant.charged, pool).asRepeat();
    Holding holding = row.holding();
    long left = holding == null ? 0 : Math.max(0, holding.ttlEnds - state.elapsed);
    return Seen.granted(
            grant.kind, first.leaseId(), grant.token, first.units(), left, first.resumed(), pool)
        .asRepeat();
  }

  private Seen keep(
      Org org,
      Call.Key key,
      Seen seen,
      @Nullable Grant grant,
      @Nullable Holding holding,
      @Nullable Stock stock) {
    Seen noted = seen.status() == Outcome.Status.GRANTED ? seen.observed(observed) : seen;
    state.answered.add(new Answered(org.number, key, noted, grant, holding, stock, List.of()));
    return noted;
  }

  private Seen refuse(
      Org org,
      Call.Key key,
      RefusalReason why,
      Seen.@Nullable Numbers pool,
      @Nullable Stock stock) {
    return keep(org, key, Seen.refused(why, pool), null, null, stock);
  }

  private Seen label(int tenant, Call.Key key, Function<Org, Seen> answer) {
    Org org = state.asked(tenant);
    if (org == null) return notFound();
    // Giving back needs no space, and neither does taking nothing more.
    Seen known = known(org, key);
    if (known != null) return known;
    if (rules.disputed()) return Seen.retry();
    return keep(org, key, answer.apply(org), null, null, null);
  }

  private Seen take(Call.Take take, List<String> labelled, long position) {
    under = labelled;
    Org org = state.asked(take.tenant());
    if (org == null) return notFound();
    Seen early = early(org, take.key(), take.catalogVersion());
    if (early != null) return early;
    if (org.suspended)
      return refuse(org, take.key(), RefusalReason.REFUSAL_REASON_SUSPENDED, null, null);
    observing = true;
    if (take.also().isEmpty()) return take(org, take, position);
    List<List<Call.Take>> parts = new ArrayList<>();
    parts.add(new ArrayList<>(List.of(take.of(first(take)))));
    for (Call.Also also : take.also()) {
      if (also.part() == parts.size()) parts.add(new ArrayList<>());
      parts.get(also.part()).add(take.of(also));
    }
    return parts.size() == 1
        ? chain(org, parts.getFirst(), position)
        : together(org, take, parts, position);
  }

  /** All or none: what was taken before one refuses is as if it had never been. */
  private Seen together(Org org, Call.Take take, List<List<Call.Take>> parts, long position) {
    for (List<Call.Take> chain : parts)
      for (Call.Take each : chain) {
        Stock stock = state.stock(org, each.entitlement(), each.partition());
        if (stock != null) state.refresh(stock);
      }
    if (state.answered.size() + parts.size() > state.settings.requestsMax())
      return Seen.full(TableId.REQUESTS);
    NaiveMemento before = new NaiveMemento(state, org);
    taken.clear();
    for (int part = 0; part < parts.size(); part++) {
      // Where nothing is granted, the core's position is not that of a grant.
      long own = Math.max(position - (parts.size() - 1 - part), org.position + 1);
      Seen seen = chain(org, parts.get(part), own);
      if (seen.status() != Outcome.Status.GRANTED) return none(org, take, seen, before);
      taken.add(asked());
    }
    taken.clear();
    List<Answered> rows = new ArrayList<>();
    while (rows.size() < parts.size()) rows.addFirst(state.answered.removeLast());
    for (int part = 0; part < rows.size(); part++) {
      Answered row = rows.get(part);
      // A row for each part, under a name that nobody asks for.
      Call.Key key =
          part == 0
              ? take.key()
              : new Call.Key("part", take.key().id(), take.key().issuedAt(), 1000 - part);
      state.answered.add(
          new Answered(
              org.number,
              key,
              row.first(),
              row.grant(),
              row.holding(),
              row.stock(),
              part == 0 ? rows.subList(1, rows.size()) : List.of()));
    }
    List<Seen> seen = new ArrayList<>();
    for (Answered row : rows) seen.add(row.first().pool(state.numbers(needStock(row))));
    return seen.getFirst().more(seen.subList(1, seen.size()));
  }

  private static Stock needStock(Answered row) {
    Stock stock = row.stock();
    if (stock == null) throw new AssertionError("granted by no pool");
    return stock;
  }

  private Stock asked() {
    if (asked == null) throw new AssertionError("no pool was asked");
    return asked;
  }

  private Seen none(Org org, Call.Take take, Seen seen, NaiveMemento before) {
    before.restore(state);
    taken.clear();
    if (seen.status() != Outcome.Status.REFUSED || seen.refusal() == null) return seen;
    Stock stock = seen.pool() == null ? null : asked();
    Seen.Numbers numbers = stock == null ? null : state.numbers(stock);
    return refuse(
        org, take.key(), seen.refusal(), numbers, state.stocks.contains(stock) ? stock : null);
  }

  /**
   * Where the holder is already; else the first that is not exhausted; else what the first says.
   */
  private Seen chain(Org org, List<Call.Take> chain, long position) {
    observing = false;
    Call.Take answers = chain.getFirst();
    boolean found = false;
    for (Call.Take each : chain) {
      if (!has(org, each)) continue;
      Seen seen = take(org, each, position);
      if (seen.refusal() != RefusalReason.REFUSAL_REASON_NO_SEAT) return seen;
      state.answered.removeLast();
    }
    for (Call.Take each : chain) {
      Seen seen = take(org, each, position);
      if (seen.status() != Outcome.Status.REFUSED) return seen;
      state.answered.removeLast();
      Right right = org.rights.get(each.entitlement());
      if (!found && right != null && right.observes()) {
        found = true;
        answers = each;
      }
      if (seen.refusal() != RefusalReason.REFUSAL_REASON_EXHAUSTED) break;
    }
    observing = true;
    return take(org, answers, position);
  }

  private static Call.Also first(Call.Take take) {
    return new Call.Also(
        0,
        take.entitlement(),
        take.partition(),
        take.units(),
        take.session(),
        take.windowStart(),
        take.windowEnd(),
        take.refusal(),
        take.observed(),
        take.group());
  }

  /** Whether the holder has this session or seat, or it lingers or cools down. */
  private boolean has(Org org, Call.Take take) {
    Right right = org.rights.get(take.entitlement());
    if (right == null || right.counts() || take.refusal() != 0) return false;
    Stock stock = state.stock(org, take.entitlement(), take.partition());
    return !taken.contains(stock)
        && state.holdings.stream()
            .anyMatch(
                holding ->
                    holding.stock == stock
                        && holding.holder.equals(take.holder())
                        && holding.session.equals(take.session()));
  }

  /** Takes of one entitlement. */
  private Seen take(Org org, Call.Take take, long position) {
    observed = RefusalReason.forNumber(take.observed());
    if (take.observed() == 0) observed = null;
    RefusalReason why = RefusalReason.forNumber(take.refusal());
    Right right = org.rights.get(take.entitlement());
    if (take.refusal() != 0 && why != null) return refuse(org, take.key(), why, null, null);
    if (right == null)
      return refuse(org, take.key(), RefusalReason.REFUSAL_REASON_NOT_FOUND, null, null);
    boolean fits =
        switch (right.model()) {
          case SESSIONS -> !take.hold() && !take.assign();
          case METERED -> take.session().isEmpty() && !take.assign();
          case SEATS -> take.session().isEmpty() && !take.hold();
          case SITE -> take.session().isEmpty() && !take.hold() && !take.assign();
        };
    if (!fits) return refuse(org, take.key(), RefusalReason.REFUSAL_REASON_WRONG_MODEL, null, null);
    if (right.partitioned() == take.partition().isEmpty())
      return refuse(org, take.key(), RefusalReason.REFUSAL_REASON_PARTITION_UNKNOWN, null, null);
    if (take.group() < 0 || take.group() > right.groups().size()) return Seen.internal();
    if (take.units() < 1 || take.units() > 1_000_000_000_000L) return Seen.internal();
    if (labels.blocked(org, under))
      return refuse(org, take.key(), RefusalReason.REFUSAL_REASON_LABEL_BLOCKED, null, null);
    boolean receipt = right.counts() && !take.hold();
    if (!receipt && !under.isEmpty() && labels.rows() + 2L * under.size() > labels.rowsMax())
      return Seen.full(TableId.LABELS);
    Stock stock = state.stock(org, take.entitlement(), take.partition());
    boolean made = stock == null;
    if (stock == null) {
      Seen bound = roomForPool(org, take.key(), take.entitlement(), right);
      if (bound != null) return bound;
      stock = new Stock(org, take.entitlement(), take.partition(), org.stocksMade + 1);
    }
    state.refresh(stock);
    asked = stock;
    // Both parts would be one session or seat.
    if (taken.contains(stock) && !right.counts())
      return exhausted(take, stock, made, state.numbers(stock));
    Seen seen =
        switch (right.model()) {
          case METERED, SITE -> meter(take, stock, made, position);
          case SESSIONS -> session(take, stock, made, position);
          case SEATS -> seat(take, stock, made, position);
        };
    if (made && seen.status() == Outcome.Status.GRANTED) make(stock);
    labels.granted(org, seen, under);
    return seen;
  }

  private @Nullable Seen roomForPool(Org org, Call.Key key, int right, Right of) {
    long partitions = state.stocks.stream().filter(s -> s.org == org && s.right == right).count();
    if (of.partitioned() && partitions >= of.partitionsMax())
      return refuse(org, key, RefusalReason.REFUSAL_REASON_PARTITIONS_EXHAUSTED, null, null);
    return state.stocks.size() >= state.settings.poolsMax() ? Seen.full(TableId.POOLS) : null;
  }

  private void make(Stock stock) {
    state.stocks.add(stock);
    stock.org.stocksMade++;
  }

  private Seen meter(Call.Take take, Stock stock, boolean made, long position) {
    Right right = stock.right();
    boolean opens =
        right.calendar() && !(stock.windowStart <= state.civil && state.civil < stock.windowEnd);
    if (opens && !(take.windowStart() <= state.civil && state.civil < take.windowEnd()))
      return Seen.retry();
    Seen.Numbers before = state.numbers(stock);
    Org org = stock.org;
    if (!state.room(stock, before, take)
        && (waits(before) || !observes(right, before, take.units(), EXHAUSTED)))
      return exhausted(take, stock, made, before);
    Seen unnamed = subject(org, take);
    if (unnamed != null) return unnamed;
    if (take.hold() && state.holdings.size() >= state.settings.leasesMax())
      return Seen.full(TableId.LEASES);
    org.subjects.putIfAbsent(take.holder(), take.subjectRef());
    state.takes(stock, before, take.units());
    if (opens) {
      stock.windowStart = Math.max(take.windowStart(), stock.windowEnd);
      stock.windowEnd = take.windowEnd();
    }
    moved(org, position);
    int kind = take.hold() ? GrantKind.GRANT_KIND_HOLD_VALUE : GrantKind.GRANT_KIND_RECEIPT_VALUE;
    Grant grant = new Grant(kind, position);
    Holding holding = null;
    long ttl = 0;
    if (take.hold()) {
      ttl = take.ttl() == 0 ? right.holdTtl() : Math.min(take.ttl(), right.holdTtl());
      holding = new Holding(stock, take, grant, Standing.HOLD, state.elapsed);
      lasts(holding, ttl, 0);
      holding.wakes = holding.ends;
      state.holdings.add(holding);
    } else {
      stock.charges.add(new NaiveState.Charge(take.units(), state.elapsed));
    }
    Seen seen =
        Seen.granted(kind, position, position, take.units(), ttl, false, state.numbers(stock));
    return keep(org, take.key(), seen, grant, holding, stock);
  }

  private Seen session(Call.Take take, Stock stock, boolean made, long position) {
    Org org = stock.org;
    Right right = stock.right();
    long ttl = take.ttl() == 0 ? right.ttl() : Math.min(take.ttl(), right.ttlMax());
    for (Holding holding : state.holdings) {
      if (holding.stock != stock
          || !holding.holder.equals(take.holder())
          || !holding.session.equals(take.session())) continue;
      if (holding.units != take.units())
        return refuse(
            org,
            take.key(),
            RefusalReason.REFUSAL_REASON_UNITS_DIFFER,
            state.numbers(stock),
            stock);
      state.over(holding, EndReason.END_REASON_SUPERSEDED);
      holding.grant = new Grant(GrantKind.GRANT_KIND_LEASE_VALUE, position);
      holding.standing = Standing.LIVE;
      return lease(holding, take, ttl, position, true);
    }
    Seen.Numbers before = state.numbers(stock);
    long has = state.ofHolder(stock, take.holder());
    RefusalReason why = RefusalReason.REFUSAL_REASON_HOLDER_EXHAUSTED;
    boolean waits = state.overdue && has > 0;
    if (right.holderMax() > 0
        && has + take.units() > right.holderMax()
        && (waits || !observes(right, before, take.units(), why))) {
      return waits ? Seen.retry() : refuse(org, take.key(), why, before, made ? null : stock);
    }
    if (!state.room(stock, before, take)
        && (waits(before) || !observes(right, before, take.units(), EXHAUSTED)))
      return exhausted(take, stock, made, before);
    if (state.holdings.size() >= state.settings.leasesMax()) return Seen.full(TableId.LEASES);
    Seen unnamed = subject(org, take);
    if (unnamed != null) return unnamed;
    org.subjects.putIfAbsent(take.holder(), take.subjectRef());
    state.takes(stock, before, take.units());
    Grant grant = new Grant(GrantKind.GRANT_KIND_LEASE_VALUE, position);
    Holding holding = new Holding(stock, take, grant, Standing.LIVE, state.elapsed);
    holding.wakes = Long.MAX_VALUE;
    state.holdings.add(holding);
    return lease(holding, take, ttl, position, false);
  }

  private Seen seat(Call.Take take, Stock stock, boolean made, long position) {
    Org org = stock.org;
    Right right = stock.right();
    if (take.units() != 1)
      return refuse(
          org,
          take.key(),
          RefusalReason.REFUSAL_REASON_UNITS_DIFFER,
          state.numbers(stock),
          made ? null : stock);
    Holding found = null;
    for (Holding holding : state.holdings)
      if (holding.stock == stock && holding.holder.equals(take.holder())) found = holding;
    boolean has = found != null && found.standing == Standing.SEAT;
    if (!has
        && right.assignedOnly()
        && !take.assign()
        && !observes(right, state.numbers(stock), 1, RefusalReason.REFUSAL_REASON_NO_SEAT))
      return refuse(
          org,
          take.key(),
          RefusalReason.REFUSAL_REASON_NO_SEAT,
          state.numbers(stock),
          made ? null : stock);
    if (found == null) {
      Seen.Numbers before = state.numbers(stock);
      if (!state.room(stock, before, take)
          && (waits(before) || !observes(right, before, 1, EXHAUSTED)))
        return exhausted(take, stock, made, before);
      if (state.holdings.size() >= state.settings.leasesMax()) return Seen.full(TableId.LEASES);
      Seen unnamed = subject(org, take);
      if (unnamed != null) return unnamed;
      org.subjects.putIfAbsent(take.holder(), take.subjectRef());
      state.takes(stock, before, 1);
      Grant grant = new Grant(GrantKind.GRANT_KIND_SEAT_VALUE, position);
      Holding holding = new Holding(stock, take, grant, Standing.SEAT, state.elapsed);
      holding.wakes = Long.MAX_VALUE;
      state.holdings.add(holding);
      return sits(holding, take, position, false);
    }
    // Other processes of the holder go on under the token that they have.
    long token = has ? found.grant.token : position;
    found.grant = new Grant(GrantKind.GRANT_KIND_SEAT_VALUE, token);
    found.standing = Standing.SEAT;
    return sits(found, take, position, true);
  }

  private Seen sits(Holding holding, Call.Take take, long position, boolean resumed) {
    moved(holding.org, position);
    holding.used = state.elapsed;
    holding.wakes = Math.min(holding.wakes, state.looksAt(holding));
    Seen seen =
        Seen.granted(
            GrantKind.GRANT_KIND_SEAT_VALUE,
            holding.id,
            holding.grant.token,
            1,
            holding.stock.right().idleAfter(),
            resumed,
            state.numbers(holding.stock));
    return keep(holding.org, take.key(), seen, holding.grant, holding, holding.stock);
  }

  /** Of the requests that used a seat, only the last is told why it is over. */
  private Seen repeatSeat(Seen first, Grant grant, Holding holding, Seen.@Nullable Numbers pool) {
    EndReason end = grant.end;
    boolean there = state.holdings.contains(holding) && holding.grant.token == grant.token;
    if (end == null && !there) end = EndReason.END_REASON_FORGOTTEN;
    if (end == null && holding.standing == Standing.COOLING) end = holding.grant.end;
    if (end != null) return Seen.ended(end, first.leaseId(), grant.token, 0, pool).asRepeat();
    long idleAfter = holding.stock.right().idleAfter();
    long left = idleAfter == 0 ? 0 : Math.max(1, holding.used + idleAfter - state.elapsed);
    return Seen.granted(grant.kind, first.leaseId(), grant.token, 1, left, first.resumed(), pool)
        .asRepeat();
  }

  /** A lease of it may be due that the sweep has not come to. */
  private boolean waits(Seen.Numbers now) {
    return state.overdue && now.held() + now.onHold() + now.cooling() + now.carried() > 0;
  }

  /** Whether a refusal is only noted, and notes the first. */
  private boolean observes(Right right, Seen.Numbers now, long units, RefusalReason why) {
    if (!right.observes() || !observing) return false;
    if (now.overage() + now.deficit() + units > 1_000_000_000_000_000L) return false;
    if (observed == null) observed = why;
    return true;
  }

  /** Nothing is exhausted while a lease of it may be due that the sweep has not come to. */
  private Seen exhausted(Call.Take take, Stock stock, boolean made, Seen.Numbers before) {
    if (state.overdue && before.held() + before.onHold() + before.cooling() + before.carried() > 0)
      return Seen.retry();
    return refuse(
        stock.org, take.key(), RefusalReason.REFUSAL_REASON_EXHAUSTED, before, made ? null : stock);
  }

  private Seen lease(Holding holding, Call.Take take, long ttl, long position, boolean resumed) {
    moved(holding.org, position);
    lasts(holding, ttl, holding.stock.right().grace());
    holding.wakes = Math.min(holding.wakes, holding.ends);
    Seen seen =
        Seen.granted(
            GrantKind.GRANT_KIND_LEASE_VALUE,
            holding.id,
            position,
            holding.units,
            ttl,
            resumed,
            state.numbers(holding.stock));
    return keep(holding.org, take.key(), seen, holding.grant, holding, holding.stock);
  }

  private void lasts(Holding holding, long ttl, long grace) {
    holding.ttlEnds = state.elapsed + ttl;
    holding.ends = holding.ttlEnds + grace;
  }

  private @Nullable Seen subject(Org org, Call.Take take) {
    if (!take.newSubject() || org.subjects.containsKey(take.holder())) return null;
    if (take.subjectRef() == 0 || org.subjects.containsValue(take.subjectRef()))
      return Seen.retry();
    int known = 0;
    for (Org each : state.orgs) known += each.subjects.size();
    return known >= state.settings.subjectsMax() ? Seen.full(TableId.SUBJECTS) : null;
  }

  private static void moved(Org org, long position) {
    if (position <= org.position)
      throw new AssertionError("position " + position + " was given before: " + org.position);
    org.position = position;
  }

  private Seen cap(Call.Cap cap) {
    Org org = state.asked(cap.tenant());
    if (org == null) return notFound();
    Seen early = early(org, cap.key(), cap.catalogVersion());
    if (early != null) return early;
    Right right = org.rights.get(cap.entitlement());
    if (right == null || right.partitioned() == cap.partition().isEmpty())
      return refuse(org, cap.key(), RefusalReason.REFUSAL_REASON_NOT_FOUND, null, null);
    if (right.model() == Right.Model.SITE)
      return refuse(org, cap.key(), RefusalReason.REFUSAL_REASON_WRONG_MODEL, null, null);
    Stock stock = state.stock(org, cap.entitlement(), cap.partition());
    if (stock == null) {
      Seen bound = roomForPool(org, cap.key(), cap.entitlement(), right);
      if (bound != null) return bound;
      stock = new Stock(org, cap.entitlement(), cap.partition(), org.stocksMade + 1);
      make(stock);
    }
    state.refresh(stock);
    stock.override = cap.clear() ? null : Long.valueOf(cap.limit());
    stock.until = cap.clear() ? 0 : cap.until();
    return keep(org, cap.key(), Seen.done(state.numbers(stock)), null, null, stock);
  }

  boolean disputed() {
    return rules.disputed();
  }

  long agreed() {
    return rules.agreed();
  }
}
