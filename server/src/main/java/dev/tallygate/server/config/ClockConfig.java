package dev.tallygate.server.config;

/**
 * How a node compares its clock with the others', keys {@code clock.*}.
 *
 * @param askEveryMs time between two rounds of questions
 * @param roundTripMsMax an answer that took longer says too little and is not used
 * @param offsetMsMax a leader whose wall clock is farther off the median of a majority's hands the
 *     lead over
 */
public record ClockConfig(int askEveryMs, int roundTripMsMax, int offsetMsMax) {

  static final ClockConfig DEFAULT = new ClockConfig(1_000, 1_000, 1_000);

  public ClockConfig {
    new Faults("clock")
        .range("ask-every-ms", askEveryMs, 100, 60_000)
        .range("round-trip-ms-max", roundTripMsMax, 1, 10_000)
        .range("offset-ms-max", offsetMsMax, 10, 60_000)
        .raise();
  }
}
