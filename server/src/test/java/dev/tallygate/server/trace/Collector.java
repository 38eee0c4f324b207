package dev.tallygate.server.trace;

import com.google.protobuf.ByteString;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.tallygate.server.config.TracesConfig;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.trace.v1.Span;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import java.util.zip.GZIPInputStream;

/** A collector of traces in this process: OTLP over HTTP. */
public final class Collector implements AutoCloseable {
  private final List<ExportTraceServiceRequest> taken = new CopyOnWriteArrayList<>();
  private final HttpServer server;

  public Collector() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/v1/traces", this::take);
    server.start();
  }

  private void take(HttpExchange exchange) throws IOException {
    byte[] body = exchange.getRequestBody().readAllBytes();
    if ("gzip".equals(exchange.getRequestHeaders().getFirst("Content-Encoding"))) {
      try (InputStream plain = new GZIPInputStream(new ByteArrayInputStream(body))) {
        body = plain.readAllBytes();
      }
    }
    taken.add(ExportTraceServiceRequest.parseFrom(body));
    exchange.sendResponseHeaders(200, -1);
    exchange.close();
  }

  public URI endpoint() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
  }

  /** Traces that are sent here. */
  public Traces traces(String nodeId, double sampleRatio) {
    return Objects.requireNonNull(
        Traces.of(new TracesConfig(endpoint(), sampleRatio), nodeId, "1"));
  }

  public List<Span> spans() {
    return taken.stream()
        .flatMap(request -> request.getResourceSpansList().stream())
        .flatMap(resource -> resource.getScopeSpansList().stream())
        .flatMap(scope -> scope.getSpansList().stream())
        .toList();
  }

  /** The only one of this name that a node sent. */
  public Span span(String nodeId, String name) {
    List<Span> found =
        taken.stream()
            .flatMap(request -> request.getResourceSpansList().stream())
            .filter(
                resource ->
                    resource.getResource().getAttributesList().stream()
                        .anyMatch(
                            attribute -> attribute.getValue().getStringValue().equals(nodeId)))
            .flatMap(resource -> resource.getScopeSpansList().stream())
            .flatMap(scope -> scope.getSpansList().stream())
            .filter(span -> span.getName().equals(name))
            .toList();
    if (found.size() != 1) {
      throw new AssertionError(found.size() + " spans `" + name + "` of " + nodeId);
    }
    return found.get(0);
  }

  /** Whether a text stands anywhere in what was sent. */
  public boolean mentions(String text) {
    ByteString bytes = ByteString.copyFrom(text.getBytes(StandardCharsets.UTF_8));
    return taken.stream()
        .map(ExportTraceServiceRequest::toByteString)
        .anyMatch(all -> contains(all, bytes));
  }

  private static boolean contains(ByteString all, ByteString part) {
    for (int i = 0; i + part.size() <= all.size(); i++)
      if (all.substring(i, i + part.size()).equals(part)) return true;
    return false;
  }

  public static Map<String, String> attributes(Span span) {
    return span.getAttributesList().stream()
        .collect(
            Collectors.toMap(
                attribute -> attribute.getKey(),
                attribute ->
                    attribute.getValue().hasIntValue()
                        ? String.valueOf(attribute.getValue().getIntValue())
                        : attribute.getValue().getStringValue()));
  }

  public static String hex(ByteString id) {
    return HexFormat.of().formatHex(id.toByteArray());
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
