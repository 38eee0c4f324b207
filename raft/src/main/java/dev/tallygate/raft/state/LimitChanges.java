package dev.tallygate.raft.state;

import dev.tallygate.proto.log.v1.LedgerKind;
import dev.tallygate.proto.log.v1.SetLimit;
import dev.tallygate.proto.v1.RefusalReason;

/**
 * SetLimit: a limit beside the catalog's, for one pool, for good or until an instant. A cut drains;
 * it revokes nothing.
 */
final class LimitChanges {
  private final Answers answers;
  private final RequestKey key = new RequestKey();
  private final Span partition = new Span();

  LimitChanges(Answers answers) {
    this.answers = answers;
  }

  void plan(Plan plan, SetLimit command, Outcome out) {
    Tenant tenant = answers.tenant(command.getTenant(), out);
    if (tenant == null) return;
    plan.begin(tenant);
    fill(key, command.getKey());
    partition.set(command.getPartition());
    if (answers.early(plan, key, command.getCatalogVersion(), out)) return;
    Entitlement entitlement = tenant.entitlement(command.getEntitlement());
    if (entitlement == null || entitlement.partitioned() == partition.isEmpty()) {
      answers.refuse(
          plan, key, command.getEntitlement(), RefusalReason.REFUSAL_REASON_NOT_FOUND, out);
      return;
    }
    if (entitlement.model() == Entitlement.Model.SITE) {
      answers.refuse(
          plan, key, entitlement.number(), RefusalReason.REFUSAL_REASON_WRONG_MODEL, out);
      return;
    }
    Pool pool = answers.pool(plan, entitlement, partition, key, out);
    if (pool == null) return;
    change(plan, pool, command);
    answers.keep(plan, key, RequestLayout.KIND_LIMIT_SET, entitlement.number(), pool.number(), out);
    out.status = Outcome.Status.DONE;
    out.pool = pool;
  }

  static void fill(RequestKey key, dev.tallygate.proto.log.v1.RequestKey from) {
    key.clear();
    key.caller.set(from.getCaller());
    key.requestId.set(from.getRequestId());
    key.issuedAtUs = from.getIssuedAtUs();
    key.contentHigh = from.getContentHigh();
    key.contentLow = from.getContentLow();
  }

  private static void change(Plan plan, Pool pool, SetLimit command) {
    long limit = command.getClear() ? pool.catalogLimit : command.getLimit();
    if (limit < 0 || limit > Counts.LIMIT_MAX)
      throw new PlanFault("limit " + limit + " was let through");
    plan.newOverride = true;
    plan.override = command.getClear() ? Pool.NO_OVERRIDE : limit;
    plan.overrideUntilUs = command.getClear() ? 0 : command.getUntilUs();
    plan.counts.limit(limit);
    LedgerRecord record = plan.record(LedgerKind.LEDGER_KIND_LIMIT_SET);
    record.requestId.set(command.getKey().getRequestId());
    record.caller.set(command.getKey().getCaller());
    record.issuedAtUs = command.getKey().getIssuedAtUs();
    record.untilUs = plan.overrideUntilUs;
  }

  /** Ends an override whose time is over: the catalog's limit returns. */
  static void endOverride(State state, Tenant tenant, Pool pool, LedgerRecord record) {
    if (pool.override == Pool.NO_OVERRIDE || pool.overrideUntilUs == 0) return;
    if (state.clocks.civilUs() < pool.overrideUntilUs) return;
    set(state, tenant, pool, pool.catalogLimit, record.clear(LedgerKind.LEDGER_KIND_LIMIT_SET));
  }

  /**
   * Sets a pool's limit and drops its override, as a change of its own.
   *
   * @param record cleared, of its kind
   */
  static void set(State state, Tenant tenant, Pool pool, long limit, LedgerRecord record) {
    Counts after = new Counts();
    after.set(pool.counts());
    after.limit(limit);
    after.check();
    pool.count(after, state.clocks.civilUs());
    pool.override = Pool.NO_OVERRIDE;
    pool.overrideUntilUs = 0;
    pool.catalogLimit = limit;
    state.touch(pool);
    tenant.position++;
    record.pool(pool.number(), pool.counts());
    record.catalogVersion = tenant.catalogVersion;
    state.record(tenant, record, 0);
    Thresholds.look(state, tenant, pool, record, 1);
    PoolTimers.arm(state, pool, false);
  }
}
