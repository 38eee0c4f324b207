package dev.tallygate.server.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import dev.tallygate.client.OpenOutcome;
import dev.tallygate.server.Shown;
import io.grpc.Channel;
import io.grpc.ChannelCredentials;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.io.PrintWriter;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;

/**
 * Makes one call for a short command: connects, retries what is safe to retry until the time is
 * over, shows the answer or what to do next, and finds the exit code.
 */
final class Calls {
  private static final long PAUSE_MS = 200;
  private static final Set<String> NO = Set.of("refused");
  private static final String UNKNOWN = "OUTCOME_UNKNOWN";

  /** One try; {@code attempt} counts from 1. */
  interface Call {
    Message run(Channel channel, int attempt, long leftMs);
  }

  /** A call that answers many. */
  interface Stream {
    Iterator<? extends Message> run(ManagedChannel channel);
  }

  private final PrintWriter out;
  private final PrintWriter err;
  private final Target target;
  private String repeat = "It may have happened: run the same command again, that is safe.";
  private boolean once;

  /** Address of the latest try. */
  private String tried = "";

  /** Whether a try was sent and its end not seen. */
  private boolean maybeDone;

  Calls(CommandSpec spec, Target target) {
    out = spec.commandLine().getOut();
    err = spec.commandLine().getErr();
    this.target = target;
  }

  /** For a call that is the same only under the same key. */
  Calls known(RequestKey key) {
    repeat =
        "It may have happened. Repeat it within ten minutes, with everything as it was and "
            + key.options()
            + ": with a new id it could happen twice.";
    return this;
  }

  /**
   * For a call that would mean something else the second time.
   *
   * @param look how to see what became of it
   */
  Calls once(String look) {
    once = true;
    repeat = "It may have happened: look with `" + look + "` before you run it again.";
    return this;
  }

  /**
   * @param addresses with commas between, tried in turn
   * @param endedIsNo whether an `ended` answer is not what was wanted
   */
  int unary(String addresses, boolean endedIsNo, Call call) {
    return unary(addresses, endedIsNo, this::text, call);
  }

