package dev.tallygate.server;

import dev.tallygate.raft.store.LedgerCatchUp;
import dev.tallygate.raft.store.LedgerFiles;
import dev.tallygate.server.grpc.Consensus;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Fetches from other nodes what this node's ledger lacks after it took a snapshot from them, and
 * answers the same question of theirs. What comes is checked against the chain before it is kept.
 * Two threads of its own, since both sides read the disk and neither may wait for the other.
 */
final class LedgerSync implements AutoCloseable {
  static final int KIND = 18;

  private static final Logger LOG = LoggerFactory.getLogger(LedgerSync.class);

  /** Half of what a message between nodes may have, so that the rest of it fits in. */
  private static final int ANSWER_BYTES_MAX = 512 << 10;

  private static final int TIMEOUT_MS = 10_000;

  /** One may fetch while the other answers. */
  private static final int THREADS = 2;

  /** Questions that wait; one more is refused, and asked again. */
  private static final int QUESTIONS_MAX = 16;

  private final LedgerFiles files;
  private final LedgerCatchUp catchUp;
  private final Consensus consensus;
  private final List<String> others;
  private final AtomicBoolean busy = new AtomicBoolean();
  private final ExecutorService thread =
      new ThreadPoolExecutor(
          THREADS,
          THREADS,
          0,
          TimeUnit.SECONDS,
          new ArrayBlockingQueue<>(QUESTIONS_MAX),
          task -> {
            Thread made = new Thread(task, "ledger-sync");
            made.setDaemon(true);
            return made;
          });

  LedgerSync(LedgerFiles files, Consensus consensus, List<String> others) {
    this.files = files;
    this.consensus = consensus;
    this.others = others;
    catchUp = new LedgerCatchUp(files, ANSWER_BYTES_MAX);
  }

  /** Registers the answering side; before consensus starts. */
  void answerQuestions() {
    consensus.handle(
        KIND,
        (from, question, deadlineNs) -> {
          CompletableFuture<byte[]> answer = new CompletableFuture<>();
          try {
            thread.execute(() -> answer(question, answer));
          } catch (RejectedExecutionException e) {
            answer.completeExceptionally(e);
          }
          return answer;
        });
  }

  private void answer(byte[] question, CompletableFuture<byte[]> answer) {
    try {
      answer.complete(catchUp.answer(question));
    } catch (IOException | RuntimeException e) {
      answer.completeExceptionally(e);
    }
  }

  /** Begins to fetch where something is missing and nothing is being fetched. Returns at once. */
  void look() {
    if (others.isEmpty() || files.gaps().isEmpty() || !busy.compareAndSet(false, true)) return;
    try {
      thread.execute(this::fill);
    } catch (RejectedExecutionException e) {
      busy.set(false);
    }
  }

  private void fill() {
    try {
      for (String peer : others) if (fillFrom(peer)) return;
    } finally {
      busy.set(false);
    }
  }

  private boolean fillFrom(String peer) {
    try {
      LOG.info("fetching what the ledger lacks from {}: {}", peer, files.gaps());
      catchUp.fill(question -> ask(peer, question));
      LOG.info("the ledger is whole");
      return true;
    } catch (IOException e) {
      LOG.warn("the ledger is not whole yet: {} does not help: {}", peer, e.getMessage());
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return true;
    }
  }

  private byte[] ask(String peer, byte[] question) throws IOException, InterruptedException {
    try {
      return consensus
          .ask(peer, KIND, question, TIMEOUT_MS)
          .get(2L * TIMEOUT_MS, TimeUnit.MILLISECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw new IOException(e.toString(), e);
    }
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}
