package dev.tallygate.server.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tallygate.proto.v1.LedgerRecord;
import dev.tallygate.proto.v1.LedgerServiceGrpc;
import dev.tallygate.proto.v1.TraceRequest;
import dev.tallygate.proto.v1.VerifyLedgerResponse;
import dev.tallygate.server.cli.ClusterFile.Member;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code tallygate demo}. */
@Command(
    name = "demo",
    mixinStandardHelpOptions = true,
    description = {
      "Starts three real node processes on this machine and tells a story on them: a pool is filled to its limit and not beyond, a crashed"
          + " client's seat comes back, a quota ends exactly although the leader is killed in the middle, a limit is cut while it is held, and"
          + " the ledger proves all of it.",
      "",
      "Afterwards the cluster stays up, so that you can try the printed commands; Ctrl-C ends it. With --once the cluster ends with the"
          + " story, and the exit code is 0 only if every count came out exact."
    })
final class DemoCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = "--once",
      description = "end with the story; exit code 0 only if every count was exact, else 1")
  private boolean once;

  @Option(
      names = "--json",
      description = "print the counts as JSON on standard output; the story goes to standard error")
  private boolean json;

  @Option(
      names = "--dir",
      paramLabel = "DIR",
      description =
          "keep the cluster in this folder, which must be new or empty; what it stored stays there"
              + " (default: a new temporary one, which stays as well)")
  private @Nullable Path dir;

  @Override
  public Integer call() throws IOException, InterruptedException {
    PrintWriter out = json ? spec.commandLine().getErr() : spec.commandLine().getOut();
    DemoNarrator narrator = new DemoNarrator(out);
    Path home = dir != null ? unused(dir) : Files.createTempDirectory("tallygate-demo-");
    try (DemoCluster cluster = new DemoCluster(home, narrator)) {
      Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(cluster), "demo-stop"));
      tell(cluster, narrator);
      verdict(narrator, out);
      if (json) spec.commandLine().getOut().println(Json.pretty(report(narrator)));
      if (!once) stay(cluster, out);
    }
    return (narrator.exact() ? CliExit.OK : CliExit.FAILED).number();
  }

  /** The story counts from nothing, and brings a catalog of its own. */
  private static Path unused(Path dir) throws IOException {
    if (Files.isDirectory(dir)) {
      try (Stream<Path> entries = Files.list(dir)) {
        if (entries.findAny().isEmpty()) return dir;
      }
    } else if (!Files.exists(dir)) {
      return dir;
    }
    throw new CliException(
        CliExit.USAGE,
        "`"
            + dir
            + "` is not empty: the demo counts from nothing and would replace the catalog of a"
            + " cluster that is there. Give --dir a new folder, or none");
  }

  private static void tell(DemoCluster cluster, DemoNarrator narrator)
      throws IOException, InterruptedException {
    narrator.chapter(
        "Three nodes start: one Raft group, every grant on the disks of two before it is answered");
    cluster.up();
    narrator.say("%s leads", cluster.leader().id());
    cluster.applyCatalog();
    List<String> data = cluster.members().stream().map(Member::data).toList();
    List<String> admin = cluster.members().stream().map(Member::admin).toList();
    try (DemoCalls calls = new DemoCalls(data);
        DemoCalls operator = new DemoCalls(admin)) {
      DemoStory story = new DemoStory(cluster, narrator, calls, operator);
      story.fillThePool();
      story.crashAndReconnect();
      story.spendTheQuota();
      story.cutTheLimit();
      DemoModels models = new DemoModels(narrator, calls, operator);
      models.tell();
      prove(cluster, narrator, story, models);
    }
  }

  private static void prove(
      DemoCluster cluster, DemoNarrator narrator, DemoStory story, DemoModels models)
      throws IOException {
    narrator.chapter("The ledger is held against what the clients were told");
    narrator.expect("all nodes hold the same state, by digest", true, cluster.agree());
    TreeSet<String> heads = new TreeSet<>();
    for (Map.Entry<Member, VerifyLedgerResponse> said : cluster.proofs().entrySet()) {
      Member member = said.getKey();
      VerifyLedgerResponse proof = said.getValue();
      if (!proof.getIntact()) narrator.say("%s: %s", member.id(), proof.getFault());
      heads.add(proof.getIntact() + " " + proof.getHead());
      Map<String, Integer> grants = DemoLedger.grants(cluster.ledger(member));
      narrator.expect(
          member.id() + "'s files: grants of render-minutes",
          story.quotaGrants(),
          grants.getOrDefault("render-minutes", 0));
      narrator.expect(
          member.id() + "'s files: grants of cad",
          story.seatGrants(),
          grants.getOrDefault("cad", 0));
      narrator.expect(
          member.id() + "'s files: grants of review and of handbook",
          models.seatGrants() + " and " + models.siteGrants(),
          grants.getOrDefault("review", 0) + " and " + grants.getOrDefault("handbook", 0));
    }
    narrator.expect(
        "hash chains that verify, and end alike",
        1L,
        heads.stream().filter(head -> head.startsWith("true ")).count());
    narrator.expect("hash chains in all", 1, heads.size());
    narrator.say("one lease, from first record to last:");
    Iterator<LedgerRecord> trace =
        LedgerServiceGrpc.newBlockingStub(cluster.admin(cluster.leader()))
            .withDeadlineAfter(30, TimeUnit.SECONDS)
            .trace(TraceRequest.newBuilder().setLeaseId(story.resumedLease()).build());
    while (trace.hasNext()) {
      LedgerRecord record = trace.next();
      narrator.say(
          "  %s by %s, %d of %d free afterwards",
          record.getKind(), record.getHolder(), record.getFree(), record.getLimit());
    }
  }

  private static void verdict(DemoNarrator narrator, PrintWriter out) {
    long wrong = narrator.findings().stream().filter(finding -> !finding.exact()).count();
    out.printf(
        java.util.Locale.ROOT,
        "%n%s: %d counts, %d wrong, %.0f s%n",
        wrong == 0 ? "Every count came out exact" : "NOT EXACT",
        narrator.findings().size(),
        wrong,
        narrator.seconds());
    out.flush();
  }

  private static ObjectNode report(DemoNarrator narrator) {
    ObjectNode report = Json.object();
    report.put("exact", narrator.exact());
    report.put("seconds", narrator.seconds());
    ArrayNode counts = report.putArray("counts");
    for (DemoNarrator.Finding finding : narrator.findings()) {
      counts
          .addObject()
          .put("what", finding.what())
          .put("expected", finding.expected())
          .put("found", finding.found())
          .put("exact", finding.exact());
    }
    return report;
  }

  private static void stay(DemoCluster cluster, PrintWriter out) throws InterruptedException {
    String at = " --dir " + cluster.dir();
    List<String> tries = new ArrayList<>();
    tries.add("./tallygate cluster status" + at);
    tries.add("./tallygate catalog get" + at);
    tries.add("./tallygate pool get cad" + at);
    tries.add("./tallygate allocate cad --subject ada --session laptop" + at);
    tries.add("./tallygate ledger tail" + at);
    out.println();
    out.println("The cluster stays up until you press Ctrl-C. Try, in another terminal:");
    for (String line : tries) out.println("  " + line);
    out.println("`renew` and `release` take the lease id and the token that `allocate` prints.");
    out.println(
        "What the nodes stored stays in " + cluster.dir() + "; delete the folder to be rid of it.");
    out.flush();
    Thread.currentThread().join();
  }

  private static void stop(DemoCluster cluster) {
    try {
      cluster.down();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
