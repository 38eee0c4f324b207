package dev.tallygate.server.trace;

import dev.tallygate.server.config.TracesConfig;
import io.grpc.Metadata;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Begins the traces of a node's calls and sends them to a collector, in the background and dropping
 * what it cannot keep up with. Any thread. There is none where no call is traced.
 */
public final class Traces implements AutoCloseable {
  private static final Metadata.Key<String> TRACEPARENT =
      Metadata.Key.of("traceparent", Metadata.ASCII_STRING_MARSHALLER);
  private static final String PATH = "/v1/traces";
  private static final int QUEUE_SPANS = 4_096;
  private static final int BATCH_SPANS = 512;
  private static final Duration EVERY = Duration.ofSeconds(1);
  private static final Duration PATIENCE = Duration.ofSeconds(5);
  private static final long CLOSE_S = 2;

  private final SdkTracerProvider provider;
  private final Tracer tracer;

  private Traces(SdkTracerProvider provider) {
    this.provider = provider;
    tracer = provider.get("tallygate");
  }

  /** Null where the configuration names no collector: nothing is made then. */
  public static @Nullable Traces of(TracesConfig config, String nodeId, String version) {
    URI endpoint = config.otlpEndpoint();
    if (endpoint == null) return null;
    String address = endpoint.toString().replaceAll("/+$", "");
    OtlpHttpSpanExporter exporter =
        OtlpHttpSpanExporter.builder()
            .setEndpoint(address.endsWith(PATH) ? address : address + PATH)
            .setTimeout(PATIENCE)
            .build();
    return new Traces(
        SdkTracerProvider.builder()
            .setResource(
                Resource.create(
                    Attributes.of(
                        AttributeKey.stringKey("service.name"),
                        "tallygate",
                        AttributeKey.stringKey("service.instance.id"),
                        nodeId,
                        AttributeKey.stringKey("service.version"),
                        version)))
            .setSampler(Sampler.parentBased(Sampler.traceIdRatioBased(config.sampleRatio())))
            .addSpanProcessor(
                BatchSpanProcessor.builder(exporter)
                    .setMaxQueueSize(QUEUE_SPANS)
                    .setMaxExportBatchSize(BATCH_SPANS)
                    .setScheduleDelay(EVERY)
                    .setExporterTimeout(PATIENCE)
                    .build())
            .build());
  }

  /**
   * Begins the trace of a call that arrives.
   *
   * @param method full name, as in {@code tallygate.v1.LicensingService/Allocate}
   * @return null where this call is not traced
   */
  public @Nullable CallTrace begin(String method, Metadata headers) {
    SpanContext caller = TraceParent.parse(headers.get(TRACEPARENT));
    return begin(method, caller == null ? SpanContext.getInvalid() : caller);
  }

  /**
   * Begins this node's part of a trace of which another node passed a call on.
   *
   * @param carried as {@link CallTrace#carry} wrote it
   */
  public @Nullable CallTrace beginPassedOn(String method, byte[] carried) {
    return begin(method, TraceParent.read(carried));
  }

  private @Nullable CallTrace begin(String method, SpanContext parent) {
    int slash = method.lastIndexOf('/');
    Span span =
        tracer
            .spanBuilder(method)
            .setSpanKind(SpanKind.SERVER)
            .setParent(Context.root().with(Span.wrap(parent)))
            .setAttribute("rpc.system", "grpc")
            .setAttribute("rpc.service", slash < 0 ? "" : method.substring(0, slash))
            .setAttribute("rpc.method", method.substring(slash + 1))
            .startSpan();
    return span.isRecording() ? new CallTrace(tracer, span) : null;
  }

  /** Sends what is left, for two seconds at most. */
  @Override
  public void close() {
    var unused = provider.shutdown().join(CLOSE_S, TimeUnit.SECONDS);
  }

  /** What a caller, or another node, says of the trace that a call belongs to. */
  static final class TraceParent {
    /** Trace id, span id, flags: each byte as in the header's text. */
    static final int BYTES = 16 + 8 + 1;

    private static final int TEXT_CHARS = 55;

    private TraceParent() {}

    /**
     * W3C Trace Context, level 1, section 3.2.
     *
     * @return null where it is absent or not valid; then the trace begins here
     */
    static @Nullable SpanContext parse(@Nullable String text) {
      if (text == null || text.length() < TEXT_CHARS) return null;
      // A later version may say more behind, and is read as far as this one goes.
      boolean exact = text.length() == TEXT_CHARS;
      boolean known = text.startsWith("00-") ? exact : exact || text.charAt(TEXT_CHARS) == '-';
      if (!known
          || text.startsWith("ff")
          || !text.substring(0, TEXT_CHARS)
              .matches("[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")) return null;
      SpanContext context =
          SpanContext.createFromRemoteParent(
              text.substring(3, 35),
              text.substring(36, 52),
              TraceFlags.fromHex(text, 53),
              TraceState.getDefault());
      return context.isValid() ? context : null;
    }

    static byte[] write(SpanContext context) {
      byte[] bytes = new byte[BYTES];
      System.arraycopy(context.getTraceIdBytes(), 0, bytes, 0, 16);
      System.arraycopy(context.getSpanIdBytes(), 0, bytes, 16, 8);
      bytes[24] = context.getTraceFlags().asByte();
      return bytes;
    }

    static SpanContext read(byte[] bytes) {
      java.util.HexFormat hex = java.util.HexFormat.of();
      return SpanContext.createFromRemoteParent(
          hex.formatHex(bytes, 0, 16),
          hex.formatHex(bytes, 16, 24),
          TraceFlags.fromByte(bytes[24]),
          TraceState.getDefault());
    }
  }
}
