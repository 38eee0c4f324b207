package dev.tallygate.client;

import dev.tallygate.proto.v1.CancelRequest;
import dev.tallygate.proto.v1.CommitRequest;
import dev.tallygate.proto.v1.Grant;
import dev.tallygate.proto.v1.LicensingServiceGrpc;
import dev.tallygate.proto.v1.RefusalReason;
import dev.tallygate.proto.v1.SettleResponse;
import io.grpc.MethodDescriptor;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Units of a meter that are taken and not yet charged, for work whose cost is known when it is
 * done. It is settled once, by {@link #commit} or {@link #cancel}; both may be repeated, and answer
 * what the first settlement came to. One that is not settled within its ttl is charged in full, or
 * given back where the entitlement says so. It does not renew itself. Thread-safe.
 */
public final class Hold implements Allocation {
  private final Connection connection;
  private final Grant grant;
  private final Tenure tenure;
  private final AtomicBoolean settling = new AtomicBoolean();

  Hold(Connection connection, Grant grant, Calls.Confirmed<?> of) {
    this.connection = connection;
    this.grant = grant;
    tenure = new Tenure(grant.getToken(), of.sentNs(), of.sentWallMs(), Protos.ns(grant.getTtl()));
  }

  /** Until its ttl has passed by the caller's clocks, or it is settled. */
  @Override
  public boolean isLive() {
    return !settling.get() && tenure.isGood(connection.time());
  }

  public String id() {
    return grant.getLeaseId();
  }

  public String entitlement() {
    return grant.getEntitlement();
  }

  /** Empty where the entitlement has no partitions. */
  public String partition() {
    return grant.getPartition();
  }

  public long units() {
    return grant.getUnits();
  }

  /**
   * What it would have been refused for, if its entitlement did not only observe; {@code
   * REFUSAL_REASON_UNSPECIFIED} for nothing.
   */
  public RefusalReason observed() {
    return grant.getObserved();
  }

  /** Units of the pool that were taken beyond its limit after the grant, with these. */
  public long overage() {
    return grant.getOverage();
  }

  /** Units of the pool that were free after the grant. */
  public long free() {
    return grant.getFree();
  }

  /** Charges all of it. */
  public NotHeld commit() {
    return commit(units());
  }

  /**
   * Charges part of it and gives the rest back.
   *
   * @param units 0 to {@link #units}
   * @return {@code COMMITTED} and what stays charged; another end where it was settled before; or
   *     why not
   * @throws TallygateException without an answer; it may be called again
   */
  public NotHeld commit(long units) {
    return joined(commitAsync(units));
  }

  /** As {@link #commit(long)}, without waiting. */
  public CompletableFuture<NotHeld> commitAsync(long units) {
    settling.set(true);
    CommitRequest request =
        CommitRequest.newBuilder()
            .setTenant(connection.tenant())
            .setLeaseId(grant.getLeaseId())
            .setToken(grant.getToken())
            .setUnits(units)
            .build();
    return settle(LicensingServiceGrpc.getCommitMethod(), request);
  }

  /**
   * Gives all of it back.
   *
   * @return {@code CANCELLED}; another end where it was settled before; or why not
   * @throws TallygateException without an answer; it may be called again
   */
  public NotHeld cancel() {
    return joined(cancelAsync());
  }

  /** As {@link #cancel}, without waiting. */
  public CompletableFuture<NotHeld> cancelAsync() {
    settling.set(true);
    CancelRequest request =
        CancelRequest.newBuilder()
            .setTenant(connection.tenant())
            .setLeaseId(grant.getLeaseId())
            .setToken(grant.getToken())
            .build();
    return settle(LicensingServiceGrpc.getCancelMethod(), request);
  }

  private <Q> CompletableFuture<NotHeld> settle(
      MethodDescriptor<Q, SettleResponse> method, Q request) {
    return connection
        .held()
        .settling(
            connection
                .calls()
                .make(method, attempt -> request, connection.deadlineNs())
                .thenApply(Hold::settled));
  }

  private static NotHeld settled(Calls.Confirmed<SettleResponse> answered) {
    SettleResponse answer = answered.answer();
    return switch (answer.getOutcomeCase()) {
      case ENDED -> Ended.of(answer.getEnded());
      case REFUSED -> Refusal.of(answer.getRefused());
      case OUTCOME_NOT_SET -> throw TallygateException.unknownAnswer();
    };
  }

  private static NotHeld joined(CompletableFuture<NotHeld> settlement) {
    try {
      return settlement.join();
    } catch (CompletionException e) {
      throw TallygateException.thrownBy(e, null);
    }
  }

  /** Cancels it, unless it was committed or a commit was tried. */
  @Override
  public void close() {
    if (settling.get()) return;
    try {
      var unused = cancel();
    } catch (TallygateException e) {
      // It ends by itself, as the entitlement says.
      return;
    }
  }
}
