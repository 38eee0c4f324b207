package dev.tallygate.client;

import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntFunction;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Makes calls that end: each is sent to one node after the other, as the same request with a higher
 * attempt, until there is an answer, a failure that no retry mends, or its time is over.
 * Thread-safe.
 */
final class Calls {
  private static final int DOUBLINGS_MAX = 12;

  /** So many nodes can be waited for within the time of a call. */
  private static final int ATTEMPTS_WAITED = 3;

  private static final long ATTEMPT_NS_MIN = 500_000_000;
  static final long NS_PER_MS = 1_000_000;

  private final Transport transport;
  private final Nodes nodes;
  private final Time time;
  private final RandomGenerator random;
  private final long attemptNs;
  private final Set<Call<?, ?>> open = ConcurrentHashMap.newKeySet();
  private volatile boolean closed;

  /**
   * @param random for the jitter of pauses; used under this object's lock
   * @param attemptNs how long one node is waited for at most
   */
  Calls(Transport transport, Nodes nodes, Time time, RandomGenerator random, long attemptNs) {
    this.transport = transport;
    this.nodes = nodes;
    this.time = time;
    this.random = random;
    this.attemptNs = attemptNs;
  }

  /**
   * An answer with the times at which the attempt was sent that it answers: what the answer says of
   * times counts from there.
   */
  record Confirmed<A>(A answer, long sentNs, long sentWallMs) {}

  /**
   * Makes a call.
   *
   * @param request makes the request of an attempt, 1 for the first: in all but `attempt` the same
   * @param withinNs the time for all attempts together
   * @return ends with a {@link TallygateException} where there is no answer
   */
  <Q, A> CompletableFuture<Confirmed<A>> make(
      MethodDescriptor<Q, A> method, IntFunction<Q> request, long withinNs) {
    return make(method, request, withinNs, Pauses.SHORT);
  }

  /**
   * The pauses between attempts, before jitter, which makes them shorter: they double from the
   * first to the longest.
   */
  record Pauses(long firstMs, long longestMs) {
    /** While somebody waits for the answer. */
    static final Pauses SHORT = new Pauses(50, 1_000);
  }

  /** As {@link #make(MethodDescriptor, IntFunction, long)}, with pauses of its own. */
  <Q, A> CompletableFuture<Confirmed<A>> make(
      MethodDescriptor<Q, A> method, IntFunction<Q> request, long withinNs, Pauses pauses) {
    Call<Q, A> call = new Call<>(method, request, withinNs, pauses);
    open.add(call);
    call.send();
    return call.future;
  }

  /** Between {@code full / 2} and {@code full}: callers who failed together come back apart. */
  synchronized long jittered(long full) {
    return full - random.nextLong(full / 2 + 1);
  }

  /** Ends every call, and those that are yet to be made. */
  void close() {
    closed = true;
    open.forEach(call -> call.failed(closedFailure()));
  }

  private static Failure closedFailure() {
    Status status = Status.CANCELLED.withDescription("the client is closed");
    return Failure.of(status, new Metadata(), true);
  }

  private final class Call<Q, A> {
    final CompletableFuture<Confirmed<A>> future = new CompletableFuture<>();
    private final MethodDescriptor<Q, A> method;
    private final IntFunction<Q> request;
    private final long withinNs;
    private final Pauses pauses;
    private final long startNs = time.monotonicNs();

    // Attempts follow each other: what one writes, the next reads.
    private volatile int attempts;
    private volatile boolean maybeDone;
    private volatile boolean atOnce;

    Call(MethodDescriptor<Q, A> method, IntFunction<Q> request, long withinNs, Pauses pauses) {
      this.method = method;
      this.request = request;
      this.withinNs = withinNs;
      this.pauses = pauses;
    }

    void send() {
      if (future.isDone()) return;
      int attempt = attempts + 1;
      attempts = attempt;
      String node = nodes.pick();
      long sentNs = time.monotonicNs();
      long sentWallMs = time.wallMs();
      long leftNs = withinNs - (sentNs - startNs);
      Transport.Reply<A> reply =
          new Transport.Reply<>() {
            @Override
            public void answered(A answer, @Nullable String leader) {
              nodes.answered(node, leader);
              open.remove(Call.this);
              future.complete(new Confirmed<>(answer, sentNs, sentWallMs));
            }

            @Override
            public void failed(Failure failure) {
              boolean redirected = nodes.failed(node, failure);
              Call.this.failed(failure, redirected);
            }
          };
      try {
        transport.send(
            node, method, request.apply(attempt), Math.max(1, Math.min(leftNs, waitNs())), reply);
      } catch (RuntimeException e) {
        // A target that cannot be understood, or a closed channel: nothing was sent.
        Status status = Status.INVALID_ARGUMENT.withDescription(String.valueOf(e.getMessage()));
        reply.failed(Failure.of(status, new Metadata(), false));
      }
    }

    private long waitNs() {
      return Math.min(attemptNs, Math.max(ATTEMPT_NS_MIN, withinNs / ATTEMPTS_WAITED));
    }

    void failed(Failure failure) {
      failed(failure, false);
    }

    private void failed(Failure failure, boolean redirected) {
      maybeDone |= failure.maybeDone();
      if (closed || !failure.again()) {
        end(failure, failure.text());
        return;
      }
      long pauseNs = pauseMs(failure, redirected) * NS_PER_MS;
      long leftNs = withinNs - (time.monotonicNs() - startNs);
      if (pauseNs >= leftNs) {
        end(failure, "no answer in time, after attempt " + attempts + ": " + failure.text());
        return;
      }
      time.after(pauseNs, this::send);
    }

    /**
     * A hint is followed at once, but not one after the other: two nodes may point at each other.
     */
    private long pauseMs(Failure failure, boolean redirected) {
      boolean now = redirected && failure.retryMs() <= 0 && !atOnce;
      atOnce = now;
      if (now) return 0;
      int doublings = Math.min(DOUBLINGS_MAX, attempts - 1);
      long full = Math.min(pauses.longestMs(), pauses.firstMs() << doublings);
      return Math.max(failure.retryMs(), 0) + jittered(full);
    }

    private void end(Failure failure, String message) {
      open.remove(this);
      future.completeExceptionally(TallygateException.of(failure, message, maybeDone));
    }
  }
}
