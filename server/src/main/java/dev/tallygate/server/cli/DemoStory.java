package dev.tallygate.server.cli;

import dev.tallygate.proto.v1.AllocateRequest;
import dev.tallygate.proto.v1.AllocateResponse;
import dev.tallygate.proto.v1.AllocateResponse.OutcomeCase;
import dev.tallygate.proto.v1.Grant;
import dev.tallygate.proto.v1.Pool;
import dev.tallygate.proto.v1.Refusal;
import dev.tallygate.proto.v1.ReleaseRequest;
import dev.tallygate.proto.v1.ReleaseResponse;
import dev.tallygate.proto.v1.RenewRequest;
import dev.tallygate.proto.v1.RenewResponse;
import dev.tallygate.proto.v1.SetLimitRequest;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * The chapters of the demo. Every count is taken from the answers that clients got; the last
 * chapter holds them against the ledger's files.
 */
final class DemoStory {
  static final int SEATS = 50;
  static final int QUOTA = 20_000;
  private static final int CLIENTS = 200;
  private static final int SPENDERS = 64;
  private static final int CRASH_TTL_SECONDS = 3;

  /** Longer than the story, however slow the machine. */
  private static final int SEAT_TTL_SECONDS = 300;

  private static final int CUT_TO = 30;

  /** Receipts that each spender sends again. */
  private static final int SAMPLES = 4;

  private final DemoCluster cluster;
  private final DemoNarrator narrator;
  private final DemoCalls calls;
  private final DemoCalls admin;
  private final List<Grant> seats = new ArrayList<>();
  private int seatGrants;
  private int quotaGrants;
  private String resumedLease = "";

  DemoStory(DemoCluster cluster, DemoNarrator narrator, DemoCalls calls, DemoCalls admin) {
    this.cluster = cluster;
    this.narrator = narrator;
    this.calls = calls;
    this.admin = admin;
  }

  /** Grants of `cad` that clients were told of, resumptions left out. */
  int seatGrants() {
    return seatGrants;
  }

  /** Grants of `render-minutes` that clients were told of. */
  int quotaGrants() {
    return quotaGrants;
  }

  /** The lease of the client that crashed: opened, resumed, expired. */
  String resumedLease() {
    return resumedLease;
  }

  void fillThePool() throws InterruptedException {
    narrator.chapter(
        CLIENTS + " clients want " + SEATS + " seats of `cad`, through all nodes at once");
    List<AllocateResponse> answers =
        DemoCrowd.of(
            CLIENTS,
            i ->
                calls.allocate(
                    i % calls.nodes(),
                    DemoCalls.seat("designer-" + i, "session-" + i, SEAT_TTL_SECONDS)));
    int refused = 0;
    Refusal last = Refusal.getDefaultInstance();
    for (AllocateResponse answer : answers) {
      if (answer.getOutcomeCase() == OutcomeCase.GRANTED) {
        seats.add(answer.getGranted().getGrants(0));
      } else {
        last = answer.getRefused();
        refused++;
      }
    }
    seatGrants += seats.size();
    narrator.expect("seats granted", SEATS, seats.size());
    narrator.expect("clients refused", CLIENTS - SEATS, refused);
    narrator.say(
        "each refusal says why: %s, limit %d, taken %d, try again in %d s",
        reason(last), last.getLimit(), last.getTaken(), last.getRetryAfter().getSeconds());
  }

  void crashAndReconnect() throws InterruptedException {
    narrator.chapter("A client crashes: its seat is its own for a while, then everybody's");
    release(seats.remove(seats.size() - 1));
    Grant crashed =
        granted(calls.allocate(0, DemoCalls.seat("traveller", "laptop", CRASH_TTL_SECONDS)));
    seatGrants++;
    resumedLease = crashed.getLeaseId();
    Grant back =
        granted(calls.allocate(1, DemoCalls.seat("traveller", "laptop", CRASH_TTL_SECONDS)));
    narrator.expect("reconnect resumes its own lease", crashed.getLeaseId(), back.getLeaseId());
    narrator.expect("which is no second seat", true, back.getResumed());
    RenewResponse zombie =
        calls.call(
            0,
            (stub, n) ->
                stub.renew(
                    RenewRequest.newBuilder()
                        .setLeaseId(crashed.getLeaseId())
                        .setToken(crashed.getToken())
                        .build()));
    narrator.expect("the crashed process, if it wakes, is", "FENCED", reason(zombie.getRefused()));
    narrator.say("now it stays silent; ttl %d s and grace 1 s run out", CRASH_TTL_SECONDS);
    long silent = System.nanoTime();
    Grant next = waitForSeat();
    double waited = (System.nanoTime() - silent) / 1e9;
    narrator.expect(
        "somebody else gets that seat",
        true,
        waited > CRASH_TTL_SECONDS && waited < CRASH_TTL_SECONDS + 4);
    narrator.say("after %.1f s", waited);
    seats.add(next);
    seatGrants++;
  }

