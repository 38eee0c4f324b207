package dev.tallygate.raft.state;

import dev.tallygate.raft.state.NaiveState.Holding;
import dev.tallygate.raft.state.NaiveState.Org;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Draws commands so that everything collides: few pools, tiny limits, four holders; ids that come
 * again, late, early, with other content; tokens that are old, wrong or of nobody; views that are
 * outdated.
 */
final class Workload {
  private static final long SECOND = SimClock.SECOND;
  private static final int REMEMBERED = 40;
  private static final List<String> SETS = List.of("a", "b");
  private static final List<String> LABELS = List.of("l=0", "l=1");
  private static final List<String> TENANTS = List.of("default", "other", "third");

  /** Names, and how each is counted where the catalog did not change that. */
  private static final List<String> NAMES =
      List.of("cal", "cap", "rol", "rop", "ses", "sep", "use", "usp", "sit", "sip");

  /** A lease and a token that was once given for it. */
  private record Token(int tenant, long lease, long token) {}

  private final NaiveState state;
  private final List<Call> asked = new ArrayList<>();
  private final List<Token> tokens = new ArrayList<>();
  private final boolean liars;

  /**
   * Where sweeps are cut short, units may come back later than the model has it: whether they repay
   * overage or a cut limit is then another question. Nothing goes beyond a limit there.
   */
  private boolean sweepsAll = true;

  /** Much is done with labels. */
  private final boolean labelling;

  private long ids;

  Workload(NaiveState state, SplittableRandom random) {
    this.state = state;
    this.liars = random.nextInt(25) == 0;
    this.labelling = random.nextInt(10) == 0;
  }

  /** The entry that begins a cluster. */
  List<Call> first(SplittableRandom random) {
    List<Call> calls = new ArrayList<>();
    Settings settings = settings(random);
    sweepsAll = settings.sweepMax() >= 1000;
    calls.add(new Call.Tune(settings));
    calls.add(new Call.NewTenant("default"));
    if (random.nextInt(4) == 0) calls.add(new Call.NewTenant("other"));
    calls.add(new Call.Catalog(1, 0, SETS.getFirst(), rights(random), "first"));
    if (calls.size() == 4)
      calls.add(new Call.Catalog(2, 0, SETS.getFirst(), rights(random), "first"));
    return calls;
  }

  private static Settings settings(SplittableRandom random) {
    boolean tight = random.nextInt(3) == 0;
    return new Settings(
        (5 + random.nextInt(2) * 5) * SECOND,
        (60 + random.nextInt(4) * 20) * SECOND,
        10 * SECOND,
        500_000,
        tight ? 2 + random.nextInt(5) : 1000,
        tight ? 3 + random.nextInt(6) : 1000,
        tight ? 8 + random.nextInt(25) : 1000,
        tight ? 2 + random.nextInt(4) : 1000,
        3,
        6,
        random.nextInt(5) == 0 ? 1 + random.nextInt(3) : 1000,
        4096,
        16,
        3,
        1 + random.nextInt(4));
  }

  private List<Right> rights(SplittableRandom random) {
    List<String> names = new ArrayList<>(NAMES);
    // Few of them in one life, so that they collide; more than the bound only now and then.
    while (names.size() > 5 || (!names.isEmpty() && random.nextInt(4) == 0))
      names.remove(random.nextInt(names.size()));
    List<Right> rights = new ArrayList<>();
    for (String name : names) rights.add(right(name, random));
    return rights;
  }

  private Right right(String name, SplittableRandom random) {
    long limit = random.nextInt(5);
    Right base =
        switch (name) {
          case "ses", "sep" ->
              Right.sessions(name, limit)
                  .linger(random.nextInt(2) * 8 * SECOND)
                  .perHolder(sweepsAll ? random.nextInt(4) : 1 + random.nextInt(2));
          case "use", "usp" -> {
            Right seats =
                Right.seats(name, limit)
                    .coolDown(random.nextInt(3) * 20 * SECOND)
                    .idleAfter(random.nextInt(3) * 25 * SECOND);
            yield random.nextInt(3) == 0 ? seats.assigned() : seats;
          }
          case "sit", "sip" -> Right.site(name);
          case "rol", "rop" -> {
            int slices = 1 + random.nextInt(4);
            yield Right.rolling(name, limit, slices * 10 * SECOND, slices);
          }
          default -> Right.calendar(name, limit);
        };
    if (base.model() != Right.Model.SITE && random.nextInt(3) != 0)
      base = random.nextBoolean() ? base.thresholds(80, 100) : base.thresholds(30, 60, 90);
    if (base.metered())
      base = base.holds((5 + random.nextInt(9) * 30) * SECOND, random.nextBoolean());
    if (name.endsWith("p")) base = base.partitions(1 + random.nextInt(3));
    if (sweepsAll && base.model() != Right.Model.SITE) base = overage(base, random);
    if (sweepsAll && random.nextInt(6) == 0) base = base.observing();
    if (!base.counts() && random.nextInt(3) == 0) base = base.reserve("g1", 1 + random.nextInt(2));
    if (!base.counts() && random.nextInt(4) == 0) base = base.reserve("g2", 1);
    return name.endsWith("p") && base.model() != Right.Model.SITE
        ? base.override("p1", random.nextInt(4))
        : base;
  }

