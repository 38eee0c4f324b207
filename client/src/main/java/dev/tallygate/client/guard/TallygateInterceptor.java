package dev.tallygate.client.guard;

import dev.tallygate.client.Allocation;
import dev.tallygate.client.Ask;
import dev.tallygate.client.Tallygate;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import org.jspecify.annotations.Nullable;

/**
 * Takes units before a call of a gRPC server begins, and gives them back when it is over, however
 * it ends. Blocks no thread. Thread-safe.
 *
 * <p>It fails closed. The handler is not reached, and the caller sees:
 *
 * <ul>
 *   <li>RESOURCE_EXHAUSTED where the units are refused, with {@code ErrorInfo} (the refusal's
 *       reason, the pool's numbers) and {@code RetryInfo} where waiting may help
 *   <li>UNAVAILABLE where the cluster gives no answer in time
 *   <li>INTERNAL where the rule fails, or the cluster rejects what it asks for
 * </ul>
 *
 * <p>A lease that is lost or unconfirmed while a call goes on ends the call, with
 * RESOURCE_EXHAUSTED or UNAVAILABLE, and cancels its context.
 */
public final class TallygateInterceptor implements ServerInterceptor {
  /** What the running call was granted; null in calls that are free. */
  public static final Context.Key<Allocation> ALLOCATION = Context.key("tallygate-allocation");

  private final Permits permits;
  private final Rule rule;

  private TallygateInterceptor(Permits permits, Rule rule) {
    this.permits = permits;
    this.rule = rule;
  }

  /**
   * Guards the methods of every service that it is added to.
   *
   * @param tallygate whom to ask; stays open, and closing it is the caller's business
   */
  public static TallygateInterceptor of(Tallygate tallygate, Rule rule) {
    return new TallygateInterceptor(new Permits(tallygate), rule);
  }

  /** Says what a call needs, by its method and headers. Fast, and on many threads at once. */
  @FunctionalInterface
  public interface Rule {
    /**
     * Runs within the call's {@link Context}, so that what an earlier interceptor found out about
     * the caller is at hand. One that throws, or returns null, fails the call.
     */
    Demand of(MethodDescriptor<?, ?> method, Metadata headers);
  }

  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    Demand demand;
    try {
      demand = rule.of(call.getMethodDescriptor(), headers);
    } catch (RuntimeException e) {
      return failed(call, "the rule of the license guard failed", e);
    }
    if (demand == null) return failed(call, "the rule of the license guard says nothing", null);
    Ask ask = demand.ask();
    if (ask == null) return next.startCall(call, headers);
    GuardedCall<Q, A> guarded = new GuardedCall<>(call);
    GuardedListener<Q, A> listener =
        new GuardedListener<>(guarded, headers, next, () -> permits.own(ask));
    listener.awaits(demand.isShared() ? permits.shared(ask) : permits.own(ask));
    return listener;
  }

  private static <Q> ServerCall.Listener<Q> failed(
      ServerCall<Q, ?> call, String why, @Nullable Throwable cause) {
    call.close(Status.INTERNAL.withDescription(why).withCause(cause), new Metadata());
    return new ServerCall.Listener<>() {};
  }
}
