package dev.tallygate.server.grpc;

import com.google.protobuf.Duration;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import dev.tallygate.raft.ProposalFailure;
import dev.tallygate.raft.RaftFailure;
import io.grpc.Status.Code;
import org.jspecify.annotations.Nullable;

/**
 * The one place that maps conditions to status codes. Each method says what happened to the state
 * and whether the same call may be sent again. Every error carries {@code google.rpc.ErrorInfo}
 * with the reason named here and the domain {@code tallygate.dev}; errors worth a retry carry
 * {@code RetryInfo} with the shortest pause that makes sense.
 *
 * <p>A refusal and a DENY are answers, not errors, and never pass here.
 */
public final class GrpcErrors {

  public static final String DOMAIN = "tallygate.dev";

  private static final int ELECTION_PAUSE_MS = 250;
  private static final int OVERLOAD_PAUSE_MS = 50;
  private static final int FULL_PAUSE_MS = 5_000;

  /** What makes a retry the same request and not a second one. */
  private static final String SAME = "the same request_id and issued_at, or the same token";

  private GrpcErrors() {}

  /**
   * INVALID_FIELD: the request breaks a rule of its own shape. Nothing happened. Do not retry as it
   * is.
   *
   * @param field path of the field in the request, in the words of the {@code .proto}
   * @param what the rule and its bound, for example {@code `0` is not in 1-1000}
   */
  public static GrpcError invalid(String field, String what) {
    BadRequest violations =
        BadRequest.newBuilder()
            .addFieldViolations(
                BadRequest.FieldViolation.newBuilder().setField(field).setDescription(what))
            .build();
    return GrpcError.of(
        Code.INVALID_ARGUMENT,
        field + ": " + what,
        null,
        info("INVALID_FIELD", "field", field),
        violations);
  }

  /**
   * OVERLOADED: a bound of this node was met before any work. Nothing happened. Retry after the
   * pause; the same request may be sent.
   *
   * @param bound the key of the bound in the configuration
   */
  public static GrpcError overloaded(String bound, long max) {
    return overloaded(bound, bound + " `" + max + "` is reached on this node");
  }

  private static GrpcError overloaded(String bound, String message) {
    return GrpcError.of(
        Code.RESOURCE_EXHAUSTED,
        message,
        null,
        info("OVERLOADED", "bound", bound),
        pause(OVERLOAD_PAUSE_MS));
  }

  /** OVERLOADED, where either of two bounds of the queue of commands may be the one. */
  private static GrpcError pendingFull(long commandsMax) {
    return overloaded(
        "raft.pending-commands-max",
        "raft.pending-commands-max `"
            + commandsMax
            + "` or raft.pending-bytes-max is reached on this node");
  }

  /** OVERLOADED: the call waited its time in the queue of commands. Nothing happened. */
  private static GrpcError queued() {
    return overloaded(
        "raft.queue-wait-ms",
        "the command waited for longer than raft.queue-wait-ms: nothing happened");
  }

  /**
   * DISPUTED: the replicas do not agree on the state at an index, so that nobody can tell which
   * count is right. Nothing happened, and nothing is taken any more; giving back works. A retry
   * does not help before the cluster is looked after.
   */
  public static GrpcError disputed(long index) {
    return GrpcError.of(
        Code.FAILED_PRECONDITION,
        "the replicas do not agree on the state at index `" + index + "`: nothing is taken",
        null,
        info("DISPUTED", "index", Long.toString(index)));
  }

  /**
   * STATE_FULL: a replicated bound is met, the same on every node. Nothing happened. A retry helps
   * once rows are gone: leases end, old request ids leave after ten minutes.
   *
   * @param table whose rows are at their bound
   */
  public static GrpcError full(String table) {
    return GrpcError.of(
        Code.RESOURCE_EXHAUSTED,
        "the table `" + table + "` holds as many rows as its bound allows",
        null,
        info("STATE_FULL", "bound", table),
        pause(FULL_PAUSE_MS));
  }