  private static Right overage(Right of, SplittableRandom random) {
    long time = random.nextInt(3) * 25 * SECOND;
    return switch (random.nextInt(10)) {
      case 0, 1 -> of.overage(1 + random.nextInt(3), time);
      case 2, 3 -> of.overagePercent(50 + random.nextInt(70), time);
      case 4 -> of.overageUnlimited(time);
      default -> of;
    };
  }

  List<Call> next(SplittableRandom random, long wall) {
    List<Call> calls = new ArrayList<>();
    if (random.nextInt(15) == 0) calls.add(catalog(random));
    int count = random.nextInt(3) == 0 ? 0 : 1 + random.nextInt(6);
    for (int i = 0; i < count; i++) {
      Call call = one(random, wall);
      calls.add(call);
      if (call instanceof Call.NewTenant)
        calls.add(new Call.Catalog(state.orgsMade + 1, 0, SETS.getFirst(), rights(random), "made"));
      if (random.nextInt(12) == 0) calls.add(again(call, random));
    }
    if (random.nextInt(60) == 0) end(calls, tenant(random), random);
    for (Call call : calls) if (key(call) != null) asked.add(call);
    while (asked.size() > REMEMBERED) asked.removeFirst();
    return calls;
  }

  /** A tenant is suspended and deleted, and perhaps one of its name is asked for at once. */
  private void end(List<Call> calls, int tenant, SplittableRandom random) {
    Org org = state.org(tenant);
    calls.add(new Call.Suspend(tenant, false, "left"));
    calls.add(new Call.Delete(tenant, "left"));
    if (org != null && random.nextBoolean()) calls.add(new Call.NewTenant(org.name));
  }

  void granted(int tenant, Seen seen) {
    if (seen.status() != Outcome.Status.GRANTED) return;
    tokens.add(new Token(tenant, seen.leaseId(), seen.token()));
    while (tokens.size() > REMEMBERED) tokens.removeFirst();
  }

  private Call one(SplittableRandom random, long wall) {
    if (liars && random.nextInt(12) == 0) return vote(random);
    if (labelling && random.nextInt(6) == 0) return label(random);
    int kind = random.nextInt(100);
    if (kind < 44) return labelled(take(random, wall), random);
    if (kind < 56 && !asked.isEmpty())
      return again(asked.get(random.nextInt(asked.size())), random);
    if (kind < 84) return touch(random);
    if (kind < 85) return entity(random);
    if (kind < 88)
      return new Call.Revoke(tenant(random), lease(random).lease, "admin", "reason " + kind);
    if (kind < 92) return cap(random);
    if (kind < 94) return label(random);
    if (kind < 95) return new Call.Summary(tenant(random), 1, "p1", 9, 3);
    if (kind < 96) return new Call.NewTenant(TENANTS.get(random.nextInt(TENANTS.size())));
    if (kind < 97) return standing(random);
    if (kind < 98) return entity(random);
    if (kind < 99) return new Call.Tune(tuned(random));
    return vote(random);
  }

  private Call entity(SplittableRandom random) {
    int tenant = tenant(random);
    Org org = state.org(tenant);
    String name = "h" + random.nextInt(5);
    NaiveEntities.Known known = org == null ? null : org.entities.get(name);
    long expect = random.nextInt(4) != 0 ? 0 : known == null ? 5 : known.position();
    if (random.nextInt(3) == 0) return new Call.Forget(tenant, name, expect, "left");
    Map<String, String> put = new TreeMap<>();
    for (int i = random.nextInt(3); i > 0; i--)
      put.put("a" + random.nextInt(4), "v" + random.nextInt(3));
    List<String> removed = new ArrayList<>();
    String gone = "a" + random.nextInt(4);
    if (random.nextInt(3) == 0 && !put.containsKey(gone)) removed.add(gone);
    return new Call.Put(
        tenant,
        name,
        random.nextInt(80) == 0 ? "" : "source" + random.nextInt(2),
        put,
        removed,
        random.nextInt(4) == 0,
        expect,
        random.nextInt(60) == 0 ? random.nextInt(2) : random.nextLong());
  }

