package dev.tallygate.server.licensing;

import static dev.tallygate.server.trace.Collector.attributes;
import static dev.tallygate.server.trace.Collector.hex;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Timestamp;
import dev.tallygate.proto.log.v1.ConcurrentSession;
import dev.tallygate.proto.log.v1.Entitlement;
import dev.tallygate.proto.log.v1.Sharing;
import dev.tallygate.proto.v1.AllocateRequest;
import dev.tallygate.proto.v1.AllocateResponse;
import dev.tallygate.proto.v1.EntitlementUnits;
import dev.tallygate.proto.v1.LicensingServiceGrpc;
import dev.tallygate.proto.v1.Subject;
import dev.tallygate.server.call.OneLog;
import dev.tallygate.server.config.FreePorts;
import dev.tallygate.server.config.TracesConfig;
import dev.tallygate.server.trace.Collector;
import dev.tallygate.server.trace.Traces;
import io.grpc.Metadata;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.MetadataUtils;
import io.opentelemetry.proto.trace.v1.Span;
import java.net.URI;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a collector is told of a call, and what it is not told. */
class TracingTest {
  private static final long SECOND_US = 1_000_000;
  private static final String CALL = "tallygate.v1.LicensingService/Allocate";
  private static final String TRACE = "0af7651916cd43dd8448eb211c80319c";
  private static final String CALLER = "b7ad6b7169203331";
  private static final String SAMPLED = "00-" + TRACE + "-" + CALLER + "-01";
  private static final String NOT_SAMPLED = "00-" + TRACE + "-" + CALLER + "-00";

  @TempDir private Path dir;
  private OneLog log;
  private Collector collector;
  private int requests;

  @BeforeEach
  void start() throws Exception {
    collector = new Collector();
    log = new OneLog(dir);
    log.lead("n1");
    log.catalog(
        Entitlement.newBuilder()
            .setName("cad")
            .setLimit(1)
            .setConcurrentSession(
                ConcurrentSession.newBuilder()
                    .setTtlUs(60 * SECOND_US)
                    .setTtlMaxUs(60 * SECOND_US)
                    .setGraceUs(5 * SECOND_US)
                    .setSharing(Sharing.SHARING_SUBJECT))
            .build());
  }

  @AfterEach
  void stop() throws Exception {
    log.close();
    collector.close();
  }

  private AllocateRequest request(String who) {
    long us = log.wallUs();
    return AllocateRequest.newBuilder()
        .setRequestId("secret-request-" + ++requests)
        .setIssuedAt(
            Timestamp.newBuilder()
                .setSeconds(us / SECOND_US)
                .setNanos((int) (us % SECOND_US * 1_000)))
        .setSubject(Subject.newBuilder().setType("secret-type").setId(who))
        .addEntitlements(EntitlementUnits.newBuilder().setEntitlement("cad"))
        .build();
  }

  /** Asks a node, whose traces are sent before this returns. */
  private AllocateResponse ask(String nodeId, double ratio, String parent, AllocateRequest request)
      throws Exception {
    try (Traces traces = collector.traces(nodeId, ratio);
        TestNode node = new TestNode(log, nodeId, traces)) {
      return ask(node, parent, request);
    }
  }

