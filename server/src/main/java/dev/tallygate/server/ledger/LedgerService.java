package dev.tallygate.server.ledger;

import dev.tallygate.proto.v1.LedgerRecord;
import dev.tallygate.proto.v1.LedgerServiceGrpc;
import dev.tallygate.proto.v1.ReadLedgerRequest;
import dev.tallygate.proto.v1.TraceRequest;
import dev.tallygate.proto.v1.VerifyLedgerRequest;
import dev.tallygate.proto.v1.VerifyLedgerResponse;
import dev.tallygate.raft.state.CorruptStateException;
import dev.tallygate.raft.state.TenantView;
import dev.tallygate.raft.store.LedgerChain;
import dev.tallygate.raft.store.LedgerFiles;
import dev.tallygate.server.call.BadCall;
import dev.tallygate.server.grpc.GrpcErrors;
import dev.tallygate.server.grpc.NodeContext;
import dev.tallygate.server.licensing.ClusterIds;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Answers about the ledger from this node's own files, each call on a thread of its own. */
final class LedgerService extends LedgerServiceGrpc.LedgerServiceImplBase {
  /** Calls at once, open tails included. */
  static final int READERS_MAX = 16;

  /** How long a reader may take nothing before its stream is closed. */
  static final long PATIENCE_MS = 5_000;

  /** How often an idle tail looks whether it is still wanted. */
  private static final long IDLE_MS = 500;

  private static final int LIMIT_DEFAULT = 1_000;
  private static final int LIMIT_MAX = 100_000;
  private static final int TEXT_BYTES_MAX = 64;
  private static final Logger LOG = LoggerFactory.getLogger(LedgerService.class);

  private final NodeContext node;
  private final LedgerFiles files;
  private final PoolNames names;
  private final ClusterIds ids;
  private final long patienceMs;
  private final ThreadPoolExecutor readers;
  private volatile boolean draining;

  /**
   * @param patienceMs how long a reader may take nothing before its stream is closed
   */
  LedgerService(NodeContext node, LedgerFiles files, long patienceMs) {
    this.node = node;
    this.files = files;
    names = new PoolNames(files);
    this.patienceMs = patienceMs;
    ids = new ClusterIds(node.clusterId());
    readers =
        new ThreadPoolExecutor(
            0,
            READERS_MAX,
            10,
            TimeUnit.SECONDS,
            new SynchronousQueue<>(),
            task -> {
              Thread thread = new Thread(task, "ledger-reader");
              thread.setDaemon(true);
              return thread;
            });
  }

  void drain() {
    draining = true;
    readers.shutdown();
  }

  /** What a call does on its own thread. */
  private interface Work {
    void run() throws IOException, InterruptedException;
  }

  @Override
  public void read(ReadLedgerRequest request, StreamObserver<LedgerRecord> observer) {
    LedgerStream stream = stream(observer);
    start(observer, () -> read(request, tenant(request.getTenant()), stream, false));
  }

  @Override
  public void tail(ReadLedgerRequest request, StreamObserver<LedgerRecord> observer) {
    LedgerStream stream = stream(observer);
    start(observer, () -> read(request, tenant(request.getTenant()), stream, true));
  }

  private void read(ReadLedgerRequest request, TenantView tenant, LedgerStream stream, boolean tail)
      throws IOException, InterruptedException {
    text("entitlement", request.getEntitlement());
    long left = tail ? Long.MAX_VALUE : limit(request.getLimit());
    Predicate<LedgerRecord> wanted =
        record ->
            record.getPosition() > request.getAfterPosition()
                && (request.getEntitlement().isEmpty()
                    || request.getEntitlement().equals(record.getEntitlement()));
    RecordText text = new RecordText(ids, node.view().reader(), tenant.number());
    try (Scan scan = new Scan(files, names, tenant.number(), request.getAfterPosition())) {
      while (left > 0) {
        if (!scan.next()) {
          if (!tail || !awaitMore(scan, stream)) break;
          continue;
        }
        if (scan.position() <= request.getAfterPosition()) continue;
        LedgerRecord record = text.of(scan);
        if (!wanted.test(record)) {
          if (stream.gone()) return;
          continue;
        }
        if (!send(stream, record)) return;
        left--;
      }
    }
    if (tail && draining) stream.fail(GrpcErrors.stopping(node.leaders().now()).exception());
    else stream.end();
  }

  private boolean awaitMore(Scan scan, LedgerStream stream) throws InterruptedException {
    long unused = files.awaitBeyond(scan.end(), IDLE_MS);
    return !stream.gone() && !draining;
  }

