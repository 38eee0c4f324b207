package dev.tallygate.server.config;

/**
 * What {@code /metrics} shows, keys {@code metrics.*}.
 *
 * @param poolsMax the fullest pools get gauges of their own; a series for each pool would swamp the
 *     store behind
 */
public record MetricsConfig(int poolsMax) {

  static final MetricsConfig DEFAULT = new MetricsConfig(20);

  public MetricsConfig {
    new Faults("metrics").range("pools-max", poolsMax, 0, 1_000).raise();
  }
}
