package dev.tallygate.server.cli;

import com.google.protobuf.Message;
import dev.tallygate.proto.v1.AllocateResponse;
import dev.tallygate.proto.v1.Refusal;
import dev.tallygate.proto.v1.RefusalReason;
import dev.tallygate.proto.v1.RenewResponse;
import dev.tallygate.proto.v1.SetLimitResponse;
import io.grpc.Status;

/** What a person can do about an answer that is no, or about a call that failed. */
final class NextStep {
  private NextStep() {}

  /** One line; empty where the answer is what was wanted. */
  static String after(Message answer) {
    return switch (answer) {
      case AllocateResponse allocate when allocate.hasEnded() ->
          "The grant was made and is over: stop using what it guards. To take units anew, allocate"
              + " without --request-id and --issued-at.";
      case RenewResponse renew when renew.hasEnded() ->
          "The lease is over: stop using what it guards, and allocate again if you still need it.";
      default -> afterRefusal(answer);
    };
  }

  private static String afterRefusal(Message answer) {
    var field = answer.getDescriptorForType().findFieldByName("refused");
    if (field == null || !answer.hasField(field)) return "";
    Refusal refusal = (Refusal) answer.getField(field);
    boolean byName = answer instanceof AllocateResponse || answer instanceof SetLimitResponse;
    return of(refusal, byName);
  }

  /**
   * @param byName whether the call named an entitlement, not a lease
   */
  private static String of(Refusal refusal, boolean byName) {
    RefusalReason reason = refusal.getReason();
    return switch (reason) {
      case REFUSAL_REASON_REQUEST_TOO_OLD ->
          "A request can be repeated for ten minutes. What became of it, the ledger says: `tallygate"
              + " ledger trace --request ID`. If it says nothing, run the command again without"
              + " --request-id and --issued-at.";
      case REFUSAL_REASON_REQUEST_FROM_FUTURE ->
          "The request was issued more than a minute ahead of the cluster: set the clock of this"
              + " machine right, or give the --issued-at that was printed.";
      case REFUSAL_REASON_REQUEST_ID_REUSED ->
          "This request was sent before with other content. Repeat it with every option as it was,"
              + " or leave out --request-id and --issued-at to make a new one.";
      case REFUSAL_REASON_NOT_FOUND ->
          byName
              ? "There is no such entitlement, or no such pool of it: `tallygate catalog get` shows"
                  + " what stands, `tallygate apply FILE` replaces it."
              : "There is no such lease or hold here: check the lease id, or see `tallygate ledger"
                  + " trace --lease LEASE-ID`. What it guarded is not yours to use.";
      case REFUSAL_REASON_WRONG_MODEL ->
          "The entitlement is not counted in this way: `concurrent-session` needs --session or"
              + " --device as its `sharing` says and takes no --hold; `metered` takes neither"
              + " --session nor --device; `named-user` and `site` take no --hold, a seat is not released"
              + " but unassigned, and a site has no limit. See `tallygate catalog get`.";
      case REFUSAL_REASON_PARTITION_UNKNOWN ->
          "The entitlement has a pool for each value of its `partition-by` (see `tallygate catalog"
              + " get`): name that value, for example with --subject-property NAME=VALUE.";
      case REFUSAL_REASON_PARTITIONS_EXHAUSTED ->
          "The entitlement has as many partitions as its `partitions-max` allows: raise that in the"
              + " catalog, or check the value that names the partition.";
      case REFUSAL_REASON_UNITS_DIFFER ->
          byName
              ? "This session holds another number of units: ask for as many as it holds, or release"
                  + " it first. A seat is one unit."
              : "More units than are on hold cannot be charged: give 0 to what the hold has.";
      case REFUSAL_REASON_NO_SEAT ->
          "An administrator assigns the seats of this entitlement: `tallygate seat assign"
              + " ENTITLEMENT --subject TYPE:ID`.";
      case REFUSAL_REASON_OUT_OF_SCOPE ->
          "The entitlement holds for other values of the attributes in its `scope` (see `tallygate"
              + " catalog get`): name them, for example with --subject-property NAME=VALUE.";
      case REFUSAL_REASON_HOLDER_EXHAUSTED ->
          "The holder has as many units as `max-per-holder` leaves to one: release one, or let it end."
              + " `tallygate lease list` shows what is held.";
      case REFUSAL_REASON_LABEL_BLOCKED ->
          "A label of the request is blocked for another "
              + seconds(refusal)
              + " s: `tallygate label list` shows until when.";
      case REFUSAL_REASON_SUSPENDED ->
          "Nothing is taken in this tenant while it is suspended: `tallygate tenant get` says so, and"
              + " `tallygate tenant resume` ends it.";
      case REFUSAL_REASON_EXHAUSTED ->
          "Not enough units are free: "
              + (refusal.hasRetryAfter()
                  ? "it may be worth trying again in " + seconds(refusal) + " s"
                  : "only an administrator can help, by `tallygate pool set-limit` or the catalog")
              + ". `tallygate pool get` shows the counts.";
      case REFUSAL_REASON_FENCED ->
          "Somebody took this session over under a newer token: stop using what it guards.";
      default -> "";
    };
  }

