package dev.tallygate.loadtest.peer;

import dev.tallygate.loadtest.drive.LoadtestException;
import dev.tallygate.proto.v1.ApplyCatalogRequest;
import dev.tallygate.proto.v1.ApplyCatalogResponse;
import dev.tallygate.proto.v1.CatalogServiceGrpc;
import dev.tallygate.proto.v1.ClusterServiceGrpc;
import dev.tallygate.proto.v1.GetPoolRequest;
import dev.tallygate.proto.v1.GetPoolResponse;
import dev.tallygate.proto.v1.LedgerRecord;
import dev.tallygate.proto.v1.LedgerServiceGrpc;
import dev.tallygate.proto.v1.LicensingServiceGrpc;
import dev.tallygate.proto.v1.ReadLedgerRequest;
import dev.tallygate.proto.v1.SnapshotRequest;
import dev.tallygate.proto.v1.StatusRequest;
import dev.tallygate.proto.v1.StatusResponse;
import dev.tallygate.proto.v1.VerifyLedgerRequest;
import dev.tallygate.proto.v1.VerifyLedgerResponse;
import io.grpc.ChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Blocking calls on one node's admin listener, each with a deadline. Thread-safe. */
public final class Admin implements AutoCloseable {
  private static final long ANSWER_MAX_MS = 2_000;
  private static final long WORK_MAX_MS = 60_000;
  private static final int PAGE_RECORDS = 50_000;
  private static final Duration APPLY_MAX = Duration.ofSeconds(30);

  private static final Set<Status.Code> NOT_READY =
      Set.of(Status.Code.UNAVAILABLE, Status.Code.DEADLINE_EXCEEDED, Status.Code.CANCELLED);

  private final ManagedChannel channel;

  Admin(String address, ChannelCredentials credentials) {
    this.channel = NettyChannelBuilder.forTarget(address, credentials).build();
  }

  /**
   * What the node says of itself. Throws {@link StatusRuntimeException} if it does not answer in
   * two seconds.
   */
  public StatusResponse status() {
    return ClusterServiceGrpc.newBlockingStub(channel)
        .withDeadlineAfter(ANSWER_MAX_MS, TimeUnit.MILLISECONDS)
        .status(StatusRequest.getDefaultInstance());
  }

  /** Takes a snapshot now and returns its index. */
  public long snapshot() {
    return ClusterServiceGrpc.newBlockingStub(channel)
        .withDeadlineAfter(WORK_MAX_MS, TimeUnit.MILLISECONDS)
        .snapshot(SnapshotRequest.getDefaultInstance())
        .getIndex();
  }

  /**
   * Applies a catalog, again while the cluster is not ready: applying what stands changes nothing.
   */
  public void applyCatalog(String yaml) throws InterruptedException {
    AtomicReference<@Nullable StatusRuntimeException> failure = new AtomicReference<>();
    Await.until(
        APPLY_MAX,
        () -> {
          try {
            failure.set(null);
            return tryApply(yaml).getVersion() > 0;
          } catch (StatusRuntimeException e) {
            failure.set(e);
            return !NOT_READY.contains(e.getStatus().getCode());
          }
        });
    StatusRuntimeException last = failure.get();
    if (last != null) throw new LoadtestException("cannot apply the catalog", last);
  }

  private ApplyCatalogResponse tryApply(String yaml) {
    return CatalogServiceGrpc.newBlockingStub(channel)
        .withDeadlineAfter(ANSWER_MAX_MS, TimeUnit.MILLISECONDS)
        .apply(ApplyCatalogRequest.newBuilder().setYaml(yaml).build());
  }

  /** Reads one pool of the node's own state. */
  public GetPoolResponse pool(String entitlement, String partition) {
    return LicensingServiceGrpc.newBlockingStub(channel)
        .withDeadlineAfter(ANSWER_MAX_MS, TimeUnit.MILLISECONDS)
        .getPool(
            GetPoolRequest.newBuilder()
                .setEntitlement(entitlement)
                .setPartition(partition)
                .build());
  }

  /** Recomputes the node's ledger from its files. */
  public VerifyLedgerResponse verifyLedger() {
    return LedgerServiceGrpc.newBlockingStub(channel)
        .withDeadlineAfter(WORK_MAX_MS, TimeUnit.MILLISECONDS)
        .verify(VerifyLedgerRequest.getDefaultInstance());
  }

  /** Streams all records in order, page by page. */
  public void readLedger(Consumer<LedgerRecord> consumer) {
    Page page = new Page(consumer);
    do {
      page.begin();
      LedgerServiceGrpc.newBlockingStub(channel)
          .withDeadlineAfter(WORK_MAX_MS, TimeUnit.MILLISECONDS)
          .read(
              ReadLedgerRequest.newBuilder()
                  .setAfterPosition(page.after)
                  .setLimit(PAGE_RECORDS)
                  .build())
          .forEachRemaining(page::accept);
    } while (page.hasNext());
  }

  // A full page may end within a position, and the next one begins behind it. So the last position
  // of a full page is held back and read again, whole, with the next page.
  private static final class Page {
    private final Consumer<LedgerRecord> consumer;
    private final List<LedgerRecord> lastPosition = new ArrayList<>();
    private long after;
    private int records;

    Page(Consumer<LedgerRecord> consumer) {
      this.consumer = consumer;
    }

    void begin() {
      records = 0;
      lastPosition.clear();
    }

    void accept(LedgerRecord record) {
      records++;
      if (!lastPosition.isEmpty() && lastPosition.getLast().getPosition() != record.getPosition()) {
        flush();
      }
      lastPosition.add(record);
    }

    boolean hasNext() {
      if (records == PAGE_RECORDS) return true;
      flush();
      return false;
    }

    private void flush() {
      if (lastPosition.isEmpty()) return;
      after = lastPosition.getLast().getPosition();
      lastPosition.forEach(consumer);
      lastPosition.clear();
    }
  }

  @Override
  public void close() {
    channel.shutdownNow();
  }
}
