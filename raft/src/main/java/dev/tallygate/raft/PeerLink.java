package dev.tallygate.raft;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.thirdparty.io.grpc.CallOptions;
import org.apache.ratis.thirdparty.io.grpc.ClientCall;
import org.apache.ratis.thirdparty.io.grpc.ConnectivityState;
import org.apache.ratis.thirdparty.io.grpc.ManagedChannel;
import org.apache.ratis.thirdparty.io.grpc.Metadata;
import org.apache.ratis.thirdparty.io.grpc.Status;
import org.jspecify.annotations.Nullable;

/**
 * The asking side of {@link PeerWire} towards one peer: keeps a stream open while there is
 * something to ask and finds each answer's asker. Any thread.
 */
final class PeerLink {
  private static final long RECONNECT_PAUSE_NS = 100_000_000L;
  private static final int TIME_LEFT_MAX_US = Integer.MAX_VALUE;

  private record Pending(
      CompletableFuture<byte[]> answer, long deadlineNs, int bytes, boolean ofCaller) {}

  private final String peerId;
  private final ManagedChannel channel;
  private final Metadata headers;
  private final int questionsMax;
  private final long bytesMax;
  private final long stuckNs;

  // Guarded by this.
  private final Map<Long, Pending> pending = new HashMap<>();
  private long pendingBytes;
  private int callersPending;
  private long callersBytes;
  private long lastId;
  private @Nullable ClientCall<byte[], byte[]> call;
  private long lastResetNs;
  private long lastReadyNs = System.nanoTime();
  private boolean closed;

  PeerLink(RaftNodeConfig config, String peerId, ManagedChannel channel) {
    this.peerId = peerId;
    this.channel = channel;
    this.questionsMax = config.peerQuestionsMax();
    this.stuckNs = TimeUnit.MILLISECONDS.toNanos(config.electionTimeoutMinMs());
    this.bytesMax = 16L * config.peerMessageBytesMax();
    headers = new Metadata();
    headers.put(PeerWire.FROM, config.nodeId());
    headers.put(PeerWire.CLUSTER, config.clusterId().toString());
  }

  CompletableFuture<byte[]> ask(int kind, byte[] question, long timeoutUs) {
    CompletableFuture<byte[]> answer = new CompletableFuture<>();
    boolean ofCaller = kind >= PeerWire.CALLERS_KIND_MIN;
    synchronized (this) {
      if (closed) {
        return failed(RaftFailure.Reason.STOPPED, "this node stops");
      }
      if (isFull(question.length) || ofCaller && callersAreFull(question.length)) {
        return failed(
            RaftFailure.Reason.OVERLOADED, "too many questions are on the way to " + peerId);
      }
      long id = ++lastId;
      long deadlineNs = System.nanoTime() + timeoutUs * 1_000L;
      add(id, new Pending(answer, deadlineNs, question.length, ofCaller));
      int leftUs = (int) Math.min(timeoutUs, TIME_LEFT_MAX_US);
      openCall().sendMessage(PeerWire.question(kind, id, leftUs, question));
    }
    return answer;
  }

  private boolean isFull(int moreBytes) {
    return pending.size() >= questionsMax || pendingBytes + moreBytes > bytesMax;
  }

  /**
   * A quarter of the room is kept for what the node itself asks: whoever calls a follower must not
   * be able to take from it what keeps it fresh.
   */
  private boolean callersAreFull(int moreBytes) {
    return callersPending >= questionsMax - questionsMax / 4
        || callersBytes + moreBytes > bytesMax - bytesMax / 4;
  }

  private void add(long id, Pending p) {
    pending.put(id, p);
    pendingBytes += p.bytes();
    if (p.ofCaller()) {
      callersPending++;
      callersBytes += p.bytes();
    }
  }

  private void removed(Pending p) {
    pendingBytes -= p.bytes();
    if (p.ofCaller()) {
      callersPending--;
      callersBytes -= p.bytes();
    }
  }

