package dev.tallygate.raft.state;

import dev.tallygate.proto.log.v1.Command;
import dev.tallygate.proto.log.v1.DigestVote;
import dev.tallygate.proto.log.v1.LedgerKind;
import dev.tallygate.proto.log.v1.RefusalSummary;
import dev.tallygate.proto.log.v1.RefusedHolder;
import dev.tallygate.proto.v1.RefusalReason;

/**
 * The commands that no caller waits on a hot path for: tenants, settings, votes, summaries of
 * refusals.
 */
final class Administration {
  private final State state;
  private final TenantChanges tenants;
  private final EntityChanges entities;
  private final LedgerRecord record = new LedgerRecord();
  private final Span span = new Span();
  private final Bytes key = new Bytes(64);
  private final Bytes row = new Bytes(64);
  private final Bytes item = new Bytes(32);

  Administration(State state) {
    this.state = state;
    tenants = new TenantChanges(state);
    entities = new EntityChanges(state);
  }

  void apply(Command command, Outcome out) {
    out.status = Outcome.Status.DONE;
    switch (command.getCommandCase()) {
      case CREATE_TENANT -> tenants.create(command.getCreateTenant(), out);
      case SUSPEND_TENANT -> tenants.suspend(command.getSuspendTenant(), out);
      case DELETE_TENANT -> tenants.delete(command.getDeleteTenant(), out);
      case PUT_ENTITY -> entities.put(command.getPutEntity(), out);
      case REMOVE_ENTITY -> entities.remove(command.getRemoveEntity(), out);
      case SETTINGS -> settings(command.getSettings());
      case DIGEST_VOTE -> vote(command.getDigestVote());
      case REFUSAL_SUMMARY -> refusals(command.getRefusalSummary(), out);
      case RAISE_FEATURE_LEVEL -> raise(command.getRaiseFeatureLevel().getLevel());
      default -> throw new CorruptStateException("unknown command " + command.getCommandCase());
    }
  }

  /**
   * Bounds that were let through although they are out of range are a bug of the proposer's:
   * nothing changes.
   */
  private void settings(dev.tallygate.proto.log.v1.Settings proto) {
    try {
      state.settings = Settings.of(proto);
      state.settingsSeeded = true;
    } catch (IllegalArgumentException e) {
      throw new PlanFault(String.valueOf(e.getMessage()));
    }
  }

  private void vote(DigestVote vote) {
    state.agreement.vote(
        vote.getNodeId(), vote.getIndex(), vote.getDigest(), state.settings.voters());
    if (state.agreement.disputedIndex() != 0) {
      state.alarm(
          "no majority agrees on the digest at index "
              + state.agreement.disputedIndex()
              + ": nothing is taken any more");
    }
  }

  private void refusals(RefusalSummary summary, Outcome out) {
    Tenant tenant = state.asked(summary.getTenant());
    if (tenant == null) {
      Answers.refused(RefusalReason.REFUSAL_REASON_NOT_FOUND, out);
      return;
    }
    record.clear(LedgerKind.LEDGER_KIND_REFUSED);
    Entitlement entitlement = tenant.entitlement(summary.getEntitlement());
    if (entitlement != null) record.entitlement.set(entitlement.name());
    record.partition.set(summary.getPartition());
    record.reason = summary.getReason();
    record.count = summary.getCount();
    for (RefusedHolder holder : summary.getHoldersList()) {
      item.clear();
      WireWriter.fixed64(item, 1, subjectRef(tenant, holder.getHolder()));
      WireWriter.int64(item, 2, holder.getCount());
      WireWriter.enter(record.refused, 17, item.length());
      record.refused.add(item);
    }
    if (record.refused.length() > LedgerLayout.BODY_BYTES_MAX / 2)
      throw new PlanFault("summary of " + summary.getHoldersCount() + " refused holders");
    tenant.position++;
    state.record(tenant, record, 0);
    out.position = tenant.position;
  }

  /** 0 for a holder that never held anything. */
  private long subjectRef(Tenant tenant, String holder) {
    span.set(holder);
    SubjectLayout.subjectKey(key, tenant.number, span);
    return state.subjectRows.get(key, row) ? row.getLong(SubjectLayout.REFERENCE) : 0;
  }

  private void raise(int level) {
    if (level > FeatureLevel.SUPPORTED) {
      throw new CorruptStateException(
          "feature level "
              + level
              + " was raised to; this version executes up to "
              + FeatureLevel.SUPPORTED);
    }
    state.featureLevel = Math.max(state.featureLevel, level);
  }
}
