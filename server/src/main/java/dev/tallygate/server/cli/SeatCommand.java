package dev.tallygate.server.cli;

import dev.tallygate.proto.v1.AssignSeatRequest;
import dev.tallygate.proto.v1.LicensingServiceGrpc;
import dev.tallygate.proto.v1.Subject;
import dev.tallygate.proto.v1.UnassignSeatRequest;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Who has the seats of a named-user entitlement. */
@Command(
    name = "seat",
    mixinStandardHelpOptions = true,
    description = "Gives and takes the seats of an entitlement of model named-user.",
    footer = {
      "%nExamples:",
      "  tallygate seat assign cad --subject user:alice --dir DIR",
      "  tallygate seat unassign cad --subject user:alice --reason 'left the company' --dir DIR",
      "A seat that was taken back is free for another subject when the entitlement's cool-down,"
          + " counted from its assignment, is over."
    })
final class SeatCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "a verb is missing: assign or unassign");
  }

  @Command(
      name = "assign",
      mixinStandardHelpOptions = true,
      description =
          "Gives a subject a seat, or prints the one that it has. Asks the admin listener.")
  int assign(
      @Mixin Target target,
      @Parameters(paramLabel = "ENTITLEMENT") String entitlement,
      @Option(
              names = "--subject",
              required = true,
              paramLabel = "TYPE:ID",
              converter = Arguments.SubjectArgument.class,
              description = "Who gets it, such as user:alice.")
          Subject subject,
      @Option(
              names = "--partition",
              paramLabel = "VALUE",
              defaultValue = "",
              description = "Where it has partitions.")
          String partition,
      @Mixin RequestKey key) {
    key.check(spec);
    AssignSeatRequest.Builder request =
        AssignSeatRequest.newBuilder()
            .setTenant(target.tenant())
            .setRequestId(key.id())
            .setIssuedAt(key.issuedAt())
            .setEntitlement(entitlement)
            .setPartition(partition)
            .setSubject(subject);
    key.announce(spec);
    return new Calls(spec, target)
        .known(key)
        .unary(
            target.admin(),
            true,
            (channel, attempt, leftMs) ->
                Calls.within(LicensingServiceGrpc.newBlockingStub(channel), leftMs)
                    .assignSeat(request.setAttempt(key.attempt(attempt)).build()));
  }

  @Command(
      name = "unassign",
      mixinStandardHelpOptions = true,
      description = "Takes a subject's seat at once. Asks the admin listener.")
  int unassign(
      @Mixin Target target,
      @Parameters(paramLabel = "ENTITLEMENT") String entitlement,
      @Option(
              names = "--subject",
              required = true,
              paramLabel = "TYPE:ID",
              converter = Arguments.SubjectArgument.class,
              description = "Whose seat, such as user:alice.")
          Subject subject,
      @Option(
              names = "--partition",
              paramLabel = "VALUE",
              defaultValue = "",
              description = "Where it has partitions.")
          String partition,
      @Option(names = "--reason", required = true, description = "Stands in the ledger.")
          String reason) {
    UnassignSeatRequest request =
        UnassignSeatRequest.newBuilder()
            .setTenant(target.tenant())
            .setEntitlement(entitlement)
            .setPartition(partition)
            .setSubject(subject)
            .setReason(reason)
            .build();
    return new Calls(spec, target)
        .once("tallygate lease list " + entitlement)
        .unary(
            target.admin(),
            false,
            (channel, attempt, leftMs) ->
                Calls.within(LicensingServiceGrpc.newBlockingStub(channel), leftMs)
                    .unassignSeat(request));
  }
}
