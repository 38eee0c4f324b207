package dev.tallygate.server;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.function.Supplier;

/**
 * {@code GET /healthz}: 200 {@code serving}, or 503 and why not; 404 for every other path. For load
 * balancers that speak no gRPC.
 */
final class HealthPage implements HttpHandler {
  private final Supplier<String> reason;

  /**
   * @param reason why the node is not serving; empty where it is
   */
  HealthPage(Supplier<String> reason) {
    this.reason = reason;
  }

  @Override
  public void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      if (!exchange.getRequestURI().getPath().equals("/healthz")) {
        answer(exchange, 404, "this listener has /metrics and /healthz\n");
        return;
      }
      String why = reason.get();
      if (why.isEmpty()) answer(exchange, 200, "serving\n");
      else answer(exchange, 503, "not serving: this node " + why + "\n");
    }
  }

  private static void answer(HttpExchange exchange, int code, String text) throws IOException {
    byte[] body = text.getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", "text/plain; charset=utf-8");
    exchange.sendResponseHeaders(code, body.length);
    try (OutputStream out = exchange.getResponseBody()) {
      out.write(body);
    }
  }
}