  private static AllocateResponse ask(TestNode node, String parent, AllocateRequest request) {
    Metadata headers = new Metadata();
    if (!parent.isEmpty())
      headers.put(Metadata.Key.of("traceparent", Metadata.ASCII_STRING_MARSHALLER), parent);
    return LicensingServiceGrpc.newBlockingStub(node.data)
        .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers))
        .withDeadlineAfter(5, TimeUnit.SECONDS)
        .allocate(request);
  }

  @Test
  void tracedCall_belongsToTheCallersTraceAndNamesItsSteps() throws Exception {
    assertThat(ask("n1", 0, SAMPLED, request("secret-ann")).hasGranted()).isTrue();

    Span call = collector.span("n1", CALL);
    assertThat(hex(call.getTraceId())).isEqualTo(TRACE);
    assertThat(hex(call.getParentSpanId())).isEqualTo(CALLER);
    assertThat(call.getKind()).isEqualTo(Span.SpanKind.SPAN_KIND_SERVER);
    assertThat(attributes(call))
        .containsExactlyInAnyOrderEntriesOf(
            Map.of(
                "rpc.system", "grpc",
                "rpc.service", "tallygate.v1.LicensingService",
                "rpc.method", "Allocate",
                "rpc.grpc.status_code", "0",
                "tallygate.tenant", "default",
                "tallygate.entitlement", "cad",
                "tallygate.outcome", "GRANTED"));
    for (String step : new String[] {"judge", "propose"}) {
      Span span = collector.span("n1", step);
      assertThat(span.getTraceId()).isEqualTo(call.getTraceId());
      assertThat(span.getParentSpanId()).isEqualTo(call.getSpanId());
    }
    assertThat(collector.spans()).hasSize(3);
    assertThat(collector.mentions("secret")).isFalse();
    assertThat(collector.mentions("cad")).isTrue();
  }

  @Test
  void refusal_saysWhy() throws Exception {
    assertThat(ask("n1", 0, "", request("ann")).hasGranted()).isTrue();
    assertThat(ask("n1", 1, "", request("ben")).hasRefused()).isTrue();

    Span call = collector.span("n1", CALL);
    assertThat(call.getParentSpanId()).isEmpty();
    assertThat(attributes(call))
        .containsEntry("tallygate.outcome", "REFUSED")
        .containsEntry("tallygate.reason", "EXHAUSTED");
  }

  @Test
  void passedOnCall_isOneTraceOverBothNodes() throws Exception {
    try (Traces one = collector.traces("n1", 0);
        Traces two = collector.traces("n2", 0);
        TestNode leader = new TestNode(log, "n1", one);
        TestNode follower = new TestNode(log, "n2", two)) {
      assertThat(ask(follower, SAMPLED, request("ann")).hasGranted()).isTrue();
      assertThat(leader.halted).hasValue(null);
    }

    Span there = collector.span("n1", CALL);
    Span passed = collector.span("n2", "pass on");
    Span here = collector.span("n2", CALL);
    assertThat(there.getParentSpanId()).isEqualTo(passed.getSpanId());
    assertThat(passed.getParentSpanId()).isEqualTo(here.getSpanId());
    assertThat(hex(here.getParentSpanId())).isEqualTo(CALLER);
    assertThat(collector.spans()).allMatch(span -> hex(span.getTraceId()).equals(TRACE));
    assertThat(attributes(there)).containsEntry("tallygate.outcome", "GRANTED");
  }

  @Test
  void leaderThatTracesNothing_stillAnswersATracedCall() throws Exception {
    try (Traces two = collector.traces("n2", 0);
        TestNode leader = new TestNode(log, "n1");
        TestNode follower = new TestNode(log, "n2", two)) {
      assertThat(ask(follower, SAMPLED, request("ann")).hasGranted()).isTrue();
      assertThat(leader.halted).hasValue(null);
    }
    assertThat(collector.span("n2", "pass on").getName()).isEqualTo("pass on");
  }

  @Test
  void failedCall_hasItsStatus() throws Exception {
    try (Traces traces = collector.traces("n1", 1);
        TestNode node = new TestNode(log, "n1", traces)) {
      ask(node, "", request("ann").toBuilder().setTenant("nobody").build());
    } catch (StatusRuntimeException e) {
      assertThat(e.getStatus().getCode().value()).isEqualTo(5);
    }

    assertThat(attributes(collector.span("n1", CALL)))
        .containsEntry("rpc.grpc.status_code", "5")
        .containsEntry("tallygate.tenant", "nobody")
        .containsEntry("tallygate.outcome", "FAILED");
  }

  @Test
  void callerThatSamplesNot_isNotTraced() throws Exception {
    assertThat(ask("n1", 1, NOT_SAMPLED, request("ann")).hasGranted()).isTrue();
    assertThat(ask("n1", 0, "", request("ann")).hasGranted()).isTrue();

    assertThat(collector.spans()).isEmpty();
  }

  @Test
  void collectorAway_callsAreAnswered() throws Exception {
    URI nobody = URI.create("http://127.0.0.1:" + FreePorts.find(1).get(0));
    try (Traces traces = Objects.requireNonNull(Traces.of(new TracesConfig(nobody, 1), "n1", "1"));
        TestNode node = new TestNode(log, "n1", traces)) {
      assertThat(ask(node, "", request("ann")).hasGranted()).isTrue();
    }
  }
}
