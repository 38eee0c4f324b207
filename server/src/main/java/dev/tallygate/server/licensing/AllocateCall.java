package dev.tallygate.server.licensing;

import dev.tallygate.proto.v1.RefusalReason;
import dev.tallygate.raft.state.AllocateCommand;
import dev.tallygate.raft.state.AllocateTarget;
import dev.tallygate.raft.state.Outcome;
import dev.tallygate.raft.state.Reader;
import dev.tallygate.raft.state.Settings;
import dev.tallygate.raft.state.Span;
import dev.tallygate.raft.state.TenantStatus;
import dev.tallygate.raft.state.TenantView;
import dev.tallygate.server.call.BadCall;
import dev.tallygate.server.call.LoggedCall;
import dev.tallygate.server.grpc.Answer;
import dev.tallygate.server.grpc.CallCounts;
import dev.tallygate.server.grpc.GrpcErrors;
import dev.tallygate.server.trace.CallTrace;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
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

  /** What was asked for behind the first. */
  private List<AskedPart> more = List.of();

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
    CallTrace trace = trace();
    if (trace != null) trace.about(asTraced(tenantName), question.entitlement.toString());
    TenantView tenant = parts.catalogs().tenant(tenantName);
    if (tenant == null) {
      fail(GrpcErrors.notFound("tenant", tenantName));
      return;
    }
    Catalogs.Catalog catalog = parts.catalogs().of(tenant);
    Rule rule = catalog.rule(question.entitlement.toString());
    // Read before the tables: a lower bound of what they hold.
    long position = tenant.position();
    AllocateCommand command = desk.allocateCommand.clear();
    fill(desk, question, tenant, rule, command);
    more = question.parts == 1 ? List.of() : fillMore(desk, question, catalog, command);
    if (rule != null
        && question.parts == 1
        && question.attempt == 1
        && !maybeProposed()
        && command.refusal == 0) {
      byte[] refusal = judgeHere(desk, tenant, rule, command, position);
      if (refusal != null) {
        answerUnlogged(
            refusal, CallCounts.Result.REFUSED_UNLOGGED, () -> tally(first(), unlogged(tenant)));
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
    command.units = question.units[0];
    command.ttlUs = question.ttlUs;
    command.hold = question.hold;
    question.labels.copyTo(command);
    Holders.write(question.subjectType, question.subjectId, desk.holder);
    command.holder.set(desk.holder.array(), 0, desk.holder.length());
    partition = NONE;
    command.refusal = refusalOf(desk, question, rule);
    if (rule == null) return;
    entitlementNumber = rule.entitlement().number();
    if (command.refusal == 0) partition = desk.partition.copy();
    command.partition.set(partition);
    command.observed = observedOf(desk, question, rule);
    command.group = rule.group(question, desk.attribute);
    command.entitlement = entitlementNumber;
    rule.session(question).copyTo(command.session);
    CalendarWindow window = rule.window(civilUs());
    if (window != null) {
      command.windowStartUs = window.startUs();
      command.windowEndUs = window.endUs();
    }
    desk.reference(tenant, command);
    fallbacks(desk, question, rule, 0, command);
  }

  /** Adds the parts behind the first, each with what it falls back to. */
  private List<AskedPart> fillMore(
      Desk desk, ParsedAllocate question, Catalogs.Catalog catalog, AllocateCommand command) {
    List<AskedPart> asked = new ArrayList<>();
    for (int part = 1; part < question.parts; part++) {
      Rule rule = catalog.rule(question.entitlements[part].toString());
      AllocateTarget target = command.addTarget();
      fill(desk, question, rule, part, target);
      byte[] name = question.entitlements[part].copy();
      asked.add(new AskedPart(name, target.partition.copy(), target.entitlement));
      if (rule != null) fallbacks(desk, question, rule, part, command);
    }
    return asked;
  }

  private void fallbacks(
      Desk desk, ParsedAllocate question, Rule rule, int part, AllocateCommand command) {
    for (int i = 1; i < rule.chain().size(); i++)
      fill(desk, question, rule.chain().get(i), part, command.addTarget());
  }

  /** The same question, as one more entitlement reads it. */
  private void fill(
      Desk desk, ParsedAllocate question, @Nullable Rule rule, int part, AllocateTarget target) {
    target.part = part;
    target.refusal = refusalOf(desk, question, rule);
    target.units = question.units[part];
    if (rule == null) return;
    target.entitlement = rule.entitlement().number();
    if (target.refusal == 0) target.partition.set(desk.partition.copy());
    target.observed = observedOf(desk, question, rule);
    target.group = rule.group(question, desk.attribute);
    rule.session(question).copyTo(target.session);
    CalendarWindow window = rule.window(civilUs());
    if (window == null) return;
    target.windowStartUs = window.startUs();
    target.windowEndUs = window.endUs();
  }

  /**
   * What must be refused because of the question itself, in the stated order; 0 for nothing, and
   * the partition is on the desk.
   */
  private static int refusalOf(Desk desk, ParsedAllocate question, @Nullable Rule rule) {
    if (rule == null) return RefusalReason.REFUSAL_REASON_NOT_FOUND_VALUE;
    if (!rule.hasCall(question)) return RefusalReason.REFUSAL_REASON_WRONG_MODEL_VALUE;
    if (!rule.partition(question, desk.partition))
      return RefusalReason.REFUSAL_REASON_PARTITION_UNKNOWN_VALUE;
    boolean inside = rule.entitlement().observes() || rule.inScope(question, desk.attribute);
    return inside ? 0 : RefusalReason.REFUSAL_REASON_OUT_OF_SCOPE_VALUE;
  }

  /** What would be refused because of the question, where the entitlement only observes. */
  private static int observedOf(Desk desk, ParsedAllocate question, Rule rule) {
    boolean inside = !rule.entitlement().observes() || rule.inScope(question, desk.attribute);
    return inside ? 0 : RefusalReason.REFUSAL_REASON_OUT_OF_SCOPE_VALUE;
  }

  /**
   * The cluster's clock as far as it is known. The state's own where the estimate has just proved
   * wrong: at the edge of a window, apply may be behind it.
   */
  private long civilUs() {
    long applied = node().view().civilUs();
    return retries() % 2 == 1 ? applied : Math.max(applied, node().clock().civilUs());
  }

  /** What alone is refused without a log entry. */
  private static int unlogged(TenantView tenant) {
    return tenant.status() == TenantStatus.SUSPENDED
        ? RefusalReason.REFUSAL_REASON_SUSPENDED_VALUE
        : RefusalReason.REFUSAL_REASON_EXHAUSTED_VALUE;
  }

  /** The encoded refusal, or null where the log has to decide. */
  private byte @Nullable [] judgeHere(
      Desk desk, TenantView tenant, Rule rule, AllocateCommand command, long position) {
    Settings settings = node().view().settings();
    long civil = node().view().civilUs();
    boolean tooOld = civil >= command.key.issuedAtUs + settings.requestWindowUs();
    boolean ahead = command.key.issuedAtUs > civil + settings.requestAheadUs();
    // Their refusals come first, and are the log's.
    if (tooOld || ahead) return null;
    Reader reader = desk.reader;
    RefusalReason reason = reader.judge(tenant, rule.entitlements(), command);
    if (reason == RefusalReason.REFUSAL_REASON_UNSPECIFIED) return null;
    // The judge may have read other rows since: its counts are the pool's still.
    return desk.writer.exhausted(
        reason.getNumber(),
        entitlement,
        partition,
        reader.counts().limit(),
        reader.counts().taken() + reader.counts().carried(),
        reader.counts().deficit(),
        reader.counts().overage(),
        tenant.catalogVersion(),
        reader.retryAfterUs(),
        position);
  }

  @Override
  protected void answered(Answer answer) {
    if (answer.status != Outcome.Status.REFUSED || answer.repeated) return;
    tally(answer.refusedPart == 0 ? first() : more.get(answer.refusedPart - 1), answer.reason);
  }

  /**
   * Under the entitlement alone where no pool is: callers invent partitions, and would fill the
   * ledger with them.
   */
  private void tally(AskedPart part, int reason) {
    Span name = new Span();
    name.set(part.partition());
    boolean known = parts.desks().mine().reader.hasPool(tenantNumber, part.number(), name);
    parts
        .tally()
        .add(tenantNumber, part.number(), known ? utf8(part.partition()) : "", reason, holder());
  }

  private AskedPart first() {
    return new AskedPart(entitlement, partition, entitlementNumber);
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
    AnswerWriter writer = parts.desks().mine().writer;
    AskedPart asked = first();
    return more.isEmpty()
        ? writer.allocate(answer, asked.name(answer), asked.partition(answer))
        : writer.together(answer, asked, more);
  }
}
