package dev.tallygate.raft;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Group commit above Raft: many commands share one log entry. Any thread may propose; batches are
 * closed, and proposals told their end, by the serial proposing executor alone.
 */
final class GroupCommit {
  /*
   * What Raft costs, it costs per entry: a retry-cache row, a lock, an fsync and two messages. So commands wait in a
   * queue while the entry before them is on its way, and go out together when it has been applied. Under load the
   * batch grows by itself to what arrives during one round; idle, a command goes out at once, alone. There is no
   * delay to tune. The obvious alternative, a batching thread of its own, costs two hand-overs a command.
   *
   * A batch that times out keeps its slot until Raft says what became of it: a leader that is cut off must not
   * pile up entries. Its commands end as unknown meanwhile, and those in the queue as expired.
   *
   * Answers are given a part of the batch at a time, as tasks of their own. What an answer leaves on its connection
   * is then sent while it is still in the caches, and the first callers do not wait for the answers of all.
   */

  private static final Logger LOG = LoggerFactory.getLogger(GroupCommit.class);

  /** Proposals that are told their results in one task: about what one connection has in flight. */
  private static final int TOLD_AT_ONCE = 32;

  private record Waiting(Proposal proposal, int bytes, long sinceNs) {}

  private final RaftNodeConfig config;
  private final EntryWriter writer;
  private final EntryLog log;
  private final Executor proposer;
  private final LongSupplier nanoTime;

  private final Object lock = new Object();
  // All guarded by lock.
  private final ArrayDeque<Waiting> queue = new ArrayDeque<>();
  private final List<Batch> inFlight = new ArrayList<>();
  private long queuedBytes;
  private int pendingCommands;
  private long pendingBytes;
  private boolean pumpScheduled;
  private boolean tickWanted;
  private boolean stopped;
  private final CompletableFuture<Void> drained = new CompletableFuture<>();
  private long entriesProposed;
  private long commandsProposed;

  GroupCommit(
      RaftNodeConfig config,
      EntryWriter writer,
      EntryLog log,
      Executor proposer,
      LongSupplier nanoTime) {
    this.config = config;
    this.writer = writer;
    this.log = log;
    this.proposer = proposer;
    this.nanoTime = nanoTime;
  }

  void propose(Proposal proposal) {
    int bytes = proposal.command().length;
    ProposalFailure refusal = bytes > config.commandBytesMax() ? ProposalFailure.TOO_LARGE : null;
    if (refusal == null && log.appendableTerm() < 0) {
      refusal = log.refusal();
    }
    boolean schedule = false;
    if (refusal == null) {
      synchronized (lock) {
        if (stopped) {
          refusal = ProposalFailure.STOPPED;
        } else if (pendingCommands >= config.pendingCommandsMax()
            || pendingBytes + bytes > config.pendingBytesMax()) {
          refusal = ProposalFailure.OVERLOADED;
        } else {
          pendingCommands++;
          pendingBytes += bytes;
          queuedBytes += bytes;
          queue.add(new Waiting(proposal, bytes, nanoTime.getAsLong()));
          schedule = wantPump();
        }
      }
    }
    if (refusal != null) {
      proposal.failed(refusal);
    } else if (schedule) {
      schedulePump();
    }
  }

  /** Appends an entry without commands, if nothing else is on its way to move the clocks. */
  void tick() {
    boolean schedule;
    synchronized (lock) {
      if (stopped || !queue.isEmpty() || !inFlight.isEmpty() || log.appendableTerm() < 0) {
        return;
      }
      tickWanted = true;
      schedule = wantPump();
    }
    if (schedule) {
      schedulePump();
    }
  }

  /** Ends what waited too long; called every few milliseconds by a timer. */
  void checkDeadlines() {
    List<Runnable> ends = new ArrayList<>();
    boolean schedule = false;
    synchronized (lock) {
      long now = nanoTime.getAsLong();
      for (Batch batch : inFlight) {
        if (now - batch.deadlineNs() >= 0) {
          ends.add(() -> batch.fail(ProposalFailure.UNKNOWN));
        }
      }
      long oldest = now - config.queueWaitMs() * 1_000_000L;
      for (Waiting head; (head = queue.peek()) != null && head.sinceNs() - oldest < 0; ) {
        Proposal proposal = dequeue().proposal();
        ends.add(() -> proposal.failed(ProposalFailure.EXPIRED));
      }
      if (config.batchAgeMs() > 0 && limit(now) > inFlight.size() && !queue.isEmpty()) {
        schedule = wantPump();
      }
    }
    for (Runnable end : ends) {
      execute(end);
    }
    if (schedule) {
      schedulePump();
    }
  }

  /**
   * Refuses everything from now on and ends the queue; safe to call again.
   *
   * @return completes when no entry is in flight any more
   */
  CompletableFuture<Void> stop() {
    List<Proposal> left = new ArrayList<>();
    synchronized (lock) {
      stopped = true;
      while (!queue.isEmpty()) {
        left.add(dequeue().proposal());
      }
      completeIfDrained();
    }
    if (!left.isEmpty()) {
      execute(() -> left.forEach(p -> p.failed(ProposalFailure.STOPPED)));
    }
    return drained;
  }

  /** The node ends before the log said what became of these. */
  void abandonInFlight() {
    List<Batch> left;
    synchronized (lock) {
      left = List.copyOf(inFlight);
    }
    execute(() -> left.forEach(b -> b.fail(ProposalFailure.UNKNOWN)));
  }

