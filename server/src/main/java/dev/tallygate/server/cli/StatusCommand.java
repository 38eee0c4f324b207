package dev.tallygate.server.cli;

import dev.tallygate.proto.v1.ClusterServiceGrpc;
import dev.tallygate.proto.v1.StatusRequest;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** How one node sees itself and its cluster. */
@Command(
    name = "status",
    mixinStandardHelpOptions = true,
    description = {
      "How one node sees itself and its cluster. Asks the admin listener.",
      "For all nodes of a cluster on this machine: tallygate cluster status --dir DIR"
    })
final class StatusCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private Target target;
  @Mixin private Watching watching;

  @Override
  public Integer call() {
    String address = target.admin();
    return watching.show(target.json(), () -> ask(address));
  }

  private int ask(String address) {
    return new Calls(spec, target)
        .unary(
            address,
            false,
            (channel, attempt, leftMs) ->
                Calls.within(ClusterServiceGrpc.newBlockingStub(channel), leftMs)
                    .status(StatusRequest.getDefaultInstance()));
  }
}
