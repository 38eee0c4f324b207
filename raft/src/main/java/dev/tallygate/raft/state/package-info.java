/**
 * The replicated state machine, pure: what a command does to entitlements, pools and leases. Time
 * and chance are arguments; nothing here knows gRPC, Ratis, Chronicle, threads or files.
 */
@NullMarked
package dev.tallygate.raft.state;

import org.jspecify.annotations.NullMarked;
