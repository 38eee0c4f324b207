package dev.tallygate.server.trace;

import io.grpc.Status;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import org.jspecify.annotations.Nullable;

/**
 * The trace of one call on one node: a span for the call, and one after another a span for each of
 * its steps. The steps of a call follow each other, on whatever threads; so do the calls of this.
 */
public final class CallTrace {
  /** Bytes of {@link #carry}. */
  public static final int CARRIED_BYTES = Traces.TraceParent.BYTES;

  private static final AttributeKey<Long> CODE = AttributeKey.longKey("rpc.grpc.status_code");
  private static final AttributeKey<String> TENANT = AttributeKey.stringKey("tallygate.tenant");
  private static final AttributeKey<String> ENTITLEMENT =
      AttributeKey.stringKey("tallygate.entitlement");
  private static final AttributeKey<String> OUTCOME = AttributeKey.stringKey("tallygate.outcome");
  private static final AttributeKey<String> REASON = AttributeKey.stringKey("tallygate.reason");

  private final Tracer tracer;
  private final Span call;
  private @Nullable Span step;

  CallTrace(Tracer tracer, Span call) {
    this.tracer = tracer;
    this.call = call;
  }

  /** Ends the step before and begins another. */
  public void step(String name) {
    endStep();
    step = tracer.spanBuilder(name).setParent(Context.root().with(call)).startSpan();
  }

  public void endStep() {
    Span open = step;
    if (open == null) return;
    open.end();
    step = null;
  }

  /** What another node is told, so that its part belongs to the step that waits for it. */
  public byte[] carry() {
    Span from = step;
    return Traces.TraceParent.write((from == null ? call : from).getSpanContext());
  }

  /** Says whom the call is for; empty for what is not known. */
  public void about(String tenant, String entitlement) {
    if (!tenant.isEmpty()) call.setAttribute(TENANT, tenant);
    if (!entitlement.isEmpty()) call.setAttribute(ENTITLEMENT, entitlement);
  }

  /**
   * @param reason of a refusal, else empty
   */
  public void outcome(String outcome, String reason) {
    call.setAttribute(OUTCOME, outcome);
    if (!reason.isEmpty()) call.setAttribute(REASON, reason);
  }

  /** Ends the call. */
  public void end(Status.Code code) {
    endStep();
    call.setAttribute(CODE, (long) code.value());
    if (isFault(code)) call.setStatus(StatusCode.ERROR);
    call.end();
  }

  /** OpenTelemetry counts as a server's errors what the caller is not to blame for. */
  private static boolean isFault(Status.Code code) {
    return switch (code) {
      case UNKNOWN, DEADLINE_EXCEEDED, UNIMPLEMENTED, INTERNAL, UNAVAILABLE, DATA_LOSS -> true;
      default -> false;
    };
  }
}
