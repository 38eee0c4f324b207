package dev.tallygate.raft.state;

import dev.tallygate.proto.log.v1.CreateTenant;
import dev.tallygate.proto.log.v1.DeleteTenant;
import dev.tallygate.proto.log.v1.LedgerKind;
import dev.tallygate.proto.log.v1.SuspendTenant;
import dev.tallygate.proto.v1.RefusalReason;

/**
 * Creates, suspends, resumes and deletes tenants. Each is idempotent: creating by name, the others
 * by number, which no two tenants ever share. What a deleted one had is ended by {@link
 * TenantEnds}.
 */
final class TenantChanges {
  private static final long FIRST_POSITION_MAX = 1L << 52;

  private final State state;
  private final LedgerRecord record = new LedgerRecord();

  TenantChanges(State state) {
    this.state = state;
  }

  void create(CreateTenant command, Outcome out) {
    Tenant tenant = state.tenant(command.getName());
    if (tenant != null) {
      // The name is free again when nothing of its last bearer is left.
      if (tenant.ending()) Answers.retry(out);
      else out.position = tenant.position;
      return;
    }
    if (command.getFirstPosition() < 0 || command.getFirstPosition() >= FIRST_POSITION_MAX)
      throw new PlanFault("first position " + command.getFirstPosition() + " was let through");
    if (state.tenantCount() >= state.settings.tenantsMax()) {
      Answers.full(TableId.TENANTS, out);
      return;
    }
    Tenant made = new Tenant(++state.tenantsMade, command.getName());
    // Above every position of a tenant that is gone: an id or a token of a tenant of the same name
    // must not mean anything in this one.
    made.position = Math.max(state.positionsEnded, command.getFirstPosition());
    state.put(made);
    move(made, LedgerKind.LEDGER_KIND_TENANT_CREATED, command.getName(), out);
  }

  void suspend(SuspendTenant command, Outcome out) {
    Tenant tenant = state.asked(command.getTenant());
    if (tenant == null) {
      Answers.refused(RefusalReason.REFUSAL_REASON_NOT_FOUND, out);
      return;
    }
    TenantStatus wanted = command.getResume() ? TenantStatus.ACTIVE : TenantStatus.SUSPENDED;
    out.position = tenant.position;
    if (tenant.status == wanted) return;
    tenant.status = wanted;
    move(
        tenant,
        command.getResume()
            ? LedgerKind.LEDGER_KIND_TENANT_RESUMED
            : LedgerKind.LEDGER_KIND_TENANT_SUSPENDED,
        command.getReason(),
        out);
  }

  /** Only what is suspended or empty is deleted; the proposer looks again, and says so. */
  void delete(DeleteTenant command, Outcome out) {
    Tenant tenant = state.tenant(command.getTenant());
    if (tenant == null) {
      // One that was deleted before is gone, which is what was wanted.
      if (command.getTenant() < 1 || command.getTenant() > state.tenantsMade)
        Answers.refused(RefusalReason.REFUSAL_REASON_NOT_FOUND, out);
      return;
    }
    out.position = tenant.position;
    if (tenant.ending()) return;
    if (tenant.status != TenantStatus.SUSPENDED && !empty(tenant)) {
      Answers.retry(out);
      return;
    }
    tenant.status = TenantStatus.ENDING;
    state.put(tenant);
    move(tenant, LedgerKind.LEDGER_KIND_TENANT_DELETED, command.getReason(), out);
  }

  /** Whether nothing is held, used or sold in it. */
  static boolean empty(Tenant tenant) {
    return tenant.leases == 0
        && tenant.firstPool() == null
        && tenant.firstEntitlement() == null
        && tenant.entities().first() == null;
  }

  private void move(Tenant tenant, LedgerKind kind, String detail, Outcome out) {
    tenant.position++;
    record.clear(kind).detail.set(detail);
    state.record(tenant, record, 0);
    out.position = tenant.position;
  }
}
