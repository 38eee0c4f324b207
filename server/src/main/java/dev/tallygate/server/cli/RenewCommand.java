package dev.tallygate.server.cli;

import com.google.protobuf.Duration;
import dev.tallygate.proto.v1.LicensingServiceGrpc;
import dev.tallygate.proto.v1.RenewRequest;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Extends a lease from now on. */
@Command(
    name = "renew",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "Extends a lease from now on.",
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:done",
      "1:failed; see the message",
      "2:the command line is wrong",
      "3:refused, or the lease has ended: stop using what it guards",
      "4:the cluster cannot be reached or is overloaded",
      "5:the outcome is unknown: repeat the same command"
    })
final class RenewCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private Target target;

  @Parameters(paramLabel = "LEASE-ID", description = "As the grant named it.")
  private String leaseId;

  @Parameters(paramLabel = "TOKEN", description = "The fencing token of the grant.")
  private String token;

  @Option(
      names = "--ttl",
      converter = Arguments.DurationArgument.class,
      description = "How long, such as 90s or 15m. Default: what the entitlement says.")
  private @Nullable Duration ttl;

  @Override
  public Integer call() {
    RenewRequest.Builder request =
        RenewRequest.newBuilder().setTenant(target.tenant()).setLeaseId(leaseId).setToken(token);
    if (ttl != null) request.setTtl(ttl);
    return new Calls(spec, target)
        .unary(
            target.data(),
            true,
            (channel, attempt, leftMs) ->
                Calls.within(LicensingServiceGrpc.newBlockingStub(channel), leftMs)
                    .renew(request.build()));
  }
}