  /** Seldom in most lives: where nothing is taken, nothing is tested. */
  private Call standing(SplittableRandom random) {
    int tenant = random.nextInt(8) == 0 ? 1 + random.nextInt(state.orgsMade + 1) : tenant(random);
    return switch (random.nextInt(4)) {
      case 0 -> new Call.Suspend(tenant, false, "unpaid");
      case 1, 2 -> new Call.Suspend(tenant, true, "paid");
      default -> new Call.Delete(tenant, "left");
    };
  }

  /** Where nodes lie, or have diverged, no digest may come to a majority. */
  private Call vote(SplittableRandom random) {
    long index = 1 + random.nextInt(liars ? 2 : 5) * 16L;
    return new Call.Vote("n" + random.nextInt(3), index, liars ? random.nextInt(5) : 7);
  }

  private Settings tuned(SplittableRandom random) {
    Settings now = state.settings;
    long window =
        random.nextInt(2) == 0 ? (60 + random.nextInt(8) * 30) * SECOND : now.requestWindowUs();
    return new Settings(
        now.tickUs(),
        window,
        now.requestAheadUs(),
        now.civilLeadUs(),
        now.poolsMax(),
        now.leasesMax(),
        now.requestsMax(),
        now.subjectsMax(),
        now.tenantsMax(),
        now.entitlementsMax(),
        now.sweepMax(),
        now.ledgerSegmentBytes(),
        now.digestEvery(),
        3,
        random.nextInt(4) == 0 ? 1 + random.nextInt(4) : now.catalogVersionsMax());
  }

  private int tenant(SplittableRandom random) {
    if (random.nextInt(60) == 0) return 9;
    if (state.orgs.isEmpty()) return 1;
    return state.orgs.get(random.nextInt(state.orgs.size())).number;
  }

  private Call.Key key(SplittableRandom random) {
    long issued = state.civil + random.nextLong(4 * SECOND) - 3 * SECOND;
    int odd = random.nextInt(40);
    if (odd == 0) issued = state.civil - state.settings.requestWindowUs() + random.nextInt(3) - 1;
    if (odd == 1) issued = state.civil + state.settings.requestAheadUs() + random.nextInt(3) - 1;
    if (odd < 8 && odd > 1) issued = state.civil + random.nextLong(state.settings.requestAheadUs());
    return new Call.Key(random.nextBoolean() ? "a" : "", "r" + ids++, issued, random.nextLong());
  }

  private static Call.@Nullable Key key(Call call) {
    return switch (call) {
      case Call.Take take -> take.key();
      case Call.Labelled labelled -> labelled.take().key();
      case Call.Free free -> free.key();
      case Call.Block block -> block.key();
      case Call.Cap cap -> cap.key();
      default -> null;
    };
  }

  private Call labelled(Call.Take take, SplittableRandom random) {
    // How many rows the labels of several parts take together, nobody has to say exactly.
    boolean several = !take.also().isEmpty() && take.also().getLast().part() > 0;
    if (several || (!labelling && random.nextInt(3) != 0)) return take;
    List<String> labels = new ArrayList<>();
    for (String label : LABELS) if (random.nextInt(2) == 0) labels.add(label);
    return new Call.Labelled(take, labels);
  }

  private Call label(SplittableRandom random) {
    int tenant = tenant(random);
    String label = LABELS.get(random.nextInt(LABELS.size()));
    if (labelling ? random.nextBoolean() : random.nextInt(3) == 0)
      return new Call.Block(
          tenant, key(random), label, "block", state.civil + (random.nextInt(30) - 8) * SECOND);
    Org org = state.org(tenant);
    long upTo = org == null || random.nextInt(3) != 0 ? 0 : org.position - random.nextInt(6);
    return new Call.Free(tenant, key(random), label, "release", Math.max(0, upTo));
  }

