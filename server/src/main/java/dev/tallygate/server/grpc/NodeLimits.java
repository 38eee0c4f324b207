package dev.tallygate.server.grpc;

/**
 * Bounds of this node that services compare with, each with the key that sets it.
 *
 * @param commandBytesMax {@code raft.command-bytes-max}
 * @param pendingCommandsMax {@code raft.pending-commands-max}
 * @param callTimeoutMs {@code limits.call-timeout-ms}: deadline of a call that brings none, and the
 *     most that any is given
 * @param refusedHoldersMax {@code limits.refused-holders}: holders that a summary of refusals names
 *     for each pool and second
 */
public record NodeLimits(
    int commandBytesMax, int pendingCommandsMax, long callTimeoutMs, int refusedHoldersMax) {}
