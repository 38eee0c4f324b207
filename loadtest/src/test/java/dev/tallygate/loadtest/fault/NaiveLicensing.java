package dev.tallygate.loadtest.fault;

import com.google.protobuf.Duration;
import dev.tallygate.proto.v1.AllocateRequest;
import dev.tallygate.proto.v1.AllocateResponse;
import dev.tallygate.proto.v1.CancelRequest;
import dev.tallygate.proto.v1.CommitRequest;
import dev.tallygate.proto.v1.EndReason;
import dev.tallygate.proto.v1.Ended;
import dev.tallygate.proto.v1.Grant;
import dev.tallygate.proto.v1.Granted;
import dev.tallygate.proto.v1.LicensingServiceGrpc;
import dev.tallygate.proto.v1.Refusal;
import dev.tallygate.proto.v1.RefusalReason;
import dev.tallygate.proto.v1.ReleaseRequest;
import dev.tallygate.proto.v1.ReleaseResponse;
import dev.tallygate.proto.v1.RenewRequest;
import dev.tallygate.proto.v1.RenewResponse;
import dev.tallygate.proto.v1.SettleResponse;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The contract in the plainest way: one lock, maps, no clock but the ttl of sessions. Some calls
 * lose their answer before or after they took effect. One bug at a time can be planted.
 */
final class NaiveLicensing extends LicensingServiceGrpc.LicensingServiceImplBase {
  /** What is wrong with this one. */
  enum Bug {
    NONE,
    LIMIT_OFF_BY_ONE,
    IDS_FORGOTTEN,
    TTL_CUT,
    RELEASE_FORGOTTEN_IN_COUNT,
    ZOMBIE_RELEASES,
    SECOND_SEAT_FOR_A_SESSION,
    COMMIT_CHARGES_NOTHING,
    SETTLED_TWICE
  }

  private static final long TTL_NS = KillPools.SEAT_TTL_S * 1_000_000_000L;

  private final Bug bug;
  private final SplittableRandom random;
  private final Map<String, AllocateResponse> answers = new HashMap<>();
  private final Map<String, Lease> leases = new HashMap<>();
  private final Map<String, Lease> sessions = new HashMap<>();
  private final Map<String, Long> taken = new HashMap<>();
  private long position;

  NaiveLicensing(Bug bug, long seed) {
    this.bug = bug;
    this.random = new SplittableRandom(seed);
  }

  private static final class Lease {
    final String id;
    final String pool;
    final String session;
    final long units;
    final boolean hold;
    String token;
    long endsNs;
    @Nullable Ended ended;

    Lease(String id, String pool, String session, long units, boolean hold) {
      this.id = id;
      this.pool = pool;
      this.session = session;
      this.units = units;
      this.hold = hold;
      this.token = id;
    }
  }

  private synchronized <T> void answer(StreamObserver<T> reply, Supplier<T> call) {
    int chance = random.nextInt(100);
    if (chance < 3) {
      reply.onError(Status.UNAVAILABLE.asRuntimeException());
      return;
    }
    T answer = call.get();
    if (chance < 6) {
      reply.onError(Status.UNAVAILABLE.asRuntimeException());
      return;
    }
    reply.onNext(answer);
    reply.onCompleted();
  }

  @Override
  public void allocate(AllocateRequest request, StreamObserver<AllocateResponse> reply) {
    answer(reply, () -> allocate(request));
  }

  private AllocateResponse allocate(AllocateRequest request) {
    expire();
    AllocateResponse earlier = answers.get(request.getRequestId());
    if (earlier != null && bug != Bug.IDS_FORGOTTEN) return repeated(earlier);
    AllocateResponse answer = decide(request);
    if (request.getAttempt() > 1 || answer.hasGranted()) {
      answers.put(request.getRequestId(), answer);
    }
    return answer;
  }

  private AllocateResponse repeated(AllocateResponse earlier) {
    if (!earlier.hasGranted()) return earlier;
    Grant grant = earlier.getGranted().getGrants(0);
    Lease lease = leases.get(grant.getLeaseId());
    if (lease == null) return earlier;
    Ended ended = lease.ended;
    if (ended != null) return AllocateResponse.newBuilder().setEnded(ended).build();
    if (lease.token.equals(grant.getToken())) {
      Grant now = grant.toBuilder().setTtl(duration(lease.endsNs - System.nanoTime())).build();
      return AllocateResponse.newBuilder().setGranted(Granted.newBuilder().addGrants(now)).build();
    }
    Ended superseded = ended(lease, EndReason.END_REASON_SUPERSEDED, 0);
    return AllocateResponse.newBuilder().setEnded(superseded).build();
  }

  private AllocateResponse decide(AllocateRequest request) {
    String entitlement = request.getEntitlements(0).getEntitlement();
    long units = request.getEntitlements(0).getUnits();
    String pool =
        entitlement + "/" + request.getSubject().getPropertiesOrThrow("account").getStringValue();
    String id = "lease-" + ++position;
    String session =
        request.getSession().isEmpty()
            ? ""
            : pool + " " + request.getSubject().getId() + " " + request.getSession();
    Lease live = sessions.get(session);
    if (live != null && bug != Bug.SECOND_SEAT_FOR_A_SESSION) {
      live.token = id;
      live.endsNs = System.nanoTime() + TTL_NS;
      return granted(live, TTL_NS, true);
    }
    long limit = limit(entitlement) + (bug == Bug.LIMIT_OFF_BY_ONE ? 1 : 0);
    if (taken.getOrDefault(pool, 0L) + units > limit) {
      return AllocateResponse.newBuilder()
          .setRefused(Refusal.newBuilder().setReason(RefusalReason.REFUSAL_REASON_EXHAUSTED))
          .build();
    }
    taken.merge(pool, units, Long::sum);
    Lease lease = new Lease(id, pool, session, units, request.getHold());
    boolean receipt = session.isEmpty() && !request.getHold();
    if (receipt) return granted(lease, 0, false);
    leases.put(id, lease);
    long ttlNs = request.getHold() ? KillPools.HOLD_TTL_S * 1_000_000_000L : TTL_NS;
    // Cut to a millisecond: shorter than two calls, however fast the machine is.
    lease.endsNs = System.nanoTime() + ttlNs / (bug == Bug.TTL_CUT ? 5_000 : 1);
    if (!session.isEmpty()) sessions.put(session, lease);
    return granted(lease, ttlNs, false);
  }