  private Grant waitForSeat() {
    while (true) {
      AllocateResponse answer =
          calls.allocate(2 % calls.nodes(), DemoCalls.seat("patient", "desk", SEAT_TTL_SECONDS));
      if (answer.getOutcomeCase() == OutcomeCase.GRANTED) return answer.getGranted().getGrants(0);
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(100));
    }
  }

  void spendTheQuota() throws IOException, InterruptedException {
    narrator.chapter(
        "A quota of "
            + QUOTA
            + " `render-minutes` is spent through all nodes, and half-way the leader is killed");
    Set<String> receipts = ConcurrentHashMap.newKeySet();
    AtomicInteger granted = new AtomicInteger();
    int retriesBefore = calls.retries();
    List<List<Receipt>> samples = DemoCrowd.of(SPENDERS, i -> spend(i, receipts, granted));
    quotaGrants = granted.get();
    narrator.expect("minutes granted", QUOTA, quotaGrants);
    narrator.expect("each under a receipt of its own", QUOTA, receipts.size());
    narrator.say(
        "%d calls had to be sent again, with the ids that they had",
        calls.retries() - retriesBefore);
    cluster.up();
    narrator.say("the killed node is back");
    repeat(samples);
  }

  /** A wish that was granted, and under which receipt. */
  private record Receipt(AllocateRequest.Builder wish, String leaseId) {}

  private List<Receipt> spend(int spender, Set<String> receipts, AtomicInteger granted) {
    List<Receipt> samples = new ArrayList<>();
    for (int i = spender; ; i++) {
      AllocateRequest.Builder wish = DemoCalls.wish("render-minutes", "renderer-" + spender);
      AllocateResponse answer = calls.allocate(i % calls.nodes(), wish);
      if (answer.getOutcomeCase() != OutcomeCase.GRANTED) return samples;
      String receipt = answer.getGranted().getGrants(0).getLeaseId();
      receipts.add(receipt);
      if (samples.size() < SAMPLES) samples.add(new Receipt(wish, receipt));
      if (granted.incrementAndGet() == QUOTA / 2) cluster.killLeader(narrator);
    }
  }

  /**
   * Sends granted wishes once more, to every node: the answer must be the first one, and nothing is
   * counted.
   */
  private void repeat(List<List<Receipt>> samples) throws InterruptedException {
    List<Boolean> same =
        DemoCrowd.of(
            samples.size(),
            i -> {
              boolean all = true;
              for (Receipt receipt : samples.get(i)) {
                AllocateResponse answer =
                    calls.call(
                        i % calls.nodes(),
                        (stub, n) ->
                            stub.allocate(receipt.wish().clone().setAttempt(n + 1).build()));
                all &=
                    answer.getGranted().getGrantsCount() == 1
                        && answer.getGranted().getGrants(0).getLeaseId().equals(receipt.leaseId());
              }
              return all;
            });
    narrator.expect("ids sent a second time get the receipt they had", true, !same.contains(false));
  }

  void cutTheLimit() {
    narrator.chapter(
        "The limit of `cad` is cut from " + SEATS + " to " + CUT_TO + " while all seats are held");
    Pool cut = setLimit(SetLimitRequest.newBuilder().setLimit(CUT_TO));
    narrator.expect("held", SEATS, cut.getHeld());
    narrator.expect("outstanding", SEATS - CUT_TO, cut.getDeficit());
    AllocateResponse refused =
        calls.allocate(0, DemoCalls.seat("newcomer", "one", SEAT_TTL_SECONDS));
    narrator.expect("a newcomer is", OutcomeCase.REFUSED, refused.getOutcomeCase());
    int given = SEATS - CUT_TO + 1;
    for (int i = 0; i < given; i++) release(seats.remove(seats.size() - 1));
    narrator.say("nobody is thrown out; %d leave of their own accord", given);
    AllocateResponse next = calls.allocate(0, DemoCalls.seat("newcomer", "two", SEAT_TTL_SECONDS));
    narrator.expect("then the next newcomer is", OutcomeCase.GRANTED, next.getOutcomeCase());
    seats.add(granted(next));
    seatGrants++;
    Pool back = setLimit(SetLimitRequest.newBuilder().setClear(true));
    narrator.expect("the catalog's limit returns", SEATS, back.getLimit());
    narrator.expect("and what it adds is free", SEATS - CUT_TO, back.getFree());
  }

  private Pool setLimit(SetLimitRequest.Builder change) {
    AllocateRequest ids = DemoCalls.wish("cad", "operator").build();
    change.setRequestId(ids.getRequestId()).setIssuedAt(ids.getIssuedAt()).setEntitlement("cad");
    return admin
        .call(0, (stub, n) -> stub.setLimit(change.clone().setAttempt(n).build()))
        .getPool();
  }

  private void release(Grant seat) {
    ReleaseResponse answer =
        calls.call(
            0,
            (stub, n) ->
                stub.release(
                    ReleaseRequest.newBuilder()
                        .setLeaseId(seat.getLeaseId())
                        .setToken(seat.getToken())
                        .build()));
    if (!answer.hasEnded())
      throw new IllegalStateException(
          "a seat could not be given back: " + reason(answer.getRefused()));
  }

  /** Without the prefix that all have. */
  static String reason(Refusal refusal) {
    return refusal.getReason().name().replace("REFUSAL_REASON_", "");
  }

  private static Grant granted(AllocateResponse answer) {
    if (!answer.hasGranted()) throw new IllegalStateException("expected a grant, got " + answer);
    return answer.getGranted().getGrants(0);
  }
}
