package dev.tallygate.server.ledger;

import com.google.protobuf.Timestamp;
import dev.tallygate.proto.log.v1.LedgerBody;
import dev.tallygate.proto.log.v1.LedgerKind;
import dev.tallygate.proto.v1.EndReason;
import dev.tallygate.proto.v1.LeaseEnded;
import dev.tallygate.proto.v1.ThresholdReached;
import dev.tallygate.proto.v1.WatchEvent;
import dev.tallygate.proto.v1.WatchProgress;
import dev.tallygate.proto.v1.WatchRequest;
import dev.tallygate.raft.state.TenantView;
import dev.tallygate.raft.store.LedgerFiles;
import dev.tallygate.raft.store.LedgerNotHeldException;
import dev.tallygate.server.call.BadCall;
import dev.tallygate.server.grpc.GrpcErrors;
import dev.tallygate.server.grpc.NodeContext;
import dev.tallygate.server.licensing.ClusterIds;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * {@code LicensingService.Watch}, from this node's own ledger: the ledger is the same on every
 * node, in one order, and appended to by apply, so an event is neither lost nor doubled by a change
 * of leader, nor by going on at another node.
 */
final class Watches implements ServerCalls.ServerStreamingMethod<WatchRequest, WatchEvent> {
  /** Watches of both listeners, and some that are about to end. */
  static final int WATCHES_MAX = 96;

  /** Watches that read from an older position at the same time: others do not wait for the disk. */
  private static final int BEHIND_MAX = 2;

  /** Records that are read in one turn. */
  private static final int TURN_RECORDS = 1_000;

  private static final long PROGRESS_NS = TimeUnit.SECONDS.toNanos(1);

  /** How often an idle watch looks whether it is still wanted. */
  private static final long IDLE_MS = 500;

  private static final long MICROS = 1_000_000;

  private final LedgerFiles files;
  private final PoolNames names;
  private final ClusterIds ids;
  private final long patienceMs;
  private final LedgerReaders readers;
  private final Semaphore turns = new Semaphore(BEHIND_MAX, true);

  /**
   * @param patienceMs how long a reader may take nothing before its stream is closed
   */
  Watches(NodeContext node, LedgerFiles files, PoolNames names, long patienceMs) {
    this.files = files;
    this.names = names;
    this.patienceMs = patienceMs;
    ids = new ClusterIds(node.clusterId());
    readers = new LedgerReaders(node, "open watches", WATCHES_MAX);
  }

  void drain() {
    readers.drain();
  }

  @Override
  public void invoke(WatchRequest request, StreamObserver<WatchEvent> observer) {
    LedgerStream<WatchEvent> stream =
        new LedgerStream<>((ServerCallStreamObserver<WatchEvent>) observer, patienceMs);
    readers.start(observer, () -> open(request, stream));
  }

  private void open(WatchRequest request, LedgerStream<WatchEvent> stream)
      throws IOException, InterruptedException {
    TenantView tenant = readers.tenant(request.getTenant());
    LedgerReaders.text("entitlement", request.getEntitlement());
    // Read before the position: what is published behind this place has a position above the one
    // that is read now, or is an event of before and left out.
    long end = files.length();
    long now = tenant.position();
    String resume = request.getResumeAfter();
    long after = resume.isEmpty() ? now : position(resume);
    try (Scan scan =
        resume.isEmpty()
            ? Scan.at(files, names, tenant.number(), end, stream::gone)
            : Scan.after(files, names, tenant.number(), after, stream::gone)) {
      new Open(tenant.name(), request.getEntitlement(), stream, scan, after, !resume.isEmpty())
          .run();
    } catch (LedgerNotHeldException e) {
      stream.fail(GrpcErrors.belowRetention(String.valueOf(e.getMessage())).exception());
    }
  }

  private long position(String revision) {
    try {
      return ids.read("resume_after", revision);
    } catch (BadCall e) {
      throw e.error().exception();
    }
  }

  /** One watch, on its thread. */
  private final class Open {
    private final String tenant;
    private final String entitlement;
    private final LedgerStream<WatchEvent> stream;
    private final Scan scan;
    private final long after;

    /** Every event up to this position was sent. */
    private long done;

    /** Position of the last record of the tenant. */
    private long seen;

    private long progressAtNs = System.nanoTime();

    /** Whether it still has to reach what was published last when it began. */
    private boolean behind;

    private boolean atEnd;
    private boolean deleted;

    Open(
        String tenant,
        String entitlement,
        LedgerStream<WatchEvent> stream,
        Scan scan,
        long after,
        boolean behind) {
      this.tenant = tenant;
      this.entitlement = entitlement;
      this.stream = stream;
      this.scan = scan;
      this.after = after;
      this.behind = behind;
      done = after;
    }

