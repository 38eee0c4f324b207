package dev.tallygate.client;

import dev.tallygate.proto.v1.Grant;
import dev.tallygate.proto.v1.LicensingServiceGrpc;
import dev.tallygate.proto.v1.RefusalReason;
import dev.tallygate.proto.v1.ReleaseRequest;
import dev.tallygate.proto.v1.ReleaseResponse;
import dev.tallygate.proto.v1.RenewRequest;
import dev.tallygate.proto.v1.RenewResponse;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Units of a session, held from the grant on and renewed by themselves until they are given back.
 * Thread-safe.
 *
 * <p>The caller's clock (never the cluster's) says how long it is good: until its ttl has passed on
 * the monotonic or on the wall clock since the last request was sent that was granted. Then it is
 * {@link State#UNCONFIRMED}, and whoever uses what it guards has to stop; renewals go on, and may
 * confirm it again. {@link State#LOST} it is by the cluster's word alone.
 */
public final class Lease implements Allocation {

  /** Where a lease is in its life. */
  public enum State {
    /** Held: what it guards may be used. */
    LIVE,
    /** Its time passed without an answer: stop using what it guards. */
    UNCONFIRMED,
    /** The cluster says that it is over. */
    LOST,
    /** Given back. */
    RELEASED
  }

  /** A renewal is due after a third of the ttl: two more fit in when one is not answered. */
  private static final int RENEWALS_PER_TTL = 3;

  /** A clock that jumps is noticed after this time. */
  private static final long LOOK_NS_MAX = TimeUnit.SECONDS.toNanos(1);

  private static final long RENEWAL_NS_MIN = TimeUnit.SECONDS.toNanos(1);

  /** While nobody answers, so many tries are made in the time that is left, but not above: */
  private static final int TRIES_PER_REST = 8;

  private static final long TRY_MS_MIN = 1_000;
  private static final long TRY_MS_MAX = 30_000;

  private final Connection connection;
  private final Ask ask;
  private final Grant grant;
  private final LeaseListener listener;

  // Written under the lock, read without.
  private volatile Tenure tenure;
  private volatile @Nullable NotHeld end;
  private volatile boolean released;

  /** Until a renewal says else: a clock that goes back makes nothing live again. */
  private volatile boolean toldUnconfirmed;

  // Under the lock.
  private long renewAtNs;
  private boolean renewing;
  private boolean renewalFailed;
  private Time.Pending look = () -> {};

  Lease(
      Connection connection, Ask ask, LeaseListener listener, Grant grant, Calls.Confirmed<?> of) {
    this.connection = connection;
    this.ask = ask;
    this.grant = grant;
    this.listener = listener;
    tenure = tenure(grant, of);
    renewAtNs = of.sentNs() + connection.calls().jittered(renewalNs());
  }

  private static Tenure tenure(Grant grant, Calls.Confirmed<?> of) {
    return new Tenure(grant.getToken(), of.sentNs(), of.sentWallMs(), Protos.ns(grant.getTtl()));
  }

  /** Begins to renew. Apart from the constructor, so that no listener sees half a lease. */
  Lease begin() {
    connection.held().add(this);
    look();
    return this;
  }

  /** Where it is now. */
  public State state() {
    if (released) return State.RELEASED;
    if (end != null) return State.LOST;
    if (!toldUnconfirmed && tenure.isGood(connection.time())) return State.LIVE;
    look();
    return State.UNCONFIRMED;
  }

  @Override
  public boolean isLive() {
    return state() == State.LIVE;
  }

  /** How long it is good without another answer; zero where it is not live. */
  public Duration left() {
    if (!isLive()) return Duration.ZERO;
    Tenure now = tenure;
    return Duration.ofNanos(Math.max(0, now.ttlNs() - now.ageNs(connection.time())));
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

  public String leaseId() {
    return grant.getLeaseId();
  }

  /** The fencing token that goes with the lease now: whoever guards a resource compares it. */
  public String token() {
    return tenure.token();
  }

  /** Whether a live session of the same key was taken over instead of another unit. */
  public boolean isResumed() {
    return grant.getResumed();
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

  /** Looks at the clocks: tells what they say, renews where it is time, and comes back in time. */
  private synchronized void look() {
    if (released || end != null) return;
    look.cancel();
    long ageNs = tenure.ageNs(connection.time());
    if (ageNs >= tenure.ttlNs() && !toldUnconfirmed) {
      toldUnconfirmed = true;
      tell(hearer -> hearer.unconfirmed(this));
    }
    if (!renewing && isRenewalDue(ageNs)) renew();
    long nextNs = LOOK_NS_MAX;
    if (!toldUnconfirmed) nextNs = Math.min(nextNs, tenure.ttlNs() - ageNs);
    if (!renewing) nextNs = Math.min(nextNs, renewAtNs - connection.time().monotonicNs());
    look = connection.time().after(Math.max(0, nextNs), this::look);
  }

  /** By the age too: after a sleep of the machine the monotonic clock alone would be late. */
  private boolean isRenewalDue(long ageNs) {
    return connection.time().monotonicNs() - renewAtNs >= 0
        || (!renewalFailed && ageNs >= renewalNs());
  }

  private void renew() {
    renewing = true;
    RenewRequest.Builder request =
        RenewRequest.newBuilder()
            .setTenant(connection.tenant())
            .setLeaseId(leaseId())
            .setToken(tenure.token());
    if (ask.request().hasTtl()) request.setTtl(ask.request().getTtl());
    RenewRequest same = request.build();
    long withinNs = Math.min(connection.deadlineNs(), Math.max(RENEWAL_NS_MIN, tenure.ttlNs()));
    var unused =
        connection
            .calls()
            .make(LicensingServiceGrpc.getRenewMethod(), attempt -> same, withinNs, pauses())
            .whenComplete(this::renewed);
  }

  /**
   * @param answered null where there was no answer
   */
  private synchronized void renewed(
      Calls.@Nullable Confirmed<RenewResponse> answered, @Nullable Throwable failure) {
    renewing = false;
    if (released || end != null) return;
    RenewResponse answer =
        answered == null ? RenewResponse.getDefaultInstance() : answered.answer();
    switch (answer.getOutcomeCase()) {
      case REFUSED -> lose(Refusal.of(answer.getRefused()));
      case ENDED -> lose(Ended.of(answer.getEnded()));
      case RENEWED -> {
        if (answered != null) confirm(tenure(answer.getRenewed(), answered));
      }
      // No answer is not the cluster's word: ask again, as long as it takes.
      case OUTCOME_NOT_SET -> {
        renewalFailed = true;
        long askedMs = failure instanceof TallygateException known ? known.retryMs() : -1;
        renewAtNs = connection.time().monotonicNs() + againNs(askedMs);
        look();
      }
    }
  }

  private void confirm(Tenure renewed) {
    tenure = renewed;
    renewalFailed = false;
    renewAtNs = renewed.sentNs() + connection.calls().jittered(renewalNs());
    if (toldUnconfirmed && renewed.isGood(connection.time())) {
      toldUnconfirmed = false;
      tell(hearer -> hearer.confirmed(this));
    }
    look();
  }

  private void lose(NotHeld why) {
    end = why;
    stop();
    tell(hearer -> hearer.lost(this, why));
  }

  private long renewalNs() {
    return tenure.ttlNs() / RENEWALS_PER_TTL;
  }

  /** One node that fails is left at once; where all of them do, each try is one attempt. */
  private Calls.Pauses pauses() {
    return new Calls.Pauses(renewalFailed ? tryMs() : Calls.Pauses.SHORT.firstMs(), tryMs());
  }

  private long againNs(long askedMs) {
    return (Math.max(0, askedMs) + connection.calls().jittered(tryMs())) * Calls.NS_PER_MS;
  }

  /**
   * The longest pause between two tries: a cluster that comes back from an outage has the leases of
   * all its clients to hear. Past the end nothing is gained by hurry, and the ttl gives the pace.
   */
  private long tryMs() {
    long leftNs = tenure.ttlNs() - tenure.ageNs(connection.time());
    long restMs = (leftNs > 0 ? leftNs : tenure.ttlNs()) / Calls.NS_PER_MS;
    return Math.min(TRY_MS_MAX, Math.max(TRY_MS_MIN, restMs / TRIES_PER_REST));
  }

  private void tell(Consumer<LeaseListener> what) {
    connection.tellers().tell(listener, () -> what.accept(listener));
  }

  private void stop() {
    look.cancel();
    connection.held().remove(this);
  }

  /**
   * Gives it back, and waits until the cluster says so, or the client's deadline passes.
   *
   * @return whether nothing is held any more by the cluster's word; if not, it ends by itself after
   *     ttl and grace
   */
  public boolean release() {
    try {
      return releaseAsync().join();
    } catch (CompletionException e) {
      return false;
    }
  }

  /** As {@link #release}; does not wait, and ends without an exception. */
  public CompletableFuture<Boolean> releaseAsync() {
    ReleaseRequest request;
    synchronized (this) {
      if (end != null) return CompletableFuture.completedFuture(true);
      released = true;
      stop();
      request =
          ReleaseRequest.newBuilder()
              .setTenant(connection.tenant())
              .setLeaseId(leaseId())
              .setToken(tenure.token())
              .build();
    }
    return connection
        .held()
        .settling(
            connection
                .calls()
                .make(
                    LicensingServiceGrpc.getReleaseMethod(),
                    attempt -> request,
                    connection.deadlineNs())
                .handle(
                    (answered, failure) ->
                        answered != null
                            && answered.answer().getOutcomeCase()
                                != ReleaseResponse.OutcomeCase.OUTCOME_NOT_SET));
  }

  @Override
  public void close() {
    if (!released) release();
  }

  @Override
  public String toString() {
    return state() + " lease `" + leaseId() + "` of " + units() + " `" + entitlement() + "`";
  }
}
