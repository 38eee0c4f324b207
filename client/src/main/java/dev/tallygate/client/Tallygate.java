package dev.tallygate.client;

import dev.tallygate.proto.v1.AllocateRequest;
import dev.tallygate.proto.v1.AllocateResponse;
import dev.tallygate.proto.v1.Grant;
import dev.tallygate.proto.v1.LicensingServiceGrpc;
import io.grpc.ChannelCredentials;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Asks a cluster for license units, and holds them. One for a process is right: thread-safe, with a
 * thread of its own, a few more while there is something to tell listeners, and a connection to
 * each node that it asks.
 *
 * <pre>{@code
 * try (Tallygate tallygate = Tallygate.connect("127.0.0.1:7420");
 *     Allocation seat =
 *         tallygate.allocate(Ask.of("editor").subject("user", "alice").session("laptop"))) {
 *   if (seat instanceof Refusal refusal) return refusal.toString();
 *   while (seat.isLive() && work.goesOn()) work.step();
 * }
 * }</pre>
 *
 * <p><b>Failures.</b> A refusal is a value. A call that finds no answer within the client's
 * deadline throws {@link TallygateException}, which says whether units may have been taken.
 *
 * <p><b>Retries.</b> A call without an answer goes to the next node, as the same request: it takes
 * effect once, however often it is sent. Calls go to the leader as soon as an answer names it.
 */
public final class Tallygate implements AutoCloseable {
  /** So many listeners that take long do not delay the others. */
  private static final int TELLERS = 16;

  private final Connection connection;
  private final AutoCloseable[] owned;

  Tallygate(Connection connection, AutoCloseable... owned) {
    this.connection = connection;
    this.owned = owned;
  }

  /**
   * A client of the cluster whose data listeners are at these addresses. Connects when it is first
   * used. Without credentials, as here, it talks plaintext to this machine only.
   *
   * @param targets one or more of the nodes; leaders are learned from answers
   */
  public static Tallygate connect(String... targets) {
    return builder(targets).connect();
  }

  /** For a client with credentials, a tenant or other deadlines. */
  public static Builder builder(String... targets) {
    return new Builder(List.of(targets));
  }

  /** What a client is made with. Not thread-safe. */
  public static final class Builder {
    private static final Duration DEADLINE = Duration.ofSeconds(10);
    private static final Duration ATTEMPT = Duration.ofSeconds(3);
    private static final Duration SHORTEST = Duration.ofMillis(1);
    private static final Duration LONGEST = Duration.ofMinutes(5);

    private final List<String> targets;
    private @Nullable ChannelCredentials credentials;
    private String tenant = "";
    private Duration deadline = DEADLINE;
    private Duration attempt = ATTEMPT;

    private Builder(List<String> targets) {
      if (targets.isEmpty() || targets.size() > Nodes.MAX) {
        throw new IllegalArgumentException(
            "targets: `" + targets.size() + "` is not in 1-" + Nodes.MAX);
      }
      this.targets = targets;
    }

    /** How it proves itself and knows the nodes: {@code TlsChannelCredentials} as a rule. */
    public Builder credentials(ChannelCredentials credentials) {
      this.credentials = credentials;
      return this;
    }

    /** Else the default one. */
    public Builder tenant(String tenant) {
      this.tenant = tenant;
      return this;
    }

    /** How long a call may take, with all its retries: 1 ms to 5 min, ten seconds if not said. */
    public Builder deadline(Duration deadline) {
      this.deadline = checked("deadline", deadline);
      return this;
    }

    /**
     * How long one node is waited for at most before the next is asked: 1 ms to 5 min, three
     * seconds if not said. It is never more than a third of the time that the call has, or half a
     * second.
     */
    public Builder attemptDeadline(Duration attempt) {
      this.attempt = checked("attempt deadline", attempt);
      return this;
    }

    private static Duration checked(String what, Duration value) {
      if (value.compareTo(SHORTEST) < 0 || value.compareTo(LONGEST) > 0) {
        throw new IllegalArgumentException(what + " `" + value + "` is not in 1 ms to 5 min");
      }
      return value;
    }

    /** Makes the client. Nothing is sent yet. */
    public Tallygate connect() {
      for (String target : targets) {
        if (credentials == null && !Loopback.is(target)) {
          throw new IllegalArgumentException(
              "target `"
                  + target
                  + "` is not on this machine: give credentials, or say plaintext with"
                  + " `InsecureChannelCredentials`");
        }
      }
      SystemTime time = new SystemTime();
      GrpcTransport transport = new GrpcTransport(credentials, time);
      ThreadPoolExecutor tellers =
          new ThreadPoolExecutor(
              TELLERS,
              TELLERS,
              1,
              TimeUnit.SECONDS,
              new LinkedBlockingQueue<>(),
              task -> SystemTime.daemon(task, "tallygate-listener"),
              // Only once the client is closed: then there is nobody left to tell.
              new ThreadPoolExecutor.DiscardPolicy());
      tellers.allowCoreThreadTimeOut(true);
      Calls calls =
          new Calls(
              transport,
              new Nodes(targets, transport, time),
              time,
              new SplittableRandom(),
              attempt.toNanos());
      Connection connection =
          new Connection(calls, time, new Tellers(tellers), tenant, deadline.toNanos(), new Held());
      return new Tallygate(connection, transport, time, tellers::shutdown);
    }
  }

