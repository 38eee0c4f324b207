package dev.tallygate.server.cli;

import com.google.protobuf.Timestamp;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/**
 * By what a cluster knows a request when it is sent again: its id and when it was issued, both
 * together. One of them fresh makes another request, which may take effect beside the first.
 */
final class RequestKey {
  @Option(
      names = "--request-id",
      paramLabel = "ID",
      description =
          "To repeat a command whose outcome is unknown: the id that it printed, together with"
              + " --issued-at and everything else as it was. Default: a new UUID.")
  private @Nullable String givenId;

  @Option(
      names = "--issued-at",
      paramLabel = "INSTANT",
      converter = Arguments.InstantArgument.class,
      description =
          "The time that was printed with it, such as 2030-01-31T00:00:00Z. Default: now.")
  private @Nullable Timestamp givenIssuedAt;

  private final String freshId = UUID.randomUUID().toString();
  // To the microsecond, as the cluster reads it, so that what is printed is all of it.
  private final Timestamp freshIssuedAt =
      Arguments.timestamp(Instant.now().truncatedTo(ChronoUnit.MICROS));

  /** Refuses one without the other: it would be taken for another request. */
  void check(CommandSpec spec) {
    if ((givenId == null) == (givenIssuedAt == null)) return;
    throw new ParameterException(
        spec.commandLine(),
        "give both --request-id and --issued-at, as the first try printed them, or neither: a"
            + " request is known by both, and with one of them alone it would be another request");
  }

  String id() {
    return givenId != null ? givenId : freshId;
  }

  Timestamp issuedAt() {
    return givenIssuedAt != null ? givenIssuedAt : freshIssuedAt;
  }

  /**
   * What an attempt of this process is in the life of the request: one that is repeated is never at
   * its first.
   */
  int attempt(int attempt) {
    return givenId == null ? attempt : attempt + 1;
  }

  /** Said before the request is sent, so that it is known whatever becomes of it. */
  void announce(CommandSpec spec) {
    spec.commandLine().getErr().println("to repeat this request: " + options());
    spec.commandLine().getErr().flush();
  }

  /** The options that repeat it. */
  String options() {
    return "--request-id "
        + id()
        + " --issued-at "
        + Instant.ofEpochSecond(issuedAt().getSeconds(), issuedAt().getNanos());
  }
}