  /** Rounded up: earlier is in vain. */
  private static long seconds(Refusal refusal) {
    var after = refusal.getRetryAfter();
    return after.getSeconds() + (after.getNanos() > 0 ? 1 : 0);
  }

  /**
   * One line; empty where the status says it all.
   *
   * @param reason of our {@code ErrorInfo}; empty where there is none
   * @param bare whether the status is not one of ours
   */
  static String afterError(Status.Code code, String reason, boolean bare, String address) {
    return switch (reason) {
      case "NO_LEADER" -> "See what the nodes say with `tallygate cluster status --dir DIR`.";
      case "ADMIN_ONLY" ->
          "`"
              + address
              + "` is a data listener: name an admin listener with --admin, or use --dir.";
      case "VERSION_CONFLICT" ->
          "Somebody changed it since: read it with `tallygate catalog get --json`, look, and give"
              + " the version that stands.";
      case "VERSION_NOT_KEPT" -> "See which versions are kept with `tallygate catalog history`.";
      case "ATTRIBUTE_OWNED" ->
          "Only that source can change it; once it has removed it, another may set it.";
      case "ENTITY_CHANGED" -> "Read it with `tallygate entity get`, look, and give the revision.";
      case "OTHER_TENANT" ->
          "The tenant that was meant is gone, and this one has its name: look with `tallygate tenant"
              + " get NAME`.";
      case "TENANT_IN_USE" ->
          "`tallygate tenant suspend NAME --reason ...` stops new grants; what is held then ends when"
              + " it is deleted, or in its own time before.";
      case "TENANT_ENDING" ->
          "`tallygate tenant get NAME` says what is left of it. Holds that were settled are remembered"
              + " for ten minutes.";
      case "NOT_FOUND" ->
          "See what stands with `tallygate catalog get`. A cluster that has only just started for the"
              + " first time may still be making its tenant: try again then.";
      case "STATE_FULL" ->
          "A bound of the whole cluster is met. Leases that end and request ids older than ten"
              + " minutes make room; see `bounds` in ops/config/tallygate.yaml.";
      case "OVERLOADED" -> "The node is busy: try again in a moment, or ask another node.";
      case "WRONG_CLUSTER" -> "Ask the cluster that made it: check --dir, --target or --admin.";
      default -> ofBare(code, bare, address);
    };
  }

  private static String ofBare(Status.Code code, boolean bare, String address) {
    if (code == Status.Code.UNAVAILABLE && bare) {
      return "Nothing answers at `"
          + address
          + "`: name a node with --target, --admin or --dir, or start a cluster with `tallygate"
          + " cluster up --dir DIR`.";
    }
    if (code == Status.Code.UNIMPLEMENTED) {
      return "`" + address + "` has no such call: is it the right listener of the node?";
    }
    return "";
  }
}
