package dev.tallygate.loadtest.fault;

import dev.tallygate.client.OpenOutcome;
import dev.tallygate.loadtest.exact.Answer;
import dev.tallygate.loadtest.exact.Invocation;
import dev.tallygate.loadtest.exact.Op;
import dev.tallygate.proto.v1.CancelRequest;
import dev.tallygate.proto.v1.CommitRequest;
import dev.tallygate.proto.v1.LicensingServiceGrpc.LicensingServiceBlockingStub;
import dev.tallygate.proto.v1.ReleaseRequest;
import dev.tallygate.proto.v1.RenewRequest;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * Makes calls as a careful client does: a call without an answer is made again with the same id and
 * a higher attempt, on any node, until there is one. Every attempt goes into the history.
 * Thread-safe but for its random numbers: one caller for each thread.
 */
final class Caller {
  private static final long ANSWER_MAX_MS = 2_000;
  private static final Duration GIVE_UP = Duration.ofSeconds(90);
  private static final int PAUSE_MS_MIN = 10;
  private static final int PAUSE_MS_MAX = 200;

  private final Router router;
  private final History history;
  private final SplittableRandom random;

  Caller(Router router, History history, SplittableRandom random) {
    this.router = router;
    this.history = history;
    this.random = random;
  }

  /** A grant as its holder keeps it. */
  record Held(Ask ask, String leaseId, String token) {
    static Held of(Ask ask, Answer.Granted granted) {
      return new Held(ask, granted.leaseId(), granted.token());
    }
  }

  /**
   * Asks until there is an answer; {@link Answer.Unknown} only after a minute and a half without
   * one.
   */
  Answer take(Ask ask) throws InterruptedException {
    return retry(attempt -> takeOnce(ask, attempt, router.pick(random)));
  }

  /**
   * Asks again under an id that was granted: as a copy of the first attempt or as a later one, on
   * any node.
   */
  Answer repeat(Ask ask, int attempt) {
    return takeOnce(ask, attempt, router.pick(random)).answer();
  }

  /** Asks two nodes at once, as first and second attempt; the second is the one to believe. */
  Answer takeTwice(Ask ask) throws InterruptedException {
    String one = router.pick(random);
    String other = router.pick(random);
    Answer[] first = new Answer[1];
    Thread copy = Thread.ofVirtual().start(() -> first[0] = takeOnce(ask, 1, one).answer());
    Answer second = takeOnce(ask, 2, other).answer();
    copy.join();
    if (!(second instanceof Answer.Unknown)) return second;
    return first[0] instanceof Answer.Granted granted ? granted : retryFrom(3, ask);
  }

  private Answer retryFrom(int attempt, Ask ask) throws InterruptedException {
    return retry(later -> takeOnce(ask, attempt - 1 + later, router.pick(random)));
  }

  private Invocation takeOnce(Ask ask, int attempt, String node) {
    return history.during(
        () -> {
          long startNs = System.nanoTime();
          Answer answer = answer(node, stub -> Answers.of(stub.allocate(ask.request(attempt))));
          return new Invocation(
              ask.op(),
              ask.pool().name(),
              ask.sessionName(),
              ask.requestId(),
              "",
              ask.units(),
              attempt,
              startNs,
              System.nanoTime(),
              answer);
        });
  }

  Answer renew(Held held) throws InterruptedException {
    RenewRequest request =
        RenewRequest.newBuilder().setLeaseId(held.leaseId()).setToken(held.token()).build();
    return about(Op.RENEW, held, 1, stub -> Answers.of(stub.renew(request)));
  }

  Answer release(Held held) throws InterruptedException {
    ReleaseRequest request =
        ReleaseRequest.newBuilder().setLeaseId(held.leaseId()).setToken(held.token()).build();
    return about(Op.RELEASE, held, held.ask().units(), stub -> Answers.of(stub.release(request)));
  }

  Answer commit(Held held, long units) throws InterruptedException {
    CommitRequest request =
        CommitRequest.newBuilder()
            .setLeaseId(held.leaseId())
            .setToken(held.token())
            .setUnits(units)
            .build();
    return about(Op.COMMIT, held, units, stub -> Answers.of(stub.commit(request)));
  }

  Answer cancel(Held held) throws InterruptedException {
    CancelRequest request =
        CancelRequest.newBuilder().setLeaseId(held.leaseId()).setToken(held.token()).build();
    return about(Op.CANCEL, held, 0, stub -> Answers.of(stub.cancel(request)));
  }

  private Answer about(
      Op op, Held held, long units, Function<LicensingServiceBlockingStub, Answer> call)
      throws InterruptedException {
    return retry(
        attempt ->
            history.during(
                () -> {
                  long startNs = System.nanoTime();
                  Answer answer = answer(router.pick(random), call);
                  return new Invocation(
                      op,
                      held.ask().pool().name(),
                      held.ask().sessionName(),
                      "",
                      held.token(),
                      units,
                      attempt,
                      startNs,
                      System.nanoTime(),
                      answer);
                }));
  }

  @FunctionalInterface
  private interface Attempt {
    Invocation make(int attempt);
  }

  private Answer retry(Attempt attempt) throws InterruptedException {
    long endNs = System.nanoTime() + GIVE_UP.toNanos();
    for (int number = 1; ; number++) {
      Answer answer = attempt.make(number).answer();
      boolean over = System.nanoTime() >= endNs;
      if (!(answer instanceof Answer.Unknown) || over) return answer;
      TimeUnit.MILLISECONDS.sleep(random.nextInt(PAUSE_MS_MIN, PAUSE_MS_MAX));
    }
  }

  private Answer answer(String node, Function<LicensingServiceBlockingStub, Answer> call) {
    try {
      Answer answer = call.apply(router.stub(node, ANSWER_MAX_MS));
      router.answered(node);
      return answer;
    } catch (StatusRuntimeException e) {
      return of(e.getStatus());
    }
  }

  // What leaves the outcome open is retried; any other status is no answer to a well-formed call,
  // and the oracle must hear of it.
  private static Answer of(Status status) {
    return OpenOutcome.of(status)
        ? new Answer.Unknown(status.getCode().name())
        : new Answer.Rejected(status.getCode() + " " + status.getDescription());
  }
}
