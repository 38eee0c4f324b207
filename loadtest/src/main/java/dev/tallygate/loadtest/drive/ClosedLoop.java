package dev.tallygate.loadtest.drive;

import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.netty.shaded.io.netty.channel.EventLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/**
 * Keeps a fixed number of unary calls in flight on a fixed number of connections: each answer sends
 * the next request. All state is confined to one event loop, on which every call back arrives;
 * {@link #run} may be called by one thread at a time.
 */
final class ClosedLoop {
  // A call that fails is followed by the next one from the loop's timer, never from within the
  // failing call: when a server dies calls fail while they are started, and a loop that answers at
  // once would recurse until the stack ends.
  private static final long ERROR_PAUSE_MS = 5;
  private static final Duration ANSWER_MAX = Duration.ofSeconds(15);
  private static final long LATENCY_NS_MAX = TimeUnit.MINUTES.toNanos(1);
  private static final int SIGNIFICANT_DIGITS = 3;

  private final EventLoop loop;
  private final List<Slot> slots = new ArrayList<>();
  private final Workload workload;
  private final Map<String, Long> others = new HashMap<>();

  private Histogram latencyNs = newHistogram();
  private long stopNs;
  private CountDownLatch finished = new CountDownLatch(0);

  ClosedLoop(
      EventLoop loop,
      List<ManagedChannel> connections,
      int callsPerConnection,
      Workload workload,
      SplittableRandom random) {
    this.loop = loop;
    this.workload = workload;
    for (ManagedChannel connection : connections) {
      for (int i = 0; i < callsPerConnection; i++) {
        slots.add(new Slot(connection, random.split()));
      }
    }
  }

  static Histogram newHistogram() {
    return new Histogram(LATENCY_NS_MAX, SIGNIFICANT_DIGITS);
  }

  /**
   * Loads for so long and waits until every call has been answered.
   *
   * @throws LoadtestException if some call has no answer long after the end
   */
  Slice run(Duration length) throws InterruptedException {
    CountDownLatch done = new CountDownLatch(slots.size());
    loop.execute(() -> begin(length, done));
    if (!done.await(length.plus(ANSWER_MAX).toMillis(), TimeUnit.MILLISECONDS)) {
      throw new LoadtestException(
          done.getCount() + " calls have had no answer for " + ANSWER_MAX.toSeconds() + " s");
    }
    return new Slice(length.toNanos(), latencyNs.getTotalCount(), latencyNs, Map.copyOf(others));
  }

  private void begin(Duration length, CountDownLatch done) {
    finished = done;
    latencyNs = newHistogram();
    others.clear();
    stopNs = System.nanoTime() + length.toNanos();
    slots.forEach(Slot::next);
  }

  private final class Slot extends ClientCall.Listener<Reply> {
    private final Payload payload = new Payload();
    private final ManagedChannel connection;
    private final SplittableRandom random;
    private long startNs;
    private Reply reply = new Reply("no answer", false);

    Slot(ManagedChannel connection, SplittableRandom random) {
      this.connection = connection;
      this.random = random;
    }

    void next() {
      long now = System.nanoTime();
      if (now >= stopNs) {
        finished.countDown();
        return;
      }
      startNs = now;
      workload.write(payload, random);
      ClientCall<Payload, Reply> call = connection.newCall(workload.method(), CallOptions.DEFAULT);
      call.start(this, new Metadata());
      call.request(2);
      call.sendMessage(payload);
      call.halfClose();
    }

    @Override
    public void onMessage(Reply message) {
      reply = message;
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
      if (!status.isOk()) {
        others.merge(status.getCode().name(), 1L, Long::sum);
        var unused = loop.schedule(this::next, ERROR_PAUSE_MS, TimeUnit.MILLISECONDS);
        return;
      }
      long now = System.nanoTime();
      if (!reply.counted()) {
        others.merge(reply.name(), 1L, Long::sum);
      } else if (now < stopNs) {
        latencyNs.recordValue(Math.min(now - startNs, LATENCY_NS_MAX));
      }
      next();
    }
  }
}
