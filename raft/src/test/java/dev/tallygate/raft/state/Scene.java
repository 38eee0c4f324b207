package dev.tallygate.raft.state;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A core with one tenant and a catalog, and a clock that a test moves by hand: the small language
 * in which unit tests speak. Time stands still unless {@link #pass} moves it.
 */
final class Scene {
  static final long SECOND = Right.SECOND;
  static final long START = 1_800_000_000L * SECOND;

  /** Ten seconds a tick, so that one entry may move the elapsed clock by twenty. */
  static final Settings SETTINGS =
      new Settings(
          10 * SECOND,
          600 * SECOND,
          60 * SECOND,
          500_000,
          100,
          100,
          1000,
          100,
          2,
          4,
          1000,
          1 << 20,
          16,
          3,
          3);

  final HeapTables tables = new HeapTables();
  final Bytes ledger = new Bytes(1024);
  final List<String> alarms = new ArrayList<>();
  final Core core;
  long term = 1;
  long index;
  long time;
  boolean median = true;

  /** Runs after each command, before its entry is over. */
  Runnable meanwhile = () -> {};

  /** {@code retry_after} of the last outcome. */
  long retryAfter;

  /** {@code reserved} of the last outcome. */
  long reserved;

  /** Of the last outcome, where it is a refusal. */
  int refusedPart;

  private int ids;
  private long subjects = 100;

  Scene(Settings settings, Right... rights) {
    core =
        new Core(
            tables,
            new LedgerSink() {
              @Override
              public void append(long position, byte[] bytes, int offset, int count) {
                ledger.add(bytes, offset, count);
              }

              @Override
              public void roll(long position) {}
            });
    core.onAlarm(alarms::add);
    apply(
        new Call.Tune(settings),
        new Call.NewTenant("default"),
        new Call.Catalog(1, 0, "s", List.of(rights), "admin"));
  }

  /** One whose entries sweep no more than so many leases each. */
  static Scene sweeping(int most, Right... rights) {
    Settings of = SETTINGS;
    return new Scene(
        new Settings(
            of.tickUs(),
            of.requestWindowUs(),
            of.requestAheadUs(),
            of.civilLeadUs(),
            of.poolsMax(),
            of.leasesMax(),
            of.requestsMax(),
            of.subjectsMax(),
            of.tenantsMax(),
            of.entitlementsMax(),
            most,
            of.ledgerSegmentBytes(),
            of.digestEvery(),
            of.voters(),
            of.catalogVersionsMax()),
        rights);
  }

  static Scene of(Right... rights) {
    return new Scene(SETTINGS, rights);
  }

  long wall() {
    return START + time;
  }

  /** Applies one entry at the time that it is. */
  List<Seen> apply(Call... calls) {
    Bytes entry = new Bytes(256);
    EntryHeader header = new EntryHeader().stamp(FeatureLevel.FIRST, 5_000_000 + time, wall());
    if (median) header.median(wall(), 5_000_000 + time);
    header.write(entry);
    for (Call call : calls) {
      byte[] command = call.proto().toByteArray();
      EntryHeader.command(entry, command, 0, command.length);
    }
    List<Seen> seen = new ArrayList<>();
    core.apply(
        term,
        index++,
        entry.array(),
        0,
        entry.length(),
        (i, outcome) -> {
          meanwhile.run();
          retryAfter = outcome.retryAfterUs;
          refusedPart = outcome.refusedPart;
          reserved = outcome.reserved;
          seen.add(Seen.of(outcome));
        });
    return seen;
  }

  Seen one(Call call) {
    return apply(call).getFirst();
  }

  /** Lets time pass in ticks that no clock cuts short. */
  Scene pass(long us) {
    for (long left = us; left > 0; left -= 20 * SECOND) {
      time += Math.min(left, 20 * SECOND);
      apply();
    }
    return this;
  }

  Entitlement entitlement(String name) {
    TenantView tenant = core.view().tenant("default");
    Entitlement found = tenant == null ? null : tenant.entitlement(name);
    if (found == null) throw new AssertionError("no entitlement " + name);
    return found;
  }

  long version() {
    TenantView tenant = core.view().tenant("default");
    return tenant == null ? 0 : tenant.catalogVersion();
  }

  /** The counts of a pool as a reader sees them; null where there is no pool. */
  Seen.@Nullable Numbers pool(String entitlement, String partition) {
    TenantView tenant = core.view().tenant("default");
    if (tenant == null) throw new AssertionError("no tenant");
    Span of = new Span();
    of.set(partition);
    Reader reader = core.view().reader();
    return reader.pool(tenant, entitlement(entitlement), of)
        ? Seen.Numbers.of(reader.counts())
        : null;
  }

  Seen.@Nullable Numbers pool(String entitlement) {
    return pool(entitlement, "");
  }

  Call.Key key() {
    return key("r" + ids++, wall());
  }

  Call.Key key(String id, long issuedAt) {
    return new Call.Key("app", id, issuedAt, 42);
  }

  /** One unit for the holder {@code ann}, in the calendar minute that it is. */
  Ask take(String entitlement) {
    return new Ask(entitlement);
  }

  Seen touch(Call.Verb verb, Seen grant, long amount) {
    return touch(verb, grant.leaseId(), grant.token(), amount);
  }

  Seen touch(Call.Verb verb, long lease, long token, long amount) {
    return one(new Call.Touch(verb, 1, lease, token, amount));
  }

  Seen release(Seen grant) {
    return touch(Call.Verb.RELEASE, grant, 0);
  }

  Seen renew(Seen grant) {
    return touch(Call.Verb.RENEW, grant, 0);
  }

  Seen commit(Seen grant, long units) {
    return touch(Call.Verb.COMMIT, grant, units);
  }

  Seen cancel(Seen grant) {
    return touch(Call.Verb.CANCEL, grant, 0);
  }

  Seen revoke(Seen grant) {
    return one(new Call.Revoke(1, grant.leaseId(), "admin", "left the company"));
  }

  Seen free(String label) {
    return free(label, 0);
  }

  /** Releases what stands under a label and has a token of at most {@code upTo}; 0 for all. */
  Seen free(String label, long upTo) {
    return one(new Call.Free(1, key(), label, "torn down", upTo));
  }

  Seen block(String label, long until) {
    return one(new Call.Block(1, key(), label, "torn down", until));
  }

  Seen setLimit(String entitlement, long limit, long until) {
    return one(
        new Call.Cap(
            1, key(), version(), entitlement(entitlement).number(), "", limit, until, false));
  }

  Seen clearLimit(String entitlement) {
    return one(
        new Call.Cap(1, key(), version(), entitlement(entitlement).number(), "", 0, 0, true));
  }

  Seen catalog(Right... rights) {
    return set("s", rights);
  }

  Seen set(String set, Right... rights) {
    return one(new Call.Catalog(1, version(), set, List.of(rights), "admin"));
  }

  /** An Allocate while it is put together. */
  final class Ask {
    private Call.Key key = Scene.this.key();
    private int entitlement;
    private long version = Scene.this.version();
    private String partition = "";
    private long units = 1;
    private String holder = "ann";
    private long subjectRef = subjects++;
    private String session;
    private long ttl;
    private boolean hold;
    private long windowStart = Math.floorDiv(wall(), SimClock.MINUTE) * SimClock.MINUTE;
    private int refusal;
    private boolean assign;
    private final List<Call.Also> also = new ArrayList<>();
    private int part;
    private int observed;
    private int group;
    private List<String> labels = List.of();

    Ask(String name) {
      TenantView tenant = core.view().tenant("default");
      boolean known = tenant != null && tenant.entitlement(name) != null;
      entitlement = known ? entitlement(name).number() : 99;
      boolean keyed = !known || entitlement(name).model() == Entitlement.Model.CONCURRENT_SESSION;
      session = keyed ? "s" : "";
    }

    Ask key(Call.Key of) {
      key = of;
      return this;
    }

    Ask issued(long at) {
      key = new Call.Key(key.caller(), key.id(), at, key.content());
      return this;
    }

    Ask version(long of) {
      version = of;
      return this;
    }

    Ask partition(String of) {
      partition = of;
      return this;
    }

    Ask units(long of) {
      units = of;
      return this;
    }

    Ask holder(String of) {
      holder = of;
      return this;
    }

    Ask subjectRef(long of) {
      subjectRef = of;
      return this;
    }

    Ask session(String of) {
      session = of;
      return this;
    }

    Ask ttl(long us) {
      ttl = us;
      return this;
    }

    Ask hold() {
      hold = true;
      return this;
    }

    Ask window(long start) {
      windowStart = start;
      return this;
    }

    Ask refusal(int of) {
      refusal = of;
      return this;
    }

    /** As an administrator assigns a seat. */
    Ask assign() {
      assign = true;
      return this;
    }

    /** The same, of an entitlement with a number that stands for another. */
    Ask and(String like, int number) {
      and(like);
      Call.Also last = also.removeLast();
      also.add(
          new Call.Also(
              last.part(),
              number,
              last.partition(),
              last.units(),
              last.session(),
              last.windowStart(),
              last.windowEnd(),
              0,
              0,
              0));
      return this;
    }

    /** What its proposer would have refused, where the entitlement only observes. */
    Ask observed(int why) {
      observed = why;
      return this;
    }

    /** As one of a group that units are kept for, by its number. */
    Ask group(int number) {
      group = number;
      return this;
    }

    /** What is wanted with it, or nothing is. */
    Ask and(String name) {
      part++;
      return or(name);
    }

    /** What the entitlement falls back to, one after another. */
    Ask or(String name) {
      boolean keyed = entitlement(name).model() == Entitlement.Model.CONCURRENT_SESSION;
      also.add(
          new Call.Also(
              part,
              entitlement(name).number(),
              "",
              units,
              keyed ? (session.isEmpty() ? "s" : session) : "",
              windowStart,
              windowStart + SimClock.MINUTE,
              0,
              0,
              0));
      return this;
    }

    Ask labels(String... sorted) {
      labels = List.of(sorted);
      return this;
    }

    Call.Take call() {
      return new Call.Take(
          1,
          key,
          version,
          entitlement,
          partition,
          units,
          holder,
          subjectRef,
          true,
          session,
          ttl,
          hold,
          windowStart,
          windowStart + SimClock.MINUTE,
          refusal,
          assign,
          List.copyOf(also),
          observed,
          group);
    }

    Seen go() {
      return one(labels.isEmpty() ? call() : new Call.Labelled(call(), labels));
    }
  }
}
