package dev.tallygate.server.licensing;

import dev.tallygate.proto.v1.RefusalReason;
import dev.tallygate.raft.state.AllocateCommand;
import dev.tallygate.raft.state.Entitlement;
import dev.tallygate.raft.state.Outcome;
import dev.tallygate.raft.state.Reader;
import dev.tallygate.raft.state.Settings;
import dev.tallygate.raft.state.Span;
import dev.tallygate.raft.state.TenantView;
import dev.tallygate.server.call.BadCall;
import dev.tallygate.server.call.LoggedCall;
import dev.tallygate.server.grpc.Answer;
import dev.tallygate.server.grpc.CallCounts;
import dev.tallygate.server.grpc.GrpcErrors;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Allocate. The leader finds what needs the question: the entitlement by its name, the partition,
 * the session's key, the window, the holder's reference. Apply decides whether to grant.
 *
 * <p>A first attempt that finds its pool exhausted is refused without a log entry: an exhausted
 * pool is the busiest of all.
 */
final class AllocateCall extends LoggedCall {
  private static final byte[] NONE = new byte[0];

  private final Parts parts;
  private byte[] entitlement = NONE;
  private byte[] partition = NONE;
  private int tenantNumber;
  private int entitlementNumber;

  AllocateCall(Start start, Parts parts) {
    super(start);
    this.parts = parts;
  }

  @Override
  protected CallCounts.Call counted() {
    return CallCounts.Call.ALLOCATE;
  }

  @Override
  protected void check() throws BadCall {
    parts.desks().mine().allocate.parse(request());
  }

  @Override
  protected void judge() throws BadCall {
    Desk desk = parts.desks().mine();
    ParsedAllocate question = desk.allocate;
    question.parse(request());
    String tenantName = question.tenant.toString();
    TenantView tenant = parts.catalogs().tenant(tenantName);
    if (tenant == null) {
      fail(GrpcErrors.notFound("tenant", tenantName));
      return;
    }
    Rule rule = parts.catalogs().of(tenant).rule(question.entitlement.toString());
    // Read before the tables: a lower bound of what they hold.
    long position = tenant.position();
    AllocateCommand command = desk.allocateCommand.clear();
    fill(desk, question, tenant, rule, command);
    if (rule != null && question.attempt == 1 && !maybeProposed() && command.refusal == 0) {
      byte[] refusal = judgeHere(desk, tenant, rule.entitlement(), command, position);
      if (refusal != null) {
        answerUnlogged(
            refusal,
            CallCounts.Result.REFUSED_UNLOGGED,
            () -> tally(RefusalReason.REFUSAL_REASON_EXHAUSTED_VALUE));
        return;
      }
    }
    command.write(desk.command.clear());
    propose(desk.command.copy());
  }

  private void fill(
      Desk desk,
      ParsedAllocate question,
      TenantView tenant,
      @Nullable Rule rule,
      AllocateCommand command) {
    entitlement = question.entitlement.copy();
    tenantNumber = tenant.number();
    command.tenant = tenant.number();
    question.requestId.copyTo(command.key.requestId);
    command.key.issuedAtUs = question.issuedAtUs;
    ContentHash content = question.contentHash();
    command.key.contentHigh = content.high();
    command.key.contentLow = content.low();
    command.catalogVersion = tenant.catalogVersion();
    command.units = question.units;
    command.ttlUs = question.ttlUs;
    command.hold = question.hold;
    question.labels.copyTo(command);
    Holders.write(question.subjectType, question.subjectId, desk.holder);
    command.holder.set(desk.holder.array(), 0, desk.holder.length());
    partition = NONE;
    command.refusal = refusalOf(desk, question, rule, command);
    if (rule == null) return;
    entitlementNumber = rule.entitlement().number();
    command.entitlement = entitlementNumber;
    rule.session(question).copyTo(command.session);
    rule.window(civilUs(), command);
    desk.reference(tenant, command);
  }

  /** What must be refused because of the question itself; 0 for nothing. In the stated order. */
  private int refusalOf(
      Desk desk, ParsedAllocate question, @Nullable Rule rule, AllocateCommand command) {
    if (rule == null) return RefusalReason.REFUSAL_REASON_NOT_FOUND_VALUE;
    if (!rule.hasCall(question)) return RefusalReason.REFUSAL_REASON_WRONG_MODEL_VALUE;
    if (!rule.partition(question, desk.partition))
      return RefusalReason.REFUSAL_REASON_PARTITION_UNKNOWN_VALUE;
    if (!rule.inScope(question, desk.attribute))
      return RefusalReason.REFUSAL_REASON_OUT_OF_SCOPE_VALUE;
    partition = desk.partition.copy();
    command.partition.set(partition);
    return 0;
  }

  /**
   * The cluster's clock as far as it is known. The state's own where the estimate has just proved
   * wrong: at the edge of a window, apply may be behind it.
   */
  private long civilUs() {
    long applied = node().view().civilUs();
    return retries() % 2 == 1 ? applied : Math.max(applied, node().clock().civilUs());
  }

  /** The encoded refusal, or null where the log has to decide. */
  private byte @Nullable [] judgeHere(
      Desk desk, TenantView tenant, Entitlement of, AllocateCommand command, long position) {
    Settings settings = node().view().settings();
    long civil = node().view().civilUs();
    boolean tooOld = civil >= command.key.issuedAtUs + settings.requestWindowUs();
    boolean ahead = command.key.issuedAtUs > civil + settings.requestAheadUs();
    // Their refusals come first, and are the log's.
    if (tooOld || ahead) return null;
    Reader reader = desk.reader;
    RefusalReason reason = reader.judge(tenant, of, command);
    if (reason != RefusalReason.REFUSAL_REASON_EXHAUSTED) return null;
    // The judge may have read other rows since: its counts are the pool's still.
    return desk.writer.exhausted(
        reason.getNumber(),
        entitlement,
        partition,
        reader.counts().limit(),
        reader.counts().taken(),
        reader.counts().deficit(),
        tenant.catalogVersion(),
        reader.retryAfterUs(),
        position);
  }

  @Override
  protected void answered(Answer answer) {
    if (answer.status == Outcome.Status.REFUSED && !answer.repeated) tally(answer.reason);
  }

  /**
   * Under the entitlement alone where no pool is: callers invent partitions, and would fill the
   * ledger with them.
   */
  private void tally(int reason) {
    Span name = new Span();
    name.set(partition);
    boolean known = parts.desks().mine().reader.hasPool(tenantNumber, entitlementNumber, name);
    parts
        .tally()
        .add(tenantNumber, entitlementNumber, known ? utf8(partition) : "", reason, holder());
  }

  /** Read once more from the request: most calls are granted, and never ask. */
  private String holder() {
    Desk desk = parts.desks().mine();
    try {
      desk.allocate.parse(request());
    } catch (Malformed e) {
      throw new IllegalStateException("a request that was judged cannot be read", e);
    }
    Holders.write(desk.allocate.subjectType, desk.allocate.subjectId, desk.holder);
    return desk.holder.utf8(0, desk.holder.length());
  }

  private static String utf8(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }

  @Override
  protected byte[] encode(Answer answer) {
    return parts.desks().mine().writer.allocate(answer, entitlement, partition);
  }
}