  /**
   * Ends the questions whose time is up, and the stream with them where the peer has not read for
   * an election timeout: what was written to it stays in memory, and is counted no more. Called
   * every few milliseconds.
   */
  void checkDeadlines() {
    List<Pending> late = new ArrayList<>();
    List<Pending> lost = List.of();
    ClientCall<byte[], byte[]> stuck = null;
    synchronized (this) {
      long now = System.nanoTime();
      for (Iterator<Pending> it = pending.values().iterator(); it.hasNext(); ) {
        Pending p = it.next();
        if (now - p.deadlineNs() >= 0) {
          late.add(p);
          removed(p);
          it.remove();
        }
      }
      if (call == null || call.isReady()) lastReadyNs = now;
      else if (!late.isEmpty() && now - lastReadyNs >= stuckNs) {
        // Before it is cancelled: a question that comes now goes out on a stream of its own.
        stuck = call;
        call = null;
        lost = takeAll();
      }
    }
    if (stuck != null) stuck.cancel(peerId + " does not read", null);
    lost.forEach(p -> fail(p, RaftFailure.Reason.UNREACHABLE, peerId + " does not read"));
    late.forEach(p -> fail(p, RaftFailure.Reason.TIMEOUT, "no answer from " + peerId + " in time"));
  }

  void close() {
    List<Pending> failed;
    synchronized (this) {
      closed = true;
      failed = takeAll();
    }
    failed.forEach(p -> fail(p, RaftFailure.Reason.STOPPED, "this node stops"));
    channel.shutdownNow();
  }

  boolean awaitClosed(long ms) throws InterruptedException {
    return channel.awaitTermination(ms, TimeUnit.MILLISECONDS);
  }

  /** Under the lock, so that questions leave in the order asked. */
  private ClientCall<byte[], byte[]> openCall() {
    ClientCall<byte[], byte[]> open = call;
    if (open != null) {
      return open;
    }
    long now = System.nanoTime();
    if (channel.getState(false) == ConnectivityState.TRANSIENT_FAILURE
        && now - lastResetNs > RECONNECT_PAUSE_NS) {
      // The channel's own pause grows to two minutes, much longer than a healed link should stay
      // unused.
      lastResetNs = now;
      channel.resetConnectBackoff();
    }
    open = channel.newCall(PeerWire.ASK, CallOptions.DEFAULT);
    call = open;
    open.start(new Answers(open), headers);
    open.request(Integer.MAX_VALUE);
    return open;
  }

  private final class Answers extends ClientCall.Listener<byte[]> {
    private final ClientCall<byte[], byte[]> mine;

    private Answers(ClientCall<byte[], byte[]> mine) {
      this.mine = mine;
    }

    @Override
    public void onMessage(byte[] frame) {
      if (frame.length < PeerWire.ANSWER_HEADER_BYTES) {
        mine.cancel("short answer", null);
        return;
      }
      Pending p;
      synchronized (PeerLink.this) {
        p = pending.remove(PeerWire.idOf(frame));
        if (p == null) {
          return;
        }
        removed(p);
      }
      byte[] bytes = PeerWire.bytesOf(frame, PeerWire.ANSWER_HEADER_BYTES);
      switch (PeerWire.statusOf(frame)) {
        case OK -> p.answer().complete(bytes);
        case UNKNOWN_KIND ->
            fail(p, RaftFailure.Reason.UNKNOWN_KIND, peerId + " cannot answer this kind");
        case OVERLOADED -> fail(p, RaftFailure.Reason.OVERLOADED, peerId + " is overloaded");
        case FAILED ->
            fail(p, RaftFailure.Reason.REMOTE, new String(bytes, StandardCharsets.UTF_8));
      }
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
      List<Pending> failed;
      synchronized (PeerLink.this) {
        if (!mine.equals(call)) {
          return;
        }
        call = null;
        failed = takeAll();
      }
      String message = "the link to " + peerId + " is down: " + status.getDescription();
      failed.forEach(p -> fail(p, RaftFailure.Reason.UNREACHABLE, message));
    }
  }

  private List<Pending> takeAll() {
    List<Pending> all = new ArrayList<>(pending.values());
    pending.clear();
    pendingBytes = 0;
    callersPending = 0;
    callersBytes = 0;
    return all;
  }

  private static void fail(Pending p, RaftFailure.Reason reason, String message) {
    p.answer().completeExceptionally(new RaftFailure(reason, message));
  }

  private static CompletableFuture<byte[]> failed(RaftFailure.Reason reason, String message) {
    return CompletableFuture.failedFuture(new RaftFailure(reason, message));
  }
}
