package dev.tallygate.loadtest;

import java.time.Duration;

/**
 * How long each part of a comparison takes, and how much is in flight.
 *
 * @param warmUp load on our own cluster before anything is measured: the compiler needs 40 s
 * @param peerWarmUp the same for each peer
 * @param warmUpTurns the warm-up alternates between all, in so many turns
 * @param rounds measured turns; each gives one slice of everyone
 * @param slice with everything in flight
 * @param singleSlice with one call in flight
 */
record ComparePlan(
    int connections,
    int callsPerConnection,
    Duration warmUp,
    Duration peerWarmUp,
    int warmUpTurns,
    int rounds,
    Duration slice,
    Duration singleSlice) {
  int inFlight() {
    return connections * callsPerConnection;
  }
}