  private Call.Take take(SplittableRandom random, long wall) {
    int tenant = tenant(random);
    Org org = state.org(tenant);
    int number = right(org, random);
    Right right = org == null ? null : org.rights.get(number);
    String holder = "h" + random.nextInt(sweepsAll ? 4 : 2);
    Long known = org == null ? null : org.subjects.get(holder);
    long fresh = random.nextInt(80) == 0 ? random.nextInt(2) : random.nextLong();
    long window = Math.floorDiv(wall, SimClock.MINUTE) * SimClock.MINUTE;
    if (random.nextInt(20) == 0) window += (random.nextInt(3) - 1) * SimClock.MINUTE;
    boolean session = right != null && right.model() == Right.Model.SESSIONS;
    boolean seat = right != null && right.model() == Right.Model.SEATS;
    boolean odd = random.nextInt(60) == 0;
    Call.Take take =
        new Call.Take(
            tenant,
            key(random),
            version(org, random),
            number,
            (right != null && right.partitioned()) != odd ? "p" + random.nextInt(4) : "",
            random.nextInt(150) == 0
                ? random.nextInt(2) - 1
                : 1 + random.nextInt(seat && random.nextInt(10) != 0 ? 1 : 2),
            holder,
            known == null ? fresh : known,
            known == null,
            session != (random.nextInt(60) == 0) ? "s" + random.nextInt(sweepsAll ? 2 : 4) : "",
            random.nextInt(3) == 0 ? (1 + random.nextInt(80)) * SECOND : 0,
            right != null && right.metered() && random.nextInt(3) == 0 || random.nextInt(60) == 0,
            window,
            window + SimClock.MINUTE,
            random.nextInt(60) == 0 ? (random.nextBoolean() ? 6 : 12) : 0,
            random.nextInt(seat ? 4 : 80) == 0);
    if (random.nextInt(60) == 0) take = take.observed(12);
    take = take.group(group(right, random));
    int kind = random.nextInt(8);
    if (kind > 2) return take;
    List<Call.Also> also = new ArrayList<>(kind < 2 ? chain(0, take, org, random) : List.of());
    // Now and then several are wanted together, each with a chain of its own.
    int parts = kind == 0 ? 1 : 1 + random.nextInt(3);
    for (int part = 1; part < parts; part++) {
      List<Call.Also> chain = chain(part, take, org, random);
      if (chain.isEmpty()) break;
      also.addAll(chain);
    }
    return take.also(also);
  }

  private static int group(@Nullable Right right, SplittableRandom random) {
    return right == null ? 0 : random.nextInt(right.groups().size() + 1);
  }

  /** What a proposer finds an entitlement to fall back to, of any model. */
  private static List<Call.Also> chain(
      int part, Call.Take take, @Nullable Org org, SplittableRandom random) {
    List<Call.Also> chain = new ArrayList<>();
    for (int left = 1 + random.nextInt(2); left > 0; left--) {
      int number = right(org, random);
      Right right = org == null ? null : org.rights.get(number);
      if (number == take.entitlement()) continue;
      boolean session = right != null && right.model() == Right.Model.SESSIONS;
      chain.add(
          new Call.Also(
              part,
              number,
              right != null && right.partitioned() ? "p" + random.nextInt(4) : "",
              take.units(),
              session ? (take.session().isEmpty() ? "s0" : take.session()) : "",
              take.windowStart(),
              take.windowEnd(),
              random.nextInt(60) == 0 ? 12 : 0,
              random.nextInt(60) == 0 ? 12 : 0,
              group(right, random)));
    }
    return chain;
  }

  private static long version(@Nullable Org org, SplittableRandom random) {
    long now = org == null ? 1 : org.catalogVersion;
    return random.nextInt(25) == 0 ? Math.max(0, now - 1) : now;
  }

  private static int right(@Nullable Org org, SplittableRandom random) {
    if (org == null || org.rights.isEmpty() || random.nextInt(50) == 0) return random.nextInt(9);
    int skip = random.nextInt(org.rights.size());
    for (Map.Entry<Integer, Right> right : org.rights.entrySet())
      if (skip-- == 0) return right.getKey();
    throw new AssertionError("no entitlement");
  }

  /** The same id once more: as it was, with other content, or judged anew by its proposer. */
  private Call again(Call call, SplittableRandom random) {
    if (call instanceof Call.Labelled labelled
        && again(labelled.take(), random) instanceof Call.Take take)
      return new Call.Labelled(take, labelled.labels());
    if (call instanceof Call.Take take) {
      Call.Key key = take.key();
      if (random.nextInt(8) == 0)
        key = new Call.Key(key.caller(), key.id(), key.issuedAt(), key.content() + 1);
      Org org = state.org(take.tenant());
      boolean anew = random.nextBoolean();
      return take.key(key, anew && org != null ? org.catalogVersion : take.catalogVersion());
    }
    return call;
  }

