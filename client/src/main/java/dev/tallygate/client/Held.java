package dev.tallygate.client;

import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

/** What one client holds, and what it is giving back. Thread-safe. */
final class Held {
  private final Set<Lease> leases = ConcurrentHashMap.newKeySet();
  private final Set<CompletableFuture<Void>> settling = ConcurrentHashMap.newKeySet();
  private volatile boolean closing;

  void add(Lease lease) {
    leases.add(lease);
  }

  void remove(Lease lease) {
    leases.remove(lease);
  }

  /** The leases that renew themselves. */
  List<Lease> leases() {
    return List.copyOf(leases);
  }

  /** From now on nothing more is held. */
  void close() {
    closing = true;
  }

  /** Asked after a lease is added: then either it is seen here, or the lease by who closes. */
  boolean isClosing() {
    return closing;
  }

  /** Counts a release, commit or cancel as under way until it ends. */
  <T> CompletableFuture<T> settling(CompletableFuture<T> settlement) {
    CompletableFuture<Void> end = new CompletableFuture<>();
    settling.add(end);
    var unused =
        settlement.whenComplete(
            (answer, failure) -> {
              // First: whoever waits for the end sees what is left.
              settling.remove(end);
              end.complete(null);
            });
    return settlement;
  }

  /** Ends when nothing is under way any more, however it ended. */
  CompletableFuture<Void> settled() {
    CompletableFuture<?>[] now = settling.toArray(CompletableFuture[]::new);
    if (now.length == 0) return CompletableFuture.completedFuture(null);
    return CompletableFuture.allOf(now).thenCompose(ended -> settled());
  }
}
