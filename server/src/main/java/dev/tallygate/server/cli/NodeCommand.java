package dev.tallygate.server.cli;

import dev.tallygate.proto.v1.ClusterServiceGrpc;
import dev.tallygate.proto.v1.SnapshotRequest;
import dev.tallygate.proto.v1.StatusRequest;
import dev.tallygate.proto.v1.TransferLeadershipRequest;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** What an operator asks of one node. */
@Command(
    name = "node",
    mixinStandardHelpOptions = true,
    description = "What an operator asks of one node. Asks the admin listener.")
final class NodeCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(), "a verb is missing: status, snapshot or transfer-leadership");
  }

  @Command(
      name = "status",
      mixinStandardHelpOptions = true,
      description = "How the node sees itself and its cluster.")
  int status(@Mixin Target target) {
    return new Calls(spec, target)
        .unary(
            target.admin(),
            false,
            (channel, attempt, leftMs) ->
                Calls.within(ClusterServiceGrpc.newBlockingStub(channel), leftMs)
                    .status(StatusRequest.getDefaultInstance()));
  }

  @Command(
      name = "snapshot",
      mixinStandardHelpOptions = true,
      description = "Takes a snapshot on the node now.")
  int snapshot(@Mixin Target target) {
    return new Calls(spec, target)
        .unary(
            target.admin(),
            false,
            (channel, attempt, leftMs) ->
                Calls.within(ClusterServiceGrpc.newBlockingStub(channel), leftMs)
                    .snapshot(SnapshotRequest.getDefaultInstance()));
  }

  @Command(
      name = "transfer-leadership",
      mixinStandardHelpOptions = true,
      description = "Hands the lead over. Ask the node that leads.")
  int transferLeadership(
      @Mixin Target target,
      @Option(
              names = "--to",
              defaultValue = "",
              paramLabel = "NODE-ID",
              description = "Default: the follower with the longest log.")
          String to) {
    return new Calls(spec, target)
        .unary(
            target.admin(),
            false,
            (channel, attempt, leftMs) ->
                Calls.within(ClusterServiceGrpc.newBlockingStub(channel), leftMs)
                    .transferLeadership(
                        TransferLeadershipRequest.newBuilder().setToNodeId(to).build()));
  }
}
