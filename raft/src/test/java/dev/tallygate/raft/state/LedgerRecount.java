package dev.tallygate.raft.state;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.tallygate.proto.log.v1.LedgerBody;
import dev.tallygate.proto.log.v1.LedgerKind;
import dev.tallygate.proto.v1.GrantKind;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Reads ledger bytes as an auditor would: checks every checksum, the order of positions and the
 * chain, and counts every pool from its records alone. A grant above the limit, or a record whose
 * {@code free} is not what the records before it add up to, is an error.
 */
final class LedgerRecount {
  /** A pool by its records. */
  static final class Count {
    final long number;
    final String entitlement;
    final String partition;
    long limit;
    long taken;
    long carried;
    final int model;

    /** Taken beyond the limit, and not back. */
    long overage;

    /** Thresholds, each time that it was raised. */
    long raises;

    boolean dropped;

    Count(long number, LedgerBody body) {
      this.number = number;
      this.entitlement = body.getEntitlement();
      this.partition = body.getPartition();
      this.limit = body.getLimit();
      this.model = body.getModel();
    }

    long free() {
      return Math.max(0, limit - taken - carried);
    }

    /** Beyond the limit, of its own and of what it carries. */
    long over() {
      return Math.max(0, taken + carried - limit);
    }

    /** Of another model or window, under the same name and for the same partition. */
    boolean precedes(Count other) {
      return other != this
          && !dropped
          && model != Entitlement.Model.SITE.number()
          && entitlement.equals(other.entitlement)
          && partition.equals(other.partition);
    }
  }

  private enum Of {
    HELD,
    COOLING,
    ON_HOLD,
    DETACHED
  }

  private static final class Lease {
    final long pool;
    final long units;
    Of of;

    Lease(long pool, long units, Of of) {
      this.pool = pool;
      this.units = units;
      this.of = of;
    }
  }

  /** One tenant's chain. */
  private static final class Chain {
    final TreeMap<Long, Count> pools = new TreeMap<>();
    final TreeMap<Long, Lease> leases = new TreeMap<>();
    byte[] head = new byte[32];
    MessageDigest since = sha256();
    long position;
    int ordinal;
    boolean sealed = true;
  }

  private final TreeMap<Integer, Chain> tenants = new TreeMap<>();
  private List<long[]> dropped = new ArrayList<>();
  private long records;

  /** Tenant and number of each pool that was dropped since the last call. */
  List<long[]> takeDropped() {
    List<long[]> taken = dropped;
    dropped = new ArrayList<>();
    return taken;
  }

  long records() {
    return records;
  }

  TreeMap<Long, Count> pools(int tenant) {
    Chain chain = tenants.get(tenant);
    return chain == null ? new TreeMap<>() : chain.pools;
  }

  /** Takes whole records. */
  void read(byte[] bytes) {
    ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    int at = 0;
    while (at < bytes.length) {
      int length = in.getInt(at);
      int end = at + 32 + length;
      CRC32C crc = new CRC32C();
      crc.update(bytes, at + 8, 24 + length);
      check((int) crc.getValue() == in.getInt(at + 4), "checksum");
      check(in.get(at + 8) == 1, "version");
      Chain chain = tenants.computeIfAbsent(in.getInt(at + 12), tenant -> new Chain());
      try {
        LedgerBody body = LedgerBody.parseFrom(ByteBuffer.wrap(bytes, at + 32, length));
        LedgerKind kind = LedgerKind.forNumber(in.get(at + 9));
        check(kind != null, "kind");
        if (kind == LedgerKind.LEDGER_KIND_SEAL) seal(chain, body);
        else record(chain, in, at, end, body, kind);
      } catch (InvalidProtocolBufferException e) {
        throw new AssertionError("ledger body", e);
      }
      records++;
      at = end;
    }
    tenants.forEach((tenant, chain) -> check(chain.sealed, "records of an entry without a seal"));
  }

  private void seal(Chain chain, LedgerBody body) {
    check(!chain.sealed, "seal of nothing");
    byte[] head = chain.since.digest();
    check(Arrays.equals(head, body.getHead().toByteArray()), "chain");
    chain.head = head;
    chain.sealed = true;
  }

  private void record(
      Chain chain, ByteBuffer in, int at, int end, LedgerBody body, LedgerKind kind) {
    if (chain.sealed) {
      chain.since = sha256();
      chain.since.update(chain.head);
      chain.sealed = false;
    }
    chain.since.update(in.array(), at, end - at);
    long position = in.getLong(at + 16);
    int ordinal = in.getShort(at + 10);
    check(
        position > chain.position || (position == chain.position && ordinal == chain.ordinal + 1),
        "position " + position + " after " + chain.position);
    check(position == chain.position || ordinal == 0, "ordinal");
    chain.position = position;
    chain.ordinal = ordinal;
    count(chain, in.getInt(at + 12), body, kind);
  }

