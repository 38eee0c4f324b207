package dev.tallygate.server.ledger;

import io.grpc.stub.ServerCallStreamObserver;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * One answer of many messages, written no faster than its reader takes them. The reading thread
 * calls all but the handlers.
 */
final class LedgerStream<M> {
  /** How a write ended. */
  enum Sent {
    SENT,
    /** The reader took nothing for as long as it may. */
    SLOW,
    /** The reader is gone. */
    GONE
  }

  private final ServerCallStreamObserver<M> observer;
  private final long patienceMs;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition moved = lock.newCondition();

  /** To be made before the handler of the call returns: gRPC takes handlers only until then. */
  LedgerStream(ServerCallStreamObserver<M> observer, long patienceMs) {
    this.observer = observer;
    this.patienceMs = patienceMs;
    observer.setOnReadyHandler(this::wake);
    observer.setOnCancelHandler(this::wake);
  }

  private void wake() {
    lock.lock();
    try {
      moved.signalAll();
    } finally {
      lock.unlock();
    }
  }

  Sent send(M message) throws InterruptedException {
    long left = TimeUnit.MILLISECONDS.toNanos(patienceMs);
    lock.lock();
    try {
      while (!observer.isReady() && !observer.isCancelled() && left > 0)
        left = moved.awaitNanos(left);
    } finally {
      lock.unlock();
    }
    if (observer.isCancelled()) return Sent.GONE;
    if (!observer.isReady()) return Sent.SLOW;
    observer.onNext(message);
    return Sent.SENT;
  }

  boolean gone() {
    return observer.isCancelled();
  }

  void end() {
    if (!observer.isCancelled()) observer.onCompleted();
  }

  void fail(Throwable error) {
    if (!observer.isCancelled()) observer.onError(error);
  }
}
