package dev.tallygate.server.ledger;

import dev.tallygate.proto.log.v1.LedgerKind;
import dev.tallygate.proto.v1.LedgerRecord;
import dev.tallygate.proto.v1.LedgerServiceGrpc;
import dev.tallygate.proto.v1.ReadLedgerRequest;
import dev.tallygate.proto.v1.TraceRequest;
import dev.tallygate.proto.v1.VerifyLedgerRequest;
import dev.tallygate.proto.v1.VerifyLedgerResponse;
import dev.tallygate.raft.state.TenantView;
import dev.tallygate.raft.store.LedgerChain;
import dev.tallygate.raft.store.LedgerFiles;
import dev.tallygate.server.call.BadCall;
import dev.tallygate.server.grpc.GrpcErrors;
import dev.tallygate.server.grpc.NodeContext;
import dev.tallygate.server.licensing.ClusterIds;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.util.function.Predicate;

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

  private final NodeContext node;
  private final LedgerFiles files;
  private final PoolNames names;
  private final ClusterIds ids;
  private final long patienceMs;
  private final LedgerReaders readers;

  /**
   * @param patienceMs how long a reader may take nothing before its stream is closed
   */
  LedgerService(NodeContext node, LedgerFiles files, PoolNames names, long patienceMs) {
    this.node = node;
    this.files = files;
    this.names = names;
    this.patienceMs = patienceMs;
    ids = new ClusterIds(node.clusterId());
    readers = new LedgerReaders(node, "ledger readers", READERS_MAX);
  }

  void drain() {
    readers.drain();
  }

  @Override
  public void read(ReadLedgerRequest request, StreamObserver<LedgerRecord> observer) {
    LedgerStream<LedgerRecord> stream = stream(observer);
    readers.start(observer, () -> read(request, number(request), stream, false));
  }

  @Override
  public void tail(ReadLedgerRequest request, StreamObserver<LedgerRecord> observer) {
    LedgerStream<LedgerRecord> stream = stream(observer);
    readers.start(observer, () -> read(request, number(request), stream, true));
  }

  private int number(ReadLedgerRequest request) {
    if (request.getTenantNumber() == 0) return readers.tenant(request.getTenant()).number();
    if (!request.getTenant().isEmpty())
      throw GrpcErrors.invalid("tenant_number", "stands with `tenant`, which it replaces")
          .exception();
    return request.getTenantNumber();
  }

  private void read(
      ReadLedgerRequest request, int tenant, LedgerStream<LedgerRecord> stream, boolean tail)
      throws IOException, InterruptedException {
    LedgerReaders.text("entitlement", request.getEntitlement());
    long left = tail ? Long.MAX_VALUE : limit(request.getLimit());
    Predicate<LedgerRecord> wanted =
        record ->
            record.getPosition() > request.getAfterPosition()
                && (request.getEntitlement().isEmpty()
                    || request.getEntitlement().equals(record.getEntitlement()));
    RecordText text = new RecordText(ids, node.view().reader(), tenant);
    try (Scan scan = Scan.after(files, names, tenant, request.getAfterPosition(), stream::gone)) {
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
        if (scan.kind() == LedgerKind.LEDGER_KIND_TENANT_ENDED_VALUE) break;
      }
    }
    if (tail && readers.draining()) stream.fail(readers.stopping());
    else stream.end();
  }

  private boolean awaitMore(Scan scan, LedgerStream<LedgerRecord> stream)
      throws InterruptedException {
    long unused = files.awaitBeyond(scan.end(), IDLE_MS);
    return !stream.gone() && !readers.draining();
  }

  private static long resumeAfter(LedgerRecord unsent) {
    return Math.max(0, unsent.getPosition() - 1);
  }

  /** False where the stream is over. */
  private static boolean send(LedgerStream<LedgerRecord> stream, LedgerRecord record)
      throws InterruptedException {
    // Records of one position may be cut in the middle, so one goes on after the position before.
    return switch (stream.send(record)) {
      case SENT -> true;
      case GONE -> false;
      case SLOW -> {
        stream.fail(GrpcErrors.slowReader(Long.toString(resumeAfter(record))).exception());
        yield false;
      }
    };
  }

  @Override
  public void trace(TraceRequest request, StreamObserver<LedgerRecord> observer) {
    LedgerStream<LedgerRecord> stream = stream(observer);
    readers.start(
        observer, () -> trace(trail(request), readers.tenant(request.getTenant()), stream));
  }

  private void trace(Trail trail, TenantView tenant, LedgerStream<LedgerRecord> stream)
      throws IOException, InterruptedException {
    RecordText text = new RecordText(ids, node.view().reader(), tenant.number());
    try (Scan scan = Scan.after(files, names, tenant.number(), trail.after(), stream::gone)) {
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
        LedgerReaders.text("request_id", request.getRequestId());
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
    readers.start(
        observer,
        () -> {
          TenantView tenant = readers.tenant(request.getTenant());
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

  private LedgerStream<LedgerRecord> stream(StreamObserver<LedgerRecord> observer) {
    return new LedgerStream<>((ServerCallStreamObserver<LedgerRecord>) observer, patienceMs);
  }

  private static int limit(int limit) {
    if (limit == 0) return LIMIT_DEFAULT;
    if (limit >= 1 && limit <= LIMIT_MAX) return limit;
    throw GrpcErrors.invalid(
            "limit", "is `" + Integer.toUnsignedString(limit) + "`, allowed are 1 to " + LIMIT_MAX)
        .exception();
  }
}