  /**
   * TOO_LARGE: the command made of the request exceeds what one log entry takes. Nothing happened.
   * Do not retry as it is.
   */
  public static GrpcError tooLarge(long bytesMax) {
    return GrpcError.of(
        Code.RESOURCE_EXHAUSTED,
        "the command exceeds raft.command-bytes-max `" + bytesMax + "`",
        null,
        info("TOO_LARGE", "bound", "raft.command-bytes-max"));
  }

  /**
   * NO_LEADER: no leader is known here, or it is not ready yet. Nothing happened. Retry after the
   * pause, here or on another node.
   */
  public static GrpcError noLeader() {
    return GrpcError.of(
        Code.UNAVAILABLE,
        "no leader is known: an election may be under way, or a majority of nodes is unreachable",
        null,
        info("NO_LEADER"),
        pause(ELECTION_PAUSE_MS));
  }

  /**
   * NOT_LEADER: this node could not pass the call on. Nothing happened. Retry on the node in the
   * hint.
   */
  public static GrpcError notLeader(@Nullable String leader) {
    return GrpcError.of(
        Code.UNAVAILABLE, "this node does not lead", leader, info("NOT_LEADER"), pause(0));
  }

  /**
   * OUTCOME_UNKNOWN: the command was handed over and its end was not seen. It may have happened, or
   * may yet. Send the same request again: a request is known by its id and its time of issue, so a
   * fresh one of either is another request and may take effect beside the first.
   */
  public static GrpcError unknown(@Nullable String leader) {
    return GrpcError.of(
        Code.UNAVAILABLE,
        "the outcome is unknown: retry with " + SAME,
        leader,
        info("OUTCOME_UNKNOWN"),
        pause(OVERLOAD_PAUSE_MS));
  }

  /**
   * BEHIND: this node has not applied yet what a page token was made from. Nothing happened. Retry
   * after the pause, here or on another node.
   */
  public static GrpcError behind() {
    return GrpcError.of(
        Code.UNAVAILABLE,
        "this node has not applied yet what the page token was made from; try again",
        null,
        info("BEHIND"),
        pause(OVERLOAD_PAUSE_MS));
  }

  /**
   * CHANGING: what the answer depends on changed under the call too often. Nothing happened. Retry
   * the same request.
   */
  public static GrpcError changing() {
    return GrpcError.of(
        Code.UNAVAILABLE,
        "what this call is judged by did not stand still: the catalog changed three times in a row,"
            + " or leases that are over are still being taken back",
        null,
        info("CHANGING"),
        pause(OVERLOAD_PAUSE_MS));
  }

  /**
   * DEADLINE: the call's own deadline passed.
   *
   * @param maybeDone whether it was proposed by then; if so the outcome is unknown and only the
   *     same request may be sent again, else nothing happened
   */
  public static GrpcError deadline(boolean maybeDone) {
    return GrpcError.of(
        Code.DEADLINE_EXCEEDED,
        maybeDone
            ? "the deadline passed after proposing: the outcome is unknown, retry with " + SAME
            : "the deadline passed before proposing: nothing happened",
        null,
        info(maybeDone ? "OUTCOME_UNKNOWN" : "DEADLINE"));
  }

  /** STOPPING: this node ends. Nothing happened. Retry at once on another node. */
  public static GrpcError stopping(@Nullable String leader) {
    return GrpcError.of(
        Code.UNAVAILABLE, "this node is stopping", leader, info("STOPPING"), pause(0));
  }

  /**
   * WRONG_CLUSTER: an id, token or revision that another cluster made. Nothing happened. Do not
   * retry as it is.
   */
  public static GrpcError wrongCluster(String field) {
    return GrpcError.of(
        Code.FAILED_PRECONDITION,
        field + ": was made by another cluster",
        null,
        info("WRONG_CLUSTER", "field", field));
  }

  /**
   * STALE: this node cannot show that it is as fresh as was asked. Nothing happened. Retry on
   * another node.
   */
  public static GrpcError stale(long stalenessMs, long stalenessMsMax, @Nullable String leader) {
    return GrpcError.of(
        Code.FAILED_PRECONDITION,
        "this node last knew that it was up to date `"
            + stalenessMs
            + "` ms ago, more than `"
            + stalenessMsMax
            + "` ms",
        leader,
        info("STALE"));
  }