  /**
   * @param shown what is printed of the answer
   */
  int unary(String addresses, boolean endedIsNo, Function<Message, String> shown, Call call) {
    try {
      Message answer = retried(addresses, call);
      String text = shown.apply(answer);
      out.print(target.json() ? text : Shown.lines(text));
      out.flush();
      advise(target.json() ? "" : NextStep.after(answer));
      boolean no =
          answer.getAllFields().keySet().stream()
              .anyMatch(
                  field ->
                      NO.contains(field.getName())
                          || (endedIsNo && field.getName().equals("ended")));
      return (no ? CliExit.NO : CliExit.OK).number();
    } catch (StatusRuntimeException e) {
      return failed(tried, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return CliExit.UNKNOWN.number();
    }
  }

  /** Shows each answer as it comes. */
  int stream(String addresses, Stream stream) {
    List<String> all = split(addresses);
    for (int i = 0; ; i++) {
      String address = all.get(i);
      ManagedChannel channel = Channels.open(address, target.credentials());
      boolean[] shown = {false};
      try {
        stream
            .run(channel)
            .forEachRemaining(
                answer -> {
                  shown[0] = true;
                  show(answer);
                });
        return CliExit.OK.number();
      } catch (StatusRuntimeException e) {
        boolean next = !shown[0] && i + 1 < all.size() && mayTryAgain(e.getStatus());
        if (!next) return failed(address, e);
      } finally {
        channel.shutdownNow();
      }
    }
  }

  /** Addresses with commas between, tried in turn. */
  static List<String> split(String addresses) {
    return List.of(addresses.split(",", -1));
  }

  private Message retried(String addresses, Call call) throws InterruptedException {
    long startNs = System.nanoTime();
    List<String> all = split(addresses);
    ChannelCredentials credentials = target.credentials();
    for (int attempt = 1; ; attempt++) {
      tried = all.get((attempt - 1) % all.size());
      ManagedChannel channel = Channels.open(tried, credentials);
      long leftMs = target.timeoutMs() - (System.nanoTime() - startNs) / 1_000_000;
      SentWatch watch = new SentWatch();
      try {
        return call.run(ClientInterceptors.intercept(channel, watch), attempt, Math.max(1, leftMs));
      } catch (StatusRuntimeException e) {
        if (e.getStatus().getCode() == Status.Code.DEADLINE_EXCEEDED && !watch.sent()) {
          throw Status.UNAVAILABLE
              .withDescription("no connection within " + target.timeoutMs() + " ms")
              .asRuntimeException();
        }
        maybeDone |= watch.sent() && maybeDone(e);
        // The other nodes are asked at once; a pause is for when all were.
        long pauseMs = attempt % all.size() == 0 ? pauseMs(e) : 0;
        if (once && maybeDone) throw e;
        if (!mayTryAgain(e.getStatus()) || pauseMs >= leftMs) throw e;
        Thread.sleep(pauseMs);
      } finally {
        channel.shutdownNow();
      }
    }
  }

  /** Not after a deadline: it was all the time that there is. */
  private static boolean mayTryAgain(Status status) {
    if (TlsMisfit.isCertain(status)) return false;
    return switch (status.getCode()) {
      case DEADLINE_EXCEEDED, CANCELLED, RESOURCE_EXHAUSTED -> false;
      default -> OpenOutcome.of(status);
    };
  }

  private static long pauseMs(StatusRuntimeException e) {
    RetryInfo retry = detail(e, RetryInfo.class);
    if (retry == null) return PAUSE_MS;
    long ms =
        retry.getRetryDelay().getSeconds() * 1_000 + retry.getRetryDelay().getNanos() / 1_000_000;
    return Math.max(PAUSE_MS / 4, ms);
  }

  private void show(Message answer) {
    out.print(text(answer));
    out.flush();
  }

  private String text(Message answer) {
    ObjectNode node = Json.of(answer);
    if (target.json()) return Json.line(node) + "\n";
    StringBuilder text = new StringBuilder();
    Json.lines(node, "", text);
    return text.toString();
  }

  private int failed(String address, StatusRuntimeException e) {
    ErrorInfo info = detail(e, ErrorInfo.class);
    String reason = info == null ? "" : info.getReason();
    Status status = e.getStatus();
    if (target.json()) {
      ObjectNode root = Json.object();
      root.putObject("error")
          .put("code", status.getCode().name())
          .put("reason", reason)
          .put("message", String.valueOf(status.getDescription()));
      out.println(Json.line(root));
      out.flush();
    }
    err.println(
        status.getCode()
            + (reason.isEmpty() ? "" : " " + reason)
            + ": "
            + Shown.lines(String.valueOf(status.getDescription())));
    err.flush();
    CliExit exit = exit(status);
    String misfit = TlsMisfit.advice(status, target.credentials(), address);
    advise(
        misfit.isEmpty()
            ? NextStep.afterError(status.getCode(), reason, info == null, address)
            : misfit);
    if (exit == CliExit.UNAVAILABLE && !target.origin().isEmpty())
      advise("The address is of " + target.origin() + ".");
    if (exit == CliExit.UNKNOWN) advise(repeat);
    return exit.number();
  }

  private void advise(String line) {
    if (!line.isEmpty()) err.println(Shown.lines(line));
    err.flush();
  }

  /** Whether the call may have taken effect: a status that is not ours says nothing of that. */
  private static boolean maybeDone(StatusRuntimeException e) {
    ErrorInfo info = detail(e, ErrorInfo.class);
    return info == null ? OpenOutcome.of(e.getStatus()) : info.getReason().equals(UNKNOWN);
  }

  private CliExit exit(Status status) {
    // An earlier try counts too: that the last one found nobody says nothing of it.
    if (OpenOutcome.of(status)) return maybeDone ? CliExit.UNKNOWN : CliExit.UNAVAILABLE;
    return CliExit.FAILED;
  }

  private static <T extends Message> @Nullable T detail(StatusRuntimeException e, Class<T> type) {
    com.google.rpc.Status status = StatusProto.fromThrowable(e);
    if (status == null) return null;
    for (Any detail : status.getDetailsList()) {
      if (detail.is(type)) {
        try {
          return detail.unpack(type);
        } catch (InvalidProtocolBufferException broken) {
          return null;
        }
      }
    }
    return null;
  }

  /** Sets the deadline of one try. */
  static <S extends io.grpc.stub.AbstractStub<S>> S within(S stub, long leftMs) {
    return stub.withDeadlineAfter(leftMs, TimeUnit.MILLISECONDS);
  }
}
