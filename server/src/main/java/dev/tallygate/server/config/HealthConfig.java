package dev.tallygate.server.config;

/**
 * When a node calls itself fit and how long it takes to stop.
 *
 * @param stalenessMsMax {@code health.staleness-ms-max}: past it a node is NOT_SERVING
 * @param askEveryMs {@code health.ask-every-ms}: time between two questions for freshness
 * @param drainMs {@code health.drain-ms}: how long calls in flight have left at a stop
 * @param stopMsMax {@code health.stop-ms-max}: after which a stop ends as a halt, without the
 *     marker of a clean stop
 */
public record HealthConfig(int stalenessMsMax, int askEveryMs, int drainMs, int stopMsMax) {

  static final HealthConfig DEFAULT = new HealthConfig(5_000, 500, 3_000, 30_000);

  public HealthConfig {
    new Faults("health")
        .range("staleness-ms-max", stalenessMsMax, 100, 600_000)
        .range("ask-every-ms", askEveryMs, 10, stalenessMsMax)
        .range("drain-ms", drainMs, 0, 600_000)
        .range("stop-ms-max", stopMsMax, (long) drainMs + 1_000, 3_600_000)
        .raise();
  }
}
