package dev.tallygate.server.cli;

import dev.tallygate.proto.v1.LicensingServiceGrpc;
import dev.tallygate.proto.v1.RevokeRequest;
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
      "%nExample:",
      "  tallygate lease revoke LEASE-ID --reason 'left the company' --dir DIR"
    })
final class LeaseCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "a verb is missing: revoke");
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
