package dev.tallygate.server.cli;

import dev.tallygate.proto.v1.CommitRequest;
import dev.tallygate.proto.v1.LicensingServiceGrpc;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Charges all or part of a hold, and gives back the rest. */
@Command(
    name = "commit",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "Charges all or part of a hold, and gives back the rest.",
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:done",
      "1:failed; see the message",
      "2:the command line is wrong",
      "3:refused",
      "4:the cluster cannot be reached or is overloaded",
      "5:the outcome is unknown: repeat the same command"
    })
final class CommitCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private Target target;

  @Parameters(paramLabel = "LEASE-ID", description = "As the grant named it.")
  private String leaseId;

  @Parameters(paramLabel = "TOKEN", description = "The fencing token of the grant.")
  private String token;

  @Parameters(paramLabel = "UNITS", description = "0 to what is on hold.")
  private long units;

  @Override
  public Integer call() {
    CommitRequest request =
        CommitRequest.newBuilder()
            .setTenant(target.tenant())
            .setLeaseId(leaseId)
            .setToken(token)
            .setUnits(units)
            .build();
    return new Calls(spec, target)
        .unary(
            target.data(),
            false,
            (channel, attempt, leftMs) ->
                Calls.within(LicensingServiceGrpc.newBlockingStub(channel), leftMs)
                    .commit(request));
  }
}
