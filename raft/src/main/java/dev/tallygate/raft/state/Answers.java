package dev.tallygate.raft.state;

import dev.tallygate.proto.v1.EndReason;
import dev.tallygate.proto.v1.GrantKind;
import dev.tallygate.proto.v1.RefusalReason;
import org.jspecify.annotations.Nullable;

/**
 * What every taking command goes through first, in this order: the age of its id, the id itself,
 * the bound on remembered ids, the catalog version. And what it leaves behind: the row that answers
 * its retries.
 */
final class Answers {
  private final State state;
  private final Bytes name = new Bytes(64);
  private final Bytes partKey = new Bytes(128);
  private final Bytes partRow = new Bytes(64);
  private final Bytes leaseKey = new Bytes(16);
  private final Bytes leaseRow = new Bytes(256);
  private final LedgerRecord record = new LedgerRecord();

  Answers(State state) {
    this.state = state;
  }

  /** Null where there is none; the outcome then says so. */
  @Nullable Tenant tenant(int number, Outcome out) {
    Tenant tenant = state.asked(number);
    if (tenant == null) {
      out.status = Outcome.Status.REFUSED;
      out.reason = RefusalReason.REFUSAL_REASON_NOT_FOUND_VALUE;
      return null;
    }
    out.position = tenant.position;
    out.catalogVersion = tenant.catalogVersion;
    return tenant;
  }

  /**
   * True where the command is answered already, by its age, its id, a bound or an outdated view.
   */
  boolean early(Plan plan, RequestKey key, long catalogVersion, Outcome out) {
    if (known(plan, key, out)) return true;
    if (state.requests.count() >= state.settings.requestsMax()) {
      full(TableId.REQUESTS, out);
      return true;
    }
    if (catalogVersion != plan.tenant().catalogVersion || state.agreement.disputedIndex() != 0) {
      retry(out);
      return true;
    }
    return false;
  }

  /**
   * True where the command is answered already, by its age or its id. Alone for what gives back,
   * which no bound may refuse.
   */
  boolean known(Plan plan, RequestKey key, Outcome out) {
    if (!state.clocks.medianKnown()) {
      retry(out);
      return true;
    }
    if (untimely(key, out)) return true;
    Tenant tenant = plan.tenant();
    plan.requestMinute = RequestKey.minute(key.issuedAtUs);
    key(plan.requestKey, tenant, key, 0);
    if (!state.requests.find(plan.requestMinute, plan.requestKey, plan.requestRow)) return false;
    repeat(tenant, key, plan.requestRow, out);
    return true;
  }

  static void key(Bytes out, Tenant tenant, RequestKey key, int part) {
    RequestLayout.key(out, tenant.number, key.issuedAtUs, key.caller, key.requestId, part);
  }

  /** Refuses an id that is too old to be known, or not of now. */
  private boolean untimely(RequestKey key, Outcome out) {
    long civil = state.clocks.civilUs();
    if (civil >= key.issuedAtUs + state.settings.requestWindowUs()
        || key.issuedAtUs <= state.requests.forgottenUs()) {
      refused(RefusalReason.REFUSAL_REASON_REQUEST_TOO_OLD, out);
      return true;
    }
    if (key.issuedAtUs > civil + state.settings.requestAheadUs()) {
      refused(RefusalReason.REFUSAL_REASON_REQUEST_FROM_FUTURE, out);
      return true;
    }
    return false;
  }

  static void retry(Outcome out) {
    out.status = Outcome.Status.RETRY;
  }

  static void full(TableId table, Outcome out) {
    out.status = Outcome.Status.FULL;
    out.bound = table;
  }

  static void refused(RefusalReason reason, Outcome out) {
    out.status = Outcome.Status.REFUSED;
    out.reason = reason.getNumber();
  }

  static void ended(EndReason reason, long charged, Outcome out) {
    out.status = Outcome.Status.ENDED;
    out.endReason = reason.getNumber();
    out.charged = charged;
  }

  /** Refuses, and keeps the refusal for the id. Nothing else that the plan held remains in it. */
  void refuse(Plan plan, RequestKey key, int entitlement, RefusalReason reason, Outcome out) {
    refused(reason, out);
    out.observed = 0;
    out.pool = plan.pool;
    // A pool that was never made is not made for a refusal.
    boolean stands = plan.pool != null && !plan.newPool && !plan.isMadeBefore(plan.pool);
    long pool = stands ? plan.pool().number() : 0;
    plan.begin(plan.tenant());
    keep(plan, key, RequestLayout.KIND_REFUSED, entitlement, pool, out);
  }

