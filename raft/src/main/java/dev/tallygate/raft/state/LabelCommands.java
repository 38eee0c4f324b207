package dev.tallygate.raft.state;

import dev.tallygate.proto.log.v1.BlockLabel;
import dev.tallygate.proto.log.v1.LedgerKind;
import dev.tallygate.proto.log.v1.ReleaseByLabel;
import dev.tallygate.proto.v1.EndReason;
import dev.tallygate.proto.v1.RefusalReason;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * What is done with a label: everything under it is released, or nothing more is taken under it.
 */
final class LabelCommands {
  private final State state;
  private final Answers answers;
  private final Leases leases;
  private final Outcome each = new Outcome();
  private final RequestKey key = new RequestKey();
  private final Span label = new Span();
  private final Span reason = new Span();
  private final Bytes scratch = new Bytes(64);
  private final Bytes blockRow = new Bytes(LabelLayout.BLOCK_BYTES);
  private final Bytes leaseKey = new Bytes(16);
  private final Bytes leaseRow = new Bytes(256);

  LabelCommands(State state, Answers answers, Leases leases) {
    this.state = state;
    this.answers = answers;
    this.leases = leases;
  }

  /**
   * Says whether something may be taken under the labels of a command that has some; otherwise the
   * outcome says why not. A receipt stands under no label afterwards and needs no row.
   */
  boolean admits(Plan plan, AllocateCommand command, Entitlement entitlement, Outcome out) {
    LabelBlocks blocks = plan.tenant().blocks();
    long left = blocks.untilUs(command, scratch) - state.clocks.civilUs();
    if (left > 0) {
      out.retryAfterUs = left;
      answers.refuse(
          plan, command.key, command.entitlement, RefusalReason.REFUSAL_REASON_LABEL_BLOCKED, out);
      return false;
    }
    if (entitlement.counts() && !command.hold) return true;
    // The lease, and a list for each label, under each.
    long rows = 2L * command.labelCount * (1 + plan.leasesBefore());
    if (state.labels.count() + rows <= state.settings.bound(TableId.LABELS)) return true;
    Answers.full(TableId.LABELS, out);
    return false;
  }

  /**
   * Revokes what stands under a label, the oldest token first: each lease a plan of its own, and no
   * more in one entry than the sweep does. The outcome's units say how many were ended, its token
   * up to which token the rest is to be released; 0 where there is no rest.
   */
  void release(Plan plan, ReleaseByLabel command, Outcome out) {
    Tenant tenant = begin(plan, command.getTenant(), command.getKey(), out);
    if (tenant == null) return;
    byte[] name = command.getLabel().getBytes(StandardCharsets.UTF_8);
    label.set(name);
    reason.set(command.getReason());
    long released = 0;
    long lease = state.labels.first(tenant.number, name);
    long upTo = command.getUpTo();
    if (upTo == 0 && lease != 0) upTo = token(tenant, state.labels.last(tenant.number, name));
    while (lease != 0 && state.labelReleasesLeft > 0 && token(tenant, lease) <= upTo) {
      long next = state.labels.after(tenant.number, name, lease);
      state.labelReleasesLeft--;
      if (revoke(plan, tenant, lease)) released++;
      lease = next;
    }
    plan.begin(tenant);
    out.units = released;
    out.token = lease != 0 && token(tenant, lease) <= upTo ? upTo : 0;
    record(plan, LedgerKind.LEDGER_KIND_LABEL_RELEASED).count = released;
    done(plan, out);
  }

  private long token(Tenant tenant, long lease) {
    LeaseLayout.key(leaseKey, tenant.number, lease);
    if (!state.leaseRows.get(leaseKey, leaseRow))
      throw new CorruptStateException("lease " + lease + " stands under a label and is gone");
    return leaseRow.getLong(LeaseLayout.TOKEN);
  }

  /** One that cannot be planned stays, as it does in the sweep. */
  private boolean revoke(Plan plan, Tenant tenant, long lease) {
    try {
      leases.planRevoke(
          plan.clear(),
          tenant.number,
          lease,
          key.caller,
          reason,
          each.clear(state.clocks.civilUs()));
      plan.check();
    } catch (PlanFault fault) {
      state.alarm("lease " + lease + " stays under its label: " + fault.getMessage());
      return false;
    }
    if (plan.record.kind == LedgerKind.LEDGER_KIND_REVOKED) plan.record.label(label);
    plan.write();
    return each.endReason == EndReason.END_REASON_REVOKED_VALUE;
  }

  /** Blocks a label until an instant, or ends its block where that has passed. */
  void block(Plan plan, BlockLabel command, Outcome out) {
    Tenant tenant = begin(plan, command.getTenant(), command.getKey(), out);
    if (tenant == null) return;
    label.set(command.getLabel());
    reason.set(command.getReason());
    label.addTo(scratch.clear());
    LabelBlocks.Block before = tenant.blocks().find(scratch);
    boolean blocks = command.getUntilUs() > state.clocks.civilUs();
    if (blocks && before == null && tenant.blocks().size() >= LabelBlocks.BLOCKS_MAX) {
      Answers.full(TableId.LABEL_BLOCKS, out);
      return;
    }
    record(plan, LedgerKind.LEDGER_KIND_LABEL_BLOCKED).untilUs = blocks ? command.getUntilUs() : 0;
    done(plan, out);
    if (before != null) remove(state, tenant, before, scratch);
    if (blocks) put(tenant, command.getLabel(), command.getUntilUs());
  }

  private @Nullable Tenant begin(
      Plan plan, int number, dev.tallygate.proto.log.v1.RequestKey request, Outcome out) {
    Tenant tenant = answers.tenant(number, out);
    if (tenant == null) return null;
    plan.begin(tenant);
    LimitChanges.fill(key, request);
    if (answers.known(plan, key, out)) return null;
    if (state.agreement.disputedIndex() == 0) return tenant;
    Answers.retry(out);
    return null;
  }

  private LedgerRecord record(Plan plan, LedgerKind kind) {
    LedgerRecord record = plan.record(kind).label(label);
    record.detail.set(reason);
    record.requestId.set(key.requestId);
    record.caller.set(key.caller);
    record.issuedAtUs = key.issuedAtUs;
    return record;
  }

  private void done(Plan plan, Outcome out) {
    out.status = Outcome.Status.DONE;
    answers.keep(plan, key, RequestLayout.KIND_LABEL, 0, 0, out);
    plan.write();
  }

  private void put(Tenant tenant, String name, long untilUs) {
    LabelLayout.blockKey(scratch, tenant.number, label);
    blockRow.length(LabelLayout.BLOCK_BYTES).setLong(LabelLayout.UNTIL, untilUs);
    blockRow.setLong(LabelLayout.NUMBER, tenant.position);
    state.labelBlockRows.insert(scratch, blockRow);
    tenant
        .blocks()
        .put(
            new LabelBlocks.Block(name, untilUs, tenant.position, blockRow.getLong(Rows.CHECKSUM)));
    state.blockTimers.add(untilUs, tenant.number, tenant.position);
  }

  /** Ends a block. */
  static void remove(State state, Tenant tenant, LabelBlocks.Block block, Bytes scratch) {
    Span name = new Span();
    name.set(block.label());
    LabelLayout.blockKey(scratch, tenant.number, name);
    state.labelBlockRows.remove(scratch, block.checksum());
    tenant.blocks().remove(block);
  }
}
