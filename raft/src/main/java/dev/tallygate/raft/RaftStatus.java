package dev.tallygate.raft;

import org.jspecify.annotations.Nullable;

/**
 * One picture of a node for operators and metrics; its numbers are read one after another.
 *
 * @param leaderId null where no leader is known
 * @param commitIndex -1 before the first
 * @param flushIndex the last entry that this node has forced to its disk
 * @param snapshotIndex the last snapshot on this node's disk, or -1
 * @param logStartIndex the first entry that the log still holds
 * @param queuedCommands commands accepted and not yet appended
 * @param pendingCommands commands accepted and not yet answered, the queued ones included
 * @param entriesProposed entries that this node appended as a leader since its start
 * @param commandsProposed commands in those entries
 */
public record RaftStatus(
    String nodeId,
    RaftRole role,
    @Nullable String leaderId,
    long term,
    boolean leaderReady,
    long commitIndex,
    long appliedIndex,
    long flushIndex,
    long snapshotIndex,
    long logStartIndex,
    int queuedCommands,
    int pendingCommands,
    long entriesProposed,
    long commandsProposed) {}
