package dev.tallygate.server.call;

import dev.tallygate.raft.state.CorruptStateException;
import dev.tallygate.server.grpc.GrpcError;
import dev.tallygate.server.grpc.GrpcErrors;
import dev.tallygate.server.grpc.NodeContext;
import dev.tallygate.server.trace.CallTrace;
import dev.tallygate.server.trace.Traces;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCallHandler;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The calls of one node that go through the log, of all services together: the peer handler that
 * takes passed-on ones, and what they share. Made once, before consensus starts. Any thread.
 */
public final class LoggedCalls {
  /** The kind of question by which calls are passed on. */
  static final int KIND = 32;

  /** Call numbers are below this. */
  static final int NUMBERS = 64;

  /** Makes the call of one request. */
  @FunctionalInterface
  public interface Factory {
    LoggedCall make(LoggedCall.Start start);
  }

  /** Another thread, with a bounded queue, on which calls begin that take long to read. */
  @FunctionalInterface
  public interface Elsewhere {
    /**
     * @return null where the work will be done there; else why not
     */
    @Nullable GrpcError begin(Runnable work);
  }

  private final NodeContext node;
  private final LeaderWait leaderWait;
  private final ConfirmedAnswers confirmed;
  private final Factory[] factories = new Factory[NUMBERS];
  private final @Nullable String[] methods = new String[NUMBERS];

  /** Null for calls that begin on the thread that received them. */
  private final @Nullable Elsewhere[] elsewhere = new Elsewhere[NUMBERS];

  public LoggedCalls(NodeContext node) {
    this.node = node;
    this.leaderWait = new LeaderWait(node.loop());
    this.confirmed = new ConfirmedAnswers(node.consensus(), node.loop());
    node.consensus().handle(KIND, this::passedOn);
  }

  /**
   * Registers one call and returns the handler of its method.
   *
   * @param number 1 to 63, the same in every release: it travels between nodes
   */
  public ServerCallHandler<byte[], byte[]> add(
      int number, MethodDescriptor<byte[], byte[]> method, Factory factory) {
    register(number, factory);
    methods[number] = method.getFullMethodName();
    return new UnaryHandler(this, number, method, factory);
  }

  /**
   * Registers a call whose request takes long to read: it begins elsewhere, so that network threads
   * go on.
   *
   * @param number as in {@link #add}
   */
  public ServerCallHandler<byte[], byte[]> add(
      int number, MethodDescriptor<byte[], byte[]> method, Factory factory, Elsewhere begins) {
    ServerCallHandler<byte[], byte[]> handler = add(number, method, factory);
    elsewhere[number] = begins;
    return handler;
  }

  void begin(int number, LoggedCall call) {
    Elsewhere other = elsewhere[number];
    if (other == null) {
      call.beginHere();
      return;
    }
    GrpcError refused = other.begin(call::beginHere);
    if (refused != null) call.beginRefused(refused);
  }

  /**
   * Registers a call that comes as the messages of streams.
   *
   * @param number as in {@link #add}
   */
  public BatchStream addStream(int number, Factory factory) {
    register(number, factory);
    return new BatchStream(this, number);
  }

  private void register(int number, Factory factory) {
    if (number < 1 || number >= NUMBERS)
      throw new IllegalArgumentException("call number `" + number + "` is not in 1-63");
    if (factories[number] != null)
      throw new IllegalArgumentException("call number `" + number + "` is taken");
    factories[number] = factory;
  }

  public NodeContext node() {
    return node;
  }

  /** Makes the call of a number that was registered. */
  LoggedCall make(LoggedCall.Start start) {
    Factory factory = factories[start.number()];
    if (factory == null) throw new IllegalArgumentException("no call `" + start.number() + "`");
    return factory.make(start);
  }

  LeaderWait leaderWait() {
    return leaderWait;
  }

  ConfirmedAnswers confirmed() {
    return confirmed;
  }

  /** Runs one step of a call. What it throws is a fault of this node, and ends the call. */
  void step(LoggedCall call, Runnable step) {
    try {
      step.run();
    } catch (CorruptStateException e) {
      node.halt().halt("the served state is damaged: " + e.getMessage(), e);
    } catch (RuntimeException e) {
      call.fault(e);
    }
  }

  private CompletableFuture<byte[]> passedOn(String from, byte[] question, long deadlineNs) {
    PeerReply reply = new PeerReply(deadlineNs);
    Factory factory = factory(question);
    if (factory == null) {
      reply.fail(
          GrpcErrors.invalid("call", "node `" + from + "` passed on what is not known here"));
      return reply.future();
    }
    byte[] request =
        Arrays.copyOfRange(question, ForwardLayout.requestOf(question), question.length);
    boolean maybeDone = question[ForwardLayout.MAYBE_DONE] != 0;
    CallTrace trace = trace(question);
    LoggedCall call =
        factory.make(
            new LoggedCall.Start(
                this,
                question[ForwardLayout.CALL],
                request,
                trace == null ? reply : new TracedReply(reply, trace),
                maybeDone));
    call.begin();
    return reply.future();
  }

  private @Nullable CallTrace trace(byte[] question) {
    Traces traces = node.traces();
    if (traces == null || question[ForwardLayout.VERSION] != ForwardLayout.VERSION_TRACED)
      return null;
    String method = methods[question[ForwardLayout.CALL]];
    byte[] carried =
        Arrays.copyOfRange(question, ForwardLayout.TRACE, ForwardLayout.TRACED_REQUEST);
    return method == null ? null : traces.beginPassedOn(method, carried);
  }

  private @Nullable Factory factory(byte[] question) {
    if (ForwardLayout.requestOf(question) < 0) return null;
    int number = question[ForwardLayout.CALL];
    return number < 0 || number >= NUMBERS ? null : factories[number];
  }
}
