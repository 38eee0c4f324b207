package dev.tallygate.server.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.IntFunction;

/** Many clients at once, each on a virtual thread, and their answers by number. */
final class DemoCrowd {
  private DemoCrowd() {}

  static <T> List<T> of(int clients, IntFunction<T> client) throws InterruptedException {
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<T>> futures = new ArrayList<>();
      for (int i = 0; i < clients; i++) {
        int number = i;
        futures.add(threads.submit(() -> client.apply(number)));
      }
      List<T> answers = new ArrayList<>();
      for (Future<T> future : futures) answers.add(result(future));
      return answers;
    }
  }

  private static <T> T result(Future<T> future) throws InterruptedException {
    try {
      return future.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException cause) throw cause;
      throw new IllegalStateException(e.getCause());
    }
  }
}
