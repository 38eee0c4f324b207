package dev.tallygate.client;

import io.grpc.Status;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * A call that has no answer: the cluster was not reached in time, or says that the call cannot be
 * carried out as it is. A refusal is an answer and no exception.
 */
public final class TallygateException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final Status.Code code;
  private final String reason;
  private final boolean outcomeUnknown;
  private final long retryMs;
  private final transient @Nullable Ask repeat;

  private TallygateException(Status.Code code, String message, boolean outcomeUnknown) {
    this(code, "", message, outcomeUnknown, -1, null, null);
  }

  private TallygateException(
      Status.Code code,
      String reason,
      String message,
      boolean outcomeUnknown,
      long retryMs,
      @Nullable Ask repeat,
      @Nullable Throwable cause) {
    super(message, cause);
    this.code = code;
    this.reason = reason;
    this.outcomeUnknown = outcomeUnknown;
    this.retryMs = retryMs;
    this.repeat = repeat;
  }

  /** How a call ended whose last attempt failed so. */
  static TallygateException of(Failure last, String message, boolean outcomeUnknown) {
    return new TallygateException(
        last.status().getCode(),
        last.reason(),
        message,
        outcomeUnknown,
        last.retryMs(),
        null,
        null);
  }

  /**
   * What a future ended with, with the stack of whoever waited for it.
   *
   * @param request what can be repeated, or null
   */
  static TallygateException thrownBy(Throwable failure, @Nullable Ask request) {
    Throwable cause = failure;
    while (cause instanceof CompletionException || cause instanceof ExecutionException) {
      cause = cause.getCause();
    }
    if (cause instanceof TallygateException known) {
      return new TallygateException(
          known.code,
          known.reason,
          String.valueOf(known.getMessage()),
          known.outcomeUnknown,
          known.retryMs,
          request,
          known);
    }
    return new TallygateException(
        Status.Code.INTERNAL, "", "the client failed: " + cause, true, -1, request, cause);
  }

  /** Offers no repeat: what is granted after this is given back, and would be live there. */
  static TallygateException interrupted() {
    return new TallygateException(Status.Code.CANCELLED, "interrupted while waiting", true);
  }

  /** The client closed before anything was sent. */
  static TallygateException closed() {
    return new TallygateException(Status.Code.CANCELLED, "the client is closed", false);
  }

  /** The client closed while it was granted something, and is giving it back. */
  static TallygateException givenBack() {
    return new TallygateException(
        Status.Code.CANCELLED, "the client closes: what it was granted is given back", false);
  }

  /** A newer release said something that this one has no word for. */
  static TallygateException unknownAnswer() {
    return new TallygateException(
        Status.Code.INTERNAL, "an answer that this client does not know", true);
  }

  /** How the last attempt ended. */
  public Status.Code code() {
    return code;
  }

  /** The service's word for it, such as {@code NO_LEADER}; empty where the service said nothing. */
  public String reason() {
    return reason;
  }

  /** The pause that the service asked for last; negative where it asked for none. */
  long retryMs() {
    return retryMs;
  }

  /**
   * True where some attempt may have taken effect. Units may then be taken: sessions come back by
   * themselves after ttl and grace, what is charged stays charged. False: nothing happened, or the
   * client gives it back.
   */
  public boolean isOutcomeUnknown() {
    return outcomeUnknown;
  }

  /**
   * The request as it was sent, of an allocation whose outcome is unknown; else null, and null
   * where the client itself gives back what is granted, as after an interrupt. Allocating it within
   * ten minutes of the first attempt answers what became of it, and takes nothing twice.
   */
  public @Nullable Ask repeat() {
    return outcomeUnknown ? repeat : null;
  }
}