  private void expire() {
    long now = System.nanoTime();
    for (Lease lease : leases.values()) {
      if (lease.ended != null || lease.endsNs > now) continue;
      if (lease.hold) end(lease, EndReason.END_REASON_HOLD_EXPIRED, lease.units);
      else end(lease, EndReason.END_REASON_EXPIRED, 0);
    }
  }

  private Ended end(Lease lease, EndReason reason, long charged) {
    Ended ended = ended(lease, reason, charged);
    lease.ended = ended;
    sessions.remove(lease.session, lease);
    boolean counted = bug != Bug.RELEASE_FORGOTTEN_IN_COUNT || !lease.hold;
    if (counted) taken.merge(lease.pool, charged - lease.units, Long::sum);
    return ended;
  }

  private AllocateResponse granted(Lease lease, long ttlNs, boolean resumed) {
    long free = limit(lease.pool) - taken.getOrDefault(lease.pool, 0L);
    Grant grant =
        Grant.newBuilder()
            .setLeaseId(lease.id)
            .setToken(lease.token)
            .setUnits(lease.units)
            .setTtl(duration(ttlNs))
            .setResumed(resumed)
            // The planted bug lies here, too: what it says must not give it away.
            .setFree(Math.max(0, free))
            .build();
    return AllocateResponse.newBuilder().setGranted(Granted.newBuilder().addGrants(grant)).build();
  }

  @Override
  public void renew(RenewRequest request, StreamObserver<RenewResponse> reply) {
    answer(reply, () -> renew(request));
  }

  private RenewResponse renew(RenewRequest request) {
    expire();
    Lease lease = leases.get(request.getLeaseId());
    RenewResponse.Builder answer = RenewResponse.newBuilder();
    if (lease == null) return answer.setRefused(notFound()).build();
    Ended ended = lease.ended;
    if (ended != null) return answer.setEnded(ended).build();
    if (!lease.token.equals(request.getToken())) return answer.setRefused(fenced()).build();
    lease.endsNs = System.nanoTime() + TTL_NS;
    return answer.setRenewed(granted(lease, TTL_NS, false).getGranted().getGrants(0)).build();
  }

  @Override
  public void release(ReleaseRequest request, StreamObserver<ReleaseResponse> reply) {
    answer(reply, () -> release(request));
  }

  private ReleaseResponse release(ReleaseRequest request) {
    expire();
    Lease lease = leases.get(request.getLeaseId());
    ReleaseResponse.Builder answer = ReleaseResponse.newBuilder();
    if (lease == null) return answer.setRefused(notFound()).build();
    Ended ended = lease.ended;
    if (ended != null) return answer.setEnded(ended).build();
    boolean current = lease.token.equals(request.getToken());
    if (!current && bug != Bug.ZOMBIE_RELEASES) return answer.setRefused(fenced()).build();
    return answer.setEnded(end(lease, EndReason.END_REASON_RELEASED, 0)).build();
  }

  @Override
  public void commit(CommitRequest request, StreamObserver<SettleResponse> reply) {
    answer(
        reply,
        () -> settle(request.getLeaseId(), EndReason.END_REASON_COMMITTED, request.getUnits()));
  }

  @Override
  public void cancel(CancelRequest request, StreamObserver<SettleResponse> reply) {
    answer(reply, () -> settle(request.getLeaseId(), EndReason.END_REASON_CANCELLED, 0));
  }

  private SettleResponse settle(String leaseId, EndReason reason, long charged) {
    expire();
    Lease lease = leases.get(leaseId);
    SettleResponse.Builder answer = SettleResponse.newBuilder();
    if (lease == null) return answer.setRefused(notFound()).build();
    Ended ended = lease.ended;
    if (ended != null && bug != Bug.SETTLED_TWICE) return answer.setEnded(ended).build();
    Ended settled = end(lease, reason, charged);
    if (bug == Bug.COMMIT_CHARGES_NOTHING) taken.merge(lease.pool, -charged, Long::sum);
    return answer.setEnded(settled).build();
  }

  private static Ended ended(Lease lease, EndReason reason, long charged) {
    return Ended.newBuilder()
        .setReason(reason)
        .setLeaseId(lease.id)
        .setToken(lease.token)
        .setCharged(charged)
        .build();
  }

  private static Refusal notFound() {
    return Refusal.newBuilder().setReason(RefusalReason.REFUSAL_REASON_NOT_FOUND).build();
  }

  private static Refusal fenced() {
    return Refusal.newBuilder().setReason(RefusalReason.REFUSAL_REASON_FENCED).build();
  }

  private static Duration duration(long nanos) {
    return Duration.newBuilder()
        .setSeconds(nanos / 1_000_000_000)
        .setNanos((int) (nanos % 1_000_000_000))
        .build();
  }

  private static long limit(String pool) {
    if (pool.startsWith(KillPools.SEATS)) return KillPools.SEATS_LIMIT;
    return pool.startsWith(KillPools.QUOTA) ? KillPools.QUOTA_LIMIT : KillPools.HOLDS_LIMIT;
  }
}
