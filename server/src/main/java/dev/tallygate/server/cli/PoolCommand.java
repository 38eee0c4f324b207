package dev.tallygate.server.cli;

import com.google.protobuf.Timestamp;
import dev.tallygate.proto.v1.GetPoolRequest;
import dev.tallygate.proto.v1.LicensingServiceGrpc;
import dev.tallygate.proto.v1.ListPoolsRequest;
import dev.tallygate.proto.v1.ListPoolsResponse;
import dev.tallygate.proto.v1.SetLimitRequest;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The counts of pools, and their limits. */
@Command(
    name = "pool",
    mixinStandardHelpOptions = true,
    description = "The counts of pools, and their limits.",
    footer = {
      "%nExamples:",
      "  tallygate pool list --dir DIR",
      "  tallygate pool get cad --watch --dir DIR",
      "  tallygate pool set-limit cad 50 --until 2030-01-31T00:00:00Z --dir DIR",
      "  tallygate pool set-limit cad --clear --dir DIR",
      "A limit below what is taken stops new grants and drains; it revokes nothing."
    })
final class PoolCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "a verb is missing: list, get or set-limit");
  }

  @Command(
      name = "list",
      mixinStandardHelpOptions = true,
      description = {
        "Lists pools by name, from the node's own state. Asks the data listener.",
        "With --json, a line for each pool."
      })
  int list(
      @Mixin Target target,
      @Parameters(
              paramLabel = "PREFIX",
              arity = "0..1",
              defaultValue = "",
              description = "Of entitlements whose names begin so. Default: all.")
          String prefix,
      @Option(
              names = "--partition",
              paramLabel = "VALUE",
              defaultValue = "",
              description = "Of this partition alone.")
          String partition,
      @Mixin Lists.Options options) {
    ListPoolsRequest request =
        ListPoolsRequest.newBuilder()
            .setTenant(target.tenant())
            .setEntitlementPrefix(prefix)
            .setPartition(partition)
            .build();
    return new Lists(spec, target, options)
        .show(
            target.data(),
            (channel, leftMs, size, token) ->
                Calls.within(LicensingServiceGrpc.newBlockingStub(channel), leftMs)
                    .listPools(request.toBuilder().setPageSize(size).setPageToken(token).build()),
            answer -> Lists.Page.of((ListPoolsResponse) answer),
            Lists::pools);
  }

  @Command(
      name = "get",
      mixinStandardHelpOptions = true,
      description = "Reads one pool from the node's own state. Asks the data listener.")
  int get(
      @Mixin Target target,
      @Parameters(paramLabel = "ENTITLEMENT") String entitlement,
      @Option(
              names = "--partition",
              paramLabel = "VALUE",
              defaultValue = "",
              description = "Where it has partitions.")
          String partition,
      @Mixin Watching watching) {
    GetPoolRequest request =
        GetPoolRequest.newBuilder()
            .setTenant(target.tenant())
            .setEntitlement(entitlement)
            .setPartition(partition)
            .build();
    String address = target.data();
    return watching.show(
        target.json(),
        () ->
            new Calls(spec, target)
                .unary(
                    address,
                    false,
                    (channel, attempt, leftMs) ->
                        Calls.within(LicensingServiceGrpc.newBlockingStub(channel), leftMs)
                            .getPool(request)));
  }

  @Command(
      name = "set-limit",
      mixinStandardHelpOptions = true,
      description = "Overrides the limit of one pool, at once. Asks the admin listener.")
  int setLimit(
      @Mixin Target target,
      @Parameters(index = "0", paramLabel = "ENTITLEMENT") String entitlement,
      @Parameters(index = "1", arity = "0..1", paramLabel = "LIMIT") @Nullable Long limit,
      @Option(
              names = "--partition",
              paramLabel = "VALUE",
              defaultValue = "",
              description = "Where it has partitions.")
          String partition,
      @Option(
              names = "--until",
              converter = Arguments.InstantArgument.class,
              description = "When the catalog's limit returns. Default: never.")
          @Nullable Timestamp until,
      @Option(names = "--clear", description = "Back to the catalog's limit.") boolean clear,
      @Mixin RequestKey key) {
    key.check(spec);
    if (clear == (limit != null) || (clear && until != null)) {
      throw new ParameterException(
          spec.commandLine(), "give either LIMIT, with or without --until, or --clear alone");
    }
    SetLimitRequest.Builder request =
        SetLimitRequest.newBuilder()
            .setTenant(target.tenant())
            .setRequestId(key.id())
            .setIssuedAt(key.issuedAt())
            .setEntitlement(entitlement)
            .setPartition(partition)
            .setClear(clear);
    if (limit != null) request.setLimit(limit);
    if (until != null) request.setUntil(until);
    key.announce(spec);
    return new Calls(spec, target)
        .known(key)
        .unary(
            target.admin(),
            false,
            (channel, attempt, leftMs) ->
                Calls.within(LicensingServiceGrpc.newBlockingStub(channel), leftMs)
                    .setLimit(request.setAttempt(key.attempt(attempt)).build()));
  }
}