  /** False where the stream is over. */
  private static boolean send(LedgerStream stream, LedgerRecord record)
      throws InterruptedException {
    return switch (stream.send(record)) {
      case SENT -> true;
      case GONE -> false;
      case SLOW -> {
        stream.fail(GrpcErrors.slowReader(stream.resumeAfter()).exception());
        yield false;
      }
    };
  }

  @Override
  public void trace(TraceRequest request, StreamObserver<LedgerRecord> observer) {
    LedgerStream stream = stream(observer);
    start(observer, () -> trace(trail(request), tenant(request.getTenant()), stream));
  }

  private void trace(Trail trail, TenantView tenant, LedgerStream stream)
      throws IOException, InterruptedException {
    RecordText text = new RecordText(ids, node.view().reader(), tenant.number());
    try (Scan scan = new Scan(files, names, tenant.number(), trail.after())) {
      while (scan.next()) {
        // A reader has left, also where nothing is found that could be sent to it.
        if (stream.gone()) return;
        if (trail.leadsTo(scan.body()) && !send(stream, text.of(scan))) return;
      }
    }
    stream.end();
  }

  private Trail trail(TraceRequest request) {
    switch (request.getWhatCase()) {
      case LEASE_ID -> {
        try {
          return Trail.ofLease(ids.read("lease_id", request.getLeaseId()));
        } catch (BadCall e) {
          throw e.error().exception();
        }
      }
      case REQUEST_ID -> {
        text("request_id", request.getRequestId());
        if (!request.getRequestId().isEmpty()) return Trail.ofRequest(request.getRequestId());
        throw GrpcErrors.invalid("request_id", "is required").exception();
      }
      case WHAT_NOT_SET ->
          throw GrpcErrors.invalid("what", "one of lease_id and request_id is required")
              .exception();
    }
    throw new IllegalStateException("no such case");
  }

  @Override
  public void verify(VerifyLedgerRequest request, StreamObserver<VerifyLedgerResponse> observer) {
    start(
        observer,
        () -> {
          TenantView tenant = tenant(request.getTenant());
          observer.onNext(response(LedgerChain.verify(files), tenant));
          observer.onCompleted();
        });
  }

  private static VerifyLedgerResponse response(LedgerChain.Report report, TenantView tenant) {
    VerifyLedgerResponse.Builder response =
        VerifyLedgerResponse.newBuilder().setIntact(report.intact());
    String fault = report.fault();
    if (fault != null) response.setFault(fault);
    for (LedgerChain.TenantReport found : report.tenants())
      if (found.number() == tenant.number())
        response.setRecords(found.records()).setPosition(found.position()).setHead(found.head());
    return response.build();
  }

  private LedgerStream stream(StreamObserver<LedgerRecord> observer) {
    return new LedgerStream((ServerCallStreamObserver<LedgerRecord>) observer, patienceMs);
  }

  /** Runs the work on a thread of its own; one place ends a call that fails. */
  private void start(StreamObserver<?> observer, Work work) {
    try {
      readers.execute(() -> run(observer, work));
    } catch (RejectedExecutionException e) {
      observer.onError(
          (draining
                  ? GrpcErrors.stopping(node.leaders().now())
                  : GrpcErrors.overloaded("ledger readers", READERS_MAX))
              .exception());
    }
  }

  private void run(StreamObserver<?> observer, Work work) {
    try {
      work.run();
    } catch (StatusRuntimeException e) {
      observer.onError(e);
    } catch (CorruptStateException e) {
      node.halt().halt("the served state is damaged: " + e.getMessage(), e);
    } catch (IOException | RuntimeException e) {
      LOG.error("the ledger cannot be read", e);
      observer.onError(
          GrpcErrors.internal("the ledger cannot be read: " + e.getMessage()).exception());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      observer.onError(GrpcErrors.stopping(null).exception());
    }
  }

  private TenantView tenant(String name) {
    text("tenant", name);
    String of = name.isEmpty() ? NodeContext.DEFAULT_TENANT : name;
    TenantView tenant = node.view().tenant(of);
    if (tenant == null) throw GrpcErrors.notFound("tenant", of).exception();
    return tenant;
  }

  private static int limit(int limit) {
    if (limit == 0) return LIMIT_DEFAULT;
    if (limit >= 1 && limit <= LIMIT_MAX) return limit;
    throw GrpcErrors.invalid(
            "limit", "is `" + Integer.toUnsignedString(limit) + "`, allowed are 1 to " + LIMIT_MAX)
        .exception();
  }

  private static void text(String field, String text) {
    int bytes = text.getBytes(StandardCharsets.UTF_8).length;
    if (bytes > TEXT_BYTES_MAX)
      throw GrpcErrors.invalid(
              field, "has " + bytes + " bytes, allowed are at most " + TEXT_BYTES_MAX)
          .exception();
  }
}