    void run() throws IOException, InterruptedException {
      while (!stream.gone()) {
        if (readers.draining()) {
          stream.fail(readers.stopping());
          return;
        }
        WatchEvent event = read();
        if (deleted) {
          stream.fail(GrpcErrors.notFound("tenant", tenant).exception());
          return;
        }
        if (!(event == null ? progress() : send(event))) return;
        if (!atEnd) continue;
        long leftMs = TimeUnit.NANOSECONDS.toMillis(progressAtNs - System.nanoTime());
        long unused = files.awaitBeyond(scan.end(), Math.clamp(leftMs, 1, IDLE_MS));
      }
    }

    /** Reads on to the next event that is wanted; null where none was found in this turn. */
    private @Nullable WatchEvent read() throws IOException, InterruptedException {
      if (!behind) return next();
      // A turn ends with each event: a reader that is slow to take it does not hold others up.
      if (!turns.tryAcquire(IDLE_MS, TimeUnit.MILLISECONDS)) return null;
      try {
        return next();
      } finally {
        turns.release();
      }
    }

    private @Nullable WatchEvent next() throws IOException {
      for (int i = 0; i < TURN_RECORDS && !stream.gone(); i++) {
        atEnd = !scan.next();
        if (atEnd) {
          behind = false;
          done = Math.max(done, seen);
          return null;
        }
        seen = scan.position();
        deleted = scan.kind() == LedgerKind.LEDGER_KIND_TENANT_DELETED_VALUE;
        if (deleted) return null;
        // There is one event at most in a position, and other records may follow it.
        done = Math.max(done, seen - 1);
        WatchEvent event = seen <= after ? null : event(scan);
        if (event != null && wanted(event)) return event;
      }
      return null;
    }

    private boolean wanted(WatchEvent event) {
      String of =
          event.hasThreshold()
              ? event.getThreshold().getEntitlement()
              : event.getEnded().getEntitlement();
      return entitlement.isEmpty() || entitlement.equals(of);
    }

    /** Says each second how far the watch has come. */
    private boolean progress() throws InterruptedException {
      long nowNs = System.nanoTime();
      if (nowNs - progressAtNs < 0) return true;
      progressAtNs = nowNs + PROGRESS_NS;
      return send(
          WatchEvent.newBuilder()
              .setRevision(ids.format(done))
              .setProgress(WatchProgress.getDefaultInstance())
              .build());
    }

    private boolean send(WatchEvent event) throws InterruptedException {
      return switch (stream.send(event)) {
        case SENT -> true;
        case GONE -> false;
        case SLOW -> {
          stream.fail(GrpcErrors.slowReader(ids.format(done)).exception());
          yield false;
        }
      };
    }
  }

  private @Nullable WatchEvent event(Scan scan) throws IOException {
    EndReason reason = reason(scan.kind());
    if (reason != null) return at(scan).setEnded(ended(scan, reason)).build();
    return scan.kind() == LedgerKind.LEDGER_KIND_THRESHOLD_VALUE
        ? at(scan).setThreshold(threshold(scan)).build()
        : null;
  }

  private WatchEvent.Builder at(Scan scan) {
    return WatchEvent.newBuilder()
        .setRevision(ids.format(scan.position()))
        .setAt(
            Timestamp.newBuilder()
                .setSeconds(scan.civilUs() / MICROS)
                .setNanos((int) (scan.civilUs() % MICROS * 1_000)));
  }

  private static ThresholdReached.Builder threshold(Scan scan) throws IOException {
    LedgerBody body = scan.body();
    ThresholdReached.Builder threshold =
        ThresholdReached.newBuilder()
            .addAllPercents(body.getThresholdsList())
            .setLimit(body.getLimit())
            .setTaken(body.getCount());
    PoolNames.Name name = scan.pool();
    if (name != null) threshold.setEntitlement(name.entitlement()).setPartition(name.partition());
    return threshold;
  }

  private LeaseEnded.Builder ended(Scan scan, EndReason reason) throws IOException {
    LedgerBody body = scan.body();
    LeaseEnded.Builder ended =
        LeaseEnded.newBuilder()
            .setReason(reason)
            .setLeaseId(ids.format(body.getLeaseId()))
            .setCharged(body.getCharged());
    PoolNames.Name name = scan.pool();
    if (name != null) ended.setEntitlement(name.entitlement()).setPartition(name.partition());
    return ended;
  }

  /** Why a holder does not hold any more what it held; null for records of anything else. */
  private static @Nullable EndReason reason(int kind) {
    return switch (LedgerKind.forNumber(kind)) {
      case LEDGER_KIND_RELEASED -> EndReason.END_REASON_RELEASED;
      case LEDGER_KIND_EXPIRED -> EndReason.END_REASON_EXPIRED;
      case LEDGER_KIND_REVOKED -> EndReason.END_REASON_REVOKED;
      case LEDGER_KIND_RESUMED -> EndReason.END_REASON_SUPERSEDED;
      case LEDGER_KIND_COMMITTED -> EndReason.END_REASON_COMMITTED;
      case LEDGER_KIND_CANCELLED -> EndReason.END_REASON_CANCELLED;
      case LEDGER_KIND_HOLD_EXPIRED -> EndReason.END_REASON_HOLD_EXPIRED;
      case null, default -> null;
    };
  }
}
