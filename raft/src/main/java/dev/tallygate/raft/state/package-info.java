/**
 * The pure core: every rule of licensing, and nothing else. No clock, randomness, thread, file,
 * socket, gRPC or Ratis: an entry and the tables go in, changed tables and outcomes come out, the
 * same on every replica.
 *
 * <p>{@link dev.tallygate.raft.state.Core} is the door. Follow an Allocate from {@code Core.apply}
 * to {@code Allocations.plan} to {@code Plan.write}.
 */
@NullMarked
package dev.tallygate.raft.state;

import org.jspecify.annotations.NullMarked;