  /**
   * ADMIN_ONLY: the call is answered on the admin listener alone. Nothing happened. Do not retry
   * here.
   */
  public static GrpcError adminOnly(String method) {
    return GrpcError.of(
        Code.PERMISSION_DENIED,
        "`" + method + "` is answered on the admin listener only",
        null,
        info("ADMIN_ONLY", "method", method));
  }

  /**
   * NOT_FOUND: what the field names is not there. Nothing happened.
   *
   * @param value empty where the field was left out and its default is not there
   */
  public static GrpcError notFound(String field, String value) {
    return GrpcError.of(
        Code.NOT_FOUND,
        field
            + (value.isEmpty()
                ? ": the default one is not there yet"
                : ": there is no `" + value + "`"),
        null,
        info("NOT_FOUND", "field", field));
  }

  /**
   * VERSION_CONFLICT: another version stands than the one expected. Nothing happened. Read again,
   * then decide.
   */
  public static GrpcError versionConflict(String field, long expected, long found) {
    return GrpcError.of(
        Code.ABORTED,
        field + ": expected `" + expected + "`, found `" + found + "`",
        null,
        info("VERSION_CONFLICT", "found", Long.toString(found)));
  }

  /**
   * VERSION_NOT_KEPT: the catalog's version was, and is not kept any more. Nothing happened.
   *
   * @param kept how many versions are kept at most
   */
  public static GrpcError versionNotKept(String field, long version, int kept) {
    return GrpcError.of(
        Code.OUT_OF_RANGE,
        field
            + ": `"
            + version
            + "` is not kept any more: the last "
            + kept
            + " are, and fewer where they changed much",
        null,
        info("VERSION_NOT_KEPT", "field", field));
  }

  /**
   * OTHER_TENANT: the tenant of that name is not the one that was meant. Nothing happened. Read it
   * again, then decide.
   */
  public static GrpcError otherTenant(String tenant, int asked, int found) {
    return GrpcError.of(
        Code.ABORTED,
        "number: the tenant `" + tenant + "` has number `" + found + "`, not `" + asked + "`",
        null,
        info("OTHER_TENANT", "found", Integer.toString(found)));
  }

  /** TENANT_IN_USE: only what is suspended or empty is deleted. Nothing happened. */
  public static GrpcError tenantInUse(String tenant) {
    return GrpcError.of(
        Code.FAILED_PRECONDITION,
        "the tenant `" + tenant + "` is in use: suspend it before it is deleted",
        null,
        info("TENANT_IN_USE", "tenant", tenant));
  }

  /** DEFAULT_TENANT: it is there for whoever names none, and stays. Nothing happened. */
  public static GrpcError defaultTenant() {
    return GrpcError.of(
        Code.FAILED_PRECONDITION,
        "the tenant `default` cannot be deleted; it can be suspended",
        null,
        info("DEFAULT_TENANT"));
  }

  /**
   * TENANT_ENDING: a deleted tenant of that name is still being ended. Nothing happened. Retry when
   * nothing is left of it.
   */
  public static GrpcError tenantEnding(String tenant) {
    return GrpcError.of(
        Code.FAILED_PRECONDITION,
        "the last tenant `" + tenant + "` was deleted and is still being ended",
        null,
        info("TENANT_ENDING", "tenant", tenant));
  }

  /**
   * ATTRIBUTE_OWNED: another source set the attribute first, and alone may change it. Nothing
   * happened. A retry helps once that source has removed it.
   */
  public static GrpcError attributeOwned(String attribute, String source) {
    return GrpcError.of(
        Code.FAILED_PRECONDITION,
        "attributes: `" + attribute + "` belongs to source `" + source + "`",
        null,
        info("ATTRIBUTE_OWNED", "source", source));
  }

  /**
   * ENTITY_CHANGED: another change of the entity was the last than the one expected. Nothing
   * happened. Read again, then decide.
   *
   * @param found empty where the entity is not there
   */
  public static GrpcError entityChanged(String found) {
    return GrpcError.of(
        Code.ABORTED,
        "revision: "
            + (found.isEmpty() ? "the entity is not there" : "the entity's is `" + found + "`"),
        null,
        info("ENTITY_CHANGED", "found", found));
  }

