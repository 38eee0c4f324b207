package dev.tallygate.raft;

import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What every use of a future needs: its end looked at, and the cause behind its wrappers. */
final class Failures {
  private static final Logger LOG = LoggerFactory.getLogger(Failures.class);

  private Failures() {}

  /**
   * Tells the end of a future once, on the thread that completes it; the first argument is null on
   * failure.
   */
  static <T> void onEnd(
      CompletionStage<T> future, BiConsumer<@Nullable T, @Nullable Throwable> told) {
    var unused =
        future.whenComplete(
            (value, failure) -> {
              try {
                told.accept(value, failure);
              } catch (RuntimeException e) {
                LOG.error("a callback failed", e);
              }
            });
  }

  static Throwable causeOf(Throwable failure) {
    Throwable cause = failure;
    while ((cause instanceof CompletionException || cause instanceof ExecutionException)
        && cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause;
  }
}