  private void count(Chain chain, int tenant, LedgerBody body, LedgerKind kind) {
    Count pool = chain.pools.get(body.getPool());
    Lease lease = chain.leases.get(body.getLeaseId());
    switch (kind) {
      case LEDGER_KIND_TENANT_CREATED,
          LEDGER_KIND_LABEL_RELEASED,
          LEDGER_KIND_LABEL_BLOCKED,
          LEDGER_KIND_CATALOG_APPLIED,
          LEDGER_KIND_REFUSED,
          LEDGER_KIND_TENANT_SUSPENDED,
          LEDGER_KIND_TENANT_RESUMED,
          LEDGER_KIND_TENANT_DELETED,
          LEDGER_KIND_TENANT_ENDED,
          LEDGER_KIND_ENTITY_PUT,
          LEDGER_KIND_ENTITY_REMOVED,
          LEDGER_KIND_SEAL,
          LEDGER_KIND_UNSPECIFIED,
          UNRECOGNIZED -> {
        return;
      }
      case LEDGER_KIND_POOL_CREATED -> {
        check(pool == null && !body.getEntitlement().isEmpty(), "pool is made twice");
        pool = new Count(body.getPool(), body);
        chain.pools.put(body.getPool(), pool);
      }
      case LEDGER_KIND_POOL_DROPPED -> {
        check(need(pool).taken == 0, "a pool is dropped while something is outstanding");
        need(pool).dropped = true;
        dropped.add(new long[] {tenant, body.getPool()});
      }
      case LEDGER_KIND_LIMIT_SET -> need(pool).limit = body.getLimit();
      case LEDGER_KIND_THRESHOLD -> {
        need(pool).raises += body.getThresholdsCount();
        for (int percent : body.getThresholdsList())
          check(
              body.getCount() > 0 && body.getCount() * 100 >= percent * body.getLimit(),
              "a threshold is raised before it is reached");
      }
      case LEDGER_KIND_POOL_RETIRED -> {
        check(body.getLimit() == 0 && need(pool).taken > 0, "a pool retires with nothing out");
        need(pool).limit = 0;
      }
      case LEDGER_KIND_GRANTED -> granted(chain, need(pool), body);
      case LEDGER_KIND_RESUMED -> {
        check(need(lease).of == Of.HELD || need(lease).of == Of.COOLING, "resumed what is over");
        need(lease).of = Of.HELD;
      }
      case LEDGER_KIND_SLICE_LEFT -> need(pool).taken -= body.getUnits();
      case LEDGER_KIND_WINDOW_CLOSED -> {
        need(pool).taken -= body.getUnits();
        for (Lease each : chain.leases.values())
          if (each.pool == body.getPool()) each.of = Of.DETACHED;
      }
      case LEDGER_KIND_RELEASED -> released(chain, need(pool), need(lease), body);
      case LEDGER_KIND_EXPIRED, LEDGER_KIND_LINGERED, LEDGER_KIND_REVOKED -> {
        if (body.getUnits() == 0) {
          check(kind != LedgerKind.LEDGER_KIND_LINGERED, "nothing came back");
          cools(need(lease));
          break;
        }
        chain.leases.remove(body.getLeaseId());
        if (need(lease).of != Of.DETACHED) need(pool).taken -= need(lease).units;
      }
      case LEDGER_KIND_COMMITTED, LEDGER_KIND_CANCELLED, LEDGER_KIND_HOLD_EXPIRED -> {
        chain.leases.remove(body.getLeaseId());
        check(body.getUnits() == need(lease).units, "units of a hold");
        check(body.getCharged() <= body.getUnits(), "charged more than what was on hold");
        if (need(lease).of != Of.DETACHED)
          need(pool).taken -= need(lease).units - body.getCharged();
      }
    }
    Count of = need(pool);
    // A hold may outlive its pool: then nobody's counts stand beside it.
    if (of.dropped && kind != LedgerKind.LEDGER_KIND_POOL_DROPPED) return;
    check(of.taken >= 0, "less than nothing is taken");
    of.carried = body.getCarried();
    if (kind == LedgerKind.LEDGER_KIND_GRANTED) carried(chain, of);
    of.overage = Math.min(of.overage, of.over());
    check(
        body.getOverage() == of.overage,
        kind + " says overage " + body.getOverage() + ", not " + of.overage);
    check(
        body.getLimit() == of.limit, kind + " says limit " + body.getLimit() + ", not " + of.limit);
    check(
        body.getFree() == of.free(),
        kind + " of pool " + of.number + " says free " + body.getFree() + ", not " + of.free());
  }

  private static void granted(Chain chain, Count pool, LedgerBody body) {
    pool.carried = body.getCarried();
    long free = pool.free();
    pool.overage = Math.min(pool.overage, pool.over());
    pool.taken += body.getUnits();
    if (body.getUnits() > free) {
      pool.overage += body.getUnits() - free;
      check(body.getOverage() == pool.overage, body.getUnits() + " granted of " + free);
    }
    if (body.getGrantKind() == GrantKind.GRANT_KIND_RECEIPT_VALUE) return;
    Of of = body.getGrantKind() == GrantKind.GRANT_KIND_HOLD_VALUE ? Of.ON_HOLD : Of.HELD;
    check(
        chain.leases.put(body.getLeaseId(), new Lease(body.getPool(), body.getUnits(), of)) == null,
        "a lease is granted twice");
  }

  /** Whatever was given out under a name counts for as long as it is out. */
  private static void carried(Chain chain, Count pool) {
    long before = 0;
    for (Count each : chain.pools.values()) if (each.precedes(pool)) before += each.taken;
    check(
        pool.carried >= before,
        "pool " + pool.number + " carries " + pool.carried + "; others hold " + before);
  }

  /** A released session that lingers gives nothing back yet. */
  private static void released(Chain chain, Count pool, Lease lease, LedgerBody body) {
    if (body.getUnits() == 0) {
      cools(lease);
      return;
    }
    check(lease.of == Of.HELD, "released what is not held");
    check(body.getUnits() == lease.units, "units of a lease");
    pool.taken -= lease.units;
    chain.leases.remove(body.getLeaseId());
  }

  private static void cools(Lease lease) {
    check(lease.of == Of.HELD, "cools although it is not held");
    lease.of = Of.COOLING;
  }

  private static <T> T need(@Nullable T value) {
    if (value == null) throw new AssertionError("ledger: a record of something unknown");
    return value;
  }

  private static void check(boolean holds, String what) {
    if (!holds) throw new AssertionError("ledger: " + what);
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }
}
