package dev.tallygate.loadtest;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tallygate.loadtest.drive.AllocateTemplate;
import dev.tallygate.loadtest.drive.AllocateWorkload;
import dev.tallygate.loadtest.drive.Generator;
import dev.tallygate.loadtest.peer.NodeFsyncs;
import dev.tallygate.loadtest.peer.Peer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class CompareReportTest {
  private static final byte[][] TAILS = {AllocateTemplate.tail("cad", "u1", "a1", "")};
  private static final Contestant.Probe NOTHING = new Contestant.Probe() {};

  @Test
  void ratio_threeDigits_andNothingToDivideBy() {
    assertThat(CompareReport.ratio(100_000, 20_000)).isEqualTo(5);
    assertThat(CompareReport.ratio(1, 3)).isEqualTo(0.333);
    assertThat(CompareReport.ratio(1, 0)).isNaN();
  }

  @Test
  void fsyncs_differenceByNode_nodeWithoutBeforeCountsWhole() {
    List<NodeFsyncs> before = List.of(new NodeFsyncs("n1", "fsync on", 10));
    List<NodeFsyncs> after =
        List.of(new NodeFsyncs("n1", "fsync on", 25), new NodeFsyncs("n2", "fsync on", 7));

    assertThat(CompareRun.difference(after, before))
        .containsExactly(new NodeFsyncs("n1", "fsync on", 15), new NodeFsyncs("n2", "fsync on", 7));
  }

  // Two services take turns; the order of slices is what makes a comparison fair on a machine that
  // drifts.
  @Test
  void turns_alternate_andTheReportHasTheShapeThatIsPromised() throws Exception {
    ComparePlan plan =
        new ComparePlan(
            2,
            4,
            Duration.ofSeconds(1),
            Duration.ofSeconds(1),
            2,
            2,
            Duration.ofMillis(600),
            Duration.ofMillis(600));
    List<String> lines = new ArrayList<>();
    try (FakeLicensing ours = new FakeLicensing(Long.MAX_VALUE);
        FakeLicensing theirs = new FakeLicensing(Long.MAX_VALUE);
        Generator generator = new Generator(1)) {
      List<Contestant> contestants =
          List.of(contestant("tallygate", ours), contestant("echo", theirs));

      var fsync = new CompareRun(plan, contestants, lines::add).run(generator);

      CompareReport report = CompareReport.of("allocate", "what", plan, contestants, fsync, null);
      assertThat(lines.stream().map(line -> line.replaceAll(" .*(tallygate|echo) .*", " $1")))
          .containsExactly(
              "warm-up tallygate",
              "warm-up echo",
              "warm-up tallygate",
              "warm-up echo",
              "round tallygate",
              "round echo",
              "round tallygate",
              "round echo",
              "round tallygate",
              "round echo",
              "round tallygate",
              "round echo");
      JsonNode json = new ObjectMapper().readTree(Output.toJson(report));
      for (String concurrency : List.of("8", "1")) {
        for (String name : List.of("tallygate", "echo")) {
          JsonNode figures = json.path("in_flight").path(concurrency).path(name);
          assertThat(figures.path("rate").asDouble()).isPositive();
          assertThat(figures.path("p50_us").asDouble()).isPositive();
          assertThat(figures.path("p99_us").asDouble())
              .isGreaterThanOrEqualTo(figures.path("p50_us").asDouble());
        }
      }
      assertThat(json.path("ratios").path("echo").asDouble()).isPositive();
      assertThat(json.path("p50_ratios_at1").path("echo").asDouble()).isPositive();
      assertThat(json.path("fsync").path("tallygate").get(0).path("count").asLong()).isEqualTo(5);
      assertThat(report.line()).startsWith("allocate: ").contains("x echo's rate");
      String page =
          HtmlReport.page(report, Map.of("tallygate", contestants.getFirst().many().latencyNs()));
      assertThat(page).contains("<polyline", "tallygate").doesNotContain("http");
    }
  }

  private static Contestant contestant(String name, FakeLicensing service) {
    Peer peer =
        new Peer() {
          private long asked;

          @Override
          public String leader() {
            return service.address();
          }

          @Override
          public List<NodeFsyncs> fsyncs() {
            return List.of(new NodeFsyncs("n1", "fsync on", 5 * asked++));
          }

          @Override
          public void close() {}
        };
    return new Contestant(name, peer, AllocateWorkload.grants(TAILS), NOTHING);
  }
}