  /** Keeps the answer for the id: the outcome so far. */
  void keep(Plan plan, RequestKey key, int kind, int entitlement, long pool, Outcome out) {
    Bytes row = plan.requestRow.length(RequestLayout.BYTES);
    row.setLong(RequestLayout.CONTENT_HIGH, key.contentHigh);
    row.setLong(RequestLayout.CONTENT_LOW, key.contentLow);
    row.setLong(RequestLayout.LEASE, out.leaseId);
    row.setLong(RequestLayout.TOKEN, out.token);
    row.setLong(RequestLayout.UNITS, out.units);
    row.setLong(RequestLayout.POOL, pool);
    row.setByte(RequestLayout.KIND, kind);
    row.setByte(RequestLayout.REASON, out.reason + out.observed);
    row.setShort(RequestLayout.PARTS, 0);
    row.setInt(RequestLayout.ENTITLEMENT, entitlement);
    plan.request = true;
  }

  /**
   * Puts the pool that the command is about under the plan, brought up to the clocks; plans a new
   * one where there is none.
   *
   * @return null where a bound is met; the outcome then says which
   */
  @Nullable Pool pool(
      Plan plan, Entitlement entitlement, Span partition, RequestKey key, Outcome out) {
    Tenant tenant = plan.tenant();
    PoolLayout.key(name, tenant.number, entitlement.number(), partition);
    Pool pool = tenant.pool(name);
    if (pool != null) {
      refresh(state, tenant, pool, record);
      plan.on(pool, false);
      return pool;
    }
    pool = plan.madeBefore(entitlement, partition);
    if (pool != null) {
      plan.on(pool, false);
      return pool;
    }
    if (entitlement.partitioned()
        && tenant.poolsOf(entitlement) + plan.poolsMadeBefore(entitlement)
            >= entitlement.partitionsMax()) {
      refuse(
          plan, key, entitlement.number(), RefusalReason.REFUSAL_REASON_PARTITIONS_EXHAUSTED, out);
      return null;
    }
    long made = plan.poolsMadeBefore(null);
    if (state.pools + made >= state.settings.poolsMax()) {
      full(TableId.POOLS, out);
      return null;
    }
    Pool fresh =
        new Pool(tenant.number, entitlement, partition.copy(), tenant.poolsMade + made + 1);
    fresh.catalogLimit = entitlement.limit(Bytes.of(fresh.partition()));
    fresh.counts().fresh(fresh.catalogLimit);
    if (tenant.hasRetired())
      fresh.counts().carry(state.carried.of(tenant, entitlement, fresh.partition(), record));
    if (fresh.sliceCount() > 0)
      fresh.newestSlice = Meters.currentSlice(fresh, state.clocks.elapsedUs());
    plan.on(fresh, true);
    return fresh;
  }

  /** The same for the pool that there may be of a name, and for what it would carry. */
  void refresh(Tenant tenant, int entitlement, Span partition) {
    PoolLayout.key(name, tenant.number, entitlement, partition);
    Pool pool = tenant.pool(name);
    Entitlement of = tenant.entitlement(entitlement);
    if (pool != null) refresh(state, tenant, pool, record);
    else if (of != null && tenant.hasRetired()) {
      long unused = state.carried.of(tenant, of, partition.copy(), record);
    }
  }

  /**
   * Brings a pool up to the clocks and to what its predecessors still hold: what left its window,
   * and an override that is over.
   */
  static void refresh(State state, Tenant tenant, Pool pool, LedgerRecord record) {
    state.carried.refresh(tenant, pool, record);
    Meters.advance(state, tenant, pool, record);
    LimitChanges.endOverride(state, tenant, pool, record);
  }

  /**
   * Answers a repeated id by what became of its grant: never a newer token, never more than the ttl
   * that is left.
   */
  private void repeat(Tenant tenant, RequestKey key, Bytes row, Outcome out) {
    if (row.getLong(RequestLayout.CONTENT_HIGH) != key.contentHigh
        || row.getLong(RequestLayout.CONTENT_LOW) != key.contentLow) {
      refused(RefusalReason.REFUSAL_REASON_REQUEST_ID_REUSED, out);
      return;
    }
    int parts = row.getShort(RequestLayout.PARTS);
    repeat(tenant, row, out);
    if (out.status == Outcome.Status.REFUSED) out.refusedPart = parts;
    else for (int part = 1; part < parts; part++) repeatPart(tenant, key, part, out.part(part));
  }

