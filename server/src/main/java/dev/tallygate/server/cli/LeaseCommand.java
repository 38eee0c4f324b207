package dev.tallygate.server.cli;

import dev.tallygate.proto.v1.LicensingServiceGrpc;
import dev.tallygate.proto.v1.ListLeasesRequest;
import dev.tallygate.proto.v1.ListLeasesResponse;
import dev.tallygate.proto.v1.RevokeRequest;
import dev.tallygate.proto.v1.Subject;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** What an administrator does with leases. */
@Command(
    name = "lease",
    mixinStandardHelpOptions = true,
    description = "What an administrator does with leases.",
    footer = {
      "%nExamples:",
      "  tallygate lease list cad --dir DIR",
      "  tallygate lease list --holder user:ann --dir DIR",
      "  tallygate lease list --label env=pr-7 --dir DIR",
      "  tallygate lease revoke LEASE-ID --reason 'left the company' --dir DIR"
    })
final class LeaseCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "a verb is missing: list or revoke");
  }

  @Command(
      name = "list",
      mixinStandardHelpOptions = true,
      description = {
        "Lists who holds what since when, pool by pool, the oldest first, from the node's own state."
            + " Asks the admin listener.",
        "With --json, a line for each lease."
      })
  int list(
      @Mixin Target target,
      @Parameters(
              paramLabel = "ENTITLEMENT",
              arity = "0..1",
              defaultValue = "",
              description = "Of this one. Default: of all.")
          String entitlement,
      @Option(
              names = "--partition",
              paramLabel = "VALUE",
              defaultValue = "",
              description = "Of this partition alone.")
          String partition,
      @Option(
              names = "--holder",
              paramLabel = "TYPE:ID",
              converter = Arguments.SubjectArgument.class,
              description = "What this holder holds. Looks at every lease.")
          @Nullable Subject holder,
      @Option(
              names = "--label",
              defaultValue = "",
              description = "What stands under this label. Looks at every lease.")
          String label,
      @Mixin Lists.Options options) {
    ListLeasesRequest.Builder request =
        ListLeasesRequest.newBuilder()
            .setTenant(target.tenant())
            .setEntitlement(entitlement)
            .setPartition(partition)
            .setLabel(label);
    if (holder != null) request.setHolder(holder);
    return new Lists(spec, target, options)
        .show(
            target.admin(),
            (channel, leftMs, size, token) ->
                Calls.within(LicensingServiceGrpc.newBlockingStub(channel), leftMs)
                    .listLeases(request.setPageSize(size).setPageToken(token).build()),
            answer -> Lists.Page.of((ListLeasesResponse) answer),
            Lists::leases);
  }

  @Command(
      name = "revoke",
      mixinStandardHelpOptions = true,
      description = "Ends a lease at once, whoever holds it. Asks the admin listener.")
  int revoke(
      @Mixin Target target,
      @Parameters(paramLabel = "LEASE-ID") String leaseId,
      @Option(names = "--reason", required = true, description = "Stands in the ledger.")
          String reason) {
    RevokeRequest request =
        RevokeRequest.newBuilder()
            .setTenant(target.tenant())
            .setLeaseId(leaseId)
            .setReason(reason)
            .build();
    return new Calls(spec, target)
        .unary(
            target.admin(),
            false,
            (channel, attempt, leftMs) ->
                Calls.within(LicensingServiceGrpc.newBlockingStub(channel), leftMs)
                    .revoke(request));
  }
}
