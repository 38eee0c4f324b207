package dev.tallygate.server.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tallygate.proto.v1.LedgerServiceGrpc;
import dev.tallygate.proto.v1.ReadLedgerRequest;
import dev.tallygate.proto.v1.TraceRequest;
import dev.tallygate.proto.v1.VerifyLedgerRequest;
import dev.tallygate.proto.v1.VerifyLedgerResponse;
import dev.tallygate.raft.store.LedgerChain;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The record of every change. */
@Command(
    name = "ledger",
    mixinStandardHelpOptions = true,
    description = {
      "The ordered, hash-chained record of every change of licensing state.",
      "Asks the admin listener; the records are the same on every node."
    },
    footer = {
      "%nExamples:",
      "  tallygate ledger tail --dir DIR",
      "  tallygate ledger trace --lease LEASE-ID --dir DIR",
      "  tallygate ledger verify --offline DIR/node-1/data/ledger"
    })
final class LedgerCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(), "a verb is missing: read, tail, trace or verify");
  }

  @Command(
      name = "read",
      mixinStandardHelpOptions = true,
      description = "Prints records, oldest first.")
  int read(
      @Mixin Target target,
      @Option(names = "--after", description = "Records of positions above this one.") long after,
      @Option(names = "--limit", defaultValue = "1000", description = "Default: ${DEFAULT-VALUE}.")
          int limit,
      @Option(names = "--entitlement", defaultValue = "", description = "Only of this one.")
          String entitlement,
      @Option(
              names = "--tenant-number",
              paramLabel = "NUMBER",
              description = "Instead of --tenant: also of a tenant that was deleted.")
          int tenantNumber) {
    ReadLedgerRequest request =
        range(target, after, entitlement).setLimit(limit).setTenantNumber(tenantNumber).build();
    return new Calls(spec, target)
        .stream(
            target.admin(),
            channel ->
                Calls.within(LedgerServiceGrpc.newBlockingStub(channel), target.timeoutMs())
                    .read(request));
  }

  @Command(
      name = "tail",
      mixinStandardHelpOptions = true,
      description = "Prints records, and then every new one, until it is interrupted.")
  int tail(
      @Mixin Target target,
      @Option(names = "--after", description = "Records of positions above this one.") long after,
      @Option(names = "--entitlement", defaultValue = "", description = "Only of this one.")
          String entitlement) {
    ReadLedgerRequest request = range(target, after, entitlement).build();
    return new Calls(spec, target)
        .stream(
            target.admin(), channel -> LedgerServiceGrpc.newBlockingStub(channel).tail(request));
  }

  @Command(
      name = "trace",
      mixinStandardHelpOptions = true,
      description = "Prints all records of one lease, hold, receipt or request.")
  int trace(
      @Mixin Target target,
      @Option(names = "--lease", paramLabel = "LEASE-ID", description = "As the grant named it.")
          @Nullable String lease,
      @Option(
              names = "--request",
              paramLabel = "REQUEST-ID",
              description = "As `allocate` printed it.")
          @Nullable String requestId) {
    if ((lease == null) == (requestId == null)) {
      throw new ParameterException(spec.commandLine(), "give either --lease or --request");
    }
    TraceRequest.Builder request = TraceRequest.newBuilder().setTenant(target.tenant());
    if (lease != null) request.setLeaseId(lease);
    if (requestId != null) request.setRequestId(requestId);
    return new Calls(spec, target)
        .stream(
            target.admin(),
            channel ->
                Calls.within(LedgerServiceGrpc.newBlockingStub(channel), target.timeoutMs())
                    .trace(request.build()));
  }

  @Command(
      name = "verify",
      mixinStandardHelpOptions = true,
      description = {
        "Recomputes every checksum and the hash chain, on a node or, with --offline, from files"
            + " alone: a copy of a node's ledger folder, or that of a node that does not run."
      },
      exitCodeListHeading = "%nExit codes:%n",
      exitCodeList = {"0:intact", "1:failed; see the message", "3:not intact"})
  int verify(
      @Mixin Target target,
      @Option(
              names = "--offline",
              paramLabel = "LEDGER-DIR",
              description = "Read these files and ask no node.")
          @Nullable Path offline) {
    if (offline != null) return verifyFiles(target, offline);
    VerifyLedgerRequest request =
        VerifyLedgerRequest.newBuilder().setTenant(target.tenant()).build();
    VerifyLedgerResponse[] answer = {VerifyLedgerResponse.getDefaultInstance()};
    int exit =
        new Calls(spec, target)
            .unary(
                target.admin(),
                false,
                (channel, attempt, leftMs) ->
                    answer[0] =
                        Calls.within(LedgerServiceGrpc.newBlockingStub(channel), leftMs)
                            .verify(request));
    return exit == CliExit.OK.number() && !answer[0].getIntact() ? CliExit.NO.number() : exit;
  }

  private int verifyFiles(Target target, Path dir) {
    if (!Files.isDirectory(dir)) {
      throw new CliException(
          CliExit.FAILED, "`" + dir + "` is not a folder: give a node's `ledger` folder");
    }
    LedgerChain.Report report = LedgerChain.verify(dir);
    ObjectNode root = Json.object();
    root.put("intact", report.intact())
        .put("records", report.records())
        .put("bytes", report.bytes());
    root.put("fault", report.fault() == null ? "" : report.fault());
    var tenants = root.putArray("tenants");
    for (LedgerChain.TenantReport tenant : report.tenants()) {
      tenants
          .addObject()
          .put("tenant", tenant.name())
          .put("records", tenant.records())
          .put("position", tenant.position())
          .put("pools", tenant.pools())
          .put("taken", tenant.taken())
          .put("head", tenant.head());
    }
    StringBuilder text = new StringBuilder();
    if (target.json()) text.append(Json.line(root)).append('\n');
    else Json.lines(root, "", text);
    spec.commandLine().getOut().print(text);
    spec.commandLine().getOut().flush();
    return (report.intact() ? CliExit.OK : CliExit.NO).number();
  }

  private static ReadLedgerRequest.Builder range(Target target, long after, String entitlement) {
    return ReadLedgerRequest.newBuilder()
        .setTenant(target.tenant())
        .setAfterPosition(after)
        .setEntitlement(entitlement);
  }
}