  private Token lease(SplittableRandom random) {
    int kind = random.nextInt(30);
    if (kind < 18 && !state.holdings.isEmpty()) {
      Holding holding = state.holdings.get(random.nextInt(state.holdings.size()));
      return new Token(holding.org.number, holding.id, holding.grant.token);
    }
    if (kind < 28 && !tokens.isEmpty()) return tokens.get(random.nextInt(tokens.size()));
    return new Token(tenant(random), random.nextInt(4) - 1 + 1000L * random.nextInt(1000), 5);
  }

  private Call touch(SplittableRandom random) {
    Token token = lease(random);
    Call.Verb verb = Call.Verb.values()[random.nextInt(4)];
    long odd = random.nextInt(25) == 0 ? random.nextInt(5) - 2 : 0;
    long amount =
        switch (verb) {
          case RENEW -> random.nextInt(2) * (1 + random.nextInt(70)) * SECOND;
          case COMMIT -> random.nextInt(60) == 0 ? -1 : random.nextInt(3);
          case RELEASE, CANCEL -> 0;
        };
    return new Call.Touch(verb, token.tenant, token.lease, token.token + odd, amount);
  }

  private Call cap(SplittableRandom random) {
    int tenant = tenant(random);
    Org org = state.org(tenant);
    int number = right(org, random);
    Right right = org == null ? null : org.rights.get(number);
    boolean clear = random.nextInt(3) == 0;
    long until =
        random.nextInt(3) == 0
            ? 0
            : state.civil + random.nextLong(3 * SimClock.MINUTE) - 5 * SECOND;
    return new Call.Cap(
        tenant,
        key(random),
        version(org, random),
        number,
        (right != null && right.partitioned()) != (random.nextInt(40) == 0)
            ? "p" + random.nextInt(4)
            : "",
        clear ? 0 : random.nextInt(6),
        clear ? 0 : until,
        clear);
  }

  /**
   * The same name, counted in whatever way. With other partitions only where each sweep is whole: a
   * window that is over and not yet swept keeps others out, and the model knows of no such thing.
   */
  private Right counted(Right right, SplittableRandom random) {
    String as = NAMES.get(random.nextInt(NAMES.size()));
    boolean whole = state.settings.sweepMax() >= 1000;
    if (!whole && as.endsWith("p") != right.partitioned()) as = right.partitioned() ? "rop" : "ses";
    return right(as, random).named(right.name());
  }

  private Call catalog(SplittableRandom random) {
    int tenant = tenant(random);
    Org org = state.org(tenant);
    String set = random.nextInt(60) == 0 ? "" : SETS.get(random.nextInt(3) / 2);
    if (org != null && !org.history.isEmpty() && random.nextInt(4) == 0) {
      // Rolled back: what the set was, whatever came since.
      NaiveState.Version then = org.history.get(random.nextInt(org.history.size()));
      return new Call.Catalog(tenant, version(org, random), set, then.in(set), "admin");
    }
    List<Right> rights = new ArrayList<>();
    List<String> elsewhere = new ArrayList<>();
    if (org != null) {
      rights.addAll(org.in(set));
      for (Right right : org.rights.values())
        if (!rights.contains(right)) elsewhere.add(right.name());
    }
    rights.removeIf(right -> random.nextInt(15) == 0);
    rights.replaceAll(
        right ->
            switch (random.nextInt(6)) {
              case 0 -> counted(right, random);
              case 1, 2 ->
                  right.model() == Right.Model.SITE && random.nextInt(20) != 0
                      ? right
                      : right.limit(random.nextInt(5));
              default -> right;
            });
    for (String name : List.of("cal", "rop", "sep", "ses", "use", "sip")) {
      boolean taken = elsewhere.contains(name) && random.nextInt(20) != 0;
      if (!taken && random.nextInt(5) == 0 && rights.stream().noneMatch(r -> r.name().equals(name)))
        rights.add(right(name, random));
    }
    if (random.nextInt(30) == 0 && !rights.isEmpty()) rights.add(rights.getFirst());
    if (random.nextInt(30) == 0)
      for (int i = 0; i < 7; i++) rights.add(Right.sessions("more" + i, 1));
    return new Call.Catalog(tenant, version(org, random), set, rights, "admin");
  }
}
