package dev.tallygate.server.grpc;

/**
 * Bounds of this node that services compare with, each with the key that sets it.
 *
 * @param messageBytesMax {@code limits.message-bytes-max}: one request or answer
 * @param callsInFlightMax {@code limits.calls-in-flight-max}: calls not yet answered, over all
 *     connections
 * @param bytesInFlightMax {@code limits.bytes-in-flight-max}: bytes of their requests
 * @param commandBytesMax {@code raft.command-bytes-max}
 * @param pendingCommandsMax {@code raft.pending-commands-max}
 * @param callTimeoutMs {@code limits.call-timeout-ms}: deadline of a call that brings none, and the
 *     most that any is given
 * @param refusedHoldersMax {@code limits.refused-holders}: holders that a summary of refusals names
 *     for each pool and second
 */
public record NodeLimits(
    int messageBytesMax,
    int callsInFlightMax,
    long bytesInFlightMax,
    int commandBytesMax,
    int pendingCommandsMax,
    long callTimeoutMs,
    int refusedHoldersMax) {}