  /**
   * SLOW_READER: a stream was closed because its reader fell too far behind. Go on after the last
   * record received.
   *
   * @param resumeAt the position or revision to name in the next call
   */
  public static GrpcError slowReader(String resumeAt) {
    return GrpcError.of(
        Code.ABORTED,
        "the reader is too slow: go on after position `" + resumeAt + "`",
        null,
        info("SLOW_READER", "resume-at", resumeAt));
  }

  /**
   * IDLE: a stream of renewals said nothing for too long and was closed. No lease was touched by
   * that. Open another when there is something to say.
   */
  public static GrpcError idle(long minutes) {
    return GrpcError.of(
        Code.UNAVAILABLE,
        "the stream has said nothing for " + minutes + " minutes",
        null,
        info("IDLE"),
        pause(0));
  }

  /**
   * BELOW_RETENTION: what is asked for lies before what this node holds of the ledger. Nothing was
   * sent. Another node may hold it; otherwise list what is there, and watch from the list's
   * revision on.
   */
  public static GrpcError belowRetention(String what) {
    return GrpcError.of(Code.OUT_OF_RANGE, what, null, info("BELOW_RETENTION"));
  }

  /**
   * CORE_FAULT: a rule of the core itself was about to be broken. Nothing happened, on every
   * replica alike, and an alarm was raised. A retry meets the same fault.
   */
  public static GrpcError internal(String what) {
    return GrpcError.of(Code.INTERNAL, what, null, info("CORE_FAULT"));
  }

  /**
   * How a proposal ended.
   *
   * @param pendingMax the bound behind OVERLOADED
   * @param commandBytesMax the bound behind TOO_LARGE
   */
  public static GrpcError of(
      ProposalFailure failure, @Nullable String leader, long pendingMax, long commandBytesMax) {
    return switch (failure) {
      case NOT_LEADER -> notLeader(leader);
      case NOT_READY -> noLeader();
      case OVERLOADED -> pendingFull(pendingMax);
      case TOO_LARGE -> tooLarge(commandBytesMax);
      case EXPIRED -> queued();
      case STOPPED -> stopping(leader);
      case UNKNOWN -> unknown(leader);
    };
  }

  /**
   * Why consensus did not complete a call.
   *
   * @param maybeDone whether a command may have been proposed by it
   */
  public static GrpcError of(RaftFailure failure, @Nullable String leader, boolean maybeDone) {
    return switch (failure.reason()) {
      case NOT_LEADER -> maybeDone ? unknown(leader) : notLeader(leader);
      case NOT_READY, NO_LEADER -> noLeader();
      case TIMEOUT, UNREACHABLE, REMOTE -> maybeDone ? unknown(leader) : noLeader();
      case OVERLOADED ->
          GrpcError.of(
              Code.RESOURCE_EXHAUSTED,
              String.valueOf(failure.getMessage()),
              null,
              info("OVERLOADED", "bound", "raft.peer-questions-max"),
              pause(OVERLOAD_PAUSE_MS));
      case STOPPED -> stopping(leader);
      case UNKNOWN_KIND, REFUSED ->
          GrpcError.of(
              Code.FAILED_PRECONDITION,
              String.valueOf(failure.getMessage()),
              leader,
              info("REFUSED"));
    };
  }

  private static ErrorInfo info(String reason) {
    return ErrorInfo.newBuilder().setReason(reason).setDomain(DOMAIN).build();
  }

  private static ErrorInfo info(String reason, String key, String value) {
    return ErrorInfo.newBuilder()
        .setReason(reason)
        .setDomain(DOMAIN)
        .putMetadata(key, value)
        .build();
  }

  private static RetryInfo pause(int ms) {
    return RetryInfo.newBuilder()
        .setRetryDelay(
            Duration.newBuilder().setSeconds(ms / 1_000).setNanos(ms % 1_000 * 1_000_000))
        .build();
  }
}