  int queuedCommands() {
    synchronized (lock) {
      return queue.size();
    }
  }

  int pendingCommands() {
    synchronized (lock) {
      return pendingCommands;
    }
  }

  long entriesProposed() {
    synchronized (lock) {
      return entriesProposed;
    }
  }

  long commandsProposed() {
    synchronized (lock) {
      return commandsProposed;
    }
  }

  private boolean wantPump() {
    boolean schedule = !pumpScheduled;
    pumpScheduled = true;
    return schedule;
  }

  private void schedulePump() {
    if (!execute(this::pump)) {
      CompletableFuture<Void> unused = stop();
    }
  }

  private boolean execute(Runnable task) {
    try {
      proposer.execute(task);
      return true;
    } catch (RejectedExecutionException e) {
      // The event loop is gone and its calls with it; the ends are told here so that none is
      // forgotten.
      task.run();
      return false;
    }
  }

  private void pump() {
    List<Proposal> leftOut = new ArrayList<>();
    for (Batch batch; (batch = nextBatch(leftOut)) != null; ) {
      send(batch);
    }
    for (Proposal proposal : leftOut) {
      proposal.failed(ProposalFailure.EXPIRED);
    }
  }

  private @Nullable Batch nextBatch(List<Proposal> leftOut) {
    synchronized (lock) {
      pumpScheduled = false;
      long now = nanoTime.getAsLong();
      if (inFlight.size() >= limit(now) || (queue.isEmpty() && !tickWanted)) {
        return null;
      }
      Batch batch = fill(now, leftOut);
      if (batch.commands() == 0 && !tickWanted) {
        return null;
      }
      tickWanted = false;
      inFlight.add(batch);
      entriesProposed++;
      commandsProposed += batch.commands();
      return batch;
    }
  }

  private Batch fill(long now, List<Proposal> leftOut) {
    List<Proposal> proposals = new ArrayList<>(Math.min(queue.size(), config.batchCommandsMax()));
    long bytes = 0;
    while (proposals.size() < config.batchCommandsMax()) {
      Waiting head = queue.peek();
      if (head == null) {
        break;
      }
      long more = bytes + head.bytes() + writer.overheadBytesMax(proposals.size() + 1);
      if (more > config.batchBytesMax() && !proposals.isEmpty()) {
        break;
      }
      queue.remove();
      queuedBytes -= head.bytes();
      if (head.proposal().abandoned()) {
        release(1, head.bytes());
        leftOut.add(head.proposal());
        continue;
      }
      bytes += head.bytes();
      proposals.add(head.proposal());
    }
    return new Batch(proposals, bytes, now + config.batchDeadlineMs() * 1_000_000L);
  }

  private int limit(long now) {
    Waiting head = queue.peek();
    boolean full =
        head != null
            && (queue.size() >= config.batchCommandsMax()
                || queuedBytes >= config.batchBytesMax()
                || (config.batchAgeMs() > 0
                    && now - head.sinceNs() >= config.batchAgeMs() * 1_000_000L));
    return full ? config.fullEntriesInFlightMax() : config.entriesInFlightMax();
  }

  private void send(Batch batch) {
    Failures.onEnd(
        append(batch), (applied, failure) -> execute(() -> finish(batch, failure != null)));
  }

  private CompletableFuture<?> append(Batch batch) {
    long term = log.appendableTerm();
    if (term < 0) {
      return CompletableFuture.failedFuture(new IllegalStateException("not the leader"));
    }
    try {
      // Should the term change between here and the append, the stamps are still this node's own
      // and in order; apply sees the changed term and lets no time pass, as for every new leader.
      batch.close(writer, term);
      return log.append(batch);
    } catch (RuntimeException e) {
      // The batch has a slot: whatever happens here has to end it, or nothing goes out any more.
      LOG.error("an entry of {} commands cannot be written", batch.commands(), e);
      return CompletableFuture.failedFuture(e);
    }
  }

  private void finish(Batch batch, boolean failed) {
    ProposalFailure failure = null;
    if (failed) {
      failure = batch.mayBeInLog() ? ProposalFailure.UNKNOWN : log.refusal();
    }
    synchronized (lock) {
      for (Iterator<Batch> it = inFlight.iterator(); it.hasNext(); ) {
        if (it.next() == batch) {
          it.remove();
          break;
        }
      }
      release(batch.commands(), batch.bytes());
      completeIfDrained();
    }
    // The next entry first: its fsync overlaps with the replies of this one.
    pump();
    if (failure == null) {
      succeed(batch);
    } else {
      batch.fail(failure);
    }
  }

  /** A part at a time; the executor sends what the answers left to be sent between two parts. */
  private void succeed(Batch batch) {
    if (batch.succeed(TOLD_AT_ONCE)) {
      execute(() -> succeed(batch));
    }
  }

  private Waiting dequeue() {
    Waiting head = queue.remove();
    queuedBytes -= head.bytes();
    release(1, head.bytes());
    return head;
  }

  private void release(int commands, long bytes) {
    pendingCommands -= commands;
    pendingBytes -= bytes;
  }

  private void completeIfDrained() {
    if (stopped && inFlight.isEmpty()) {
      drained.complete(null);
    }
  }
}