  private void repeatPart(Tenant tenant, RequestKey key, int part, Outcome out) {
    key(partKey, tenant, key, part);
    if (!state.requests.find(RequestKey.minute(key.issuedAtUs), partKey, partRow))
      throw new CorruptStateException("part of a request is not kept");
    repeat(tenant, partRow, out);
  }

  private void repeat(Tenant tenant, Bytes row, Outcome out) {
    out.repeated = true;
    out.leaseId = row.getLong(RequestLayout.LEASE);
    out.token = row.getLong(RequestLayout.TOKEN);
    out.units = row.getLong(RequestLayout.UNITS);
    out.pool = tenant.pool(row.getLong(RequestLayout.POOL));
    if (out.pool != null) state.carried.refresh(tenant, out.pool, record);
    switch (row.getByte(RequestLayout.KIND)) {
      case RequestLayout.KIND_REFUSED -> {
        out.status = Outcome.Status.REFUSED;
        out.reason = row.getByte(RequestLayout.REASON);
      }
      case RequestLayout.KIND_LIMIT_SET, RequestLayout.KIND_LABEL ->
          out.status = Outcome.Status.DONE;
      case RequestLayout.KIND_RECEIPT -> granted(GrantKind.GRANT_KIND_RECEIPT, 0, out);
      case RequestLayout.KIND_ENDED ->
          ended(
              EndReason.forNumber(row.getByte(RequestLayout.REASON)),
              row.getLong(RequestLayout.UNITS),
              out);
      case RequestLayout.KIND_LEASE, RequestLayout.KIND_HOLD -> repeatLease(tenant, out);
      case RequestLayout.KIND_SEAT -> repeatSeat(tenant, out);
      case RequestLayout.KIND_SEAT_USED -> {
        out.resumed = true;
        repeatSeat(tenant, out);
      }
      default -> throw new CorruptStateException("request row of an unknown kind");
    }
    if (out.status == Outcome.Status.GRANTED) out.observed = row.getByte(RequestLayout.REASON);
  }

  private void repeatLease(Tenant tenant, Outcome out) {
    LeaseLayout.key(leaseKey, tenant.number, out.leaseId);
    // A lease that is gone was marked in the row of its last request; this one was superseded
    // before.
    if (!state.leaseRows.get(leaseKey, leaseRow)
        || leaseRow.getLong(LeaseLayout.TOKEN) != out.token) {
      ended(EndReason.END_REASON_SUPERSEDED, 0, out);
      return;
    }
    long left = Math.max(0, leaseRow.getLong(LeaseLayout.TTL_ENDS) - state.clocks.elapsedUs());
    switch (leaseRow.getByte(LeaseLayout.STATE)) {
      case LeaseLayout.STATE_LIVE -> {
        granted(GrantKind.GRANT_KIND_LEASE, left, out);
        // The request that opened a lease has its id for a token; each that resumed it a later one.
        out.resumed = out.leaseId != out.token;
      }
      case LeaseLayout.STATE_HOLD -> granted(GrantKind.GRANT_KIND_HOLD, left, out);
      default ->
          ended(
              EndReason.forNumber(leaseRow.getByte(LeaseLayout.END_REASON)),
              leaseRow.getLong(LeaseLayout.CHARGED),
              out);
    }
  }

  /** Of the requests that used a seat, only the last was told why it is over. */
  private void repeatSeat(Tenant tenant, Outcome out) {
    LeaseLayout.key(leaseKey, tenant.number, out.leaseId);
    if (!state.leaseRows.get(leaseKey, leaseRow)
        || leaseRow.getLong(LeaseLayout.TOKEN) != out.token) {
      ended(EndReason.END_REASON_FORGOTTEN, 0, out);
    } else if (leaseRow.getByte(LeaseLayout.STATE) != LeaseLayout.STATE_SEAT || out.pool == null) {
      ended(EndReason.forNumber(leaseRow.getByte(LeaseLayout.END_REASON)), 0, out);
    } else {
      long left = Seats.leftUs(out.pool.entitlement(), leaseRow, state.clocks.elapsedUs());
      granted(GrantKind.GRANT_KIND_SEAT, left, out);
    }
  }

  static void granted(GrantKind kind, long ttlUs, Outcome out) {
    out.status = Outcome.Status.GRANTED;
    out.grantKind = kind.getNumber();
    out.ttlUs = ttlUs;
  }
}