  /** As {@link #allocate(Ask, LeaseListener)}, where nobody listens. */
  public Allocation allocate(Ask ask) {
    return allocate(ask, LeaseListener.NONE);
  }

  /**
   * Asks for units, and waits for the answer.
   *
   * @param listener hears what becomes of it where it is a {@link Lease}
   * @throws TallygateException where there is no answer within the deadline, where the request is
   *     malformed, or where this thread is interrupted: what is granted after that is given back
   */
  public Allocation allocate(Ask ask, LeaseListener listener) {
    Ask known = known(ask);
    CompletableFuture<Allocation> answer = send(known, ask, listener);
    try {
      return answer.get();
    } catch (ExecutionException e) {
      throw TallygateException.thrownBy(e, known);
    } catch (InterruptedException e) {
      var unused = answer.thenAccept(Tallygate::giveBack);
      Thread.currentThread().interrupt();
      throw TallygateException.interrupted();
    }
  }

  /**
   * As {@link #allocate(Ask, LeaseListener)}, without waiting: the future ends on a thread that
   * must not be kept, and exceptionally with a {@link TallygateException}. Where its caller ends it
   * first, by a cancel or a timeout of its own, what is granted after that is given back; that is
   * not seen of a future which depends on this one.
   */
  public CompletableFuture<Allocation> allocateAsync(Ask ask, LeaseListener listener) {
    Ask known = known(ask);
    CompletableFuture<Allocation> out = new CompletableFuture<>();
    var unused =
        send(known, ask, listener)
            .whenComplete(
                (answer, failure) -> {
                  if (failure != null) {
                    out.completeExceptionally(TallygateException.thrownBy(failure, known));
                  } else if (!out.complete(answer)) {
                    giveBack(answer);
                  }
                });
    return out;
  }

  /** Gives back what can be given back, without waiting. */
  static void giveBack(Allocation allocation) {
    if (allocation instanceof Lease lease) {
      var unused = lease.releaseAsync();
    } else if (allocation instanceof Hold hold) {
      var unused = hold.cancelAsync();
    }
  }

  /** The request with what names it: made once, and the same in every attempt. */
  private Ask known(Ask ask) {
    AllocateRequest request = ask.request();
    if (!request.getRequestId().isEmpty()) return ask;
    return Ask.of(
        request.toBuilder()
            .setRequestId(UUID.randomUUID().toString())
            .setIssuedAt(Protos.of(Instant.ofEpochMilli(connection.time().wallMs())))
            .build());
  }

  private CompletableFuture<Allocation> send(Ask known, Ask asked, LeaseListener listener) {
    // A request that came with its id was sent before: it is not at its first attempt.
    int before = asked.request().getRequestId().isEmpty() ? 0 : 1;
    AllocateRequest request = known.request().toBuilder().setTenant(connection.tenant()).build();
    if (connection.held().isClosing()) {
      return CompletableFuture.failedFuture(TallygateException.closed());
    }
    return connection
        .calls()
        .make(
            LicensingServiceGrpc.getAllocateMethod(),
            attempt -> request.toBuilder().setAttempt(before + attempt).build(),
            connection.deadlineNs())
        .thenApply(answered -> allocation(asked, listener, answered));
  }

  private Allocation allocation(
      Ask ask, LeaseListener listener, Calls.Confirmed<AllocateResponse> answered) {
    AllocateResponse answer = answered.answer();
    return switch (answer.getOutcomeCase()) {
      case GRANTED -> granted(ask, listener, answer.getGranted().getGrants(0), answered);
      case REFUSED -> Refusal.of(answer.getRefused());
      case ENDED -> Ended.of(answer.getEnded());
      case OUTCOME_NOT_SET -> throw TallygateException.unknownAnswer();
    };
  }

  private Allocation granted(
      Ask ask, LeaseListener listener, Grant grant, Calls.Confirmed<?> answered) {
    return switch (grant.getKind()) {
      case GRANT_KIND_LEASE -> kept(new Lease(connection, ask, listener, grant, answered).begin());
      case GRANT_KIND_HOLD -> kept(new Hold(connection, grant, answered));
      case GRANT_KIND_RECEIPT -> Receipt.of(grant);
      case GRANT_KIND_SEAT -> Seat.of(grant);
      case GRANT_KIND_UNSPECIFIED, UNRECOGNIZED -> throw TallygateException.unknownAnswer();
    };
  }

  /** What is granted while the client closes, nobody would renew or settle. */
  private Allocation kept(Allocation allocation) {
    if (!connection.held().isClosing()) return allocation;
    giveBack(allocation);
    throw TallygateException.givenBack();
  }

  /** Begins to close; the future ends when everything is given back that can be. */
  CompletableFuture<Void> giveAllBack() {
    connection.held().close();
    for (Lease lease : connection.held().leases()) {
      var unused = lease.releaseAsync();
    }
    return connection.held().settled();
  }

  /**
   * Gives back the leases that are still held, waits for this and for what is being released,
   * committed or cancelled already, no longer than the deadline of a call, and ends the
   * connections. What is granted meanwhile is given back too; what is on hold and not being settled
   * stays so until it is over.
   */
  @Override
  public void close() {
    try {
      giveAllBack().get(connection.deadlineNs(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException e) {
      // What is left ends by itself.
    }
    connection.calls().close();
    for (AutoCloseable each : owned) {
      try {
        each.close();
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
    }
  }
}
