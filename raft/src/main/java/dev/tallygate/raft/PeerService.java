package dev.tallygate.raft;

import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.apache.ratis.thirdparty.io.grpc.Metadata;
import org.apache.ratis.thirdparty.io.grpc.ServerCall;
import org.apache.ratis.thirdparty.io.grpc.ServerCallHandler;
import org.apache.ratis.thirdparty.io.grpc.ServerServiceDefinition;
import org.apache.ratis.thirdparty.io.grpc.Status;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The answering side of {@link PeerWire}. Handlers run on the network thread that read the
 * question; answers may come on any thread.
 */
final class PeerService implements ServerCallHandler<byte[], byte[]> {
  private static final Logger LOG = LoggerFactory.getLogger(PeerService.class);
  private static final int KINDS = 256;

  private final UUID clusterId;
  private final int questionsMax;
  private final int messageBytesMax;
  private final AtomicReferenceArray<PeerHandler> handlers = new AtomicReferenceArray<>(KINDS);

  PeerService(RaftNodeConfig config) {
    clusterId = config.clusterId();
    questionsMax = config.peerQuestionsMax();
    messageBytesMax = config.peerMessageBytesMax();
  }

  void handle(int kind, PeerHandler handler) {
    if (kind < 1 || kind >= KINDS) {
      throw new IllegalArgumentException("kind `" + kind + "` is not in 1-255");
    }
    if (!handlers.compareAndSet(kind, null, handler)) {
      throw new IllegalArgumentException("kind `" + kind + "` has a handler already");
    }
  }

  ServerServiceDefinition definition() {
    return ServerServiceDefinition.builder(PeerWire.SERVICE).addMethod(PeerWire.ASK, this).build();
  }

  @Override
  public ServerCall.Listener<byte[]> startCall(ServerCall<byte[], byte[]> call, Metadata headers) {
    String from = headers.get(PeerWire.FROM);
    if (from == null || !clusterId.toString().equals(headers.get(PeerWire.CLUSTER))) {
      call.close(
          // Not which: a stranger would only have to repeat it.
          Status.PERMISSION_DENIED.withDescription("not of this cluster"), new Metadata());
      return new ServerCall.Listener<>() {};
    }
    call.sendHeaders(new Metadata());
    call.request(questionsMax);
    return new Conversation(call, from);
  }

  /** One stream from one peer. */
  private final class Conversation extends ServerCall.Listener<byte[]> {
    private final ServerCall<byte[], byte[]> call;
    private final String from;
    private final AtomicInteger open = new AtomicInteger();

    /** Questions that are taken when the peer reads its answers again. Guarded by the call. */
    private int owed;

    private Conversation(ServerCall<byte[], byte[]> call, String from) {
      this.call = call;
      this.from = from;
    }

    @Override
    public void onMessage(byte[] frame) {
      if (frame.length < PeerWire.QUESTION_HEADER_BYTES) {
        synchronized (call) {
          call.close(Status.INVALID_ARGUMENT.withDescription("short question"), new Metadata());
        }
        return;
      }
      long id = PeerWire.idOf(frame);
      if (open.incrementAndGet() > questionsMax) {
        reply(id, PeerWire.Status.OVERLOADED, new byte[0]);
        return;
      }
      PeerHandler handler = handlers.get(PeerWire.kindOf(frame));
      if (handler == null) {
        reply(id, PeerWire.Status.UNKNOWN_KIND, new byte[0]);
        return;
      }
      long deadlineNs = System.nanoTime() + PeerWire.leftUsOf(frame) * 1_000L;
      Failures.onEnd(answer(handler, frame, deadlineNs), (bytes, e) -> finish(id, bytes, e));
    }

    private CompletableFuture<byte[]> answer(PeerHandler handler, byte[] frame, long deadlineNs) {
      try {
        byte[] question = PeerWire.bytesOf(frame, PeerWire.QUESTION_HEADER_BYTES);
        return handler.answer(from, question, deadlineNs);
      } catch (RuntimeException e) {
        LOG.warn("cannot answer a question of kind {} from {}", PeerWire.kindOf(frame), from, e);
        return CompletableFuture.failedFuture(e);
      }
    }

    private void finish(long id, byte @Nullable [] bytes, @Nullable Throwable failure) {
      if (bytes != null && bytes.length <= messageBytesMax) {
        reply(id, PeerWire.Status.OK, bytes);
        return;
      }
      Throwable cause = failure == null ? null : Failures.causeOf(failure);
      String message =
          bytes != null
              ? "the answer has " + bytes.length + " bytes, allowed are " + messageBytesMax
              : String.valueOf(cause == null ? null : cause.getMessage());
      reply(id, PeerWire.Status.FAILED, PeerWire.utf8(message));
    }

    private void reply(long id, PeerWire.Status status, byte[] bytes) {
      open.decrementAndGet();
      byte[] frame = PeerWire.answer(status, id, bytes);
      // A call is not made for several threads at once.
      synchronized (call) {
        if (!call.isCancelled()) {
          call.sendMessage(frame);
          // Answers that nobody reads stay in memory: no new question for them.
          if (call.isReady()) call.request(1);
          else owed++;
        }
      }
    }

    @Override
    public void onReady() {
      synchronized (call) {
        if (owed > 0) call.request(owed);
        owed = 0;
      }
    }

    @Override
    public void onHalfClose() {
      synchronized (call) {
        call.close(Status.OK, new Metadata());
      }
    }
  }
}
