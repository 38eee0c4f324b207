package dev.tallygate.server.call;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.tallygate.proto.v1.RefusalReason;
import dev.tallygate.raft.Proposal;
import dev.tallygate.raft.ProposalFailure;
import dev.tallygate.raft.RaftFailure;
import dev.tallygate.server.grpc.Answer;
import dev.tallygate.server.grpc.CallCounts;
import dev.tallygate.server.grpc.GrpcError;
import dev.tallygate.server.grpc.GrpcErrors;
import dev.tallygate.server.grpc.NodeContext;
import dev.tallygate.server.trace.CallTrace;
import io.grpc.Status;
import java.util.Arrays;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One call on its way through the log. Its steps run one after another, on the thread on which the
 * call arrived or on the node's loop, and never block.
 *
 * <p>Approach: the call carries its request and nothing else from step to step. Wherever it stands,
 * it can be judged again from the request, here or on the node that leads by then; so a lost lead,
 * a stale view and an unknown end all lead back to {@link #route}. That is safe because every
 * command that a call may propose twice is idempotent by an id, a token or an expected version;
 * where a service cannot say that, {@link #mayRepeat} is false. The bound on all of it is the
 * call's deadline.
 */
public abstract class LoggedCall implements Proposal {
  /** Proposals of a command whose view was stale. */
  static final int RETRIES_MAX = 3;

  /** Longest wait for the answer of a leader, after which the call looks for another. */
  static final long ASK_MS_MAX = 2_000;

  /** Kept back of a deadline that travels, so that the answer can still arrive. */
  static final long ASK_MARGIN_MS = 5;

  /** Longest wait for a leader. Longer than an election, shorter than a caller's patience. */
  static final long LEADER_WAIT_MS = 8_000;

  private static final Logger LOG = LoggerFactory.getLogger(LoggedCall.class);
  private static final byte[] NO_COMMAND = new byte[0];

  /**
   * What a call begins with.
   *
   * @param maybeProposed whether an earlier attempt, on another node, may have taken effect
   */
  public record Start(
      LoggedCalls calls, int number, byte[] request, Reply reply, boolean maybeProposed) {}

  private final LoggedCalls calls;
  private final int number;
  private final byte[] request;
  private final Reply reply;
  private final long leaderByNs;

  /** Null for nearly all calls: its uses cost a look then. */
  private final @Nullable CallTrace trace;

  private boolean maybeProposed;
  private int retries;
  private boolean over;
  private byte[] command = NO_COMMAND;

  /** Whether parts of the call may have taken effect. */
  private boolean divided;

  protected LoggedCall(Start start) {
    calls = start.calls();
    number = start.number();
    request = start.request();
    reply = start.reply();
    trace = reply.trace();
    maybeProposed = start.maybeProposed();
    leaderByNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(LEADER_WAIT_MS);
  }

  /** Checks the request's shape alone; nothing that depends on the state. */
  protected abstract void check() throws BadCall;

  /**
   * Judges the request by the state as this leader has applied it. Ends in exactly one of {@link
   * #propose}, {@link #answerUnlogged} and {@link #fail}; that of a {@link BatchCall} begins parts.
   */
  protected abstract void judge() throws BadCall;

  /** Encodes the answer to a command that came to GRANTED, REFUSED, ENDED or DONE. */
  protected abstract byte[] encode(Answer answer);

  /** An answer that is an error to the caller; null for those that are answers. */
  protected @Nullable GrpcError errorOf(Answer answer) {
    return null;
  }

  /** How the call is counted. */
  protected abstract CallCounts.Call counted();

  /** False where a command whose end is unknown must not be proposed again by the node. */
  protected boolean mayRepeat() {
    return true;
  }

  /** Hears of each answer before it is sent. */
  protected void answered(Answer answer) {}

  protected final byte[] request() {
    return request;
  }

  protected final NodeContext node() {
    return calls.node();
  }

  /** Of this call; null where it is not traced. */
  protected final @Nullable CallTrace trace() {
    return trace;
  }

  /** A tenant as traces name it. */
  protected static String asTraced(String tenant) {
    return tenant.isEmpty() ? NodeContext.DEFAULT_TENANT : tenant;
  }

  /** Whether an earlier attempt may have taken effect: then only the log may answer. */
  protected final boolean maybeProposed() {
    return maybeProposed;
  }

  /** How often the view has proved stale by now. */
  protected final int retries() {
    return retries;
  }

  final void begin() {
    calls.begin(number, this);
  }

  final void beginHere() {
    calls.step(this, this::route);
  }

  /** There is no room to begin, or to begin again. */
  final void beginRefused(GrpcError why) {
    calls.step(this, () -> fail(maybeProposed ? GrpcErrors.unknown(hint()) : why));
  }

  /** Goes where the leader is. */
  private void route() {
    NodeContext node = calls.node();
    if (reply.abandoned() || System.nanoTime() - reply.deadlineNs() >= 0) {
      fail(GrpcErrors.deadline(maybeProposed));
      return;
    }
    if (node.consensus().isLeaderReady()) {
      judgeOrFail();
      return;
    }
    String leader = node.consensus().leaderId();
    boolean elsewhere = leader == null || !leader.equals(node.nodeId());
    if (elsewhere && reply.moved(maybeProposed)) return;
    if (leader == null || !elsewhere) waitForLeader();
    else passOn(leader);
  }

  private void judgeOrFail() {
    step("judge");
    try {
      judge();
    } catch (BadCall e) {
      fail(e.error());
    }
  }

  private void waitForLeader() {
    if (System.nanoTime() - leaderByNs >= 0) {
      if (maybeProposed) fail(GrpcErrors.unknown(hint()));
      else fail(node().consensus().isLeaderReady() ? GrpcErrors.changing() : GrpcErrors.noLeader());
      return;
    }
    step("wait");
    calls.leaderWait().add(this::begin);
  }

  private void passOn(String leader) {
    try {
      check();
    } catch (BadCall e) {
      fail(e.error());
      return;
    }
    count(CallCounts.Result.FORWARDED);
    long leftMs =
        TimeUnit.NANOSECONDS.toMillis(reply.deadlineNs() - System.nanoTime()) - ASK_MARGIN_MS;
    long timeoutMs = Math.clamp(leftMs, 1, ASK_MS_MAX);
    step("pass on");
    byte[] question = ForwardLayout.question(number, maybeProposed, trace, request);
    var unused =
        node()
            .consensus()
            .ask(leader, LoggedCalls.KIND, question, timeoutMs)
            .whenCompleteAsync(
                (answer, failure) -> calls.step(this, () -> passedOn(answer, failure)),
                node().loop());
  }

  private void passedOn(byte @Nullable [] answer, @Nullable Throwable failure) {
    if (failure != null || answer == null || answer.length < ForwardLayout.BODY) {
      lost(failure);
      return;
    }
    byte[] body = Arrays.copyOfRange(answer, ForwardLayout.BODY, answer.length);
    switch (answer[ForwardLayout.KIND]) {
      case ForwardLayout.ANSWER -> end(body);
      case ForwardLayout.MOVED -> waitForLeader();
      case ForwardLayout.MOVED_MAYBE_DONE -> repeat();
      default -> failedThere(body);
    }
  }

  private void failedThere(byte[] body) {
    try {
      GrpcError error = GrpcError.decode(body, hint());
      // The leader was given a part of the time; there may be some left here.
      boolean early =
          error.code() == Status.Code.DEADLINE_EXCEEDED
              && System.nanoTime() - reply.deadlineNs() < 0;
      if (early) repeat();
      else fail(error);
    } catch (InvalidProtocolBufferException e) {
      lost(e);
    }
  }

  /** The way to the leader failed. */
  private void lost(@Nullable Throwable failure) {
    Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
    if (!(cause instanceof RaftFailure raft)) {
      repeat();
      return;
    }
    switch (raft.reason()) {
      case TIMEOUT, UNREACHABLE, REMOTE -> repeat();
      case NOT_LEADER, NOT_READY, NO_LEADER -> waitForLeader();
      case OVERLOADED, UNKNOWN_KIND, STOPPED, REFUSED ->
          fail(
              maybeProposed
                  ? GrpcErrors.unknown(hint())
                  : GrpcErrors.of(raft, hint(), maybeProposed));
    }
  }

  /** The command may have taken effect: look for its answer through the log. */
  private void repeat() {
    maybeProposed = true;
    if (mayRepeat()) waitForLeader();
    else fail(GrpcErrors.unknown(hint()));
  }

  /** Proposes a command; the call goes on when its end is told. */
  protected final void propose(byte[] encoded) {
    command = encoded;
    step("propose");
    node().consensus().propose(this);
  }

  /**
   * Gives an answer that was judged without a log entry, once the lead at the time of judging is
   * confirmed; judges again where it is not.
   *
   * @param whenSaid runs when the answer is given
   */
  protected final void answerUnlogged(byte[] encoded, CallCounts.Result result, Runnable whenSaid) {
    step("confirm");
    calls
        .confirmed()
        .add(
            new ConfirmedAnswers.Waiting() {
              @Override
              public void confirmed() {
                calls.step(LoggedCall.this, () -> say(encoded, result, whenSaid));
              }

              @Override
              public void unconfirmed() {
                calls.step(LoggedCall.this, LoggedCall.this::waitForLeader);
              }
            });
  }

  /** Begins a call that is a part of this one. It ends on this thread or on another. */
  final void beginPart(int partNumber, byte[] of, Consumer<BatchCall.End> end) {
    divided = true;
    calls.make(new Start(calls, partNumber, of, new PartReply(reply, end), maybeProposed)).begin();
  }

  /** Ends the call, all of whose parts have ended. */
  final void answerParts(Supplier<byte[]> encoded, CallCounts.Result result) {
    calls.step(
        this,
        () -> {
          byte[] answer = encoded.get();
          count(result);
          end(answer);
        });
  }

  private void say(byte[] encoded, CallCounts.Result result, Runnable whenSaid) {
    whenSaid.run();
    count(result);
    if (trace != null) trace.outcome(result.name(), "");
    end(encoded);
  }

  private void end(byte[] encoded) {
    over = true;
    reply.answer(encoded);
  }

  /** Ends the call with an error. */
  protected final void fail(GrpcError error) {
    count(CallCounts.Result.FAILED);
    if (trace != null) trace.outcome(CallCounts.Result.FAILED.name(), "");
    over = true;
    reply.fail(error);
  }

  /** A step threw: a fault of this node, which is told and logged. */
  final void fault(RuntimeException e) {
    if (over) {
      LOG.error("call {} was ended, then failed by a fault of this node", counted(), e);
      return;
    }
    LOG.error("call {} failed by a fault of this node", counted(), e);
    fail(
        maybeProposed || divided || command.length > 0
            ? GrpcErrors.unknown(hint())
            : GrpcErrors.internal("this node failed to handle the call"));
  }

  @Override
  public final byte[] command() {
    return command;
  }

  @Override
  public final boolean abandoned() {
    return reply.abandoned();
  }

  @Override
  public final void applied(Object result) {
    calls.step(this, () -> ended((Answer) result));
  }

  private void ended(Answer answer) {
    switch (answer.status) {
      case GRANTED, DONE -> answer(answer, CallCounts.Result.GRANTED);
      case REFUSED -> answer(answer, CallCounts.Result.REFUSED);
      case ENDED -> answer(answer, CallCounts.Result.ENDED);
      case RETRY -> retry();
      case FULL ->
          fail(GrpcErrors.full(answer.bound == null ? "" : tableName(answer.bound.name())));
      case INTERNAL ->
          fail(GrpcErrors.internal("the command would have broken a rule of the core"));
    }
  }

  private static String tableName(String constant) {
    return constant.toLowerCase(java.util.Locale.ROOT);
  }

  private void answer(Answer answer, CallCounts.Result result) {
    GrpcError error = errorOf(answer);
    if (error != null) {
      fail(error);
      return;
    }
    answered(answer);
    count(result);
    if (trace != null) trace(trace, answer, result);
    end(encode(answer));
  }

  private static void trace(CallTrace trace, Answer answer, CallCounts.Result result) {
    RefusalReason reason = RefusalReason.forNumber(answer.reason);
    trace.about("", answer.entitlement == null ? "" : answer.entitlement.name());
    trace.outcome(
        result.name(),
        answer.reason == 0 || reason == null
            ? ""
            : reason.name().substring("REFUSAL_REASON_".length()));
  }

  private void step(String name) {
    if (trace != null) trace.step(name);
  }

  private void retry() {
    long disputed = node().view().disputedIndex();
    if (disputed != 0 && !maybeProposed) {
      fail(GrpcErrors.disputed(disputed));
      return;
    }
    // A leader without a confirmed clock answers RETRY to all, and one whose sweep is behind to
    // whom it might refuse wrongly: these are waits, not stale views.
    if (!node().view().clockReady() || node().view().sweepBehind()) {
      waitForLeader();
      return;
    }
    if (++retries >= RETRIES_MAX) {
      fail(maybeProposed ? GrpcErrors.unknown(hint()) : GrpcErrors.changing());
      return;
    }
    count(CallCounts.Result.RETRIED);
    route();
  }

  @Override
  public final void failed(ProposalFailure failure) {
    calls.step(this, () -> notApplied(failure));
  }

  private void notApplied(ProposalFailure failure) {
    switch (failure) {
      case NOT_LEADER, NOT_READY -> waitForLeader();
      case UNKNOWN -> repeat();
      case EXPIRED, OVERLOADED, TOO_LARGE, STOPPED ->
          fail(
              maybeProposed
                  ? GrpcErrors.unknown(hint())
                  : GrpcErrors.of(
                      failure,
                      hint(),
                      node().limits().pendingCommandsMax(),
                      node().limits().commandBytesMax()));
    }
  }

  protected final @Nullable String hint() {
    return node().leaders().now();
  }

  private void count(CallCounts.Result result) {
    node().counts().count(counted(), result);
  }
}
