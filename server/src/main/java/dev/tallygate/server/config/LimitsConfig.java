package dev.tallygate.server.config;

/**
 * What a node takes on before it refuses. Keys are {@code limits.*}.
 *
 * @param messageBytesMax one request on the data listener
 * @param adminMessageBytesMax one request on the admin listener; a catalog has to fit
 * @param metadataBytesMax headers of one call
 * @param callsPerConnectionMax calls of one connection not yet answered
 * @param callsInFlightMax calls of all connections of one listener not yet answered
 * @param bytesInFlightMax bytes of their requests
 * @param keepAliveFloorMs connections that ping more often are closed
 * @param connectionIdleMs connections without a call are closed after this time
 * @param connectionAgeMs connections are closed after this time, so that load spreads again
 * @param connectionAgeGraceMs what calls on such a connection have left
 * @param callTimeoutMs deadline of a call that brings none, and the most that any is given; a call
 *     whose request is not whole by then is ended
 * @param refusedHolders holders that a summary of refusals names for each pool and second
 * @param eventLoops threads that serve the data listener
 */
public record LimitsConfig(
    int messageBytesMax,
    int adminMessageBytesMax,
    int metadataBytesMax,
    int callsPerConnectionMax,
    int callsInFlightMax,
    long bytesInFlightMax,
    int keepAliveFloorMs,
    long connectionIdleMs,
    long connectionAgeMs,
    int connectionAgeGraceMs,
    int callTimeoutMs,
    int refusedHolders,
    int eventLoops) {

  static final LimitsConfig DEFAULT =
      new LimitsConfig(
          256 << 10,
          2 << 20,
          8 << 10,
          1_024,
          16_384,
          64L << 20,
          10_000,
          3_600_000,
          86_400_000,
          30_000,
          10_000,
          10,
          1);

  public LimitsConfig {
    new Faults("limits")
        .range("message-bytes-max", messageBytesMax, 1_024, 1 << 20)
        .range("admin-message-bytes-max", adminMessageBytesMax, 1_100_000, 16 << 20)
        .range("metadata-bytes-max", metadataBytesMax, 1_024, 64 << 10)
        .range("calls-per-connection-max", callsPerConnectionMax, 1, 1 << 16)
        .range("calls-in-flight-max", callsInFlightMax, 1, 1 << 20)
        .range("bytes-in-flight-max", bytesInFlightMax, messageBytesMax, 1L << 32)
        .range("keep-alive-floor-ms", keepAliveFloorMs, 1_000, 3_600_000)
        .range("connection-idle-ms", connectionIdleMs, 1_000, 7L * 86_400_000)
        .range("connection-age-ms", connectionAgeMs, 10_000, 30L * 86_400_000)
        .range("connection-age-grace-ms", connectionAgeGraceMs, 1_000, 3_600_000)
        .range("call-timeout-ms", callTimeoutMs, 100, 600_000)
        .range("refused-holders", refusedHolders, 0, 100)
        .range("event-loops", eventLoops, 1, 64)
        .raise();
  }
}
